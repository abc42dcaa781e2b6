"""Which part of a picture is kept when it is cut to a given shape?"""

import math
from typing import Any, Dict, NamedTuple, Sequence, Tuple


class Box(NamedTuple):
    """A rectangle in whole pixels."""

    x: int
    y: int
    w: int
    h: int


def smart_crops(size: Tuple[int, int], focus: Box, ratios: Sequence[float]) -> Dict[str, Any]:
    """Return the crops of a picture as the service writes them.

    :param size: The picture's width and height.
    :param focus: What the crops are to show.
    :param ratios: The wanted ratios of width to height; none: one crop, of a ratio that is chosen here.
    """
    return {
        "values": [
            {"aspectRatio": ratio, "boundingBox": crop(size, focus, ratio)._asdict()}
            for ratio in ratios or (_chosen_ratio(size),)
        ]
    }


def crop(size: Tuple[int, int], focus: Box, ratio: float) -> Box:
    """Return the largest part of the picture of this ratio, with the focus as near to its middle as can be.

    It holds the whole focus if that fits in at all.
    """
    width, height = size
    if width / height > ratio:
        w, h = max(1, round(height * ratio)), height
    else:
        w, h = width, max(1, round(width / ratio))
    x = min(max(0, focus.x + (focus.w - w) // 2), width - w)
    y = min(max(0, focus.y + (focus.h - h) // 2), height - h)
    return Box(x, y, w, h)


def _chosen_ratio(size: Tuple[int, int]) -> float:
    """Return a ratio half way between a square and the picture's own, within the service's 0.5 to 2.0."""
    width, height = size
    return round(min(max(0.5, math.sqrt(width / height)), 2.0), 2)
