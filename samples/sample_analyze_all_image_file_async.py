"""Requests all features of an image file, logs the requests, and handles errors (asynchronous client).

One call asks for all visual features. The functions that send the log to stdout and print the result are
those of sample_analyze_all_image_file.py.

Run it:
    python sample_analyze_all_image_file_async.py [IMAGE_FILE]
    IMAGE_FILE  default: sample.jpg, next to the samples

Packages to install besides the library: aiohttp.

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import asyncio
import io
import os
import sys

from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from sample_analyze_all_image_file import log_to_stdout, print_result


async def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    image_file = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "sample.jpg")

    # Read the whole image file into memory.
    try:
        with open(image_file, "rb") as file:
            image_data = file.read()
    except OSError as error:
        sys.exit(f"The image was not analyzed. {error}")

    log_to_stdout()

    # [START create_client_with_logging]
    # At level DEBUG, this client logs headers and bodies in full. Protect such a log: it contains the key.
    client = ImageAnalysisClient(
        endpoint=endpoint,
        credential=AzureKeyCredential(key),
        logging_enable=True,
    )
    # [END create_client_with_logging]

    async with client:
        # [START exceptions]
        try:
            result = await client.analyze(
                image_data=image_data,
                visual_features=list(VisualFeatures),  # all of them
                gender_neutral_caption=True,  # default: False
                smart_crops_aspect_ratios=[0.9, 1.33],  # each 0.75 to 1.8; default: one crop
                model_version="latest",  # default: the latest
            )
        except HttpResponseError as error:
            # The service refused the call, or failed.
            print(f"Status code: {error.status_code}", file=sys.stderr)
            print(f"Reason: {error.reason}", file=sys.stderr)
            print(f"Message: {error.error.message if error.error else error.message}", file=sys.stderr)
            sys.exit(1)
        except AzureError as error:
            # There was no valid response: no connection, a timeout, or a page from a proxy.
            sys.exit(f"No response from the service: {error}")
        # [END exceptions]

        print_result(result)


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    asyncio.run(main())
