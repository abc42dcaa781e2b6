"""Tests of the models' attributes, from JSON and assigned."""

from typing import Any, Dict, List, Optional

import pytest
from azure.ai.vision.imageanalysis import models
from azure.ai.vision.imageanalysis.models import (
    CaptionResult,
    CropRegion,
    DenseCaption,
    DenseCaptionsResult,
    DetectedObject,
    DetectedPerson,
    DetectedTag,
    DetectedTextBlock,
    DetectedTextLine,
    DetectedTextWord,
    ImageAnalysisResult,
    ImageBoundingBox,
    ImageMetadata,
    ImagePoint,
    ObjectsResult,
    PeopleResult,
    ReadResult,
    SmartCropsResult,
    TagsResult,
)
from full_response import full_response
from public_api import FIELDS


@pytest.fixture
def result() -> ImageAnalysisResult:
    return ImageAnalysisResult(full_response())


def test_attributes_read_the_json(result: ImageAnalysisResult) -> None:
    response = full_response()
    assert result.model_version == response["modelVersion"]
    assert (result.metadata.width, result.metadata.height) == (640, 480)
    assert result.caption and (result.caption.text, result.caption.confidence) == ("two boats on a lake", 0.8125)
    assert result.dense_captions and [each.text for each in result.dense_captions.list] == [
        "two boats on a lake",
        "a red boat",
    ]
    box = result.dense_captions.list[1].bounding_box
    assert (box.x, box.y, box.width, box.height) == (40, 200, 180, 90)
    assert result.tags and [(tag.name, tag.confidence) for tag in result.tags.list] == [("lake", 0.99), ("boat", 1)]
    assert result.objects and result.objects.list[0].bounding_box.width == 180
    assert [tag.name for tag in result.objects.list[0].tags] == ["boat"]
    assert result.people and [person.confidence for person in result.people.list] == [0.94, 0.0017]
    assert result.people.list[0].bounding_box.height == 80
    assert result.smart_crops and [crop.aspect_ratio for crop in result.smart_crops.list] == [0.9, 1.33]
    assert result.smart_crops.list[0].bounding_box.x == 100
    assert result.read
    first, second = result.read.blocks[0].lines
    assert (first.text, second.text) == ("NO SWIMMING", "Überall")
    assert [(word.text, word.confidence) for word in first.words] == [("NO", 0.998), ("SWIMMING", 0.987)]
    assert [(point.x, point.y) for point in first.words[1].bounding_polygon] == [
        (90, 20),
        (150, 20),
        (150, 38),
        (90, 38),
    ]
    assert (len(first.bounding_polygon), second.words) == (4, [])


@pytest.mark.parametrize("name, attribute, json_name, annotation", FIELDS)
def test_attribute_and_its_json_name_are_one_value(name: str, attribute: str, json_name: str, annotation: str) -> None:
    kind = getattr(models, name)
    if "List[" in annotation:
        value: Any = []
    elif annotation in ("int", "float", "str"):
        value = {"int": 7, "float": 0.5, "str": "text"}[annotation]
    else:
        value = {}
    from_json = kind({json_name: value})
    from_keyword = kind(**{attribute: value})
    assert getattr(from_json, attribute) == getattr(from_keyword, attribute) == from_keyword[json_name] == value
    assert from_json == from_keyword == {json_name: value}
    assert from_keyword.as_dict() == {json_name: value}


@pytest.mark.parametrize("name, attribute", [row[:2] for row in FIELDS])
def test_absent_or_null_attribute_is_none(name: str, attribute: str) -> None:
    kind = getattr(models, name)
    (json_name,) = [row[2] for row in FIELDS if row[:2] == (name, attribute)]
    assert getattr(kind(), attribute) is None
    assert getattr(kind({}), attribute) is None
    assert getattr(kind({json_name: None}), attribute) is None


