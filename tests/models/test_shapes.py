"""Tests of JSON that does not have the declared shape."""

import json
import pickle
from decimal import Decimal
from typing import Any, Callable, Dict, List, Optional

import pytest
from azure.ai.vision.imageanalysis._model_base import field
from azure.ai.vision.imageanalysis._model_base import Model
from azure.ai.vision.imageanalysis.models import (
    CropRegion,
    DetectedTag,
    DetectedTextLine,
    ImageAnalysisResult,
    ImageBoundingBox,
    ImageMetadata,
    ImagePoint,
    TagsResult,
)
from azure.core.exceptions import AzureError, DeserializationError
from full_response import full_response
from public_api import FIELDS


def response_with(*path: Any) -> Callable[[Any], Dict[str, Any]]:
    """Give the full response with another value at a place."""

    def changed(value: Any) -> Dict[str, Any]:
        response: Any = full_response()
        holder = response
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = value
        return response  # type: ignore[no-any-return]

    return changed


def read_all(value: Any) -> None:
    """Read every attribute below a value."""
    for item in value if isinstance(value, list) else [value]:
        for declared in getattr(type(item), "_attr_to_rest_field", {}):
            read_all(getattr(item, declared))


WORD = ("readResult", "blocks", 0, "lines", 0, "words", 1)


@pytest.mark.parametrize(
    "place, value, message",
    [
        (("modelVersion",), 5, "modelVersion: expected a string, got 5"),
        (("modelVersion",), ["a"], "modelVersion: expected a string, got a list"),
        (("modelVersion",), True, "modelVersion: expected a string, got a boolean"),
        (("metadata",), [], "metadata: expected an object, got a list"),
        (("metadata", "width"), "640", "metadata.width: expected a number, got a string"),
        (("metadata", "width"), True, "metadata.width: expected a number, got a boolean"),
        (("metadata", "width"), {}, "metadata.width: expected a number, got an object"),
        (("captionResult",), "boats", "captionResult: expected an object, got a string"),
        (("captionResult", "text"), 1.5, "captionResult.text: expected a string, got 1.5"),
        (("tagsResult",), 7, "tagsResult: expected an object, got 7"),
        (("tagsResult",), [], "tagsResult: expected an object, got a list"),
        (("tagsResult", "values"), {}, "tagsResult.values: expected a list, got an object"),
        (("tagsResult", "values"), "boat", "tagsResult.values: expected a list, got a string"),
        (("tagsResult", "values", 1), 5, "tagsResult.values[1]: expected an object, got 5"),
        (("tagsResult", "values", 1), None, "tagsResult.values[1]: expected an object, got null"),
        (
            ("tagsResult", "values", 1, "name"),
            False,
            "tagsResult.values[1].name: expected a string, got a boolean",
        ),
        (
            ("objectsResult", "values", 0, "boundingBox", "w"),
            "9",
            "objectsResult.values[0].boundingBox.w: expected a number, got a string",
        ),
        (("readResult", "blocks", 0, "lines"), 5, "readResult.blocks[0].lines: expected a list, got 5"),
        (WORD, "NO", "readResult.blocks[0].lines[0].words[1]: expected an object, got a string"),
        (
            (*WORD, "boundingPolygon", 2, "x"),
            "9",
            "readResult.blocks[0].lines[0].words[1].boundingPolygon[2].x: expected a number, got a string",
        ),
        (
            (*WORD, "boundingPolygon", 3),
            [1, 2],
            "readResult.blocks[0].lines[0].words[1].boundingPolygon[3]: expected an object, got a list",
        ),
    ],
)
def test_wrong_shape_error_names_the_path(place: Any, value: Any, message: str) -> None:
    with pytest.raises(DeserializationError) as caught:
        read_all(ImageAnalysisResult(response_with(*place)(value)))
    assert str(caught.value) == message
    assert isinstance(caught.value, AzureError)


def test_unread_wrong_shape_is_harmless() -> None:
    result = ImageAnalysisResult(response_with("readResult")(5))
    assert result.metadata.width == 640
    assert result.as_dict()["readResult"] == 5
    with pytest.raises(DeserializationError):
        result.read  # noqa: B018 - reading it is the test


def test_failed_read_fails_again_until_fixed() -> None:
    result = ImageAnalysisResult(response_with("tagsResult", "values")(5))
    for _ in range(2):
        with pytest.raises(DeserializationError, match=r"^tagsResult\.values: expected a list, got 5$"):
            result.tags.list  # type: ignore[union-attr]  # noqa: B018 - reading it is the test
    result["tagsResult"] = {"values": []}
    assert result.tags and result.tags.list == []


def test_no_text_from_the_image_is_in_the_message() -> None:
    with pytest.raises(DeserializationError) as caught:
        read_all(ImageAnalysisResult(response_with("metadata", "width")("a secret")))
    assert "secret" not in str(caught.value) and "secret" not in repr(caught.value.__cause__)


