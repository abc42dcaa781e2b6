"""Tests of results that are copied, pickled, sent to another process and written as JSON."""

import copy
import io
import json
import pickle
import subprocess
import sys
import threading
from typing import Any, Callable

import pytest
from azure.ai.vision.imageanalysis import models
from azure.ai.vision.imageanalysis._model_base import SdkJSONEncoder
from azure.ai.vision.imageanalysis.models import (
    DetectedPerson,
    DetectedTag,
    ImageAnalysisResult,
    TagsResult,
)
from azure.core import serialization
from full_response import full_response
from project import ROOT
from public_api import FIELDS, MODELS

since_1_35 = pytest.mark.skipif(
    not hasattr(serialization, "as_attribute_dict"), reason="the installed azure-core does not have it"
)


def read_all(value: Any) -> None:
    """Read every attribute below a value."""
    for item in value if isinstance(value, list) else getattr(value, "values", list)():
        read_all(item)


@pytest.fixture(params=["unread", "read"])
def result(request: Any) -> ImageAnalysisResult:
    made = ImageAnalysisResult({**full_response(), "unknown": {"a": [1, None]}, "nothing": None})
    if request.param == "read":
        read_all(made)
    return made


DEEP = {
    "deepcopy": copy.deepcopy,
    **{
        f"pickle, protocol {protocol}": lambda model, protocol=protocol: pickle.loads(pickle.dumps(model, protocol))
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
    "JSON": lambda model: type(model)(json.loads(json.dumps(model.as_dict()))),
}


@pytest.mark.parametrize("copied", DEEP.values(), ids=DEEP)
def test_deep_copy_is_equal_and_shares_nothing(result: ImageAnalysisResult, copied: Callable[[Any], Any]) -> None:
    other = copied(result)
    assert type(other) is ImageAnalysisResult
    assert other == result and other.as_dict() == result.as_dict()
    assert list(other) == list(result)
    assert other.read.blocks[0].lines[0].words[1].text == "SWIMMING"
    other.tags.list.clear()
    other.metadata.width = 1
    other["unknown"]["a"].append(2)
    other.caption = None
    assert result.tags and len(result.tags.list) == 2
    assert result.caption and result.metadata.width == 640
    assert result["unknown"] == {"a": [1, None]}


@pytest.mark.parametrize("copied", DEEP.values(), ids=DEEP)
def test_copy_has_the_changes(result: ImageAnalysisResult, copied: Callable[[Any], Any]) -> None:
    assert result.tags
    result.tags.list.append(DetectedTag(name="sky"))
    result.caption = None
    del result["metadata"]
    other = copied(result)
    assert [tag.name for tag in other.tags.list] == ["lake", "boat", "sky"]
    assert "captionResult" not in other and "metadata" not in other


@pytest.mark.parametrize("copied", [copy.copy, lambda model: model.copy()], ids=["copy.copy", "copy()"])
def test_shallow_copy_is_another_model_with_the_same_parts(
    result: ImageAnalysisResult, copied: Callable[[Any], Any]
) -> None:
    metadata = result.metadata
    other = copied(result)
    assert type(other) is ImageAnalysisResult and other is not result
    assert other == result
    assert other.metadata is metadata
    other.model_version = "another"
    other.tags = None
    assert result.model_version == "2023-10-01" and result.tags is not None


@pytest.mark.parametrize("name", MODELS)
def test_every_model_can_be_copied(name: str) -> None:
    model = getattr(models, name)({"unknown": [1]})
    for copied in (copy.copy, copy.deepcopy, lambda each: each.copy(), lambda each: pickle.loads(pickle.dumps(each))):
        other = copied(model)
        assert type(other) is type(model) and other == model == {"unknown": [1]}


@pytest.mark.slow
def test_pickle_round_trip_through_another_process(result: ImageAnalysisResult) -> None:
    program = "import pickle, sys; result = pickle.load(sys.stdin.buffer); result.tags.list[0].name = 'sea'"
    program += "; pickle.dump(result, sys.stdout.buffer)"
    response = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(result), stdout=subprocess.PIPE, cwd=ROOT, check=True
    )
    other = pickle.loads(response.stdout)
    assert type(other) is ImageAnalysisResult
    assert other.tags.list[0].name == "sea"
    other.tags.list[0].name = "lake"
    assert other == result


def test_json_alone_does_not_know_models(result: ImageAnalysisResult) -> None:
    with pytest.raises(TypeError, match="ImageAnalysisResult"):
        json.dumps(result)


@pytest.mark.parametrize("default", [dict, lambda model: model.as_dict(), lambda model: {**model}])
def test_json_writes_a_result_with_a_default(result: ImageAnalysisResult, default: Callable[[Any], Any]) -> None:
    assert json.loads(json.dumps({"result": result}, default=default)) == {"result": result}
    assert json.loads(json.dumps(result, default=str)) == str(result.as_dict())


