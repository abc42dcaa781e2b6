"""Responses with a given number of words: invented, but the same at each run."""

import json
import random
from functools import lru_cache
from typing import Any, Dict, List

_LETTERS = "etaoinshrdlu"
_WORDS_A_LINE = 10
_WIDTH, _HEIGHT = 90, 30


@lru_cache(maxsize=None)
def page(words: int) -> str:
    """The JSON of the response to a call for the text of a page, as compact as the service sends it."""
    source = random.Random(words)
    spelled = ["".join(source.choices(_LETTERS, k=source.randint(1, 11))) for _ in range(words)]
    lines = [_line(source, spelled[first : first + _WORDS_A_LINE], first) for first in range(0, words, _WORDS_A_LINE)]
    read = {"blocks": [{"lines": lines}]}
    return _compact({"modelVersion": "2023-10-01", "metadata": _size(lines), "readResult": read})


def caption() -> str:
    """The JSON of the response to a small call: a caption."""
    found = {"text": "a woman at a table with a laptop", "confidence": 0.8498482704162598}
    return _compact({"modelVersion": "2023-10-01", "captionResult": found, "metadata": {"width": 864, "height": 576}})


def _line(source: random.Random, spelled: List[str], first: int) -> Dict[str, Any]:
    top = first // _WORDS_A_LINE * _HEIGHT
    words = [
        {
            "text": text,
            "boundingPolygon": _outline(source, index * _WIDTH, top, len(text) * 8),
            "confidence": source.randint(100, 999) / 1000,
        }
        for index, text in enumerate(spelled)
    ]
    outline = _outline(source, 0, top, _WIDTH * len(words))
    return {"text": " ".join(spelled), "boundingPolygon": outline, "words": words}


def _outline(source: random.Random, left: int, top: int, width: int) -> List[Dict[str, int]]:
    corners = [(left, top), (left + width, top), (left + width, top + 20), (left, top + 20)]
    return [{"x": x + source.randint(0, 3), "y": y + source.randint(0, 3)} for x, y in corners]


def _size(lines: List[Any]) -> Dict[str, int]:
    return {"width": _WIDTH * _WORDS_A_LINE, "height": _HEIGHT * len(lines)}


def _compact(response: Any) -> str:
    return json.dumps(response, separators=(",", ":"))
