"""Sets retries, timeouts and a proxy (asynchronous client).

Shows the settings for all calls of a client and for one call, and prints each response of the service, also those after
which the call is retried. The settings are those of sample_retries_timeouts_proxies.py.

Run it:
    python sample_retries_timeouts_proxies_async.py [IMAGE_FILE] [--proxy URL]
    IMAGE_FILE  default: sample.jpg, next to the samples
    URL         such as http://proxy.example:8080; default: HTTPS_PROXY and NO_PROXY decide

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
from sample_retries_timeouts_proxies import SETTINGS, parse, print_response


async def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    options = parse()

    # [START proxy]
    # A proxy for each scheme of the endpoint. use_env_settings=False would ignore HTTPS_PROXY and the like.
    proxies = {"http": options.proxy, "https": options.proxy} if options.proxy else None
    client = ImageAnalysisClient(
        endpoint=endpoint,
        credential=AzureKeyCredential(key),
        proxies=proxies,
        raw_response_hook=print_response,
        **SETTINGS,
    )
    # [END proxy]

    try:
        image_data = options.image.read_bytes()
        async with client:
            # With the settings of the client.
            result = await client.analyze(image_data, [VisualFeatures.TAGS])
            print(f"Patient call: {len(result.tags.list) if result.tags is not None else 0} tags")

            # [START per_call]
            # This call is not retried, and ends soon. `timeout` is the time for a call and all its retries; it is
            # checked before each of them.
            try:
                result = await client.analyze(
                    image_data, [VisualFeatures.TAGS], retry_total=0, read_timeout=5, timeout=10
                )
                print(f"Quick call: {len(result.tags.list) if result.tags is not None else 0} tags")
            except HttpResponseError as error:
                if error.status_code != 429:
                    raise
                print("Quick call: too many calls now, left for later")
            # [END per_call]
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    asyncio.run(main())
