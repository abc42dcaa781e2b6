"""Assembles the result of a call from registered, computed and empty parts."""

import math
from bisect import bisect_right
from itertools import accumulate
from typing import Any, Awaitable, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._errors import RequestRefused, no_engine
from .._http.requests import Query
from .known import Size
from .results import NAMES, PARTS, Parts

MODEL_VERSION = "2023-10-01"

_NO_CAPTION = "an image of which the emulator can tell the text and the size only"
_NO_READER = (
    "The emulator does not recognize text: the packages for that (the extra 'emulator', on Python 3.9 or later) are "
    "missing, or it is switched off."
)
_STRICT = "The emulator is strict: this feature is not registered for the picture, and no engine computes it."

Finder = Tuple[str, Callable[[], Awaitable[Parts]]]
"""The source of the parts that it finds ("engine" or "computed"), and the function that finds one."""


class Box(NamedTuple):
    """A rectangle in whole pixels."""

    x: int
    y: int
    w: int
    h: int


def smart_crops(size: Tuple[int, int], boxes: Sequence[Box], ratios: Sequence[float]) -> Dict[str, Any]:
    """Return the smart crops of a picture in the format of the service."""
    return {
        "values": [
            {"aspectRatio": ratio, "boundingBox": crop(size, boxes, ratio)._asdict()}
            for ratio in ratios or (_chosen_ratio(size),)
        ]
    }


def crop(size: Tuple[int, int], boxes: Sequence[Box], ratio: float) -> Box:
    """Return the largest crop with an aspect ratio, at the place where it shows most of the boxes."""
    width, height = size
    if width / height > ratio:
        w, h = max(1, round(height * ratio)), height
        return Box(_start(width, w, [(box.x, box.w, box.h) for box in boxes]), 0, w, h)
    w, h = width, max(1, round(width / ratio))
    return Box(0, _start(height, h, [(box.y, box.h, box.w) for box in boxes]), w, h)


def _start(whole: int, part: int, boxes: List[Tuple[int, int, int]]) -> int:
    """Return the start of a crop along one side."""

    # A crop that starts within this span shows the whole box.
    spans = [(at + length - part, at, length * other) for at, length, other in boxes if length <= part]
    begun = _Sums((begin, size) for begin, _, size in spans)
    ended = _Sums((end + 1, size) for _, end, size in spans)

    def within(start: int) -> int:
        return min(max(0, start), whole - part)

    def shown(start: int) -> int:
        return begun.up_to(start) - ended.up_to(start)

    first = min((at for at, _, _ in boxes), default=0)
    last = max((at + length for at, length, _ in boxes), default=whole)
    middle = within(first + (last - first - part) // 2)
    edges = [within(at) for at, _, _ in boxes] + [within(at + length - part) for at, length, _ in boxes]
    return max([middle, *edges], key=lambda start: (shown(start), -abs(start - middle)))


class _Sums:
    """Prefix sums."""

    def __init__(self, numbers: Iterable[Tuple[int, int]]) -> None:
        ordered = sorted(numbers)
        self._places = [place for place, _ in ordered]
        self._sums = [0, *accumulate(number for _, number in ordered)]

    def up_to(self, place: int) -> int:
        """Return the sum of the numbers up to and including a place."""
        return self._sums[bisect_right(self._places, place)]


def _chosen_ratio(size: Tuple[int, int]) -> float:
    """Return a ratio halfway between a square and the picture, within the limits 0.5 to 2.0 of the service."""
    width, height = size
    return round(min(max(0.5, math.sqrt(width / height)), 2.0), 2)


class Picture(NamedTuple):
    """The picture of a call."""

    size: Size
    known: Parts
    """The known parts of its result."""
    finders: Mapping[str, Finder]
    """Finders of further parts, by feature."""
    seen: bool
    """Whether its pixels are available, and not only its URL."""


class Analysis:
    """The result of one call."""

    def __init__(self, picture: Picture, query: Query, strict: bool, run: Callable[..., Awaitable[Any]]) -> None:
        self._picture = picture
        self._query = query
        self._strict = strict
        self._run = run
        self.sources: Dict[str, str] = {}
        """The source of each part: "registered", "engine", "computed", or "none" if it is left empty."""

    async def result(self) -> Dict[str, Any]:
        """Compute the result."""
        version = self._query.model_version
        result: Dict[str, Any] = {"modelVersion": MODEL_VERSION if version == "latest" else version}
        parts = {name: await self._part(name) for name in self._query.features if name in PARTS}
        width, height = self._picture.size
        # The service writes the size after the captions.
        for name in ("caption", "densecaptions", None, "tags", "objects", "read", "smartcrops", "people"):
            if name is None:
                result["metadata"] = {"width": width, "height": height}
            elif name in parts:
                result[PARTS[name]] = parts[name]
        return result

    async def _part(self, feature: str) -> Parts:
        """Return one part of the result, which may be empty."""
        name = NAMES[feature]
        source, part = await self._find(feature)
        if part is None and feature == "smartcrops":
            # In a thread: it takes long for many lines and ratios.
            boxes = await self._boxes()
            source, part = "computed", await self._run(smart_crops, self._picture.size, boxes, self._query.ratios)
        if part is None and (self._strict or feature == "read" and self._picture.seen):
            reason = _NO_READER if feature == "read" and self._picture.seen else _STRICT
            raise RequestRefused(no_engine(name[0].upper() + name[1:], reason))
        self.sources[name] = source
        if part is not None:
            return part
        if feature == "caption":
            return {"text": _NO_CAPTION, "confidence": 0.0}
        return {"blocks": []} if feature == "read" else {"values": []}

    async def _find(self, feature: str) -> Tuple[str, Optional[Parts]]:
        """Return the source of a part and the part, if it is registered or can be computed."""
        known: Optional[Parts] = self._picture.known.get(PARTS[feature])
        if known is not None:
            return "registered", known
        source, find = self._picture.finders.get(feature, ("none", None))
        return source, None if find is None else await find()

    async def _boxes(self) -> Sequence[Box]:
        """Return the boxes for crops to show: the first person, or else the objects, or else the lines of text."""
        for feature, limit in (("people", 1), ("objects", None)):
            _, part = await self._find(feature)
            if part and part["values"]:
                return [Box(**item["boundingBox"]) for item in part["values"][:limit]]
        _, text = await self._find("read")
        lines = [line for block in (text or {"blocks": []})["blocks"] for line in block["lines"]]
        return [_box_around(line["boundingPolygon"]) for line in lines if line["boundingPolygon"]]


def _box_around(polygon: Sequence[Dict[str, int]]) -> Box:
    """Return the box around points."""
    xs, ys = [point["x"] for point in polygon], [point["y"] for point in polygon]
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
