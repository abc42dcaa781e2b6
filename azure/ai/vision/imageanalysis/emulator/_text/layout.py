"""Builds words from recognized lines, and sorts lines in reading order."""

import math
import unicodedata
from statistics import median, median_low
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from .._pictures.pixels import Point
from .engine import Quad, Reading, size


class Word(NamedTuple):
    """A word and its place in its line."""

    text: str
    confidence: float
    start: float
    """The start of the word, from 0 (start of the line) to 1 (end)."""
    end: float


class _Character(NamedTuple):
    """A character and its place on the line, from 0 to 1."""

    text: str
    confidence: float
    middle: float
    starts_word: bool


# The least width of a blank, in median blanks of the line, and in heights of its ink.
_OF_A_BLANK, _LEAST_BLANK = 0.8, 0.21


def words(reading: Reading) -> List[Word]:
    """Return the words of a line, separated by blanks. In Chinese, Japanese and Korean, each character is a word."""
    ink, characters = reading.ink, _characters(reading)
    groups: List[List[_Character]] = [characters[:1]]
    start = next((column for column, some in enumerate(ink) if some), 0) / len(ink)
    edges = [start]
    gaps = [_gap(ink, one.middle, other.middle) for one, other in zip(characters, characters[1:])]
    for character, (end, next_start), is_blank in zip(characters[1:], gaps, _blanks(characters, gaps, reading)):
        if is_blank:
            groups.append([])
            edges += [end, next_start]
        groups[-1].append(character)
    edges.append(1 - next((column for column, some in enumerate(reversed(ink)) if some), 0) / len(ink))
    return [
        Word(
            "".join(character.text for character in group),
            round(sum(character.confidence for character in group) / len(group), 3),
            start,
            end,
        )
        for group, start, end in zip(groups, edges[::2], edges[1::2])
    ]


def _characters(reading: Reading) -> List[_Character]:
    """Return all characters except blanks."""
    characters: List[_Character] = []
    middles = iter(reading.middles)
    previous = " "
    for text, confidence in zip(reading.text, reading.confidences):
        if not text.isspace():
            apart = previous.isspace() or _is_ideograph(text) or _is_ideograph(previous)
            characters.append(_Character(text, confidence, next(middles), apart))
        previous = text
    return characters


def _is_ideograph(character: str) -> bool:
    """Return whether a character is a word by itself, because its script is written without blanks."""
    return unicodedata.east_asian_width(character) in "WF"


def _blanks(characters: Sequence[_Character], gaps: Sequence[Tuple[float, float]], reading: Reading) -> Iterator[bool]:
    """Yield whether there is a blank in each gap. The recognizer loses blanks next to numbers and operators."""
    widths = [(end - start) * len(reading.ink) / reading.height for start, end in gaps]
    pairs = [_kinds(one.text, other.text) for one, other in zip(characters, characters[1:])]
    found = [width for width, character in zip(widths, characters[1:]) if character.starts_word]
    letters = [width for width, pair in zip(widths, pairs) if pair == "letters"]
    least = median(found) * _OF_A_BLANK if found else 2 * max(letters, default=0.0)
    for width, pair, character in zip(widths, pairs, characters[1:]):
        yield character.starts_word or (pair == "mixed" and width >= max(least, _LEAST_BLANK))


def _kinds(one: str, other: str) -> str:
    """Classify two characters: "letters"; "mixed" for letters, digits and operators; or ""."""
    kinds = {"digit" if text.isdigit() else "letter" if text.isalpha() else text for text in (one, other)}
    if kinds == {"letter"}:
        return "letters"
    return "mixed" if len(kinds) == 2 and kinds <= {"digit", "letter", *"=+<>×*"} else ""


def _gap(ink: Sequence[bool], first: float, last: float) -> Tuple[float, float]:
    """Return the start and end of the widest gap in the ink between two places, or twice their middle."""
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
    """Return the part of an outline from top to bottom, both from 0 (upper edge) to 1 (lower edge)."""
    upper_left, upper_right, lower_right, lower_left = quad
    return (
        _between(upper_left, lower_left, top),
        _between(upper_right, lower_right, top),
        _between(upper_right, lower_right, bottom),
        _between(upper_left, lower_left, bottom),
    )


def part(quad: Quad, start: float, end: float) -> Quad:
    """Return the part of an outline from start to end, both from 0 to 1."""
    upper_left, upper_right, lower_right, lower_left = quad
    return (
        _between(upper_left, upper_right, start),
        _between(upper_left, upper_right, end),
        _between(lower_left, lower_right, end),
        _between(lower_left, lower_right, start),
    )


def _between(one: Point, other: Point, share: float) -> Point:
    """Return the point at a share of the way between two."""
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


