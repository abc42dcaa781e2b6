"""Changes the key of a client that is in use.

A resource has two keys, so that one can be regenerated while the other is in use. A credential can be updated with the
other key at any time: later calls use it, and so do the retries of earlier ones. The client and its connections stay.

There are two ways, which can be combined: change the key when you know that there is a new one, or look for a new one
when the service refuses the old one.

Run it:
    python sample_key_rotation.py [IMAGE_FILE]
    IMAGE_FILE  default: sample.jpg, next to the samples

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import io
import os
import sys
from typing import Any, Callable, List

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError


def current_key() -> str:
    """Get the current key. In your program: from Azure Key Vault, or from a file that is kept up to date."""
    return os.environ["VISION_KEY"]


# [START analyze_with_current_key]
def analyze(
    client: ImageAnalysisClient,
    credential: AzureKeyCredential,
    get_key: Callable[[], str],
    image_data: bytes,
    visual_features: List[VisualFeatures],
    **options: Any,
) -> ImageAnalysisResult:
    """Analyze an image. If the key is refused, get the current one and retry once."""
    used = credential.key
    try:
        return client.analyze(image_data, visual_features, **options)
    except ClientAuthenticationError:
        current = get_key()
        if current == used:
            raise  # there is no other key
        credential.update(current)
        return client.analyze(image_data, visual_features, **options)


# [END analyze_with_current_key]


def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        current_key()
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    image_file = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "sample.jpg")

    # [START update]
    # An old key.
    credential = AzureKeyCredential("0" * 32)
    client = ImageAnalysisClient(endpoint=endpoint, credential=credential)
    # [END update]

    try:
        with open(image_file, "rb") as file:
            image_data = file.read()
        with client:
            result = analyze(client, credential, current_key, image_data, [VisualFeatures.TAGS])
            print(f"With the key that was got anew: {len(result.tags.list) if result.tags is not None else 0} tags")

            # [START rotate]
            # You have regenerated a key: tell the credential, and all clients that share it use the new one.
            credential.update(current_key())
            result = client.analyze(image_data, [VisualFeatures.TAGS])
            # [END rotate]
            print(
                f"With the key that was changed in time: {len(result.tags.list) if result.tags is not None else 0} tags"
            )
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
