"""Analyzes many images in threads, within the rate limit of the pricing tier.

A policy in the pipeline spaces the requests out. It comes after the retry policy, so that each attempt counts, as it
does at the service. If there is a 429 nevertheless, the call is retried after the time that the service asks for.
sample_analyze_folder_async.py does the same with asyncio, for a folder of thousands of images.

Run it:
    python sample_rate_limit.py [IMAGE_FILE ...] [--per-second CALLS]
    IMAGE_FILE  default: three times sample.jpg, next to the samples
    CALLS       default: 10; for the free tier F0, which allows 20 calls a minute, 0.33

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import argparse
import io
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import HttpRequest, HttpResponse


# [START policy]
class RateLimitPolicy(SansIOHTTPPolicy[HttpRequest, HttpResponse]):
    """Spaces the requests of all threads out evenly."""

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._next_start = 0.0
        self._lock = threading.Lock()

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next_start)
            self._next_start = start + self._interval
        time.sleep(start - now)


# [END policy]


def main() -> None:
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    parser = argparse.ArgumentParser(description="Analyze many images under a rate limit.")
    parser.add_argument("images", nargs="*", type=Path, metavar="IMAGE_FILE")
    parser.add_argument("--per-second", type=float, default=10.0, help="requests in a second (%(default)g)")
    options = parser.parse_args()
    if options.per_second <= 0:
        parser.error("--per-second must be more than 0")
    images = options.images or [Path(__file__).with_name("sample.jpg")] * 3

    client = ImageAnalysisClient(
        endpoint=endpoint,
        credential=AzureKeyCredential(key),
        per_retry_policies=[RateLimitPolicy(options.per_second)],
        retry_status=10,  # default: 3; others may use the resource at the same time
    )

    def count_tags(image: Path) -> str:
        result = client.analyze(image.read_bytes(), [VisualFeatures.TAGS])
        return f"{image.name}: {len(result.tags.list) if result.tags is not None else 0} tags"

    with client, ThreadPoolExecutor(max_workers=8) as pool:
        try:
            for line in pool.map(count_tags, images):
                print(line)
        except (OSError, AzureError) as error:
            sys.exit(f"Not all images were analyzed. {error}")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
