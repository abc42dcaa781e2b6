"""Tests of a model as a mapping by JSON names, as the models of 1.0.0 are."""

import copy
from collections import OrderedDict
from collections.abc import Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, Callable, Dict

import pytest
from azure.ai.vision.imageanalysis.models import (
    CaptionResult,
    CropRegion,
    DetectedPerson,
    DetectedTag,
    ImageAnalysisResult,
    ImageBoundingBox,
    ImageMetadata,
    PeopleResult,
    TagsResult,
)
from full_response import full_response


@pytest.fixture
def result() -> ImageAnalysisResult:
    return ImageAnalysisResult(full_response())


@pytest.fixture
def tag() -> DetectedTag:
    return DetectedTag({"name": "lake", "confidence": 0.5, "more": [1, {"a": None}]})


def test_model_is_a_mutable_mapping_but_no_dict(result: ImageAnalysisResult) -> None:
    assert isinstance(result, MutableMapping) and isinstance(result, Mapping)
    assert not isinstance(result, dict)


def test_str_and_repr_are_those_of_the_json(result: ImageAnalysisResult) -> None:
    assert str(ImageBoundingBox(x=0, y=0, width=864, height=576)) == "{'x': 0, 'y': 0, 'w': 864, 'h': 576}"
    assert str(result) == repr(result) == str(full_response())
    assert result.caption and result.tags and result.read and result.read.blocks[0].lines
    assert str(result) == f"{result}" == str(full_response())


def test_keys_stay_in_the_order_they_came() -> None:
    names = ["h", "unknown", "y", "x", "w"]
    box = ImageBoundingBox(OrderedDict.fromkeys(names, 1))
    assert list(box) == list(box.keys()) == list(box.as_dict()) == names
    box.x = 2
    assert list(box) == names


def test_keywords_stay_in_the_order_they_came() -> None:
    assert list(ImageBoundingBox(height=4, x=1, width=3, y=2)) == ["h", "x", "w", "y"]


def test_new_key_comes_last(tag: DetectedTag) -> None:
    tag["later"] = 1
    assert list(tag)[-1] == "later"
    del tag["name"]
    tag.name = "sea"
    assert list(tag)[-1] == "name"


def test_unknown_keys_survive(tag: DetectedTag) -> None:
    assert tag["more"] == [1, {"a": None}]
    assert tag.as_dict() == {"name": "lake", "confidence": 0.5, "more": [1, {"a": None}]}
    result = ImageAnalysisResult(
        {"newResult": {"values": [1]}, "tagsResult": {"values": [{"name": "a", "lang": "en"}]}}
    )
    assert result.tags and result.tags.list[0]["lang"] == "en"
    assert result.as_dict()["newResult"] == {"values": [1]}


def test_null_stays_a_null() -> None:
    given = {"captionResult": None, "modelVersion": None, "unknown": None}
    result = ImageAnalysisResult(given)
    assert result.caption is None and result.model_version is None
    assert result["captionResult"] is None and result.get("unknown", "missing") is None
    assert "captionResult" in result and len(result) == 3
    assert result.as_dict() == given
    result["metadata"] = None
    assert result.as_dict() == {**given, "metadata": None}


def test_null_model_set_to_none_is_removed() -> None:
    result = ImageAnalysisResult({"captionResult": None, "modelVersion": "1"})
    result.caption = None
    assert result.as_dict() == {"modelVersion": "1"}


@pytest.mark.xfail(strict=True, reason="a slot cannot tell a null from what was set to None")
def test_null_text_set_to_none_is_removed() -> None:
    result = ImageAnalysisResult({"modelVersion": None})
    result.model_version = None  # type: ignore[assignment]
    assert result.as_dict() == {}


def test_reading_and_testing_by_name(tag: DetectedTag) -> None:
    assert (tag["name"], tag["confidence"], len(tag)) == ("lake", 0.5, 3)
    assert "name" in tag and "bounding_box" not in tag and 5 not in tag
    assert (tag.get("name"), tag.get("missing"), tag.get("missing", 1)) == ("lake", None, 1)
    with pytest.raises(KeyError, match="missing"):
        tag["missing"]


