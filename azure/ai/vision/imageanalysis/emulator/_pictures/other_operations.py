"""The worker's versions of the service's other operations: crude, but computed from the picture."""

import io
import math
from typing import Any, Dict, List, Tuple

from PIL import Image, ImageChops

from .images import Unfit, load

_VECTOR_SIDE = 32
# How far a colour must be from that of the picture's border, 0 to 255, to be foreground.
_FAR = 48

Reply = Tuple[Dict[str, Any], bytes]


def vectorize(data: bytes) -> Reply:
    """Compute a vector of length 1: the levels of gray of 32 x 32 parts, less their mean.

    :param data: The bytes of a file.
    :return: What is wrong with the image, or the vector.
    """
    try:
        _, _, image = load(data)
    except Unfit as unfit:
        return unfit.reply
    small = image.convert("L").resize((_VECTOR_SIDE, _VECTOR_SIDE), Image.Resampling.BOX)
    levels = list(small.tobytes())
    mean = sum(levels) / len(levels)
    length = math.sqrt(sum((level - mean) ** 2 for level in levels))
    if not length:  # A picture of one colour.
        return {"vector": [1.0] + [0.0] * (len(levels) - 1)}, b""
    return {"vector": [round((level - mean) / length, 7) for level in levels]}, b""


def segment(data: bytes, matte_only: bool) -> Reply:
    """Find the foreground: what has another colour than the border of the picture.

    :param data: The bytes of a file.
    :param matte_only: Whether only the foreground's mask is wanted, or the picture without its background.
    :return: What is wrong with the image, or a PNG of its size.
    """
    try:
        size, _, image = load(data)
    except Unfit as unfit:
        return unfit.reply
    background = Image.new("RGB", image.size, _border_colour(image))
    channels = ImageChops.difference(image, background).split()
    furthest = ImageChops.lighter(ImageChops.lighter(channels[0], channels[1]), channels[2])
    mask = furthest.point([255 if level > _FAR else 0 for level in range(256)]).resize(size)
    found = mask
    if not matte_only:
        found = image.resize(size)
        found.putalpha(mask)
    stream = io.BytesIO()
    found.save(stream, "PNG", compress_level=1)
    return {}, stream.getvalue()


def _border_colour(image: Image.Image) -> Tuple[int, int, int]:
    """Return the median colour of the outermost pixels."""
    width, height = image.size
    edges = [(0, 0, width, 1), (0, height - 1, width, height), (0, 0, 1, height), (width - 1, 0, width, height)]
    border = b"".join(image.crop(edge).tobytes() for edge in edges)
    red, green, blue = (_median(border[channel::3]) for channel in range(3))
    return red, green, blue


def _median(levels: bytes) -> int:
    """Return the median level."""
    ordered: List[int] = sorted(levels)
    return ordered[len(ordered) // 2]