def test_number_of_any_kind_is_a_number() -> None:
    text = '{"captionResult": {"text": "a boat", "confidence": 0.5}}'
    result = ImageAnalysisResult(json.loads(text, parse_float=Decimal))
    assert result.caption is not None
    assert (result.caption.confidence, type(result.caption.confidence)) == (0.5, Decimal)


@pytest.mark.parametrize("name, attribute", [row[:2] for row in FIELDS])
def test_foreign_class_is_the_wrong_type(name: str, attribute: str) -> None:
    from azure.ai.vision.imageanalysis import models

    (json_name,) = [row[2] for row in FIELDS if row[:2] == (name, attribute)]
    with pytest.raises(DeserializationError, match=f"^{json_name}: expected .*, got object$"):
        getattr(getattr(models, name)({json_name: object()}), attribute)


def test_model_in_the_place_of_another_is_taken_by_its_items() -> None:
    region = CropRegion({"boundingBox": ImagePoint(x=1, y=2)})
    assert type(region.bounding_box) is ImageBoundingBox
    assert (region.bounding_box.x, region.bounding_box.width) == (1, None)


def test_tuple_is_a_list_and_any_mapping_an_object() -> None:
    tags = TagsResult({"values": (DetectedTag(name="a"), ImageMetadata({"name": "b"}))})
    assert [tag.name for tag in tags.list] == ["a", "b"]
    assert type(tags.list) is list and type(tags.list[1]) is DetectedTag


def test_missing_members_of_a_list_item_are_none() -> None:
    tags = TagsResult({"values": [{}, {"name": None}, {"name": "a", "confidence": None}]})
    assert [(tag.name, tag.confidence) for tag in tags.list] == [(None, None), (None, None), ("a", None)]
    assert tags.as_dict() == {"values": [{}, {"name": None}, {"name": "a", "confidence": None}]}


@pytest.mark.slow
@pytest.mark.parametrize("exclude_readonly", [False, True])
def test_as_dict_of_too_deep_nesting_is_an_error(exclude_readonly: bool) -> None:
    deep: List[Any] = []
    for _ in range(100_000):
        deep = [deep]
    result = ImageAnalysisResult({"unknown": deep})
    with pytest.raises(DeserializationError, match="nested too deeply") as caught:
        result.as_dict(exclude_readonly=exclude_readonly)
    assert isinstance(caught.value, AzureError)
    while deep:  # Python itself would have to go as deep to take it apart.
        deep = deep.pop()


def bad_line() -> Dict[str, Any]:
    return response_with("readResult", "blocks", 0, "lines", 1, "words")(5)


def test_path_starts_at_the_surviving_root() -> None:
    line = ImageAnalysisResult(bad_line()).read.blocks[0].lines[1]  # type: ignore[union-attr]
    with pytest.raises(DeserializationError, match=r"^words: expected a list, got 5$"):
        line.words  # noqa: B018 - reading it is the test


def test_path_of_a_moved_model_is_unknown() -> None:
    result = ImageAnalysisResult(bad_line())
    assert result.read
    line = result.read.blocks[0].lines.pop()
    with pytest.raises(
        DeserializationError, match=r"^readResult\.blocks\[0\]\.lines\[\?\]\.words: expected a list, got 5$"
    ):
        line.words  # noqa: B018 - reading it is the test


def test_copy_has_no_path() -> None:
    result = ImageAnalysisResult(bad_line())
    assert result.read
    line = pickle.loads(pickle.dumps(result.read.blocks[0].lines[1]))
    with pytest.raises(DeserializationError, match=r"^words: expected a list, got 5$"):
        line.words  # noqa: B018 - reading it is the test


class Open(Model):
    """A model with members that today's models do not have."""

    flag: bool = field()
    """A boolean."""
    anything: Any = field()
    """What no declaration says anything about."""
    names: List[str] = field()
    """A list, but of no models."""
    line: Optional[DetectedTextLine] = field("theLine")
    """A model."""


def test_boolean_is_a_boolean() -> None:
    assert Open({"flag": False}).flag is False
    with pytest.raises(DeserializationError, match="^flag: expected a boolean, got 1$"):
        Open({"flag": 1})


def test_untyped_value_is_kept() -> None:
    given = {"anything": [1, {"a": 1j}], "names": ["a", 5], "flag": True, "theLine": None}
    made = Open(given)
    assert (made.anything, made.names, made.line) == ([1, {"a": 1j}], ["a", 5], None)
    assert Open({"anything": True}).anything is True


def test_model_without_fields_is_a_mapping() -> None:
    class Empty(Model):
        """Nothing is known of it."""

    made = Empty({"a": 1})
    made["b"] = 2
    assert made.as_dict() == dict(made) == {"a": 1, "b": 2}
    assert Empty() == {}
