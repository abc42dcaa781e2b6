"""Analyzes a folder of thousands of images, or a list of URLs, within the rate limit of the service.

Writes one line of JSON for each image, with its result or its error, to a file (JSON Lines).

- Several calls run at once, within the calls per second that the pricing tier allows. Retries also count.
- A call is retried after a lost connection, after 429 (too many calls) and after the server errors 500, 502, 503, 504.
- An image that fails is recorded, and the next one follows. An error that would affect every image, such as a wrong
  key, ends the program.
- It can be stopped with Ctrl-C, and started again: a second run with the same output analyzes only images without a
  result. So an image may have several lines with an error; only its last line is valid.
- Its memory does not grow with the number of images.

Run it:
    python sample_analyze_folder_async.py [FOLDER_OR_FILE] [--output FILE] [--features FEATURE ...]
        [--per-second CALLS] [--at-once CALLS]
    FOLDER_OR_FILE  a folder, searched with its subfolders, or a file with a URL on each line;
                    default: the folder of the samples, which has two pictures
    FILE            default: sample_output/results.jsonl
    --per-second    default: 10. The free tier F0 allows 20 calls a minute (0.33), S1 10 to 20 a second.
    --at-once       calls in progress at any time; default: 16

Packages to install besides the library: aiohttp, aiolimiter, tqdm.

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import argparse
import asyncio
import contextlib
import io
import json
import os
import signal
import sqlite3
import sys
import time
from pathlib import Path
from typing import IO, Any, Dict, Iterator

from aiolimiter import AsyncLimiter
from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest
from tqdm import tqdm

IMAGES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".ico", ".tif", ".tiff", ".mpo")

# A wrong key, no permission, a wrong endpoint: every image would fail.
HOPELESS = (401, 403, 404)


# [START rate_limit]
class RateLimitPolicy(AsyncHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Spreads requests evenly over time. Comes after the retry policy, so that each attempt counts."""

    def __init__(self, per_second: float) -> None:
        super().__init__()
        self._limiter = AsyncLimiter(1, 1 / per_second)

    async def send(self, request: PipelineRequest[HttpRequest]) -> PipelineResponse[HttpRequest, AsyncHttpResponse]:
        await self._limiter.acquire()
        return await self.next.send(request)


# [END rate_limit]


