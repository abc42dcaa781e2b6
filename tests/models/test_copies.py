"""Tests of results that are copied, pickled and written as JSON."""

import copy
import json
import pickle
from types import MappingProxyType
from typing import Any, Callable, Dict

import pytest
from azure.ai.vision.imageanalysis import models
from azure.ai.vision.imageanalysis._model_base import SdkJSONEncoder
from azure.ai.vision.imageanalysis.models import DetectedPerson, DetectedTag, ImageAnalysisResult
from azure.core import serialization
from full_response import everything, full_response
from public_api import FIELDS

SHALLOW: Dict[str, Callable[[Any], Any]] = {"copy.copy": copy.copy, "copy()": lambda model: model.copy()}
DEEP: Dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    **{
        f"pickle, protocol {protocol}": lambda model, protocol=protocol: pickle.loads(pickle.dumps(model, protocol))
        for protocol in (0, pickle.HIGHEST_PROTOCOL)
    },
}


@pytest.fixture(params=["unread", "read"])
def result(request: Any) -> Any:
    made = ImageAnalysisResult({**full_response(), "unknown": {"a": [1, None]}, "nothing": None})
    if request.param == "read":
        everything(made)
    return made


@pytest.mark.parametrize("copied", DEEP.values(), ids=DEEP)
def test_deep_copy_is_equal_and_shares_nothing(result: Any, copied: Callable[[Any], Any]) -> None:
    result.tags.list.append(DetectedTag(name="sky"))
    result.caption = None
    expected = result.as_dict()
    other = copied(result)
    assert type(other) is ImageAnalysisResult and type(other.tags.list[2]) is DetectedTag
    assert other == result == expected and list(other) == list(result)
    other.tags.list.clear()
    other.metadata.width = 1
    other["unknown"]["a"].append(2)
    other.model_version = None
    assert result == expected


@pytest.mark.parametrize("copied", SHALLOW.values(), ids=SHALLOW)
def test_shallow_copy_shares_its_parts(result: Any, copied: Callable[[Any], Any]) -> None:
    other = copied(result)
    assert type(other) is ImageAnalysisResult and other == result and other is not result
    assert other.tags is result.tags and other["unknown"] is result["unknown"]
    assert copied(result.tags).list is result.tags.list
    other.model_version = "another"
    other.tags = None
    other["more"] = 1
    assert result.model_version == "2023-10-01" and result.tags and "more" not in result


class PickledBy100:
    """Has the pickle that 1.0.0 makes of a model."""

    def __init__(self, kind: Any, **attributes: Any) -> None:
        self._reduced = object.__new__, (kind,), attributes

    def __reduce__(self) -> Any:
        return self._reduced


def test_pickle_of_1_0_0_can_be_loaded() -> None:
    response = full_response()
    caption = PickledBy100(models.CaptionResult, _data=response["captionResult"], note="mine")
    pickled = PickledBy100(ImageAnalysisResult, _data={**response, "captionResult": caption})
    result = pickle.loads(pickle.dumps(pickled))
    assert type(result) is ImageAnalysisResult and result == response
    assert (result.caption.text, result.caption.note) == ("two boats on a lake", "mine")
    assert result.read.blocks[0].lines[0].words[0].bounding_polygon[0].x == 20


def test_as_dict_is_json_that_shares_nothing_with_the_result(result: Any) -> None:
    result["extra"] = {"tuple": (1, DetectedTag(name="inner")), "mapping": MappingProxyType({"a": [1]})}
    result.note = "mine"
    extra = {"tuple": [1, {"name": "inner"}], "mapping": {"a": [1]}}
    expected = {**full_response(), "unknown": {"a": [1, None]}, "nothing": None, "extra": extra}
    given = result.as_dict()
    assert given == json.loads(json.dumps(given)) == expected
    given["tagsResult"]["values"].clear()
    given["readResult"]["blocks"][0]["lines"][0]["words"][0].clear()
    given["unknown"]["a"].clear()
    given["extra"]["mapping"]["a"].clear()
    assert result.as_dict() == expected


def test_as_dict_can_exclude_what_is_read_only(result: Any) -> None:
    expected = result.as_dict()
    expected["peopleResult"] = {"values": [{}, {}]}
    assert result.as_dict(exclude_readonly=True) == expected
    person = DetectedPerson({"confidence": 0.5, "boundingBox": {"x": 1}, "unknown": 1})
    assert person.as_dict(exclude_readonly=True) == {"unknown": 1}
    with pytest.raises(TypeError):
        result.as_dict(True)


def test_encoder_of_generated_sdks_writes_models(result: Any) -> None:
    given = {"result": [result], "bytes": b"a"}
    expected = {"result": [result.as_dict()], "bytes": "YQ=="}
    assert json.loads(json.dumps(given, cls=SdkJSONEncoder, indent=1, format="base64")) == expected
    people = json.dumps(result.people, cls=SdkJSONEncoder, exclude_readonly=True)
    assert people == '{"values": [{}, {}]}'
    with pytest.raises(TypeError):
        json.dumps(object(), cls=SdkJSONEncoder)


@pytest.mark.skipif(not hasattr(serialization, "as_attribute_dict"), reason="azure-core is older than 1.35")
def test_azure_core_gives_a_result_by_attribute_names(result: Any) -> None:
    assert serialization.is_generated_model(result) and serialization.is_generated_model(ImageAnalysisResult)
    attributes = [row[1] for row in FIELDS if row[0] == "ImageAnalysisResult"]
    assert sorted(serialization.attribute_list(result)) == sorted(attributes)
    given = serialization.as_attribute_dict(result)
    assert given["dense_captions"]["list"][1]["bounding_box"] == {"x": 40, "y": 200, "width": 180, "height": 90}
    word = given["read"]["blocks"][0]["lines"][0]["words"][0]
    assert type(word) is dict and word["bounding_polygon"][0] == {"x": 20, "y": 20}
    assert given["unknown"] == {"a": [1, None]}
    given = serialization.as_attribute_dict(result, exclude_readonly=True)
    assert given["people"] == {"list": [{}, {}]}