def test_whole_result_can_be_built_by_keyword() -> None:
    def box(x: int, y: int, width: int, height: int) -> ImageBoundingBox:
        return ImageBoundingBox(x=x, y=y, width=width, height=height)

    def polygon(x: int, y: int, width: int, height: int) -> List[ImagePoint]:
        right, bottom = x + width, y + height
        return [ImagePoint(x=a, y=b) for a, b in ((x, y), (right, y), (right, bottom), (x, bottom))]

    no = DetectedTextWord(text="NO", bounding_polygon=polygon(20, 20, 60, 18), confidence=0.998)
    swimming = DetectedTextWord(text="SWIMMING", bounding_polygon=polygon(90, 20, 60, 18), confidence=0.987)
    lines = [
        DetectedTextLine(text="NO SWIMMING", bounding_polygon=polygon(20, 20, 150, 18), words=[no, swimming]),
        DetectedTextLine(text="Überall", bounding_polygon=polygon(20, 44, 70, 18), words=[]),
    ]
    built = ImageAnalysisResult(
        model_version="2023-10-01",
        caption=CaptionResult(text="two boats on a lake", confidence=0.8125),
        dense_captions=DenseCaptionsResult(
            list=[
                DenseCaption(text="two boats on a lake", confidence=0.75, bounding_box=box(0, 0, 640, 480)),
                DenseCaption(text="a red boat", confidence=0.5, bounding_box=box(40, 200, 180, 90)),
            ]
        ),
        metadata=ImageMetadata(width=640, height=480),
        tags=TagsResult(list=[DetectedTag(name="lake", confidence=0.99), DetectedTag(name="boat", confidence=1)]),
        objects=ObjectsResult(
            list=[DetectedObject(bounding_box=box(40, 200, 180, 90), tags=[DetectedTag(name="boat", confidence=0.875)])]
        ),
        read=ReadResult(blocks=[DetectedTextBlock(lines=lines)]),
        smart_crops=SmartCropsResult(
            list=[
                CropRegion(aspect_ratio=0.9, bounding_box=box(100, 0, 432, 480)),
                CropRegion(aspect_ratio=1.33, bounding_box=box(0, 0, 638, 480)),
            ]
        ),
        people=PeopleResult(
            list=[
                DetectedPerson({"boundingBox": box(300, 180, 40, 80), "confidence": 0.94}),
                DetectedPerson({"boundingBox": box(0, 0, 20, 30), "confidence": 0.0017}),
            ]
        ),
    )
    assert built.as_dict() == full_response()
    assert built == ImageAnalysisResult(full_response())


@pytest.mark.parametrize(
    "arguments, keywords",
    [
        (({}, {}), {}),
        (({"name": "lake"},), {"confidence": 0.5}),
        ((), {"title": "lake"}),
        ((), {"boundingBox": {}}),
        ((), {"mapping": {}}),
        (("lake",), {}),
        (([("name", "lake")],), {}),
        ((5,), {}),
    ],
)
def test_constructor_arguments(arguments: Any, keywords: Dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="DetectedTag"):
        DetectedTag(*arguments, **keywords)


def test_constructor_accepts_a_model() -> None:
    tag = DetectedTag(name="lake", confidence=0.5)
    other = DetectedTag(tag)
    other.name = "sea"
    assert (tag.name, other.name, other.confidence) == ("lake", "sea", 0.5)


def test_numbers_are_not_coerced() -> None:
    tag = DetectedTag({"name": "boat", "confidence": 1})
    assert type(tag.confidence) is int
    assert type(ImagePoint({"x": 1.5, "y": 2}).x) is float


def test_attribute_reads_are_cached(result: ImageAnalysisResult) -> None:
    assert result.tags and result.read
    assert result.tags is result.tags is result["tagsResult"] is result.get("tagsResult")
    assert result.tags.list is result.tags.list is result.tags["values"]
    assert result.tags.list[0] is result.tags.list[0]
    line = result.read.blocks[0].lines[0]
    assert line.words[0].bounding_polygon is line.words[0].bounding_polygon
    assert {id(value) for value in result.values()} == {id(result[name]) for name in result}