# Columns: the least number of lines, their median length in heights, the least share of the column that they fill, and
# their largest distance in heights. The cells of a table are shorter, or further apart.
_LINES_OF_COLUMN, _LENGTH_OF_COLUMN, _FILLED, _PITCH = 3, 8, 0.8, 1.8
# The distance, in heights of a line, from which text below, such as a footer, does not belong to the columns.
_BREAK = 1.2


class _Line(NamedTuple):
    """The place of a line on the straightened page."""

    number: int
    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> float:
        """The vertical middle."""
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        """The height in pixels."""
        return self.bottom - self.top


def reading_order(quads: Sequence[Quad]) -> List[int]:
    """Return the indexes of lines in reading order. Lines that run across the others come last."""
    rest = list(range(len(quads)))
    order: List[int] = []
    while rest:
        angle = _angle([quads[number] for number in rest])
        along = [number for number in rest if math.cos(_direction(quads[number]) - angle) > math.cos(math.pi / 4)]
        order += [line.number for line in _ordered([_line(number, quads[number], angle) for number in along])]
        rest = [number for number in rest if number not in along]
    return order


def _angle(quads: Sequence[Quad]) -> float:
    """Return the angle of the page in radians: that of most long lines, preferring upright ones."""
    lengths = [size(quad)[0] for quad in quads]
    directions = [_direction(quad) for quad, length in zip(quads, lengths) if length >= max(lengths) / 2]
    quarters = [round(direction / (math.pi / 2)) for direction in directions]
    usual = max(quarters, key=lambda quarter: (quarters.count(quarter), -abs(quarter)))
    return median_low(direction for direction, quarter in zip(directions, quarters) if quarter == usual)


def _direction(quad: Quad) -> float:
    """Return the direction of a line in radians."""
    return math.atan2(quad[1][1] - quad[0][1], quad[1][0] - quad[0][0])


def _line(number: int, quad: Quad, angle: float) -> _Line:
    """Return the place of a line on the straightened page."""
    cosine, sine = math.cos(angle), math.sin(angle)
    columns = [x * cosine + y * sine for x, y in quad]
    # From its middle and height: the corners of a line with a slightly different angle would overlap its neighbors.
    rows = [y * cosine - x * sine for x, y in quad]
    middle, height = sum(rows) / 4, size(quad)[1]
    return _Line(number, min(columns), middle - height / 2, max(columns), middle + height / 2)


def _ordered(lines: Sequence[_Line]) -> List[_Line]:
    """Return lines in reading order. Columns come one after the other, between the lines that cross them."""
    ordered: List[_Line] = []
    for part in _parts(lines):
        columns = _columns(part)
        ordered += _by_rows(part) if columns is None else [line for some in columns for line in _ordered(some)]
    return ordered


def _parts(lines: Sequence[_Line]) -> Iterator[List[_Line]]:
    """Yield groups of lines that are separated by empty stripes across the page."""
    part: List[_Line] = []
    for line in sorted(lines, key=lambda line: line.top):
        if part and line.top - max(other.bottom for other in part) > _BREAK * min(line.height, part[-1].height):
            yield part
            part = []
        part.append(line)
    if part:
        yield part


def _columns(lines: Sequence[_Line]) -> Optional[Tuple[List[_Line], ...]]:
    """Return the lines above two columns, in the left one, in the right one, and below them, or None."""
    best: Tuple[List[_Line], ...] = ()
    ordered = sorted(lines, key=lambda line: line.middle)
    for x in sorted({line.right for line in lines}):
        crossing = [number for number, line in enumerate(ordered) if line.left < x < line.right]
        for start, end in zip([-1, *crossing], [*crossing, len(ordered)]):
            between = ordered[start + 1 : end]
            left = [line for line in between if line.right <= x]
            right = [line for line in between if line.left >= x]
            if len(between) > sum(map(len, best[1:3])) and _is_column(left) and _is_column(right):
                best = ordered[: start + 1], left, right, ordered[end:]
    return best or None


def _is_column(lines: Sequence[_Line]) -> bool:
    """Return whether lines are many, long and close enough for one or more columns."""
    if len(lines) < _LINES_OF_COLUMN:
        return False
    height = median(line.height for line in lines)
    rows = [row[0].middle for row in _rows(lines)]
    width = max(line.right for line in lines) - min(line.left for line in lines)
    return (
        median(line.right - line.left for line in lines) >= _LENGTH_OF_COLUMN * height
        and sum(line.right - line.left for line in lines) >= _FILLED * width * len(rows)
        and median(below - above for above, below in zip(rows, [*rows[1:], rows[-1]])) <= _PITCH * height
    )


def _by_rows(lines: Sequence[_Line]) -> List[_Line]:
    """Return lines row by row, from left to right."""
    return [line for row in _rows(lines) for line in sorted(row, key=lambda line: line.left)]


def _rows(lines: Sequence[_Line]) -> List[List[_Line]]:
    """Return rows of lines, from top to bottom."""
    rows: List[List[_Line]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if rows and line.middle - rows[-1][0].middle < min(line.height, rows[-1][0].height) / 2:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows
