"""Storing, copying and comparing the result for a page of 1,000 words. The floor is the same work on plain dicts."""

import copy
import json
import pickle
from typing import Any

import pytest
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from pages import page
from pairs import Pairs
from walks import text_of_dicts, text_of_models, walk_models

TEXT = page(1000)
STATES = ["unread", "read"]

each_state = pytest.mark.parametrize("state", STATES)


def read_dicts() -> Any:
    return json.loads(TEXT)


def read_result(state: str) -> Any:
    """A result that is unread, or one that has been read completely."""
    result = ImageAnalysisResult(read_dicts())
    if state == "read":
        walk_models(result)
    return result


def through_json(plain: Any) -> Any:
    return json.loads(json.dumps(plain))


def through_pickle(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


@each_state
def test_as_dict(pairs: Pairs, state: str) -> None:
    result, plain = read_result(state), read_dicts()
    assert result.as_dict() == plain
    work = f"as_dict(), {state}; floor: a round trip through JSON"
    pairs.measure(work, result.as_dict, lambda: through_json(plain), bound=1.0)


@pytest.mark.parametrize("state, bound", list(zip(STATES, [2.6, 2.6])))
def test_json(pairs: Pairs, state: str, bound: float) -> None:
    result, plain = read_result(state), read_dicts()
    pairs.measure(
        f"json.dumps(result.as_dict()), {state}",
        lambda: json.dumps(result.as_dict()),
        lambda: json.dumps(plain),
        bound=bound,
    )


@pytest.mark.parametrize("state, bound", list(zip(STATES, [1.5, 5.0])))
def test_pickle(pairs: Pairs, state: str, bound: float) -> None:
    result, plain = read_result(state), read_dicts()
    assert through_pickle(result) == result
    pairs.measure(
        f"pickle and back, {state}", lambda: through_pickle(result), lambda: through_pickle(plain), bound=bound
    )


def test_deepcopy(pairs: Pairs) -> None:
    result, plain = read_result("read"), read_dicts()
    assert copy.deepcopy(result) == result
    pairs.measure("copy.deepcopy, read", lambda: copy.deepcopy(result), lambda: copy.deepcopy(plain), bound=4.0)


def test_equality(pairs: Pairs) -> None:
    result, other, plain, other_plain = read_result("read"), read_result("read"), read_dicts(), read_dicts()
    assert result == other
    pairs.measure("== of two, read", lambda: result == other, lambda: plain == other_plain, times=5, bound=8)


def test_first_text(pairs: Pairs) -> None:
    assert text_of_models(read_result("unread")) == text_of_dicts(read_dicts())
    pairs.measure(
        "parse and read the text of all words",
        lambda: text_of_models(ImageAnalysisResult(read_dicts())),
        lambda: text_of_dicts(read_dicts()),
        bound=1.5,
    )
