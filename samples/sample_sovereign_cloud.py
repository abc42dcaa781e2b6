"""Uses a resource in Azure Government or in Azure China, signed in with Entra ID.

These clouds have their own endpoints, authorities and token scopes. With a key instead of a token, only the endpoint
is different.

Run it:
    python sample_sovereign_cloud.py [IMAGE_FILE] [--cloud {public,government,china}]
    IMAGE_FILE  default: sample.jpg, next to the samples
    --cloud     default: public

Packages to install besides the library: azure-identity. Sign in to the cloud before you run it, for example with
`az cloud set --name AzureUSGovernment` (or AzureChinaCloud) and `az login`.

Environment variable to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.us in Azure Government,
                     https://<resource>.cognitiveservices.azure.cn in Azure China
"""

import argparse
import io
import os
import sys
from pathlib import Path
from typing import NamedTuple

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.exceptions import AzureError
from azure.identity import AzureAuthorityHosts, DefaultAzureCredential


# [START clouds]
class Cloud(NamedTuple):
    """The settings of a cloud."""

    authority: str
    """The authority for signing in."""
    scope: str
    """The scope of a token."""


CLOUDS = {
    "public": Cloud(
        AzureAuthorityHosts.AZURE_PUBLIC_CLOUD,
        "https://cognitiveservices.azure.com/.default",
    ),
    "government": Cloud(
        AzureAuthorityHosts.AZURE_GOVERNMENT,
        "https://cognitiveservices.azure.us/.default",
    ),
    "china": Cloud(
        AzureAuthorityHosts.AZURE_CHINA,
        "https://cognitiveservices.azure.cn/.default",
    ),
}
# [END clouds]


def main() -> None:
    # The endpoint of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    parser = argparse.ArgumentParser(description="Analyze an image in another cloud.")
    parser.add_argument("image", nargs="?", type=Path, default=Path(__file__).with_name("sample.jpg"))
    parser.add_argument("--cloud", choices=CLOUDS, default="public")
    options = parser.parse_args()

    try:
        image_data = options.image.read_bytes()
        # [START sovereign_client]
        cloud = CLOUDS[options.cloud]
        credential = DefaultAzureCredential(authority=cloud.authority)
        client = ImageAnalysisClient(endpoint=endpoint, credential=credential, credential_scopes=[cloud.scope])
        # [END sovereign_client]
        with credential, client:
            result = client.analyze(image_data, [VisualFeatures.TAGS])
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")
    print(f"Cloud: {options.cloud}, sign-in at {cloud.authority}, token for {cloud.scope}")
    if result.tags is not None:
        print("Tags:", ", ".join(tag.name for tag in result.tags.list))


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
