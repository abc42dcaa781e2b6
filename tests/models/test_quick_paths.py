"""Tests that generated code and short cuts give what a plain attribute read gives."""

import copy
import linecache
import pickle
import random
from typing import Any, List

import pytest
from azure.ai.vision.imageanalysis import models
from azure.ai.vision.imageanalysis._loader import generated
from azure.ai.vision.imageanalysis.models import DetectedTextLine, ImageAnalysisResult, ImagePoint, TagsResult
from full_response import full_response
from public_api import MODELS

VALUES: List[Any] = [None, 0, 0.5, "text", True, [], {}, float("nan")]


def everything(model: Any) -> List[Any]:
    """All models that can be reached from one."""
    found = [model]
    for attribute in model._attr_to_rest_field:
        value = getattr(model, attribute, None)
        for item in value if isinstance(value, list) else [value]:
            if hasattr(item, "_attr_to_rest_field"):
                found += everything(item)
    return found


def slowly(value: Any) -> Any:
    """What as_dict() gives, by the mapping protocol alone."""
    if hasattr(value, "_attr_to_rest_field"):
        return {name: slowly(value[name]) for name in value.keys()}
    if isinstance(value, dict):
        return {name: slowly(item) for name, item in value.items()}
    return [slowly(item) for item in value] if isinstance(value, list) else value


def change(source: random.Random, result: ImageAnalysisResult) -> None:
    """Change something somewhere."""
    model = source.choice(everything(result))
    attribute = source.choice([*model._attr_to_rest_field])
    name = model._attr_to_rest_field[attribute]._rest_name
    value = copy.deepcopy(source.choice(VALUES))
    action = source.choice(["attribute", "item", "unknown", "delete", "remove", "move", "own"])
    if action == "attribute":
        setattr(model, attribute, value)
    elif action == "item":
        model[name] = value
    elif action == "unknown":
        model["unknown"] = value
    elif action == "delete":
        model.pop(name, None)
    elif action == "own" and type(model) is not ImagePoint:
        model.own = value
    elif isinstance(getattr(model, attribute, None), list) and getattr(model, attribute):
        items = getattr(model, attribute)
        items.append(items.pop(0)) if action == "move" else items.pop()


@pytest.mark.parametrize("seed", range(150))
def test_changes_are_seen_everywhere(seed: int) -> None:
    source = random.Random(seed)
    result, other = ImageAnalysisResult(full_response()), ImageAnalysisResult(full_response())
    if seed % 2:
        everything(other)
    for _ in range(source.randint(1, 3)):
        change(source, result)
        plain = slowly(result)
        assert repr(result.as_dict()) == repr(plain) == repr(result)
        assert result == plain and plain == result
        assert (result == other) is (plain == slowly(other)) is (other == result)
        for copied in (copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))):
            again = copied(result)
            assert repr(again.as_dict()) == repr(plain) == repr(slowly(again))
            everything(again)
            assert repr(again.as_dict()) == repr(plain) == repr(slowly(again))


def test_null_and_absent_values_differ() -> None:
    null, absent = ImagePoint({"x": 1, "y": None}), ImagePoint({"x": 1})
    assert (null.x, null.y) == (absent.x, absent.y)
    assert null != absent and TagsResult({"values": [null]}) != TagsResult({"values": [absent]})


def test_deleted_attribute_makes_a_difference() -> None:
    point, other = ImagePoint(x=1, y=2), ImagePoint(x=1, y=2)
    del point.y
    assert point != other and point == {"x": 1}


def test_popitem_skips_attributes_set_to_none() -> None:
    point = ImagePoint({"x": 1, "y": 2})
    point.y = None  # type: ignore[assignment]
    assert point.popitem() == ("x", 1) and not point


def test_unknown_value_makes_a_difference() -> None:
    lines = [DetectedTextLine({"text": "a", "words": [{"text": "a", "lang": lang}]}) for lang in ("en", "fr")]
    assert lines[0] != lines[1] and lines[0].words != lines[1].words


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("function", ["load", "unchanged", "same"])
def test_generated_code_is_shown_in_tracebacks(name: str, function: str) -> None:
    code = generated(getattr(models, name), function).__code__
    assert linecache.getline(code.co_filename, code.co_firstlineno).startswith(f"def {function}(")
    linecache.checkcache()
    assert linecache.getline(code.co_filename, 2)
