"""Fingerprints and text of pictures, computed in worker processes and cached."""

import hashlib
import threading
from concurrent.futures import Future
from typing import Any, Callable, Dict, Generic, Tuple, TypeVar

from PIL import Image

from .._errors import IMAGE_BYTES, IMAGE_BYTES_LIMIT, IMAGE_DIMENSION, IMAGE_FORMAT, RequestRefused
from .._text.recognizer import is_available
from .known import Fingerprint
from .pool import WorkerPool

# The time limits of a worker for one picture.
IMAGE_SECONDS = 10.0
TEXT_SECONDS = 60.0
# The number of calls that may wait for text. Any more get a 429.
TEXT_QUEUE_LIMIT = 100

_PROBLEMS = {"dimension": IMAGE_DIMENSION, "format": IMAGE_FORMAT}
_CACHE_SIZE = 64

T = TypeVar("T")
Reply = Tuple[Dict[str, Any], bytes]


class Pictures:
    """Computes fingerprints, text and pixels of pictures. Its methods are thread-safe, and block."""

    def __init__(self, ocr: bool) -> None:
        self.can_read = ocr and is_available()
        self._image_workers = WorkerPool("._pictures.operations", workers=3, waiting=1000, seconds=IMAGE_SECONDS)
        self._text_workers = WorkerPool("._text.operations", workers=1, waiting=TEXT_QUEUE_LIMIT, seconds=TEXT_SECONDS)
        self._fingerprints: SingleFlightCache[Fingerprint] = SingleFlightCache()
        self._distances: SingleFlightCache[float] = SingleFlightCache()
        self._texts: SingleFlightCache[Dict[str, Any]] = SingleFlightCache()

    @property
    def text_state(self) -> str:
        """The state of text recognition: "off"; "loading", until a worker has loaded; or "ready"."""
        if not self.can_read:
            return "off"
        return "ready" if self._text_workers.is_ready else "loading"

    def fingerprint(self, image: bytes, digest: bytes) -> Fingerprint:
        """Return the fingerprint of a picture."""
        return self._fingerprints.get(digest, lambda: Fingerprint.from_worker(*self.compute("inspect", image)))

    def distance(self, original: bytes, image: bytes, key: bytes) -> float:
        """Return the distance of two pictures: 0 for the same pixels, below 1 for the same picture."""

        def compare() -> float:
            return float(_checked(self._image_workers.call("compare", original, image))[0]["distance"])

        return self._distances.get(key, compare)

    def pixels(self, image: bytes) -> Image.Image:
        """Decode a picture."""
        facts, data = self.compute("pixels", image)
        return Image.frombytes("RGB", facts["size"], data)

    def text(self, image: bytes, digest: bytes) -> Dict[str, Any]:
        """Return the text in a picture, as the service's ``readResult``."""
        return self._texts.get(digest, lambda: self._text_workers.call("read", image))

    def compute(self, operation: str, image: bytes) -> Reply:
        """Run an operation on a picture, and check the reply."""
        if not 0 < len(image) <= IMAGE_BYTES_LIMIT:
            raise RequestRefused(IMAGE_BYTES)
        return _checked(self._image_workers.call(operation, image))

    def warm_up(self) -> None:
        """Start to load the text recognizer, so that the first call does not wait for it."""
        if self.can_read:
            self._text_workers.warm_up()

    def close(self) -> None:
        """End all workers."""
        self._image_workers.close()
        self._text_workers.close()


def _checked(reply: Reply) -> Reply:
    """Return a reply, or refuse the request if it reports a problem."""
    if "problem" in reply[0]:
        raise RequestRefused(_PROBLEMS[reply[0]["problem"]])
    return reply


def digest_of(image: bytes) -> bytes:
    """Return a digest of the bytes of an image."""
    return hashlib.blake2b(image, digest_size=16).digest()


class SingleFlightCache(Generic[T]):
    """Caches the values of the last few keys. A value that several threads request at once is computed once."""

    def __init__(self) -> None:
        self._values: Dict[bytes, Future[T]] = {}
        self._lock = threading.Lock()

    def get(self, key: bytes, make: Callable[[], T]) -> T:
        """Return a cached value, or compute it."""
        with self._lock:
            found = self._values.pop(key, None)
            value: Future[T] = Future() if found is None else found
            self._values[key] = value  # Least recently used values are dropped first.
            while len(self._values) > _CACHE_SIZE:
                del self._values[next(iter(self._values))]
        try:
            if found is None:
                try:
                    value.set_result(make())
                except BaseException as error:
                    with self._lock:
                        if self._values.get(key) is value:
                            del self._values[key]
                    value.set_exception(error)
            return value.result()
        finally:
            # An exception in it refers to this frame: a cycle would keep the image in memory.
            del found, value
