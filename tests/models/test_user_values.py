"""Tests of what users put into models: attributes of their own, values of any kind, patches."""

import json
from types import SimpleNamespace
from typing import Any
from unittest import mock

from azure.ai.vision.imageanalysis.models import (
    CaptionResult,
    CropRegion,
    DetectedTag,
    ImageAnalysisResult,
    ImagePoint,
    TagsResult,
)
from full_response import full_response


def test_vars_are_live() -> None:
    result: Any = ImageAnalysisResult(full_response())
    assert result.tags and json.loads(json.dumps({"tags": result.metadata}, default=vars)) == {
        "tags": {"_data": full_response()["metadata"]}
    }
    vars(result)["_data"]["modelVersion"] = "2"
    vars(result)["note"] = "mine"
    assert (result.model_version, result.note) == ("2", "mine")


def test_as_dict_keeps_a_value_of_a_user() -> None:
    value: Any = object()
    assert CaptionResult(text=value).as_dict()["text"] is value


def test_model_of_another_class_and_values_in_a_list_are_kept() -> None:
    point = ImagePoint(x=1)
    assert CropRegion({"boundingBox": point}).bounding_box is point
    values: Any = [mock.Mock(), 5, SimpleNamespace(), ImagePoint(x=1), {"confidence": 0.5}]
    tags = TagsResult(list=values)
    assert all(ours is theirs for ours, theirs in zip(tags.list[:4], values))
    assert type(tags.list[4]) is DetectedTag and tags.list[4].confidence == 0.5
    assert TagsResult({"values": values[:1]}).list == values[:1]
