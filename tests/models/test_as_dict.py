"""Tests of as_dict() after everything was read, which has a quick way where nothing has changed since."""

from typing import Any, Callable, Dict, List

import pytest
from azure.ai.vision.imageanalysis._fields import field
from azure.ai.vision.imageanalysis._model_base import Model
from azure.ai.vision.imageanalysis.models import DetectedTextWord, ImageAnalysisResult, ImagePoint
from full_response import full_response


class Marked(ImagePoint):
    """A class of the user's own."""


def json_words(response: Any) -> List[Any]:
    words: List[Any] = response["readResult"]["blocks"][0]["lines"][0]["words"]
    return words


def model_words(result: ImageAnalysisResult) -> List[DetectedTextWord]:
    assert result.read
    words = result.read.blocks[0].lines[0].words
    assert all(point.x for word in words for point in word.bounding_polygon)
    return words


POINTS = (Marked(x=1, y=2),)


def put(mapping: Any, name: str, value: Any) -> None:
    mapping[name] = value


CHANGES: Dict[str, Callable[[Any, bool], Any]] = {
    "nothing": lambda words, _: None,
    "words moved": lambda words, _: words.reverse(),
    "a word removed": lambda words, _: words.pop(),
    "a word repeated": lambda words, _: words.append(words[0]),
    "a dict among the words": lambda words, _: words.append({"text": "new"}),
    "None among the words": lambda words, _: words.append(None),
    "a tuple of points": lambda words, of_json: put(
        words[1], "boundingPolygon", [{"x": 1, "y": 2}] if of_json else POINTS
    ),
    "a number": lambda words, _: put(words[1], "confidence", 0.125),
    "a number in a point": lambda words, _: put(words[0]["boundingPolygon"][3], "x", -1),
    "an unknown name": lambda words, _: put(words[1]["boundingPolygon"][0], "z", {"a": [1]}),
    "an item removed": lambda words, _: words[1]["boundingPolygon"][2].pop("y"),
    "null": lambda words, _: put(words[1], "boundingPolygon", None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_as_dict_of_a_changed_result(change: str) -> None:
    result, expected = ImageAnalysisResult(full_response()), full_response()
    CHANGES[change](model_words(result), False)
    CHANGES[change](json_words(expected), True)
    assert result.as_dict() == expected


def test_own_attributes_are_not_in_as_dict() -> None:
    result = ImageAnalysisResult(full_response())
    model_words(result)[0].mine = [1]  # type: ignore[attr-defined]
    assert result.as_dict() == full_response()


def test_deleted_attribute_is_not_in_as_dict() -> None:
    result, expected = ImageAnalysisResult(full_response()), full_response()
    del model_words(result)[0].text
    del json_words(expected)[0]["text"]
    assert result.as_dict() == expected


def test_result_shares_nothing_with_as_dict() -> None:
    result = ImageAnalysisResult(full_response())
    words = model_words(result)
    given = result.as_dict()
    for word in json_words(given):
        for point in word["boundingPolygon"]:
            point.clear()
        word["boundingPolygon"].clear()
        word.clear()
    assert result == full_response() and words == json_words(full_response())


def test_value_of_an_undeclared_kind_is_copied() -> None:
    class Holder(Model):
        anything: Any = field()

    holder = Holder({"anything": {"a": [1]}})
    holder.as_dict()["anything"]["a"].clear()
    assert holder.as_dict() == {"anything": {"a": [1]}}
