"""Tests of the names of the visual features."""

from enum import Enum

import pytest
from azure.ai.vision.imageanalysis.models import VisualFeatures
from public_api import FEATURES


@pytest.mark.parametrize("name, value", FEATURES.items())
def test_feature_is_a_string_that_is_found_by_name_and_by_value(name: str, value: str) -> None:
    member = getattr(VisualFeatures, name)
    for written in (name, name.lower(), name.title()):
        assert VisualFeatures[written] is getattr(VisualFeatures, written) is member
    assert VisualFeatures(value) is member
    with pytest.raises(ValueError):
        VisualFeatures(value.upper())
    with pytest.raises(KeyError):
        VisualFeatures[f"{name}S"]
    assert member == value and value == member and hash(member) == hash(value)
    assert str(member) == f"VisualFeatures.{name}" and ",".join([member]) == value
    assert isinstance(member, Enum) and len(VisualFeatures) == len(FEATURES)