def test_appended_item_stays(result: ImageAnalysisResult) -> None:
    assert result.tags
    result.tags.list.append(DetectedTag(name="sky", confidence=0.25))
    assert [tag.name for tag in result.tags.list] == ["lake", "boat", "sky"]
    assert result.as_dict()["tagsResult"]["values"][-1] == {"name": "sky", "confidence": 0.25}
    assert result["tagsResult"]["values"][-1].name == "sky"


def test_constructor_copies_a_list_but_not_its_items() -> None:
    tag = DetectedTag(name="lake", confidence=0.5)
    given = [tag, {"name": "sea"}]
    tags = TagsResult(list=given)  # type: ignore[arg-type]
    given.clear()
    assert [each.name for each in tags.list] == ["lake", "sea"]
    assert tags.list[0] is tag


def test_nested_model_given_to_a_constructor_is_kept() -> None:
    box = ImageBoundingBox(x=1, y=2, width=3, height=4)
    assert CropRegion(bounding_box=box, aspect_ratio=1.0).bounding_box is box
    assert CropRegion({"boundingBox": box}).bounding_box is box


@pytest.mark.parametrize("read_before", [False, True])
def test_attribute_that_is_set_to_json_becomes_a_model(result: ImageAnalysisResult, read_before: bool) -> None:
    if read_before:
        assert result.tags and result.metadata
    result.metadata = {"width": 1, "height": 2}  # type: ignore[assignment]
    result.tags = {"values": [{"name": "sea"}]}  # type: ignore[assignment]
    assert type(result.metadata) is ImageMetadata
    assert result.metadata.height == 2
    assert result.tags and type(result.tags.list[0]) is DetectedTag
    result.tags.list = [{"name": "sky"}]  # type: ignore[list-item]
    assert result.tags.list[0].name == "sky"
    assert result.as_dict()["tagsResult"] == {"values": [{"name": "sky"}]}


@pytest.mark.parametrize("read_before", [False, True])
def test_attribute_set_to_none_is_removed(result: ImageAnalysisResult, read_before: bool) -> None:
    if read_before:
        assert result.tags
    result.tags = None
    result.model_version = None  # type: ignore[assignment]
    assert result.tags is None and result.model_version is None
    for name in ("tagsResult", "modelVersion"):
        assert name not in result and name not in list(result) and name not in result.as_dict()
        assert name not in str(result)
    assert len(result) == len(full_response()) - 2


def test_keyword_that_is_none_sets_nothing() -> None:
    assert ImageAnalysisResult(caption=None, model_version="1").as_dict() == {"modelVersion": "1"}


def test_setting_one_attribute_leaves_the_others(result: ImageAnalysisResult) -> None:
    assert result.caption
    result.caption.text = "one boat"
    expected = full_response()
    expected["captionResult"]["text"] = "one boat"
    assert result == expected
    assert result.caption.confidence == 0.8125


def test_source_mapping_is_not_modified() -> None:
    given = full_response()
    result = ImageAnalysisResult(given)
    assert result.tags and result.read
    result.tags.list.append(DetectedTag(name="sky"))
    result.tags.list[0].name = "sea"
    result.read.blocks[0].lines.clear()
    result["more"] = 1
    del result["metadata"]
    assert given == full_response()


def test_unknown_attribute_is_an_attribute_error(result: ImageAnalysisResult) -> None:
    with pytest.raises(AttributeError):
        result.captions  # type: ignore[attr-defined]  # noqa: B018 - reading it is the test


def test_user_subclass_is_a_model() -> None:
    class LoudTag(DetectedTag):
        """A tag that shouts."""

        def shout(self, mark: Optional[str] = "!") -> str:
            return self.name.upper() + str(mark)

    tag = LoudTag({"name": "lake", "confidence": 0.5})
    assert (tag.shout(), tag.confidence, tag.as_dict()) == ("LAKE!", 0.5, {"name": "lake", "confidence": 0.5})
    tag.note = "mine"  # type: ignore[attr-defined]
    assert tag == {"name": "lake", "confidence": 0.5}
    assert TagsResult(list=[tag]).list[0] is tag
