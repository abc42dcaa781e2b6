"""Tells whether two files show the same picture, by their decoded pixels at a small size.

The limits are measured: a picture that was scaled by 0.5 to 2, saved again as PNG or as a JPEG of quality 60, or both,
stays below them, and pages that differ in one word of three letters are above. The smaller a picture was made for its
fingerprint, the less shows of either, hence the slope.
"""

from typing import Any, Mapping, NamedTuple, Optional, Tuple

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
