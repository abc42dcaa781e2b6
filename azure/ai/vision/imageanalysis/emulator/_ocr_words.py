"""Builds the words of a line from its characters."""

import unicodedata
from typing import Iterator, List, NamedTuple, Sequence, Tuple

from ._ocr_engine import Point, Quad, Reading


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