class Job:
    """Analyzes all images of a source into a file.

    :param options: The options of the command line.
    :param client: A client that keeps the rate limit.
    :param output: The file, opened for reading and writing.
    """

    def __init__(self, options: argparse.Namespace, client: ImageAnalysisClient, output: IO[bytes]) -> None:
        self._source: Path = options.source
        self._features = options.features
        self._at_once = options.at_once
        self._client = client
        self._output = output
        self._stopping = False
        # The images that have a result: in a temporary database on disk, to save memory.
        self._finished = sqlite3.connect("")
        self.done = self.failed = 0

    def _read_finished(self) -> None:
        """Record the images that have a result from an earlier run."""
        self._finished.execute("CREATE TABLE finished (image BLOB PRIMARY KEY) WITHOUT ROWID")
        end = 0
        for line in self._output:
            if not line.endswith(b"\n"):
                break  # a run was killed while it wrote this line
            end += len(line)
            record = json.loads(line)
            if "result" in record:
                self._finished.execute("INSERT OR IGNORE INTO finished VALUES (?)", [os.fsencode(record["image"])])
        self._output.seek(end)
        self._output.truncate()

    def _missing(self) -> Iterator[str]:
        """Yield the images without a result."""
        for image in find_images(self._source):
            query = "SELECT 1 FROM finished WHERE image = ?"
            if self._finished.execute(query, [os.fsencode(image)]).fetchone() is None:
                yield image

    async def run(self) -> bool:
        """Analyze the remaining images, and return whether all of them were done."""
        with contextlib.ExitStack() as end:
            end.callback(self._finished.close)
            self._read_finished()
            total = sum(1 for _ in self._missing())
            progress = end.enter_context(tqdm(total=total, unit="image", disable=None))
            end.enter_context(self._stopped_by_ctrl_c(progress))
            # All workers take their images from the same iterator.
            missing = self._missing()
            workers = [asyncio.ensure_future(self._work(missing, progress)) for _ in range(self._at_once)]
            try:
                await asyncio.gather(*workers)
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)
        return not self._stopping

    async def _work(self, missing: Iterator[str], progress: "tqdm[Any]") -> None:
        for image in missing:
            if self._stopping:
                break
            record = await self._analyze(image)
            self._output.write(json.dumps(record).encode("ascii") + b"\n")
            self._output.flush()
            self.done += 1
            if "error" in record:
                self.failed += 1
                progress.set_postfix(errors=self.failed, refresh=False)
            progress.update()

    # [START analyze]
    async def _analyze(self, image: str) -> Dict[str, Any]:
        try:
            if self._source.is_dir():
                # Disks may be slow, and would block the event loop.
                read = (self._source / image).read_bytes
                image_data = await asyncio.get_running_loop().run_in_executor(None, read)
                result = await self._client.analyze(image_data, self._features)
            else:
                result = await self._client.analyze_from_url(image, self._features)
        except HttpResponseError as error:
            # The service refused it, with the reason in error.error, or the response is not valid.
            if error.status_code in HOPELESS:
                raise
            code, message = (error.error.code, error.error.message) if error.error else (None, error.message)
            return {"image": image, "error": {"status": error.status_code, "code": code, "message": message}}
        except (AzureError, OSError) as error:
            # There was no response, even after several attempts, or the file cannot be read.
            return {"image": image, "error": {"status": None, "code": type(error).__name__, "message": str(error)}}
        return {"image": image, "result": result.as_dict()}

    # [END analyze]

    @contextlib.contextmanager
    def _stopped_by_ctrl_c(self, progress: "tqdm[Any]") -> Iterator[None]:
        """Let the calls in progress end, as they are paid for; at a second Ctrl-C, cancel them."""
        loop = asyncio.get_running_loop()
        usual = signal.getsignal(signal.SIGINT)

        def stop() -> None:
            self._stopping = True
            progress.write("Waiting for the calls that are under way. Ctrl-C stops at once.", file=sys.stderr)

        def on_ctrl_c(*_: Any) -> None:
            signal.signal(signal.SIGINT, usual)
            loop.call_soon_threadsafe(stop)

        signal.signal(signal.SIGINT, on_ctrl_c)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, usual)


def find_images(source: Path) -> Iterator[str]:
    """Yield the images of a folder, as relative paths, or the URLs in a file, without a list in memory."""
    if not source.is_dir():
        with source.open(encoding="utf-8") as file:
            yield from filter(None, map(str.strip, file))
        return
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from (os.path.join(entry.name, image) for image in find_images(Path(entry.path)))
            elif entry.name.lower().endswith(IMAGES):
                yield entry.name


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Analyze many images.")
    features = [feature.value for feature in VisualFeatures]
    parser.add_argument("source", nargs="?", type=Path, default=Path(__file__).resolve().parents[1])
    parser.add_argument("--output", type=Path, default=Path("sample_output/results.jsonl"), help="where to write")
    parser.add_argument("--features", nargs="+", default=["tags", "read"], choices=features, metavar="FEATURE")
    parser.add_argument("--per-second", type=float, default=10.0, help="calls sent in a second (%(default)g)")
    parser.add_argument("--at-once", type=int, default=16, help="calls under way at any time (%(default)d)")
    options = parser.parse_args()
    if options.per_second <= 0 or options.at_once < 1:
        parser.error("--per-second and --at-once must be more than 0")
    return options


async def main() -> int:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    options = parse()
    options.output.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    # [START client]
    client = ImageAnalysisClient(
        endpoint=endpoint,
        credential=AzureKeyCredential(key),
        per_retry_policies=[RateLimitPolicy(options.per_second)],
        retry_status=10,  # default: 3; others may use the resource at the same time
    )
    # [END client]
    # "a+b" creates a missing file, and keeps the content of an existing one.
    async with client:
        with options.output.open("a+b") as output:
            output.seek(0)
            job = Job(options, client, output)
            complete = await job.run()
    seconds = time.monotonic() - started
    print(
        f"{job.done} images in {seconds:.1f} s ({job.done / seconds:.1f} a second), {job.failed} of them failed. "
        f"The results are in {options.output}."
    )
    return 0 if complete else 130


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    try:
        sys.exit(asyncio.run(main()))
    except KeyboardInterrupt:
        sys.exit(130)
    except (OSError, ValueError, AzureError) as error:
        sys.exit(f"Not all images were analyzed. {error}")
