"""Shows what can go wrong in a call, and what to do about it (asynchronous client).

Makes calls that fail, one for each error that can be caused with any resource, and prints what to do. The calls, and
the function `advice`, are those of sample_error_handling.py.

Run it:
    python sample_error_handling_async.py

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
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from sample_error_handling import CASES, advice


async def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    for case in CASES:
        usual = {"endpoint": endpoint, "credential": AzureKeyCredential(key)}
        print(f"{case.title}:")
        async with ImageAnalysisClient(**{**usual, **case.client}) as client:
            # [START errors]
            try:
                if isinstance(case.image, str):
                    await client.analyze_from_url(case.image, case.features, **case.options)
                else:
                    await client.analyze(case.image, case.features, **case.options)
            except HttpResponseError as error:
                # The service refused the call, if necessary after retries.
                request_id = getattr(error.response, "headers", {}).get("apim-request-id")
                code, message = (error.error.code, error.error.message) if error.error else (None, error.message)
                print(f"  {error.status_code}, code {code}, request id {request_id}: {message}")
                print(f"  {advice(error)}")
            except AzureError as error:
                # There was no response.
                print(f"  {type(error).__name__}: {error}")
                print(f"  {advice(error)}")
            except (TypeError, ValueError) as error:
                # A mistake in the program, found before anything was sent.
                print(f"  {type(error).__name__}: {error}")
                print(f"  {advice(error)}")
            # [END errors]
            else:
                sys.exit("  This call should have failed.")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    asyncio.run(main())
