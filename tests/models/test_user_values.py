"""Tests of what users put into models: their own attributes, values of any kind, patches."""

import copy
import inspect
import pickle
import pprint
from types import SimpleNamespace
from typing import Any, get_type_hints
from unittest import mock

import pytest
from azure.ai.vision.imageanalysis import models
from azure.ai.vision.imageanalysis.models import (
    CropRegion,
    DenseCaption,
    DetectedTag,
    DetectedTextLine,
    DetectedTextWord,
    ImageAnalysisResult,
    ImageBoundingBox,
    ImagePoint,
    TagsResult,
)
from full_response import full_response
from public_api import FIELDS, MODELS

WITH_DICT = [name for name in MODELS if name != "ImagePoint"]

COPIES = {
    "copy.copy": copy.copy,
    "copy()": lambda model: model.copy(),
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
}

each_field = pytest.mark.parametrize("name, attribute, json_name", [row[:3] for row in FIELDS])
each_copy = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)


@pytest.fixture
def result() -> ImageAnalysisResult:
    return ImageAnalysisResult(full_response())


@pytest.mark.parametrize("name", WITH_DICT)
def test_model_accepts_user_attributes(name: str) -> None:
    model = getattr(models, name)({"more": 1})
    model.description = "mine"
    assert model.description == "mine" == vars(model)["description"] == model.__dict__["description"]
    assert model == {"more": 1} == model.as_dict() and list(model) == ["more"] and str(model) == "{'more': 1}"
    assert "mine" in pprint.pformat(vars(model))
    del model.description
    assert not hasattr(model, "description")


@each_copy
@pytest.mark.parametrize("name", WITH_DICT)
def test_copies_keep_user_attributes(name: str, copied: Any) -> None:
    model = getattr(models, name)({"more": 1})
    model.description = ["mine"]
    other = copied(model)
    assert other.description == ["mine"] and other == {"more": 1}
    other.description = "theirs"
    assert model.description == ["mine"]


@each_copy
def test_copies_keep_nested_user_attributes(result: ImageAnalysisResult, copied: Any) -> None:
    line: Any = result.read.blocks[0].lines[0]  # type: ignore[union-attr]
    line.words[1].note = {"a": 1}
    other = copied(result)
    assert other == result == full_response() == other.as_dict()
    assert other.read.blocks[0].lines[0].words[1].note == {"a": 1}


@pytest.mark.parametrize("attribute", ["_tags", "_data_", "_parent", "_load_", "tags_", "_held", "_present"])
def test_user_attribute_hides_no_field(result: ImageAnalysisResult, attribute: str) -> None:
    setattr(result, attribute, 5)
    assert result.tags and result.tags.list[0].name == "lake"
    assert result == full_response() == result.as_dict()


def test_deep_copy_of_a_model_that_holds_itself() -> None:
    tag: Any = DetectedTag(name="lake")
    tag.me = tag
    other = copy.deepcopy(tag)
    assert other.me is other and other is not tag


@pytest.mark.parametrize("name", WITH_DICT)
def test_method_of_a_model_can_be_patched(name: str) -> None:
    model = getattr(models, name)({"more": 1})
    with mock.patch.object(model, "as_dict", return_value={"a": 1}):
        assert model.as_dict() == {"a": 1}
    assert model.as_dict() == {"more": 1}


@pytest.mark.parametrize("value", [mock.Mock(), SimpleNamespace(text="t"), 5, "text", object(), (n for n in "ab")])
@each_field
def test_assigned_value_is_kept(name: str, attribute: str, json_name: str, value: Any) -> None:
    kind = getattr(models, name)
    model = kind()
    setattr(model, attribute, value)
    by_name = kind()
    by_name[json_name] = value
    for each in (model, by_name, kind(**{attribute: value})):
        assert getattr(each, attribute) is value and each[json_name] is value
        assert list(each) == [json_name] and each.as_dict()[json_name] is value


@pytest.mark.slow
@pytest.mark.parametrize("kind, attribute", [(TagsResult, "list"), (DetectedTextLine, "words")])
def test_appended_value_is_kept(kind: Any, attribute: str) -> None:
    values = [mock.Mock(), 5, SimpleNamespace(), ImagePoint(x=1), {"confidence": 0.5}]
    model = kind(**{attribute: values})
    kept = getattr(model, attribute)
    assert all(ours is theirs for ours, theirs in zip(kept[:4], values))
    assert type(kept[4]) in (DetectedTag, DetectedTextWord) and kept[4].confidence == 0.5
    kept.append(values[0])
    assert getattr(model, attribute)[5] is values[0]


def test_assigned_json_becomes_models() -> None:
    result = ImageAnalysisResult()
    result.tags = {"values": [{"name": 1}, mock.sentinel.tag], "more": 2}  # type: ignore[assignment]
    assert type(result.tags) is TagsResult and type(result.tags.list[0]) is DetectedTag
    assert (result.tags.list[0].name, result.tags.list[1], result.tags["more"]) == (1, mock.sentinel.tag, 2)


def test_model_of_another_class_is_kept() -> None:
    caption = DenseCaption(text="a boat", confidence=0.5)
    assert ImageAnalysisResult(caption=caption).caption is caption  # type: ignore[arg-type]


@pytest.mark.parametrize("read_before", [False, True])
def test_shallow_copy_shares_its_parts(result: ImageAnalysisResult, read_before: bool) -> None:
    if read_before:
        assert result.tags and result.tags.list and result.people
    other = copy.copy(result)
    assert other.tags is result.tags and other.people is result.people
    assert result.tags and copy.copy(result.tags).list is result.tags.list
    other["more"] = 1
    assert "more" not in result


def test_shallow_copy_of_a_copy_that_was_written_to() -> None:
    box = ImageBoundingBox({"x": 1})
    box["more"] = 1
    other = copy.copy(box)
    other["more"] = 2
    other.x = 3
    assert (box, other) == ({"x": 1, "more": 1}, {"x": 3, "more": 2})


def test_shallow_copy_of_json_of_the_wrong_shape_keeps_it() -> None:
    assert copy.copy(CropRegion({"boundingBox": 5})) == {"boundingBox": 5}


@pytest.mark.parametrize("name", MODELS)
def test_every_public_callable_has_type_hints(name: str) -> None:
    kind = getattr(models, name)
    get_type_hints(kind)
    get_type_hints(kind.__init__)
    callables = [value for attribute, value in inspect.getmembers(kind, callable) if not attribute.startswith("_")]
    assert len(callables) > 8
    for each in callables:
        get_type_hints(each)
