"""Sets retries, timeouts and a proxy.

Shows the settings for all calls of a client and for one call, and prints each response of the service, also those after
which the call is retried.

Run it:
    python sample_retries_timeouts_proxies.py [IMAGE_FILE] [--proxy URL]
    IMAGE_FILE  default: sample.jpg, next to the samples
    URL         such as http://proxy.example:8080; default: HTTPS_PROXY and NO_PROXY decide

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import argparse
import io
import os
import sys
from pathlib import Path
from typing import Any, Dict

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline import PipelineResponse

# [START settings]
SETTINGS: Dict[str, Any] = {
    # Retries. A call is retried after the statuses 408, 429, 500, 502, 503 and 504 and after a lost connection: when
    # the time has passed that the service asks for, or else at once, the next time after 1.6 seconds, then 3.2, 6.4 ...
    # A call is not retried after read_timeout: the service may still be working on it.
    "retry_total": 5,  # maximum number of retries in all (default: 10)
    "retry_status": 5,  # after a response with one of the statuses (default: 3)
    "retry_connect": 2,  # if there is no connection (default: 3)
    "retry_read": 2,  # if the connection broke before the response (default: 3)
    "retry_backoff_factor": 0.8,  # half of the seconds before the second retry (default: 0.8)
    "retry_backoff_max": 30,  # maximum seconds before a retry, unless the service asks for more (default: 120)
    # Timeouts, in seconds.
    "connection_timeout": 10,  # for a connection (default: 300)
    "read_timeout": 60,  # for each piece of a response, not for all of it (default: 300)
}
# [END settings]


# [START hook]
def print_response(response: PipelineResponse[Any, Any]) -> None:
    """Print the response to one attempt."""
    http_response = response.http_response
    wait = http_response.headers.get("Retry-After")
    print(f"Response: {http_response.status_code}" + (f", to be retried in {wait} s" if wait else ""))


# [END hook]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Set retries, timeouts and a proxy.")
    parser.add_argument("image", nargs="?", type=Path, default=Path(__file__).with_name("sample.jpg"))
    parser.add_argument("--proxy", help="the URL of a proxy")
    return parser.parse_args()


def main() -> None:
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
        with client:
            # With the settings of the client.
            result = client.analyze(image_data, [VisualFeatures.TAGS])
            print(f"Patient call: {len(result.tags.list) if result.tags is not None else 0} tags")

            # [START per_call]
            # This call is not retried, and ends soon. `timeout` is the time for a call and all its retries; it is
            # checked before each of them.
            try:
                result = client.analyze(image_data, [VisualFeatures.TAGS], retry_total=0, read_timeout=5, timeout=10)
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
    main()
