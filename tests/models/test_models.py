"""Tests of the models' attributes and constructors."""

import inspect
import pydoc
from typing import Any, Dict

import pytest
from azure.ai.vision.imageanalysis import models
from azure.ai.vision.imageanalysis._model_base import field
from azure.ai.vision.imageanalysis.models import (
    DetectedTag,
    DetectedTextWord,
    ImageAnalysisResult,
    ImageBoundingBox,
    ImageMetadata,
    ImagePoint,
    TagsResult,
)
from full_response import full_response
from public_api import FIELDS

EXAMPLES: Dict[str, Any] = {"int": 7, "float": 0.5, "str": "text"}


@pytest.fixture
def result() -> Any:
    return ImageAnalysisResult(full_response())


def test_attributes_read_the_json(result: Any) -> None:
    assert result.model_version == "2023-10-01"
    assert (result.metadata.width, result.metadata.height) == (640, 480)
    assert (result.caption.text, result.caption.confidence) == ("two boats on a lake", 0.8125)
    assert [each.text for each in result.dense_captions.list] == ["two boats on a lake", "a red boat"]
    box = result.dense_captions.list[1].bounding_box
    assert (box.x, box.y, box.width, box.height) == (40, 200, 180, 90)
    assert [(tag.name, tag.confidence) for tag in result.tags.list] == [("lake", 0.99), ("boat", 1)]
    assert result.objects.list[0].bounding_box.width == 180
    assert [tag.name for tag in result.objects.list[0].tags] == ["boat"]
    assert [person.confidence for person in result.people.list] == [0.94, 0.0017]
    assert [crop.aspect_ratio for crop in result.smart_crops.list] == [0.9, 1.33]
    first, second = result.read.blocks[0].lines
    assert (first.text, second.text, second.words) == ("NO SWIMMING", "Überall", [])
    assert type(result.tags) is TagsResult and type(first.words[0]) is DetectedTextWord
    assert [(point.x, point.y) for point in first.words[1].bounding_polygon][:2] == [(90, 20), (150, 20)]


@pytest.mark.parametrize("name, attribute, json_name, annotation", FIELDS)
def test_attribute_and_its_json_name_are_one_value(name: str, attribute: str, json_name: str, annotation: str) -> None:
    kind = getattr(models, name)
    value = [] if "List[" in annotation else EXAMPLES.get(annotation, {})
    from_json, from_keyword = kind({json_name: value}), kind(**{attribute: value})
    assert getattr(from_json, attribute) == getattr(from_keyword, attribute) == from_keyword[json_name] == value
    assert from_json == from_keyword == from_keyword.as_dict() == {json_name: value}
    assert getattr(kind(), attribute) is getattr(kind({json_name: None}), attribute) is None


def test_second_read_returns_the_same_object(result: Any) -> None:
    assert result.tags is result.tags is result["tagsResult"] is result.get("tagsResult")
    assert result.tags.list is result.tags.list is result.tags["values"]
    assert result.tags.list[0] is result.tags.list[0]
    assert {id(value) for value in result.values()} == {id(result[name]) for name in result}


def test_scalar_comes_as_the_service_sent_it() -> None:
    tag = DetectedTag({"name": 5, "confidence": "high"})
    assert (tag.name, tag.confidence) == (5, "high")
    assert type(DetectedTag({"confidence": 1}).confidence) is int
    assert ImagePoint({"x": {"a": [1]}}).x == {"a": [1]}


def test_callers_json_is_never_written_to() -> None:
    given = full_response()
    result: Any = ImageAnalysisResult(given)
    result.tags.list.append(DetectedTag(name="sky"))
    result.tags.list[0].name = "sea"
    result.read.blocks[0].lines.clear()
    result["more"] = 1
    del result["metadata"]
    assert given == full_response()


def test_constructor_copies_a_mapping_and_a_list_but_not_the_items() -> None:
    tag = DetectedTag(name="lake")
    given: Any = [tag, {"name": "sea"}]
    tags = TagsResult(list=given)
    given.clear()
    assert [each.name for each in tags.list] == ["lake", "sea"]
    assert tags.list[0] is tag
    other = DetectedTag(tag)
    other.name = "sky"
    assert tag.name == "lake"


@pytest.mark.parametrize(
    "arguments, keywords, message",
    [
        (({"name": "lake"},), {"confidence": 0.5}, "one mapping, or keywords; got both"),
        ((), {"title": "lake"}, "unexpected keyword argument 'title'"),
        ((), {"mapping": {}}, "unexpected keyword argument 'mapping'"),
        (({}, {}), {}, "positional argument"),
        (("lake",), {}, "must be a mapping, not str"),
        (([("name", "lake")],), {}, "must be a mapping, not list"),
    ],
)
def test_wrong_constructor_argument_is_a_type_error(arguments: Any, keywords: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        DetectedTag(*arguments, **keywords)


def test_none_removes_an_attribute(result: Any) -> None:
    assert result.tags
    result.tags = result.model_version = result.caption = None
    assert result.tags is result.model_version is result.caption is None
    expected = {name: value for name, value in full_response().items() if name in set(result)}
    assert len(expected) == len(full_response()) - 3
    assert result == result.as_dict() == expected
    result = ImageAnalysisResult({"captionResult": None, "modelVersion": None})
    result.caption = result.model_version = None
    assert result == ImageAnalysisResult(caption=None, model_version=None) == {}


@pytest.mark.parametrize("is_read", [False, True])
def test_attribute_set_to_json_becomes_a_model(result: Any, is_read: bool) -> None:
    if is_read:
        assert result.tags and result.metadata
    result.metadata = {"width": 1, "height": 2}
    result["tagsResult"] = {"values": [{"name": "sea"}], "more": 2}
    assert type(result.metadata) is ImageMetadata and result.metadata.height == 2
    assert type(result.tags.list[0]) is DetectedTag and result.tags["more"] == 2
    result.tags.list = ({"name": "sky"},)
    result.tags.list[0].confidence = 0.5
    assert result.as_dict()["tagsResult"] == {"values": [{"name": "sky", "confidence": 0.5}], "more": 2}


def test_user_subclass_is_a_model() -> None:
    class Rated(DetectedTag):
        grade: int = field()
        """The grade."""
        box: ImageBoundingBox = field("theBox")
        anything: Any = field()
        names: list = field()  # type: ignore[type-arg]

    rated = Rated({"name": "lake", "grade": 1, "theBox": {"w": 2}})
    assert (rated.name, rated.grade, rated.box.width) == ("lake", 1, 2)
    assert Rated(name="lake", grade=1) == {"name": "lake", "grade": 1}
    assert Rated({"anything": {"a": [1]}}).anything == {"a": [1]} and Rated({"names": 5}).names == 5
    assert list(inspect.signature(Rated).parameters)[:4] == ["mapping", "confidence", "name", "grade"]
    assert "The grade." in pydoc.render_doc(Rated) and not hasattr(DetectedTag(), "grade")
    assert TagsResult(list=[rated]).list[0] is rated
