"""Draws the results of an analysis on the image (asynchronous client).

The drawing is that of sample_annotate_image.py. It takes CPU time, so it is done in a thread: meanwhile, the event loop
(of a web server, for example) is free.

Run it:
    python sample_annotate_image_async.py [IMAGE_FILE] [--output FOLDER] [--minimum CONFIDENCE] [--font FONT_FILE]
    IMAGE_FILE  default: sample.jpg, next to the samples
    FOLDER      where to write; default: sample_output
    CONFIDENCE  the minimum to draw, from 0 to 1; default: 0.5
    FONT_FILE   such as one of the Noto fonts; default: the font of Pillow, which has only Latin letters

Packages to install besides the library: aiohttp, pillow.

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import asyncio
import io
import os
import sys

from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError
from sample_annotate_image import FEATURES, annotate, load_upright, parse


async def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    options = parse()
    # [START annotate]
    loop = asyncio.get_running_loop()
    image, data = await loop.run_in_executor(None, load_upright, options.image)
    async with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
        result = await client.analyze(image_data=data, visual_features=FEATURES, gender_neutral_caption=True)
    annotated = await loop.run_in_executor(None, annotate, image, result, options.minimum, options.font)
    # [END annotate]
    options.output.mkdir(parents=True, exist_ok=True)
    target = options.output / f"{options.image.stem}_annotated.png"
    await loop.run_in_executor(None, annotated.save, target)
    print(f"Wrote {target} ({annotated.width} x {annotated.height} pixels)")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    try:
        asyncio.run(main())
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not annotated. {error}")
