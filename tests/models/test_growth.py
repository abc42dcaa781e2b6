"""Tests that time grows linearly with the size of JSON, and that too deep nesting is an error."""

import copy
import json
import pickle
from time import process_time
from typing import Any, Callable, Dict, List

import pytest
from azure.ai.vision.imageanalysis.models import DetectedTag, DetectedTextBlock, ImageAnalysisResult
from azure.core.exceptions import DeserializationError

NAMES = [f"name{number}" for number in range(8000)]


def seconds(work: Callable[[], Any]) -> float:
    """The CPU time that a piece of work takes, the least of three."""
    taken: List[float] = []
    for _ in range(3):
        start = process_time()
        work()
        taken.append(process_time() - start)
    return min(taken)


def unknown() -> DetectedTag:
    return DetectedTag({"name": "lake", **dict.fromkeys(NAMES, 1)})


def _pop_all(tag: DetectedTag) -> None:
    while len(tag):
        tag.popitem()


@pytest.mark.slow
@pytest.mark.parametrize(
    "work",
    [
        lambda tag: list(tag.items()),
        lambda tag: list(tag.values()),
        dict,
        lambda tag: [name in tag for name in NAMES],
        lambda tag: tag.update(dict.fromkeys(NAMES, 2)),
        lambda tag: [tag.__setitem__(name + "x", 2) for name in NAMES],
        lambda tag: [tag.pop(name) for name in NAMES],
        lambda tag: [tag.setdefault(name + "x", 2) for name in NAMES],
        lambda tag: tag.clear(),
        lambda tag: [len(tag) for _ in NAMES],
        _pop_all,
    ],
    ids=["items", "values", "dict", "in", "update", "set", "pop", "setdefault", "clear", "len", "popitem"],
)
def test_mapping_is_linear(work: Callable[[DetectedTag], Any]) -> None:
    assert seconds(lambda: work(unknown())) < 1  # Some 10 ms; it was seconds when each step looked at all items.


@pytest.mark.slow
def test_errors_of_thousands_of_siblings_are_linear() -> None:
    block = DetectedTextBlock({"lines": [{"text": "a", "words": 5}] * 16_000})

    def read() -> None:
        for index, line in enumerate(block.lines):
            with pytest.raises(DeserializationError) as caught:
                line.words  # noqa: B018 - reading it is the test
            if index % 1000 == 999:
                assert str(caught.value) == f"lines[{index}].words: expected a list, got 5"

    assert seconds(read) < 3  # It was 6 s, and four times that for twice as many.


def nested(levels: int) -> Dict[str, Any]:
    deep: Any = 1
    for _ in range(levels):
        deep = [deep]
    return {"name": "lake", "more": deep}


COPIES = {
    "as_dict": lambda model: model.as_dict(),
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
}


@pytest.mark.slow
@pytest.mark.parametrize("own", [False, True], ids=["plain", "with an attribute of a user's own"])
@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_too_deep_nesting_is_an_error(copied: Callable[[Any], Any], own: bool) -> None:
    model: Any = DetectedTag(nested(100_000))
    if own:
        model.note = 1
    with pytest.raises(DeserializationError, match="nested too deeply"):
        copied(model)
    deep = model["more"]
    while isinstance(deep, list):  # Python itself would have to go as deep to take it apart.
        deep = deep.pop()


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_less_deep_nesting_is_copied(copied: Callable[[Any], Any]) -> None:
    model = ImageAnalysisResult(nested(150))
    assert json.dumps(dict(copied(model))) == json.dumps(nested(150))