def test_attribute_name_is_no_key() -> None:
    box = ImageBoundingBox(x=0, y=0, width=864, height=576)
    assert "width" not in box and "w" in box
    with pytest.raises(KeyError, match="width"):
        box["width"]


def test_writing_by_name_and_reading_by_attribute(tag: DetectedTag) -> None:
    tag["name"] = "sea"
    tag["new"] = 1
    assert (tag.name, tag["name"], tag["new"]) == ("sea", "sea", 1)
    result = ImageAnalysisResult()
    result["tagsResult"] = {"values": [{"name": "lake"}]}
    assert result.tags and result.tags.list[0].name == "lake"
    assert result["tagsResult"] is result.tags


def test_writing_by_attribute_and_reading_by_name() -> None:
    box = ImageBoundingBox(x=1)
    box.width = 5
    box.x = 7
    assert dict(box) == {"x": 7, "w": 5}


@pytest.mark.parametrize(
    "change, expected",
    [
        (lambda tag: tag.pop("name"), {"confidence": 0.5}),
        (lambda tag: tag.__delitem__("name"), {"confidence": 0.5}),
        (lambda tag: tag.popitem(), {"name": "lake"}),
        (lambda tag: tag.clear(), {}),
        (lambda tag: tag.update({"name": "sea", "more": 1}), {"name": "sea", "confidence": 0.5, "more": 1}),
        (lambda tag: tag.update(name="sea"), {"name": "sea", "confidence": 0.5}),
        (lambda tag: tag.setdefault("name", "sea"), {"name": "lake", "confidence": 0.5}),
        (lambda tag: tag.setdefault("more", 1), {"name": "lake", "confidence": 0.5, "more": 1}),
        (lambda tag: tag.pop("missing", None), {"name": "lake", "confidence": 0.5}),
    ],
    ids=[
        "pop",
        "del",
        "popitem",
        "clear",
        "update",
        "update by keyword",
        "setdefault",
        "setdefault new",
        "pop missing",
    ],
)
def test_every_change_is_seen_on_both_sides(change: Callable[[Any], Any], expected: Dict[str, Any]) -> None:
    twin = {"name": "lake", "confidence": 0.5}
    tag = DetectedTag(twin)
    assert change(tag) == change(twin)
    assert tag == twin == expected
    assert (tag.name, tag.confidence) == (expected.get("name"), expected.get("confidence"))
    assert len(tag) == len(expected)


@pytest.mark.parametrize("read_before", [False, True])
def test_nested_part_can_be_deleted_and_popped(result: ImageAnalysisResult, read_before: bool) -> None:
    if read_before:
        assert result.tags and result.caption
    popped = result.pop("tagsResult")
    assert type(popped) is TagsResult and popped.list[0].name == "lake"
    del result["captionResult"]
    assert result.tags is None and result.caption is None
    assert set(full_response()) - set(result) == {"tagsResult", "captionResult"}


@pytest.mark.parametrize(
    "change", [lambda box: box.popitem(), lambda box: box.pop("x"), lambda box: box.__delitem__("x")]
)
def test_missing_key_is_a_key_error(change: Callable[[Any], Any]) -> None:
    with pytest.raises(KeyError):
        change(ImageBoundingBox())


def test_popitem_removes_the_last(tag: DetectedTag) -> None:
    assert [tag.popitem()[0] for _ in range(3)] == ["more", "confidence", "name"]


def test_keys_values_and_items_are_live_views(tag: DetectedTag) -> None:
    keys, values, items = tag.keys(), tag.values(), tag.items()
    tag.name = "sea"
    tag["new"] = 1
    del tag["more"]
    assert list(keys) == ["name", "confidence", "new"]
    assert list(values) == ["sea", 0.5, 1]
    assert list(items) == [("name", "sea"), ("confidence", 0.5), ("new", 1)]
    assert len(keys) == len(values) == len(items) == 3
    assert keys & {"name", "other"} == {"name"}


