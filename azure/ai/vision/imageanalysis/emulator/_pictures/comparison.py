"""Compares two pictures in the worker, and detects copies that were saved again or scaled.

Saving a picture as a JPEG, or scaling it, slightly changes pixels at all edges. Another digit changes a few pixels much
more than the rest, and another object changes the mean of whole areas. The limits were measured: JPEGs of quality 60,
and copies scaled by 0.5 to 2 with any of Pillow's filters, are below them; pages that differ in one digit are above,
unless it is only a few pixels high in a scaled JPEG.
"""

from itertools import accumulate
from typing import Any

from PIL import Image, ImageChops, ImageFilter, ImageStat

from .images import InvalidImage, Reply, load

# The limit for a single pixel, in gray levels: a constant, plus a multiple of the usual difference at edges.
_LEVELS, _USUAL_TIMES = 24, 2
# A pixel is on an edge if it differs by more gray levels from the mean of the pixels around it.
_EDGE = 12
# The side of areas, and the limit for the difference of their means.
_AREA_SIDE, _AREA_LEVELS = 16, 16


def compare(original_file: bytes, other_file: bytes) -> Reply:
    """Compare two pictures."""
    try:
        size, is_lossless, original = load(original_file)
        other_size, is_other_lossless, other = load(other_file)
    except InvalidImage as error:
        return {"problem": str(error)}, b""
    if size == other_size and is_lossless and is_other_lossless:
        # Lossless formats at the same size keep the pixels.
        return {"distance": 0.0 if original.tobytes() == other.tobytes() else 1.0}, b""
    if (original.size, other.size) != (size, other_size):
        # A large picture was reduced. At half the size, filters differ little.
        width, height = min(original.size, other.size)
        half = max(1, width // 2), max(1, height // 2)
        original, other = (image.resize(half, Image.Resampling.LANCZOS) for image in (original, other))
    return {"distance": _distance(_resized(original, other), other)}, b""


def _resized(original: Image.Image, other: Image.Image) -> Image.Image:
    """Scale a picture to the size of another, with the filter that makes them most similar."""
    if original.size == other.size:
        return original
    gray, other_gray = original.convert("L"), other.convert("L")

    def difference(kernel: Image.Resampling) -> float:
        return ImageStat.Stat(ImageChops.difference(gray.resize(other.size, kernel), other_gray)).sum[0]

    return original.resize(other.size, min(Image.Resampling, key=difference))


def _distance(original: Image.Image, other: Image.Image) -> float:
    """Return the largest difference of two pictures of the same size, relative to its limit."""
    areas: Any = ImageChops.difference(original.reduce(_AREA_SIDE), other.reduce(_AREA_SIDE)).getextrema()
    gray = original.convert("L")
    places = ImageChops.difference(gray, other.convert("L")).filter(ImageFilter.BoxBlur(1))
    contrast = ImageChops.difference(gray, gray.filter(ImageFilter.BoxBlur(2)))
    counts = list(accumulate(places.histogram(contrast.point([255 * (level > _EDGE) for level in range(256)]))))
    usual = sum(count * 4 < counts[-1] * 3 for count in counts)  # The third quartile of the edges.
    highest = max(level for level, count in enumerate(places.histogram()) if count)
    return max(highest / (_LEVELS + _USUAL_TIMES * usual), int(max(high for _, high in areas)) / _AREA_LEVELS)
