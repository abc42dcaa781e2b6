"""Recognizes registered pictures by content and by URL.

Two files may show the same picture if their fingerprints, which are small copies, are alike. After this quick test, a
worker compares the pictures in full. The smaller a fingerprint is relative to its picture, the less it shows changes by
saving and scaling: hence the slope of the limit.
"""

import json
import threading
from operator import itemgetter
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple, cast

from PIL import Image, ImageChops, ImageFilter, ImageStat

from .._errors import RequestRefused
from .._http.serving import LOGGER
from .pool import WorkerFailed
from .results import Parts, extent, scaled

SAMPLE_FILE = Path(__file__).parents[1].joinpath("sample.jpg")
SAMPLE_RESULT_FILE = Path(__file__).parents[1].joinpath("sample_result.json")
SAMPLE_URLS = (
    "https://aka.ms/azsdk/image-analysis/sample.jpg",
    "https://learn.microsoft.com/azure/ai-services/computer-vision/media/quickstarts/presentation.png",
)

# The least longest side at which a copy of a large picture is recognized.
_SMALLEST_COPY = 384

_LIMIT, _LIMIT_SLOPE = 8.0, 45.0
_MEAN_LIMIT = 4.0
_COLOR_SIDE, _COLOR_LIMIT = 4, 8

# The nearest registered picture is used only if all others are at least this many times as far away.
_DISTANCE_RATIO = 2

Size = Tuple[int, int]


class Fingerprint(NamedTuple):
    """The size of a picture, and a small copy."""

    size: Size
    """Width and height of the stored pixels."""
    gray_size: Size
    gray: bytes
    colors: bytes

    @classmethod
    def from_worker(cls, facts: Mapping[str, Any], pixels: bytes) -> "Fingerprint":
        """Parse the reply of a worker."""
        width, height = facts["gray_size"]
        colors = pixels[width * height :]
        return cls(tuple(facts["size"]), (width, height), pixels[: width * height], colors)


FingerprintFunction = Callable[[bytes, bytes], Fingerprint]
"""Takes a file and its digest."""