def test_unpacking_gives_the_json(result: ImageAnalysisResult) -> None:
    assert {**result} == dict(result) == full_response()
    assert list(zip(result, result.values())) == list(result.items())


def test_model_equals_any_mapping_with_the_same_items(result: ImageAnalysisResult) -> None:
    response = full_response()
    assert result == response and response == result
    assert result == OrderedDict(response) and result == MappingProxyType(response)
    assert result.tags and result.read and result.read.blocks[0].lines[0].words[0].bounding_polygon
    assert result == response and result == ImageAnalysisResult(response)
    assert ImageMetadata(width=1, height=2) == ImageMetadata({"height": 2, "width": 1})


def test_model_equals_another_class_with_the_same_items() -> None:
    assert ImageBoundingBox(x=1, y=2) == ImageMetadata({"x": 1, "y": 2})


@pytest.mark.parametrize(
    "other", [{}, {"name": "lake"}, {"name": "lake", "confidence": 1.5, "more": 1}, None, "lake", 5]
)
def test_model_equals_nothing_else(other: Any) -> None:
    tag = DetectedTag(name="lake", confidence=1.5)
    assert tag != other
    assert not tag == other


def test_difference_deep_inside_is_a_difference(result: ImageAnalysisResult) -> None:
    other = ImageAnalysisResult(full_response())
    assert other.read
    other.read.blocks[0].lines[0].words[0].bounding_polygon[2].x += 1
    assert result != other and other != full_response()


def test_model_is_unhashable(tag: DetectedTag) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(tag)


def test_empty_model_is_false_and_any_other_is_true() -> None:
    assert not ImageMetadata()
    assert ImageMetadata(width=0)


def test_as_dict_gives_json_that_shares_nothing_with_the_model(result: ImageAnalysisResult) -> None:
    result["extra"] = {"tuple": (1, DetectedTag(name="inner")), "mapping": MappingProxyType({"a": 1})}
    given = result.as_dict()
    assert given == {**full_response(), "extra": {"tuple": [1, {"name": "inner"}], "mapping": {"a": 1}}}
    assert type(given["tagsResult"]) is dict and type(given["tagsResult"]["values"][0]) is dict
    given["tagsResult"]["values"].clear()
    given["metadata"]["width"] = 0
    given["extra"]["tuple"].clear()
    assert result.tags and len(result.tags.list) == 2
    assert (result.metadata.width, len(result["extra"]["tuple"])) == (640, 2)


@pytest.mark.parametrize("read_before", [False, True])
def test_as_dict_can_exclude_readonly(result: ImageAnalysisResult, read_before: bool) -> None:
    if read_before:
        assert result.people and result.people.list
    expected = full_response()
    expected["peopleResult"] = {"values": [{}, {}]}
    assert result.as_dict(exclude_readonly=True) == expected
    assert result.as_dict(exclude_readonly=False) == full_response()
    person = DetectedPerson({"confidence": 0.5, "boundingBox": {"x": 1}, "unknown": 1})
    assert person.as_dict(exclude_readonly=True) == {"unknown": 1}
    assert PeopleResult(list=[person]).as_dict(exclude_readonly=True) == {"values": [{"unknown": 1}]}
    assert CropRegion(bounding_box=ImageBoundingBox(x=1)).as_dict(exclude_readonly=True) == {"boundingBox": {"x": 1}}


def test_exclude_readonly_is_keyword_only(result: ImageAnalysisResult) -> None:
    with pytest.raises(TypeError):
        result.as_dict(True)  # type: ignore[misc]


def test_deleting_an_attribute_deletes_its_item() -> None:
    caption = CaptionResult({"text": "a boat", "confidence": 0.5})
    del caption.text
    assert not hasattr(caption, "text")
    with pytest.raises(KeyError):
        caption["text"]
    for model in (caption, caption.copy(), copy.deepcopy(caption)):
        assert (dict(model), len(model), model.as_dict()) == ({"confidence": 0.5}, 1, {"confidence": 0.5})
    caption.text = "two boats"
    assert caption == {"text": "two boats", "confidence": 0.5}
