"""Sorts lines of text as one reads them: from top to bottom, column after column."""

import math
from statistics import median, median_low
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ._ocr_engine import Quad, size

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
