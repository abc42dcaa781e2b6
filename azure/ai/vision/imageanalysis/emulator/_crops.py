"""Smart crops: the parts of a picture that are kept when it is cut to a given shape."""

import math
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple


class Box(NamedTuple):
    """A rectangle in whole pixels."""

    x: int
    y: int
    w: int
    h: int


def smart_crops(size: Tuple[int, int], things: Sequence[Box], ratios: Sequence[float]) -> Dict[str, Any]:
    """Return the crops of a picture as the service writes them.

    :param size: The picture's width and height.
    :param things: What the crops are to show, as far as it fits in; none: the middle of the picture.
    :param ratios: The wanted ratios of width to height; none: one crop, of a ratio that is chosen here.
    """
    return {
        "values": [
            {"aspectRatio": ratio, "boundingBox": crop(size, things, ratio)._asdict()}
            for ratio in ratios or (_chosen_ratio(size),)
        ]
    }


def crop(size: Tuple[int, int], things: Sequence[Box], ratio: float) -> Box:
    """Return the largest part of a picture of a ratio that shows as much as can be.

    :param size: The picture's width and height.
    :param things: What it is to show.
    :param ratio: The ratio of width to height.
    """
    width, height = size
    if width / height > ratio:
        w, h = max(1, round(height * ratio)), height
        return Box(_start(width, w, [(box.x, box.w, box.h) for box in things]), 0, w, h)
    w, h = width, max(1, round(width / ratio))
    return Box(0, _start(height, h, [(box.y, box.h, box.w) for box in things]), w, h)


def _start(whole: int, part: int, things: List[Tuple[int, int, int]]) -> int:
    """Return where along one side a crop starts.

    :param whole: The length of the picture's side.
    :param part: The length of the crop's.
    :param things: Start and length of each thing along this side, and its length along the other.
    """

    def within(start: int) -> int:
        return min(max(0, start), whole - part)

    def shown(start: int) -> int:
        return sum(length * other for at, length, other in things if start <= at and at + length <= start + part)

    first = min((at for at, _, _ in things), default=0)
    last = max((at + length for at, length, _ in things), default=whole)
    middle = within(first + (last - first - part) // 2)
    edges = [within(at) for at, _, _ in things] + [within(at + length - part) for at, length, _ in things]
    return max([middle, *edges], key=lambda start: (shown(start), -abs(start - middle)))


def _chosen_ratio(size: Tuple[int, int]) -> float:
    """Return a ratio half way between a square and the picture's own, within the service's 0.5 to 2.0."""
    width, height = size
    return round(min(max(0.5, math.sqrt(width / height)), 2.0), 2)
