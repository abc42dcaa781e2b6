"""Tests of what users put into models: attributes of their own, values of any kind, patches."""

import json
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from azure.ai.vision.imageanalysis import models
from azure.ai.vision.imageanalysis.models import CropRegion, DetectedTag, ImageAnalysisResult, ImagePoint, TagsResult
from full_response import full_response
from public_api import FIELDS, MODELS


@pytest.mark.parametrize("name", MODELS)
def test_own_attributes_are_not_items(name: str) -> None:
    model = getattr(models, name)({"more": 1})
    model.description = model._tags = "mine"
    assert model.description == "mine" and vars(model) == {"_data": {"more": 1}, "description": "mine", "_tags": "mine"}
    assert model == model.as_dict() == {"more": 1} and list(model) == ["more"] and str(model) == "{'more': 1}"
    del model.description
    assert not hasattr(model, "description")
    with mock.patch.object(model, "as_dict", return_value={"a": 1}):
        assert model.as_dict() == {"a": 1}
    assert model.as_dict() == {"more": 1}


def test_vars_are_live() -> None:
    result: Any = ImageAnalysisResult(full_response())
    assert result.tags and json.loads(json.dumps({"tags": result.metadata}, default=vars)) == {
        "tags": {"_data": full_response()["metadata"]}
    }
    vars(result)["_data"]["modelVersion"] = "2"
    vars(result)["note"] = "mine"
    assert (result.model_version, result.note) == ("2", "mine")


@pytest.mark.parametrize("value", [mock.Mock(), SimpleNamespace(text="t"), 5, "text", object()])
def test_assigned_value_is_kept(value: Any) -> None:
    for name, attribute, json_name, _ in FIELDS:
        kind = getattr(models, name)
        by_attribute, by_name = kind(), kind()
        setattr(by_attribute, attribute, value)
        by_name[json_name] = value
        for model in (by_attribute, by_name, kind(**{attribute: value})):
            assert getattr(model, attribute) is model[json_name] is model.as_dict()[json_name] is value


def test_model_of_another_class_and_values_in_a_list_are_kept() -> None:
    point = ImagePoint(x=1)
    assert CropRegion({"boundingBox": point}).bounding_box is point
    values: Any = [mock.Mock(), 5, SimpleNamespace(), ImagePoint(x=1), {"confidence": 0.5}]
    tags = TagsResult(list=values)
    assert all(ours is theirs for ours, theirs in zip(tags.list[:4], values))
    assert type(tags.list[4]) is DetectedTag and tags.list[4].confidence == 0.5
    assert TagsResult({"values": values[:1]}).list == values[:1]