def test_encoder_of_generated_sdks_writes_models(result: ImageAnalysisResult) -> None:
    given = {"result": [result], "bytes": b"a"}
    expected = {"result": [result.as_dict()], "bytes": "YQ=="}
    assert json.loads(json.dumps(given, cls=SdkJSONEncoder, indent=1, format="base64")) == expected
    assert result.people
    people = json.dumps(result.people, cls=SdkJSONEncoder, exclude_readonly=True)
    assert people == '{"values": [{}, {}]}'
    with pytest.raises(TypeError):
        json.dumps(object(), cls=SdkJSONEncoder)


@pytest.mark.parametrize("name", MODELS)
def test_model_is_not_taken_for_a_date(name: str) -> None:
    assert not hasattr(getattr(models, name)(), "isoformat")


@since_1_35
@pytest.mark.parametrize("name", MODELS)
def test_azure_core_recognizes_the_models(name: str) -> None:
    kind = getattr(models, name)
    attributes = [row[1] for row in FIELDS if row[0] == name]
    assert serialization.is_generated_model(kind) and serialization.is_generated_model(kind())
    assert sorted(serialization.attribute_list(kind())) == sorted(attributes)


@since_1_35
def test_azure_core_gives_a_result_by_attribute_names() -> None:
    given = serialization.as_attribute_dict(ImageAnalysisResult({**full_response(), "unknown": {"a": [1]}}))
    assert list(given)[:3] == ["model_version", "caption", "dense_captions"]
    assert given["dense_captions"]["list"][1] == {
        "text": "a red boat",
        "confidence": 0.5,
        "bounding_box": {"x": 40, "y": 200, "width": 180, "height": 90},
    }
    word = given["read"]["blocks"][0]["lines"][0]["words"][0]
    assert word["bounding_polygon"][0] == {"x": 20, "y": 20}
    assert type(word) is dict
    assert given["unknown"] == {"a": [1]}


@since_1_35
def test_azure_core_can_exclude_readonly() -> None:
    person = DetectedPerson({"confidence": 0.5, "boundingBox": {"x": 1}, "unknown": 1})
    assert serialization.as_attribute_dict(person, exclude_readonly=True) == {"unknown": 1}
    assert serialization.as_attribute_dict(person) == {"confidence": 0.5, "bounding_box": {"x": 1}, "unknown": 1}


def test_copy_keeps_a_user_subclass() -> None:
    tags = MyTags(list=[DetectedTag(name="lake")])
    for other in (tags.copy(), copy.copy(tags), copy.deepcopy(tags), pickle.loads(pickle.dumps(tags))):
        assert type(other) is MyTags and other == tags


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copy_of_arbitrary_user_values(copied: Callable[[Any], Any]) -> None:
    tags = MyTags({"values": [{"name": "boat", "confidence": 0.5}]})
    tags.note = "a user's own"
    tags.list[0].confidence = "50%"  # type: ignore[assignment]
    other = copied(tags)
    assert (type(other), other, other.note) == (MyTags, tags, "a user's own")
    assert other["values"] is other.list
    assert other.list[0].confidence == "50%"


class MyTags(TagsResult):
    """Tags of a user's program."""


class PickledBy100:
    """Has the pickle that 1.0.0 makes of a model."""

    def __init__(self, kind: Any, **attributes: Any) -> None:
        self._reduced = object.__new__, (kind,), attributes

    def __reduce__(self) -> Any:
        return self._reduced


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_of_1_0_0_can_be_read(protocol: int) -> None:
    response = full_response()
    caption = PickledBy100(models.CaptionResult, _data=response["captionResult"], note="mine")
    pickled = PickledBy100(ImageAnalysisResult, _data={**response, "captionResult": caption})
    result = pickle.loads(pickle.dumps(pickled, protocol))
    assert type(result) is ImageAnalysisResult and result == response
    assert (result.caption.text, result.caption.note) == ("two boats on a lake", "mine")
    assert result.read.blocks[0].lines[0].words[0].bounding_polygon[0].x == 20


def test_pickle_without_json_is_left_to_the_pickler() -> None:
    class Pickler(pickle.Pickler):
        """Knows what pickle alone does not."""

        def persistent_id(self, value: Any) -> Any:
            return "a lock" if value is LOCK else None

    class Unpickler(pickle.Unpickler):
        """The same."""

        def persistent_load(self, name: Any) -> Any:
            return LOCK

    stream = io.BytesIO()
    Pickler(stream).dump(TagsResult({"values": [{"name": "lake"}], "lock": LOCK}))
    stream.seek(0)
    tags = Unpickler(stream).load()
    assert tags["lock"] is LOCK and tags.list[0].name == "lake"


LOCK = threading.Lock()
