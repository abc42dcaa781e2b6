"""Builds the words of recognized lines, and sorts the lines as one reads them."""

import math
import unicodedata
from statistics import median, median_low
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from .._pictures.pixels import Point
from .engine import Quad, Reading, size


class Word(NamedTuple):
    """A word, and where it stands in its line."""

    text: str
    confidence: float
    start: float
    """Where it begins, from 0, the line's start, to 1, its end."""
    end: float


class _Character(NamedTuple):
    """A character and its place on the line, from 0 to 1."""

    text: str
    confidence: float
    middle: float
    starts_word: bool


def words(reading: Reading) -> List[Word]:
    """Return the words of a line: what stands between blanks; of Chinese, Japanese and Korean, each character."""
    groups: List[List[_Character]] = []
    for character in _characters(reading):
        if character.starts_word:
            groups.append([])
        groups[-1].append(character)
    return [
        Word(
            "".join(character.text for character in group),
            round(sum(character.confidence for character in group) / len(group), 3),
            start,
            end,
        )
        for group, (start, end) in zip(groups, _edges(groups, reading.ink))
    ]


def _characters(reading: Reading) -> Iterator[_Character]:
    """Yield all characters but blanks."""
    middles = iter(reading.middles)
    previous = " "
    for text, confidence in zip(reading.text, reading.confidences):
        if not text.isspace():
            apart = previous.isspace() or _is_ideograph(text) or _is_ideograph(previous)
            yield _Character(text, confidence, next(middles), apart)
        previous = text


def _is_ideograph(character: str) -> bool:
    """Whether the character is a word of its own: one of a script that is written without blanks."""
    return unicodedata.east_asian_width(character) in "WF"


def _edges(groups: Sequence[Sequence[_Character]], ink: Sequence[bool]) -> Iterator[Tuple[float, float]]:
    """Yield where each word begins and ends: where the line's ink has gaps."""
    columns = len(ink)
    start = next((column for column, some in enumerate(ink) if some), 0) / columns
    for group, following in zip(groups, groups[1:]):
        end, next_start = _gap(ink, group[-1].middle, following[0].middle)
        yield start, end
        start = next_start
    yield start, 1 - next((column for column, some in enumerate(reversed(ink)) if some), 0) / columns


def _gap(ink: Sequence[bool], first: float, last: float) -> Tuple[float, float]:
    """Return the widest gap in the ink between two places; without one, their middle."""
    best, begin = (0, 0), None
    for column in range(int(first * len(ink)), int(last * len(ink)) + 1):
        if column < len(ink) and not ink[column]:
            begin = column if begin is None else begin
            if column + 1 - begin > best[1] - best[0]:
                best = begin, column + 1
        else:
            begin = None
    if best == (0, 0):
        return (first + last) / 2, (first + last) / 2
    return best[0] / len(ink), best[1] / len(ink)


def trimmed(quad: Quad, top: float, bottom: float) -> Quad:
    """Return the part of a line's outline from top to bottom, both from 0, its upper edge, to 1, its lower one."""
    upper_left, upper_right, lower_right, lower_left = quad
    return (
        _between(upper_left, lower_left, top),
        _between(upper_right, lower_right, top),
        _between(upper_right, lower_right, bottom),
        _between(upper_left, lower_left, bottom),
    )


def part(quad: Quad, start: float, end: float) -> Quad:
    """Return the part of a line's outline from start to end, both from 0 to 1."""
    upper_left, upper_right, lower_right, lower_left = quad
    return (
        _between(upper_left, upper_right, start),
        _between(upper_left, upper_right, end),
        _between(lower_left, lower_right, end),
        _between(lower_left, lower_right, start),
    )


def _between(one: Point, other: Point, share: float) -> Point:
    """Return the point at a share of the way."""
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


# A column has at least so many lines, half of them at least so many times as long as high: a table has shorter cells.
_LINES_OF_COLUMN, _LENGTH_OF_COLUMN = 3, 8


class _Line(NamedTuple):
    """The place of a line on the page turned straight."""

    number: int
    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> float:
        """Its middle from top to bottom."""
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        """Its height in pixels."""
        return self.bottom - self.top


def reading_order(quads: Sequence[Quad]) -> List[int]:
    """Return the indexes of lines in the order in which one reads them; those that run across the others come last."""
    left = list(range(len(quads)))
    order: List[int] = []
    while left:
        angle = _angle([quads[number] for number in left])
        along = [number for number in left if math.cos(_direction(quads[number]) - angle) > math.cos(math.pi / 4)]
        order += [line.number for line in _ordered([_line(number, quads[number], angle) for number in along])]
        left = [number for number in left if number not in along]
    return order


def _angle(quads: Sequence[Quad]) -> float:
    """Return how far the page is turned, in radians: as most of the long lines."""
    lengths = [size(quad)[0] for quad in quads]
    least = max(lengths) / 2
    return median_low(_direction(quad) for quad, length in zip(quads, lengths) if length >= least)


def _direction(quad: Quad) -> float:
    """Return where a line runs to, in radians."""
    return math.atan2(quad[1][1] - quad[0][1], quad[1][0] - quad[0][0])


def _line(number: int, quad: Quad, angle: float) -> _Line:
    """Return a line's place on the page turned straight."""
    cosine, sine = math.cos(angle), math.sin(angle)
    columns = [x * cosine + y * sine for x, y in quad]
    # By its middle and height: the corners of a line that is turned a little less would reach into its neighbours.
    rows = [y * cosine - x * sine for x, y in quad]
    middle, height = sum(rows) / 4, size(quad)[1]
    return _Line(number, min(columns), middle - height / 2, max(columns), middle + height / 2)


def _ordered(lines: List[_Line]) -> List[_Line]:
    """Return lines in order: where there are columns, one after the other, between the lines that span them."""
    gutter = _gutter(lines)
    if gutter is None:
        return _by_rows(lines)
    ordered: List[_Line] = []
    left: List[_Line] = []
    right: List[_Line] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if line.right <= gutter:
            left.append(line)
        elif line.left >= gutter:
            right.append(line)
        else:
            ordered += [*_ordered(left), *_ordered(right), line]
            left, right = [], []
    return [*ordered, *_ordered(left), *_ordered(right)]


def _gutter(lines: Sequence[_Line]) -> Optional[float]:
    """Return where two columns are parted, if there are two: where the fewest lines cross."""
    best: Optional[Tuple[int, float]] = None
    for x in sorted({line.right for line in lines}):
        left = [line for line in lines if line.right <= x]
        right = [line for line in lines if line.left >= x]
        crossing = len(lines) - len(left) - len(right)
        if (
            crossing * 4 <= len(lines)
            and _is_column(left)
            and _is_column(right)
            and (best is None or crossing < best[0])
        ):
            best = crossing, x
    return None if best is None else best[1]


def _is_column(lines: Sequence[_Line]) -> bool:
    """Tell whether lines are as many and as long as those of a column."""
    return (
        len(lines) >= _LINES_OF_COLUMN
        and median((line.right - line.left) / max(line.height, 1) for line in lines) >= _LENGTH_OF_COLUMN
    )


def _by_rows(lines: Sequence[_Line]) -> List[_Line]:
    """Return lines from top to bottom, those side by side from left to right."""
    rows: List[List[_Line]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if rows and line.middle - rows[-1][0].middle < min(line.height, rows[-1][0].height) / 2:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.left)]
