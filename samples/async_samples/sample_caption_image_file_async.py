"""Gets a sentence that describes an image file (asynchronous client).

The image is uploaded with the call. Captions are in English, and only available in some Azure regions.
They may call a person "man", "woman", "boy" or "girl"; this sample requests the neutral "person" and "child".

Run it:
    python sample_caption_image_file_async.py [IMAGE_FILE]
    IMAGE_FILE  default: sample.jpg, next to the samples

Packages to install besides the library: aiohttp.

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

# [START create_client]
import asyncio
import io
import os
import sys

from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError


async def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    # A client for asynchronous calls that authenticates with the key.
    client = ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key))
    # [END create_client]

    image_file = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "sample.jpg")

    async with client:
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
