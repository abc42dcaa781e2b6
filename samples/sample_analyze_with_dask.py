"""Analyzes many images on a cluster of machines, with Dask.

The images are divided into parts. A worker analyzes a part with its only client, and writes a Parquet or JSON Lines
file with one row per image. A part whose file exists is skipped, so that a stopped job can be restarted and does only
the missing parts.

Run it:
    python sample_analyze_with_dask.py [FOLDER] [--scheduler ADDRESS | --workers NUMBER] [--threads NUMBER]
        [--per-second CALLS] [--part IMAGES] [--format {parquet,jsonl}] [--output FOLDER]
    FOLDER    searched with its subfolders; default: 20 times sample.jpg, with one worker and then with two
    ADDRESS   of the scheduler of a cluster; default: a cluster of two workers on this machine
    CALLS     per second, of all workers together; default: 10. Two workers are not faster if one can make as many.
    --output  the folder to write into; default: sample_output

On your own cluster, ADDRESS is that of the scheduler, such as tcp://10.0.0.4:8786. All workers need:
- the same versions of Python and of the packages, this library among them (with Coiled, Kubernetes or YARN: in their
  image or environment);
- the two environment variables, set on each worker, because the key is not sent through the cluster. (Or create the
  client in setup() with a ManagedIdentityCredential of azure-identity instead of the key.);
- FOLDER and the output folder under the same paths: a shared file system.
The rate of the pricing tier, --per-second, is for all workers together, and each takes its share.

Packages to install besides the library: dask[distributed] (2024.1 or later), pyarrow, tqdm.

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import argparse
import hashlib
import io
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

import pyarrow
import pyarrow.parquet
from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import HttpRequest, HttpResponse
from distributed import Client, LocalCluster, Worker, WorkerPlugin, as_completed, get_worker
from tqdm import tqdm

SAMPLE = Path(__file__).resolve().with_name("sample.jpg")
IMAGES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".ico", ".tif", ".tiff", ".mpo")
FEATURES = [VisualFeatures.TAGS, VisualFeatures.READ]

# A wrong key, no permission, a wrong endpoint: every image would fail.
HOPELESS = (401, 403, 404)

SCHEMA = pyarrow.schema(
    [
        ("image", pyarrow.string()),
        ("width", pyarrow.int32()),
        ("height", pyarrow.int32()),
        ("tags", pyarrow.list_(pyarrow.string())),
        ("text", pyarrow.string()),
        ("error", pyarrow.string()),
    ]
)


class Pace(SansIOHTTPPolicy[HttpRequest, HttpResponse]):
    """Spreads the requests of all threads evenly over time."""

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._next = time.monotonic()
        self._lock = threading.Lock()

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + self._interval
        time.sleep(max(0.0, turn - time.monotonic()))


# [START plugin]
class Vision(WorkerPlugin):
    """Creates one client for each worker, which its threads share.

    :param per_second: The number of calls per second that this worker may send.
    """

    name = "vision"

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second

    def setup(self, worker: Worker) -> None:
        """Run on the worker when it joins."""
        self.client = ImageAnalysisClient(
            endpoint=os.environ["VISION_ENDPOINT"],
            credential=AzureKeyCredential(os.environ["VISION_KEY"]),
            per_retry_policies=[Pace(self._per_second)],
            retry_status=10,  # default: 3; others may use the resource at the same time
        )

    def teardown(self, worker: Worker) -> None:
        """Run on the worker when it leaves."""
        self.client.close()


# [END plugin]


class Done(NamedTuple):
    """The outcome of a part."""

    images: int
    failed: int


# [START analyze_part]
def analyze_part(images: List[str], target: str) -> Done:
    """Analyze a part on a worker, and write its file."""
    vision: Any = get_worker().plugins[Vision.name]
    rows = [analyze(vision.client, image) for image in images]
    # Only a complete file gets the final name.
    unfinished = f"{target}.unfinished"
    if target.endswith(".parquet"):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=SCHEMA), unfinished)
    else:
        with open(unfinished, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    os.replace(unfinished, target)
    return Done(len(rows), sum(row["error"] is not None for row in rows))


def analyze(client: ImageAnalysisClient, image: str) -> Dict[str, Any]:
    """Analyze an image, and return its row."""
    row: Dict[str, Any] = dict.fromkeys(SCHEMA.names)
    row["image"] = image
    try:
        result = client.analyze(Path(image).read_bytes(), FEATURES)
    except HttpResponseError as error:
        if error.status_code in HOPELESS:
            # Unlike an exception with a response, this one can be sent to the program.
            raise RuntimeError(f"The service refuses all calls. {error.message}") from None
        row["error"] = error.error.message if error.error else error.message
    except (AzureError, OSError) as error:
        row["error"] = str(error)
    else:
        row.update(width=result.metadata.width, height=result.metadata.height)
        if result.tags is not None:
            row["tags"] = [tag.name for tag in result.tags.list]
        if result.read is not None:
            row["text"] = "\n".join(line.text for block in result.read.blocks for line in block.lines)
    return row


# [END analyze_part]


def run(cluster: Any, images: List[str], output: Path, options: argparse.Namespace) -> None:
    """Analyze images on a cluster, and print the rate."""
    output.mkdir(parents=True, exist_ok=True)
    parts = [images[start : start + options.part] for start in range(0, len(images), options.part)]
    # The name of the file of a part is derived from its images.
    targets = [hashlib.sha256("\n".join(part).encode("utf-8", "surrogateescape")).hexdigest()[:16] for part in parts]
    todo = [
        (part, str(output.resolve() / f"part-{number:06d}-{target}.{options.format}"))
        for number, (part, target) in enumerate(zip(parts, targets))
    ]
    todo = [(part, target) for part, target in todo if not os.path.exists(target)]

    # [START run]
    with Client(cluster) as client:
        workers = len(client.nthreads())
        client.register_plugin(Vision(options.per_second / max(1, workers)))
        started = time.monotonic()
        futures = client.map(analyze_part, *zip(*todo), pure=False) if todo else []
        images_done = failed = 0
        with tqdm(total=sum(len(part) for part, _ in todo), unit="image", disable=None) as progress:
            for future in as_completed(futures):
                done = future.result()
                images_done, failed = images_done + done.images, failed + done.failed
                progress.update(done.images)
        seconds = time.monotonic() - started
    # [END run]
    print(
        f"{workers} worker{'' if workers == 1 else 's'}: {images_done} images in {seconds:.1f} s "
        f"({images_done / seconds:.1f} a second), {failed} of them failed. The results are in {output}."
    )


def find_images(folder: Path) -> List[str]:
    """List the images of a folder and its subfolders, always in the same order."""
    return sorted(str(path) for path in folder.resolve().rglob("*") if path.suffix.lower() in IMAGES)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Analyze many images on a Dask cluster.")
    parser.add_argument("folder", nargs="?", type=Path)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--scheduler", metavar="ADDRESS", help="the address of a cluster's scheduler")
    where.add_argument("--workers", type=int, default=2, help="how many workers to start here (%(default)d)")
    parser.add_argument("--threads", type=int, default=8, help="calls at once, for each worker here (%(default)d)")
    parser.add_argument("--per-second", type=float, default=10.0, help="calls in a second, all workers (%(default)g)")
    parser.add_argument("--part", type=int, default=100, help="images in a part (%(default)d)")
    parser.add_argument("--format", choices=["parquet", "jsonl"], default="parquet")
    parser.add_argument("--output", type=Path, default=Path("sample_output"), help="the folder to write into")
    return parser.parse_args()


def local_cluster(workers: int, threads: int) -> LocalCluster:
    """Start workers on this machine, each in its own process."""
    # The dashboard would need another library and a port.
    return LocalCluster(n_workers=workers, threads_per_worker=threads, dashboard_address=None)


def main() -> None:
    options = parse()
    # On another cluster, only the workers need them.
    for variable in ("VISION_ENDPOINT", "VISION_KEY"):
        if variable not in os.environ and not options.scheduler:
            sys.exit(f"Set the environment variable {variable} before you run this sample.")

    try:
        if options.scheduler:
            run(options.scheduler, find_images(options.folder or SAMPLE.parent), options.output, options)
        elif options.folder:
            with local_cluster(options.workers, options.threads) as cluster:
                run(cluster, find_images(options.folder), options.output, options)
        else:
            options.part = 2
            for workers in (1, 2):
                with local_cluster(workers, options.threads) as cluster:
                    run(cluster, [str(SAMPLE)] * 20, options.output / f"{workers}_workers", options)
    except (RuntimeError, OSError, KeyError) as error:
        # The service refuses all calls, the cluster cannot be reached, or its workers lack a variable.
        sys.exit(f"Not all images were analyzed. {error}")
    except KeyboardInterrupt:
        sys.exit(130)


# Each worker process imports this file, but only the main process may start the cluster.
if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
