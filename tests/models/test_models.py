"""Tests of the models' attributes and constructors."""

from typing import Any, Dict

import pytest
from azure.ai.vision.imageanalysis import models
from azure.ai.vision.imageanalysis._model_base import Model, field
from azure.ai.vision.imageanalysis.models import (
    CaptionResult,
    CropRegion,
    DetectedTag,
    DetectedTextBlock,
    DetectedTextLine,
    DetectedTextWord,
    ImageAnalysisResult,
    ImageBoundingBox,
    ImageMetadata,
    ImagePoint,
    ReadResult,
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
    assert [word.text for word in first.words] == ["NO", "SWIMMING"]
    assert [(point.x, point.y) for point in first.words[1].bounding_polygon][:2] == [(90, 20), (150, 20)]


@pytest.mark.parametrize("name, attribute, json_name, annotation", FIELDS)
def test_attribute_and_its_json_name_are_one_value(name: str, attribute: str, json_name: str, annotation: str) -> None:
    kind = getattr(models, name)
    value = [] if "List[" in annotation else EXAMPLES.get(annotation, {})
    from_json, from_keyword = kind({json_name: value}), kind(**{attribute: value})
    assert getattr(from_json, attribute) == getattr(from_keyword, attribute) == from_keyword[json_name] == value
    assert from_json == from_keyword == from_keyword.as_dict() == {json_name: value}


@pytest.mark.parametrize("name, attribute, json_name", [row[:3] for row in FIELDS])
def test_absent_or_null_attribute_is_none(name: str, attribute: str, json_name: str) -> None:
    for model in (getattr(models, name)(), getattr(models, name)({json_name: None})):
        assert getattr(model, attribute) is None


def test_nested_models_are_of_the_declared_classes(result: Any) -> None:
    assert type(result.metadata) is ImageMetadata and type(result.read) is ReadResult
    assert type(result.tags.list) is list and type(result.tags.list[0]) is DetectedTag
    assert type(result.read.blocks[0].lines[0].words[0].bounding_polygon[0]) is ImagePoint


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


def test_appended_item_stays(result: Any) -> None:
    result.tags.list.append(DetectedTag(name="sky"))
    assert [tag.name for tag in result.tags.list] == ["lake", "boat", "sky"]
    assert result.as_dict()["tagsResult"]["values"][-1] == {"name": "sky"}


def test_callers_json_is_never_written_to() -> None:
    given = full_response()
    result: Any = ImageAnalysisResult(given)
    result.tags.list.append(DetectedTag(name="sky"))
    result.tags.list[0].name = "sea"
    result.read.blocks[0].lines.clear()
    result["more"] = 1
    del result["metadata"]
    assert given == full_response()


def test_constructor_copies_a_list_but_not_its_items() -> None:
    tag = DetectedTag(name="lake")
    for make in (lambda values: TagsResult(list=values), lambda values: TagsResult({"values": values})):
        given: Any = [tag, {"name": "sea"}]
        tags = make(given)
        given.clear()
        assert [each.name for each in tags.list] == ["lake", "sea"]
        assert tags.list[0] is tag


def test_result_can_be_built_by_keyword() -> None:
    points = [ImagePoint(x=x, y=y) for x, y in ((20, 20), (80, 20), (80, 38), (20, 38))]
    word = DetectedTextWord(text="NO", bounding_polygon=points, confidence=0.998)
    line = DetectedTextLine(text="NO", bounding_polygon=points, words=[word])
    caption = CaptionResult(text="a sign", confidence=0.5)
    result = ImageAnalysisResult(caption=caption, read=ReadResult(blocks=[DetectedTextBlock(lines=[line])]))
    polygon = [{"x": 20, "y": 20}, {"x": 80, "y": 20}, {"x": 80, "y": 38}, {"x": 20, "y": 38}]
    words = [{"text": "NO", "boundingPolygon": polygon, "confidence": 0.998}]
    assert result.as_dict() == {
        "captionResult": {"text": "a sign", "confidence": 0.5},
        "readResult": {"blocks": [{"lines": [{"text": "NO", "boundingPolygon": polygon, "words": words}]}]},
    }
    assert result.caption is caption


def test_constructor_accepts_a_model() -> None:
    tag = DetectedTag(name="lake", confidence=0.5)
    other = DetectedTag(tag)
    other.name = "sea"
    assert (tag.name, other.name, other.confidence) == ("lake", "sea", 0.5)


@pytest.mark.parametrize(
    "arguments, keywords, message",
    [
        (({"name": "lake"},), {"confidence": 0.5}, "one mapping, or keywords; got both"),
        ((), {"title": "lake"}, "unexpected keyword argument 'title'"),
        ((), {"mapping": {}}, "unexpected keyword argument 'mapping'"),
        (("lake",), {}, "must be a mapping, not <class 'str'>"),
        (([("name", "lake")],), {}, "must be a mapping, not <class 'list'>"),
    ],
)
def test_wrong_constructor_argument_is_a_type_error(arguments: Any, keywords: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"DetectedTag.*{message}"):
        DetectedTag(*arguments, **keywords)


def test_constructor_takes_one_positional_argument() -> None:
    with pytest.raises(TypeError):
        DetectedTag({}, {})  # type: ignore[call-arg]


def test_none_removes_an_attribute(result: Any) -> None:
    assert result.tags
    result.tags = result.model_version = result.caption = None
    assert result.tags is result.model_version is result.caption is None
    expected = {name: value for name, value in full_response().items() if name in set(result)}
    assert len(expected) == len(full_response()) - 3
    assert result == result.as_dict() == expected
    assert ImageAnalysisResult(caption=None, model_version="1") == {"modelVersion": "1"}


def test_none_removes_a_null() -> None:
    result: Any = ImageAnalysisResult({"captionResult": None, "modelVersion": None})
    result.caption = result.model_version = None
    assert result == {}


@pytest.mark.parametrize("is_read", [False, True])
def test_attribute_set_to_json_becomes_a_model(result: Any, is_read: bool) -> None:
    if is_read:
        assert result.tags and result.metadata
    result.metadata = {"width": 1, "height": 2}
    result.tags = {"values": [{"name": "sea"}], "more": 2}
    assert type(result.metadata) is ImageMetadata and result.metadata.height == 2
    assert type(result.tags.list[0]) is DetectedTag and result.tags["more"] == 2
    result.tags.list = ({"name": "sky"},)
    assert result.tags.list[0].name == "sky"
    assert result.as_dict()["tagsResult"] == {"values": [{"name": "sky"}], "more": 2}


def test_setting_a_nested_attribute_changes_the_result(result: Any) -> None:
    result.caption.text = "one boat"
    expected = full_response()
    expected["captionResult"]["text"] = "one boat"
    assert result == result.as_dict() == expected


def test_unknown_attribute_is_an_attribute_error(result: Any) -> None:
    with pytest.raises(AttributeError, match="captions"):
        result.captions  # noqa: B018 - reading it is the test


def test_user_subclass_is_a_model() -> None:
    class Rated(DetectedTag):
        made = 0

        grade: int = field()
        box: ImageBoundingBox = field("theBox")

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            cls.made += 1
            return super().__new__(cls, *args, **kwargs)

    rated = Rated({"name": "lake", "grade": 1, "theBox": {"w": 2}})
    assert (rated.name, rated.grade, rated.box.width) == ("lake", 1, 2)
    assert Rated(name="lake", grade=1) == {"name": "lake", "grade": 1}
    assert Rated.made == 2
    assert TagsResult(list=[rated]).list[0] is rated
    assert not hasattr(DetectedTag(), "grade")


def test_model_without_fields_is_a_mapping() -> None:
    model = Model({"a": {"b": 1}})
    model["c"] = 2
    assert model == {"a": {"b": 1}, "c": 2} and type(model["a"]) is dict
    assert CropRegion({"boundingBox": model}).bounding_box is model
