"""Recognizes text in pictures, and returns the service's ``readResult``."""

import importlib.util
import time
from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

from PIL import Image

from .._pictures.pixels import scaled, turned, turned_back
from .engine import OcrEngine, Quad, Reading, size
from .layout import part, reading_order, trimmed, words

# The minimum score of a line.
_MIN_SCORE = 0.7
# The minimum score of a single character: a saucer looks like an 8.
_MIN_SINGLE_SCORE = 0.99
# Below this score, text may be upside down.
_SURE_SCORE = 0.9
# The number of longest lines that decide whether the page is upside down.
_SAMPLE = 5
# The time limit for a page, which is below that of the worker.
_SECONDS = 50
# The ratio of height to length from which a line is vertical; up to twice that, it may be a single character.
_SIDEWAYS = 1.5

# Exif orientations: upright, a quarter turn clockwise, and half a turn more than each.
_UPRIGHT, _QUARTER = 1, 6
_HALF_TURN_MORE = {1: 3, 6: 8}


class _Page:
    """The pixels of a page, its outlines, and their cached readings."""

    def __init__(self, engine: OcrEngine, image: Image.Image, deadline: float) -> None:
        self._engine = engine
        self._pixels = engine.pixels(image)
        self._deadline = deadline
        self._readings: Dict[Quad, Reading] = {}
        self.quads = engine.detect(self._pixels)

    def read(self, quad: Quad) -> Reading:
        """Read an outline, once."""
        if quad not in self._readings:
            if time.monotonic() > self._deadline:
                raise TimeoutError(
                    f"the picture has about {len(self.quads)} lines of text, too many to be read in {_SECONDS} seconds"
                )
            self._readings[quad] = self._engine.recognize(self._pixels, quad)
        return self._readings[quad]


class _Line(NamedTuple):
    """An outline and its reading."""

    quad: Quad
    reading: Reading


def is_available() -> bool:
    """Return whether the packages for text recognition are installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("rapidocr", "onnxruntime"))


class TextRecognizer:
    """Recognizes text. Loading takes seconds. Not thread-safe. Never uses the network."""

    def __init__(self) -> None:
        self._engine = OcrEngine()

    def read(self, image: Image.Image, orientation: int = 1) -> Dict[str, Any]:
        """Return the text of an image as the service's ``readResult``.

        A JPEG that has not been loaded may be decoded at a smaller size, which changes ``image.size``.
        """
        width, height = image.size
        small = scaled(image)
        upright = turned(small, orientation)
        turn, lines = self._read_any_rotation(upright)

        def polygon(quad: Quad) -> List[Dict[str, int]]:
            points: List[Dict[str, int]] = []
            for point in quad:
                x, y = turned_back(turned_back(point, upright.size, turn), small.size, orientation)
                points.append(
                    {
                        "x": _within(x * width / small.width, width),
                        "y": _within(y * height / small.height, height),
                    }
                )
            return points

        found = [_json(line, polygon) for line in lines]
        return {"blocks": [{"lines": found}] if found else []}

    def _read_any_rotation(self, image: Image.Image) -> Tuple[int, List[_Line]]:
        """Return the rotation that the image needed, as an Exif orientation, and its lines in reading order."""
        deadline = time.monotonic() + _SECONDS
        turn, page = _UPRIGHT, _Page(self._engine, image, deadline)
        if _are_sideways(page.quads):
            turn = _QUARTER
            page = _Page(self._engine, turned(image, turn), deadline)
        if _is_upside_down(page):
            turn = _HALF_TURN_MORE[turn]
            page = _Page(self._engine, turned(image, turn), deadline)
        lines = [line for line in (_read_best_direction(page, quad) for quad in page.quads) if _is_text(line.reading)]
        return turn, [lines[index] for index in reading_order([line.quad for line in lines])]


def _is_upside_down(page: _Page) -> bool:
    """Return whether most of the longest readable lines have a higher score upside down."""
    votes = 0
    for quad in sorted(page.quads, key=size, reverse=True)[:_SAMPLE]:
        score, other = page.read(quad).score, 0.0
        if score < _SURE_SCORE:
            other = page.read(_rotated(quad, 2)).score
        if max(score, other) >= _MIN_SCORE:
            votes += 1 if other > score else -1
    return votes > 0


def _are_sideways(quads: Sequence[Quad]) -> bool:
    """Return whether most of the text is vertical."""
    upright = sum(length for length, height in map(size, quads) if height < length * _SIDEWAYS)
    sideways = sum(height for length, height in map(size, quads) if height >= length * _SIDEWAYS)
    return sideways > upright


def _read_best_direction(page: _Page, quad: Quad) -> _Line:
    """Read an outline in the direction with the highest score."""
    length, height = size(quad)
    ways = [] if height >= length * _SIDEWAYS * 2 else [_Line(quad, page.read(quad))]
    if height >= length * _SIDEWAYS and not (ways and ways[0].reading.score >= _MIN_SINGLE_SCORE):
        ways += [_Line(way, page.read(way)) for way in (_rotated(quad, 1), _rotated(quad, 3))]
    return max(ways, key=lambda line: line.reading.score)


def _rotated(quad: Quad, quarters: int) -> Quad:
    """Return an outline that starts at another corner."""
    first, second, third, fourth = quad[quarters:] + quad[:quarters]
    return first, second, third, fourth


def _is_text(reading: Reading) -> bool:
    """Return whether a reading has a sufficient score, and a letter or digit."""
    minimum = _MIN_SCORE if len(reading.text.strip()) > 1 else _MIN_SINGLE_SCORE
    return reading.score >= minimum and any(map(str.isalnum, reading.text))


def _json(line: _Line, polygon: Callable[[Quad], List[Dict[str, int]]]) -> Dict[str, Any]:
    """Return a line in the format of the service."""
    found = words(line.reading)
    quad = trimmed(line.quad, line.reading.top, line.reading.bottom)
    return {
        "text": " ".join(word.text for word in found),
        "boundingPolygon": polygon(part(quad, found[0].start, found[-1].end)),
        "words": [
            {
                "text": word.text,
                "boundingPolygon": polygon(part(quad, word.start, word.end)),
                "confidence": word.confidence,
            }
            for word in found
        ],
    }


def _within(value: float, limit: int) -> int:
    """Return a coordinate in whole pixels, within the image."""
    return min(max(0, round(value)), limit)
