"""Knows pictures by what they show and by their addresses, and the results that belong to them.

Two files show the same picture if their decoded pixels are alike at a small size. The limits are measured: a picture
that was scaled by 0.5 to 2, saved again as PNG or as a JPEG of quality 60, or both, stays below them, and pages that
differ in one word of three letters are above. The smaller a picture was made for its fingerprint, the less shows of
either, hence the slope.
"""

import json
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Tuple, cast

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

Size = Tuple[int, int]


class Fingerprint(NamedTuple):
    """A picture's size, and its pixels at a small size."""

    size: Size
    """Width and height as they are stored."""
    lossless: bool
    """Whether its file keeps pixels as they are."""
    gray_size: Size
    gray: bytes
    colours: bytes

    @classmethod
    def from_worker(cls, facts: Mapping[str, Any], pixels: bytes) -> "Fingerprint":
        """Read what the worker says of an image.

        :param facts: The sizes, and whether the file is lossless.
        :param pixels: The levels of gray, then the colours.
        :return: The same as an object.
        """
        width, height = facts["gray_size"]
        colours = pixels[width * height :]
        return cls(tuple(facts["size"]), facts["lossless"], (width, height), pixels[: width * height], colours)


def distance(known: Fingerprint, other: Fingerprint) -> Optional[float]:
    """Return how far another picture is from a known one.

    :param known: The known picture.
    :param other: The other one.
    :return: 0 for the same pixels, up to 1 for the same picture; None for another picture.
    """
    if other[2:] == known[2:] and known.size == other.size:
        return 0.0
    if not have_one_shape(known.size, other.size):
        return None
    if known.lossless and other.lossless and known.size == other.size:
        return None  # There is nothing that could have changed the pixels of the same picture.
    return _pixel_distance(known, other)


def have_one_shape(one: Size, other: Size) -> bool:
    """Tell whether one size is the other, scaled and rounded.

    :param one: Width and height.
    :param other: Those of another picture.
    """
    (width, height), (other_width, other_height) = one, other
    return abs(width * other_height - height * other_width) <= max(width, height, other_width, other_height)


def _pixel_distance(known: Fingerprint, other: Fingerprint) -> Optional[float]:
    """Compare two fingerprints pixel by pixel, at the size of the smaller one."""
    from PIL import Image, ImageChops, ImageFilter, ImageStat

    side = min(max(known.gray_size), max(other.gray_size))
    if side < min(_SMALLEST_COPY, max(known.gray_size) // 2):
        return None
    smaller = min(known, other, key=lambda one: max(one.gray_size))
    images = [
        Image.frombytes("L", one.gray_size, one.gray).resize(smaller.gray_size, Image.Resampling.LANCZOS)
        for one in (known, other)
    ]
    difference = ImageChops.difference(*images)
    colours = [Image.frombytes("RGB", (_COLOUR_SIDE, _COLOUR_SIDE), one.colours) for one in (known, other)]
    furthest = max(ImageChops.difference(*colours).tobytes())
    highest = max(difference.filter(ImageFilter.BoxBlur(1)).tobytes())
    limit = _LIMIT + _LIMIT_SLOPE * side / min(max(known.size), max(other.size))
    share = max(highest / limit, ImageStat.Stat(difference).mean[0] / _MEAN_LIMIT, furthest / _COLOUR_LIMIT)
    return share if share < 1 else None


class Known(NamedTuple):
    """A picture whose result is known."""

    size: Size
    parts: Parts
    neutral: Parts
    """The parts with gender-neutral captions."""
    fingerprint: Callable[[], Fingerprint]
    image: Optional[bytes] = None
    """Its file, if it can be fetched from its address."""

    def parts_for(self, size: Size, gender_neutral: bool) -> Parts:
        """Return the known parts of the result in the pixels of a picture of another size.

        :param size: The size of that picture.
        :param gender_neutral: Whether captions are to say "person".
        """
        parts = self.neutral if gender_neutral else self.parts
        if size == self.size:
            return parts
        return cast(Parts, scaled(parts, size[0] / self.size[0], size[1] / self.size[1]))


class Registry:
    """The known pictures, by what they show and by their addresses. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pictures: Dict[bytes, Known] = {}
        self._urls: Dict[str, Known] = {}

    def __len__(self) -> int:
        return len(self._pictures) + len(self._urls)

    def add_picture(self, digest: bytes, known: Known) -> None:
        """Register a picture, or give it another result.

        :param digest: The digest of its file.
        :param known: What is known of it.
        """
        with self._lock:
            self._pictures[digest] = known

    def add_url(self, url: str, known: Known) -> None:
        """Register a picture by its address.

        :param url: The address.
        :param known: What is known of it.
        """
        with self._lock:
            self._urls[url] = known

    def by_digest(self, digest: bytes) -> Optional[Known]:
        """Find a picture by its very bytes.

        :param digest: Their digest.
        """
        return self._pictures.get(digest)

    def by_url(self, url: str) -> Optional[Known]:
        """Find a picture by its address.

        :param url: The address.
        """
        return self._urls.get(url)

    def by_pixels(self, fingerprint: Fingerprint) -> Optional[Known]:
        """Find the picture that looks most like another one, if any shows the same. Blocks.

        :param fingerprint: What the other one looks like.
        """
        with self._lock:
            candidates = [known for known in self._pictures.values() if have_one_shape(known.size, fingerprint.size)]
        found: Tuple[float, Optional[Known]] = (1.0, None)
        for known in reversed(candidates):  # Of two that are equally near, the later one counts.
            away = distance(known.fingerprint(), fingerprint)
            if away is not None and away < found[0]:
                found = away, known
        return found[1]

    def replace(self, other: "Registry") -> None:
        """Know what another registry knows, and nothing else.

        :param other: The other one.
        """
        with self._lock:
            self._pictures, self._urls = dict(other._pictures), dict(other._urls)


def known_at_url(parts: Parts) -> Known:
    """Return what is known of a picture that nobody has seen.

    :param parts: Its result. If it has no metadata, the picture is as large as its boxes need it to be.
    """
    size: Parts = parts.get("metadata", {})
    width, height = extent(parts)
    blank = Fingerprint((1, 1), True, (1, 1), b"", b"")
    return Known((size.get("width") or width, size.get("height") or height), parts, parts, lambda: blank)


def sample(image: bytes, fingerprint: Callable[[], Fingerprint]) -> Known:
    """Return what is known of the sample picture.

    :param image: Its file.
    :param fingerprint: Returns its fingerprint.
    """
    data = json.loads(SAMPLE_RESULT_FILE.read_text(encoding="utf-8"))
    size = data["results"]["metadata"]
    gendered, neutral = ({**data[captions], **data["results"]} for captions in ("gendered", "genderNeutral"))
    return Known((size["width"], size["height"]), gendered, neutral, fingerprint, image)
