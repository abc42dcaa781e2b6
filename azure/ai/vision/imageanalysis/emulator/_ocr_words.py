"""Builds the words of a line from its characters."""

import unicodedata
from typing import Iterator, List, NamedTuple, Sequence

from ._ocr_engine import Point, Quad, Reading


class Word(NamedTuple):
    """A word, and where it stands in its line."""

    text: str
    confidence: float
    start: float
    """Where it begins, from 0, the line's start, to 1, its end."""
    end: float


class _Character(NamedTuple):
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
    edges = list(_edges(groups))
    return [
        Word(
            "".join(character.text for character in group),
            round(sum(character.confidence for character in group) / len(group), 3),
            start,
            end,
        )
        for group, (start, end) in zip(groups, edges)
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


def _edges(groups: Sequence[Sequence[_Character]]) -> Iterator["tuple[float, float]"]:
    """Yield where each word begins and ends."""
    count = sum(len(group) for group in groups)
    for index, group in enumerate(groups):
        first, last = group[0].middle, group[-1].middle
        # A character is about as wide as those beside it in its word.
        half = (last - first) / (len(group) - 1) / 2 if len(group) > 1 else 0.5 / count
        start, end = first - half, last + half
        if index:
            start = max(start, (groups[index - 1][-1].middle + first) / 2)
        if index + 1 < len(groups):
            end = min(end, (last + groups[index + 1][0].middle) / 2)
        yield max(0.0, start), min(1.0, end)


def part(quad: Quad, start: float, end: float) -> Quad:
    """Return the part of a line's outline from start to end."""
    upper_left, upper_right, lower_right, lower_left = quad
    return (
        _between(upper_left, upper_right, start),
        _between(upper_left, upper_right, end),
        _between(lower_left, lower_right, end),
        _between(lower_left, lower_right, start),
    )


def _between(one: Point, other: Point, share: float) -> Point:
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share