def may_be_alike(known: Fingerprint, other: Fingerprint) -> bool:
    """Return whether two files may show the same picture, judging by their fingerprints."""
    (width, height), (other_width, other_height) = known.size, other.size
    # One size must be the other, scaled and rounded.
    if abs(width * other_height - height * other_width) > max(width, height, other_width, other_height):
        return False
    side = min(max(known.gray_size), max(other.gray_size))
    if side < min(_SMALLEST_COPY, max(known.gray_size) // 2):
        return False
    smaller = min(known, other, key=lambda one: max(one.gray_size))
    images = [
        Image.frombytes("L", one.gray_size, one.gray).resize(smaller.gray_size, Image.Resampling.LANCZOS)
        for one in (known, other)
    ]
    difference = ImageChops.difference(*images)
    colors = [Image.frombytes("RGB", (_COLOR_SIDE, _COLOR_SIDE), one.colors) for one in (known, other)]
    limit = _LIMIT + _LIMIT_SLOPE * side / min(max(known.size), max(other.size))
    return (
        max(difference.filter(ImageFilter.BoxBlur(1)).tobytes()) < limit
        and ImageStat.Stat(difference).mean[0] < _MEAN_LIMIT
        and max(ImageChops.difference(*colors).tobytes()) < _COLOR_LIMIT
    )


class KnownPicture:
    """A picture whose result is known."""

    def __init__(
        self,
        parts: Parts,
        *,
        neutral: Optional[Parts] = None,
        size: Optional[Size] = None,
        read: Callable[[], bytes] = bytes,
        digest: bytes = b"",
        name: str = "A registered picture",
    ) -> None:
        self._parts = parts
        self._neutral = neutral or parts
        self._fingerprint: Optional[Fingerprint] = None
        self.size = size
        self.read = read
        self.digest = digest
        self.name = name

    def fingerprint(self, compute: FingerprintFunction) -> Fingerprint:
        """Return its fingerprint. The first call blocks."""
        if self._fingerprint is None:
            self._fingerprint = compute(self.read(), self.digest)
            self.size = self._fingerprint.size
        return self._fingerprint

    def parts_for(self, size: Size, gender_neutral: bool) -> Parts:
        """Return the known parts of the result, scaled to a size."""
        parts = self._neutral if gender_neutral else self._parts
        own = self.size or size
        return parts if size == own else cast(Parts, scaled(parts, size[0] / own[0], size[1] / own[1]))


class Registry:
    """The known pictures, by content and by URL. Thread-safe."""

    def __init__(self, fingerprint: FingerprintFunction, compare: Callable[[bytes, bytes, bytes], float]) -> None:
        self._fingerprint = fingerprint
        self._compare = compare
        self._lock = threading.Lock()
        self._pictures: Dict[bytes, KnownPicture] = {}
        self._urls: Dict[str, KnownPicture] = {}

    def __len__(self) -> int:
        return len(self._pictures) + len(self._urls)

    def add_picture(self, known: KnownPicture) -> None:
        """Register a picture, or replace its result."""
        with self._lock:
            self._pictures.pop(known.digest, None)  # The latest comes last.
            self._pictures[known.digest] = known

    def add_url(self, url: str, known: KnownPicture) -> None:
        """Register a picture by its URL."""
        with self._lock:
            self._urls[url] = known

    def by_digest(self, digest: bytes) -> Optional[KnownPicture]:
        """Find a picture by the digest of its bytes."""
        return self._pictures.get(digest)

    def by_url(self, url: str) -> Optional[KnownPicture]:
        """Find a picture by its URL."""
        return self._urls.get(url)

    def find(self, image: bytes, digest: bytes) -> Tuple[Size, Optional[KnownPicture]]:
        """Return the size of a picture, and the known picture that it shows. Blocks."""
        fingerprint = self._fingerprint(image, digest)
        known = self._pictures.get(digest)
        if known is None:
            return fingerprint.size, self._find_alike(image, digest, fingerprint)
        known.size = fingerprint.size
        return fingerprint.size, known

    def _find_alike(self, image: bytes, digest: bytes, fingerprint: Fingerprint) -> Optional[KnownPicture]:
        """Return the known picture that looks the same, unless a second one is about as near."""
        with self._lock:
            pictures = list(self._pictures.values())
        near: List[Tuple[float, KnownPicture]] = []
        for known in reversed(pictures):
            try:
                if may_be_alike(known.fingerprint(self._fingerprint), fingerprint):
                    distance = self._compare(known.read(), image, known.digest + digest)
                    near.extend([(distance, known)] if distance < 1 else [])
            except (OSError, RequestRefused, WorkerFailed) as error:
                LOGGER.warning("%s is ignored: %s", known.name, error)
        if not near:
            return None
        least, nearest = min(near, key=itemgetter(0))
        same = [
            known
            for _, known in near
            if known is nearest or self._compare(known.read(), nearest.read(), known.digest + nearest.digest) < 1
        ]
        if any(distance < _DISTANCE_RATIO * least for distance, known in near if known not in same):
            LOGGER.warning("A picture looks like two registered pictures, so it gets the result of neither.")
            return None
        return same[0]  # The latest, if the same picture was registered several times.

    def replace(self, other: "Registry") -> None:
        """Replace all pictures with those of another registry."""
        with self._lock:
            self._pictures, self._urls = dict(other._pictures), dict(other._urls)


def known_at_url(parts: Parts) -> KnownPicture:
    """Return a picture that is known only by its URL."""
    metadata = parts.get("metadata")
    return KnownPicture(parts, size=(metadata["width"], metadata["height"]) if metadata else extent(parts))


def sample(digest: bytes) -> KnownPicture:
    """Return the sample picture."""
    data = json.loads(SAMPLE_RESULT_FILE.read_text(encoding="utf-8"))
    gendered, neutral = ({**data[captions], **data["results"]} for captions in ("gendered", "genderNeutral"))
    metadata = data["results"]["metadata"]
    size = metadata["width"], metadata["height"]
    return KnownPicture(gendered, neutral=neutral, size=size, read=SAMPLE_FILE.read_bytes, digest=digest)
