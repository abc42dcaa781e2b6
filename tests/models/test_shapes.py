"""Tests of JSON that does not have the declared shape."""

import pickle
from collections import OrderedDict
from typing import Any

import pytest
from azure.ai.vision.imageanalysis.models import DetectedTag, ImageAnalysisResult
from azure.core.exceptions import AzureError, DeserializationError
from full_response import everything, full_response

WORDS = ("readResult", "blocks", 0, "lines", 0, "words")


@pytest.mark.parametrize(
    "place, value, message",
    [
        (("captionResult",), "boats", "ImageAnalysisResult.caption: expected an object, got a string"),
        (("tagsResult",), [], "ImageAnalysisResult.tags: expected an object, got a list"),
        (("tagsResult", "values"), {}, "TagsResult.list: expected a list, got an object"),
        (("tagsResult", "values", 0), "boat", "TagsResult.list: expected an object, got a string"),
        (("tagsResult", "values", 1), True, "TagsResult.list: expected an object, got a boolean"),
        (("readResult", "blocks", 0, "lines"), 5, "DetectedTextBlock.lines: expected a list, got 5"),
        ((*WORDS, 1, "boundingPolygon", 3), None, "DetectedTextWord.bounding_polygon: expected an object, got null"),
    ],
)
def test_wrong_shape_is_an_error_at_its_read(place: Any, value: Any, message: str) -> None:
    response: Any = full_response()
    holder = response
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value
    result = ImageAnalysisResult(response)
    assert result.metadata.width == 640 and result.as_dict() == response
    for again in (result, pickle.loads(pickle.dumps(result)), result):
        with pytest.raises(DeserializationError) as caught:
            everything(again)
        assert str(caught.value) == message  # without the text, which may be from a user's image
        assert isinstance(caught.value, AzureError)


def test_wrong_shape_can_be_repaired() -> None:
    result: Any = ImageAnalysisResult({"tagsResult": {"values": 5}, "captionResult": 5})
    with pytest.raises(DeserializationError):
        result.tags.list  # noqa: B018 - reading it is the test
    with pytest.raises(DeserializationError):
        result["captionResult"]
    result.tags.list = []
    result["captionResult"] = {"text": "a boat"}
    assert result.tags.list == [] and result.caption.text == "a boat"


@pytest.mark.parametrize(
    "given",
    [
        ({"name": "a"}, OrderedDict(name="b")),
        [{"name": "a"}, OrderedDict(name="b")],
        [OrderedDict(name="a"), {"name": "b"}],
        [{"name": "a"}, DetectedTag(name="b")],
    ],
)
def test_tuple_is_a_list_and_any_mapping_an_object(given: Any) -> None:
    tags: Any = ImageAnalysisResult(OrderedDict(tagsResult=OrderedDict(values=given))).tags
    assert [tag.name for tag in tags.list] == ["a", "b"]
    assert type(tags.list) is list and {type(tag) for tag in tags.list} == {DetectedTag}
