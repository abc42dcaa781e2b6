"""Knows pictures by what they show and by their addresses, and the results that belong to them.

Two files may show the same picture if their fingerprints, small copies, are alike: a quick test. Then a worker compares
the pictures in full. The smaller a fingerprint is compared to its picture, the less it shows of what saving and scaling
change, hence the slope of the limit.
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

# A copy of a large picture is recognized down to this length of its longest side.
_SMALLEST_COPY = 384

_LIMIT, _LIMIT_SLOPE = 8.0, 45.0
_MEAN_LIMIT = 4.0
_COLOUR_SIDE, _COLOUR_LIMIT = 4, 8

# The nearest registered picture counts only if all others are at least this many times further away.
_CLEARLY = 2

Size = Tuple[int, int]


class Fingerprint(NamedTuple):
    """A picture's size, and its pixels at a small size."""

    size: Size
    """Width and height as they are stored."""
    gray_size: Size
    gray: bytes
    colours: bytes

    @classmethod
    def from_worker(cls, facts: Mapping[str, Any], pixels: bytes) -> "Fingerprint":
        """Read what the worker returns for an image."""
        width, height = facts["gray_size"]
        colours = pixels[width * height :]
        return cls(tuple(facts["size"]), (width, height), pixels[: width * height], colours)


Look = Callable[[bytes, bytes], Fingerprint]
"""Takes a file and its digest."""


def may_be_alike(known: Fingerprint, other: Fingerprint) -> bool:
    """Return whether two files may show the same picture, as far as their fingerprints show."""
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
    colours = [Image.frombytes("RGB", (_COLOUR_SIDE, _COLOUR_SIDE), one.colours) for one in (known, other)]
    limit = _LIMIT + _LIMIT_SLOPE * side / min(max(known.size), max(other.size))
    return (
        max(difference.filter(ImageFilter.BoxBlur(1)).tobytes()) < limit
        and ImageStat.Stat(difference).mean[0] < _MEAN_LIMIT
        and max(ImageChops.difference(*colours).tobytes()) < _COLOUR_LIMIT
    )


class Known:
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

    def look(self, look: Look) -> Fingerprint:
        """Return what it looks like. Blocks at the first time."""
        if self._fingerprint is None:
            self._fingerprint = look(self.read(), self.digest)
            self.size = self._fingerprint.size
        return self._fingerprint

    def parts_for(self, size: Size, gender_neutral: bool) -> Parts:
        """Return the known parts of the result in the pixels of a picture of another size."""
        parts = self._neutral if gender_neutral else self._parts
        own = self.size or size
        return parts if size == own else cast(Parts, scaled(parts, size[0] / own[0], size[1] / own[1]))


class Registry:
    """The known pictures, by what they show and by their addresses. For any thread."""

    def __init__(self, look: Look, compare: Callable[[bytes, bytes, bytes], float]) -> None:
        self._look = look
        self._compare = compare
        self._lock = threading.Lock()
        self._pictures: Dict[bytes, Known] = {}
        self._urls: Dict[str, Known] = {}

    def __len__(self) -> int:
        return len(self._pictures) + len(self._urls)

    def add_picture(self, known: Known) -> None:
        """Register a picture, or give it another result."""
        with self._lock:
            self._pictures.pop(known.digest, None)  # The latest comes last.
            self._pictures[known.digest] = known

    def add_url(self, url: str, known: Known) -> None:
        """Register a picture by its address."""
        with self._lock:
            self._urls[url] = known

    def by_digest(self, digest: bytes) -> Optional[Known]:
        """Find a picture by its very bytes."""
        return self._pictures.get(digest)

    def by_url(self, url: str) -> Optional[Known]:
        """Find a picture by its address."""
        return self._urls.get(url)

    def find(self, image: bytes, digest: bytes) -> Tuple[Size, Optional[Known]]:
        """Look at a picture. Blocks."""
        fingerprint = self._look(image, digest)
        known = self._pictures.get(digest)
        if known is None:
            return fingerprint.size, self._alike(image, digest, fingerprint)
        known.size = fingerprint.size
        return fingerprint.size, known

    def _alike(self, image: bytes, digest: bytes, fingerprint: Fingerprint) -> Optional[Known]:
        """Return the known picture that looks the same as another, unless a second one is about as near."""
        with self._lock:
            pictures = list(self._pictures.values())
        near: List[Tuple[float, Known]] = []
        for known in reversed(pictures):
            try:
                if may_be_alike(known.look(self._look), fingerprint):
                    distance = self._compare(known.read(), image, known.digest + digest)
                    near.extend([(distance, known)] if distance < 1 else [])
            except (OSError, RequestRefused, WorkerFailed) as error:
                LOGGER.warning("%s is left out: %s", known.name, error)
        if not near:
            return None
        least, nearest = min(near, key=itemgetter(0))
        same = [
            known
            for _, known in near
            if known is nearest or self._compare(known.read(), nearest.read(), known.digest + nearest.digest) < 1
        ]
        if any(distance < _CLEARLY * least for distance, known in near if known not in same):
            LOGGER.warning("A picture looks like two registered pictures, so it gets the result of neither.")
            return None
        return same[0]  # The latest, if the same picture was registered several times.

    def replace(self, other: "Registry") -> None:
        """Know what another registry knows, and nothing else."""
        with self._lock:
            self._pictures, self._urls = dict(other._pictures), dict(other._urls)


def known_at_url(parts: Parts) -> Known:
    """Return what is known of a picture that nobody has seen."""
    metadata = parts.get("metadata")
    return Known(parts, size=(metadata["width"], metadata["height"]) if metadata else extent(parts))


def sample(digest: bytes) -> Known:
    """Return what is known of the sample picture."""
    data = json.loads(SAMPLE_RESULT_FILE.read_text(encoding="utf-8"))
    gendered, neutral = ({**data[captions], **data["results"]} for captions in ("gendered", "genderNeutral"))
    metadata = data["results"]["metadata"]
    size = metadata["width"], metadata["height"]
    return Known(gendered, neutral=neutral, size=size, read=SAMPLE_FILE.read_bytes, digest=digest)
