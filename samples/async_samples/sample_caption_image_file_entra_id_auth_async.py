"""Signs in with Microsoft Entra ID instead of a key (asynchronous client).

DefaultAzureCredential, from the package azure-identity, tries several ways to get a token: environment
variables, a managed identity, the Azure CLI (run `az login` first) and more. The identity needs the role
"Cognitive Services User" on the resource, which needs a custom subdomain. The sample then gets a caption of an image
file.

Run it:
    python sample_caption_image_file_entra_id_auth_async.py [IMAGE_FILE]
    IMAGE_FILE  default: sample.jpg, next to the samples

Packages to install besides the library: azure-identity, aiohttp.

Environment variable to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
"""

# [START create_client]
import asyncio
import io
import os
import sys

from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.exceptions import AzureError
from azure.identity.aio import DefaultAzureCredential


async def main() -> None:
    # The endpoint of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    # A client for asynchronous calls that signs in with Entra ID.
    credential = DefaultAzureCredential()
    client = ImageAnalysisClient(endpoint=endpoint, credential=credential)
    # [END create_client]

    image_file = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "sample.jpg")

    async with client, credential:
        # [START caption]
        # Read the whole image file into memory.
        with open(image_file, "rb") as file:
            image_data = file.read()

        # Request a caption. The event loop is free during the call.
        result = await client.analyze(
            image_data=image_data,
            visual_features=[VisualFeatures.CAPTION],
            gender_neutral_caption=True,  # default: False
        )

        # A feature that was not requested is None.
        if result.caption is not None:
            print(f"Caption: '{result.caption.text}' (confidence {result.caption.confidence:.4f})")
        # [END caption]


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    try:
        asyncio.run(main())
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")
