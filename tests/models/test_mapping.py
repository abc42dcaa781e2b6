"""Tests of a model as a mapping by JSON names, as the models of 1.0.0 are."""

import dataclasses
from collections import OrderedDict
from collections.abc import MutableMapping
from types import MappingProxyType
from typing import Any

import pytest
from azure.ai.vision.imageanalysis import models
from azure.ai.vision.imageanalysis.models import DetectedTag, ImageAnalysisResult, ImageBoundingBox, TagsResult
from full_response import full_response


@pytest.fixture
def result() -> Any:
    return ImageAnalysisResult(full_response())


@pytest.fixture
def tag() -> DetectedTag:
    return DetectedTag({"name": "lake", "confidence": 0.5, "more": [1, {"a": None}]})


def test_model_is_a_mutable_mapping_but_not_a_dict(tag: DetectedTag) -> None:
    assert isinstance(tag, MutableMapping) and not isinstance(tag, dict)


def test_str_and_repr_are_those_of_the_json(result: Any) -> None:
    assert str(ImageBoundingBox(x=0, y=0, width=864, height=576)) == "{'x': 0, 'y': 0, 'w': 864, 'h': 576}"
    assert str(result) == repr(result) == str(full_response())


def test_keys_stay_in_the_order_they_came() -> None:
    box = ImageBoundingBox(OrderedDict.fromkeys(["h", "unknown", "y", "w"], 1))
    box.y = 2
    box.x = 3
    assert list(box) == list(box.keys()) == list(box.as_dict()) == ["h", "unknown", "y", "w", "x"]
    assert list(ImageBoundingBox(height=4, x=1, width=3, y=2)) == ["h", "x", "w", "y"]


def test_unknown_keys_are_kept(tag: DetectedTag) -> None:
    assert tag["more"] == [1, {"a": None}]
    result: Any = ImageAnalysisResult({"newResult": [1], "tagsResult": {"values": [{"name": "a", "lang": "en"}]}})
    assert result.tags.list[0]["lang"] == "en"
    assert result.as_dict() == {"newResult": [1], "tagsResult": {"values": [{"name": "a", "lang": "en"}]}}


def test_null_stays_a_null() -> None:
    given = {"captionResult": None, "modelVersion": None, "unknown": None}
    result = ImageAnalysisResult(given)
    assert result["captionResult"] is None and result.get("unknown", "missing") is None
    assert "captionResult" in result and len(result) == 3
    result["metadata"] = None
    assert result == result.as_dict() == {**given, "metadata": None}
    assert result != {}


def test_keys_are_json_names() -> None:
    box = ImageBoundingBox(width=864)
    assert "w" in box and "width" not in box and 5 not in box
    for missing in (lambda: box["width"], lambda: box.pop("width"), lambda: DetectedTag().popitem()):
        with pytest.raises(KeyError):
            missing()


def test_parameters_can_be_passed_by_keyword(tag: Any) -> None:
    assert tag.get(key="name", default=1) == "lake" and tag.get(key="missing", default=1) == 1
    assert tag.get("missing") is None and type(ImageAnalysisResult(full_response()).pop("tagsResult")) is TagsResult
    assert tag.setdefault(key="language", default="en") == tag.setdefault("language", "fr") == "en"
    assert tag.pop(key="language", default=None) == "en" and tag.pop(key="language", default=None) is None


def test_views_are_live(tag: DetectedTag) -> None:
    keys, values, items = tag.keys(), tag.values(), tag.items()
    tag.name = "sea"
    tag["new"] = 1
    del tag["more"]
    assert list(keys) == ["name", "confidence", "new"]
    assert list(values) == ["sea", 0.5, 1]
    assert list(items) == [("name", "sea"), ("confidence", 0.5), ("new", 1)]
    assert len(keys) == len(values) == len(items) == 3
    assert keys & {"name", "other"} == {"name"}


def test_items_have_attributes(result: Any) -> None:
    for given in (dict(result.items()), dict(result), {**result}):
        assert given == full_response()
        assert given["tagsResult"].list[0].name == "lake" and given["captionResult"] is result.caption


def test_dataclass_that_holds_a_result_can_be_a_dict(result: Any) -> None:
    holder = dataclasses.make_dataclass("Holder", ["name", "result"])("a", result)
    given: Any = dataclasses.asdict(holder)
    assert given == {"name": "a", "result": full_response()}
    assert given["result"].tags.list[0].name == "lake" and given["result"] is not result


@pytest.mark.parametrize("is_read", [False, True])
def test_model_equals_mappings_with_the_same_items(result: Any, is_read: bool) -> None:
    response = full_response()
    if is_read:
        assert result.tags.list and result.read.blocks[0].lines[0].words[0].bounding_polygon
    for other in (response, OrderedDict(response), MappingProxyType(response), ImageAnalysisResult(response)):
        assert result == other and other == result and not result != other
    other = ImageAnalysisResult(response)
    other.read.blocks[0].lines[0].words[0].bounding_polygon[2].x += 1
    assert result != other and other != response
    assert ImageBoundingBox(x=1, y=2) == models.ImagePoint({"y": 2, "x": 1})


@pytest.mark.parametrize("other", [{}, {"name": "lake"}, {"name": "lake", "more": 1}, None, "lake", 5])
def test_model_equals_nothing_else(other: Any) -> None:
    tag = DetectedTag(name="lake", confidence=1.5)
    assert tag != other and not tag == other and other != tag


def test_model_is_unhashable_and_false_if_empty(tag: DetectedTag) -> None:
    assert DetectedTag(confidence=0) and not DetectedTag()
    with pytest.raises(TypeError, match="unhashable"):
        hash(tag)
