"""Reads the text in an image on the web (asynchronous client).

Only the URL is sent: the service fetches the image itself, so it must be publicly accessible. Each line and each
word has a polygon around it: four points, in pixels.

Run it:
    python sample_ocr_image_url_async.py [IMAGE_URL]
    IMAGE_URL  default: https://aka.ms/azsdk/image-analysis/sample.jpg

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

    image_url = sys.argv[1] if len(sys.argv) > 1 else "https://aka.ms/azsdk/image-analysis/sample.jpg"

    async with client:
        # [START read]
        # Request the text. The event loop is free during the call.
        result = await client.analyze_from_url(
            image_url=image_url,  # such as "https://aka.ms/azsdk/image-analysis/sample.jpg"
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
    except AzureError as error:
        sys.exit(f"The image was not analyzed. {error}")
