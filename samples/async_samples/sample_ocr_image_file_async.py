"""Reads the text in an image file (asynchronous client).

Optical character recognition (OCR) of printed and handwritten text. Each line and each word has a polygon around it:
four points, in pixels. The service detects the language.

Run it:
    python sample_ocr_image_file_async.py [IMAGE_FILE]
    IMAGE_FILE  default: page.jpg, a letter, next to the samples

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

    image_file = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "page.jpg")

    async with client:
        # [START read]
        # Read the whole image file into memory.
        with open(image_file, "rb") as file:
            image_data = file.read()

        # Request the text. The event loop is free during the call.
        result = await client.analyze(
            image_data=image_data,
            visual_features=[VisualFeatures.READ],
        )

        # An image without text has no blocks.
        if result.read is not None:
            for block in result.read.blocks:
                for line in block.lines:
                    print(f"Line: '{line.text}' at {line.bounding_polygon}")
                    for word in line.words:
                        print(f"  Word: '{word.text}' at {word.bounding_polygon} (confidence {word.confidence:.4f})")
        # [END read]


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    try:
        asyncio.run(main())
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")
