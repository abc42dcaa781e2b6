"""Tests of what help(), inspect.signature and dir() show of the models."""

import inspect
import pydoc
import sys
from enum import Enum
from types import ModuleType
from typing import Any, Mapping, Optional, get_type_hints

import pytest
from azure.ai.vision.imageanalysis import models
from azure.ai.vision.imageanalysis._model_base import field
from azure.ai.vision.imageanalysis._model_base import Model
from azure.ai.vision.imageanalysis.models import DetectedPerson, DetectedTag, DetectedTextLine, VisualFeatures
from public_api import FEATURES, FIELDS, MODELS


def help_text(subject: Any) -> str:
    return pydoc.plain(pydoc.render_doc(subject))


@pytest.mark.parametrize("name", MODELS)
def test_signature_names_the_keywords_and_their_types(name: str) -> None:
    kind = getattr(models, name)
    hints = get_type_hints(kind)
    mapping, *keywords = inspect.signature(kind).parameters.values()
    assert (mapping.kind, mapping.annotation) == (inspect.Parameter.POSITIONAL_ONLY, Optional[Mapping[str, Any]])
    assert [keyword.name for keyword in keywords] == [
        attribute for attribute in hints if (name, attribute) in {row[:2] for row in FIELDS}
    ]
    assert len(keywords) == sum(row[0] == name for row in FIELDS)
    for keyword in keywords:
        assert keyword.kind is inspect.Parameter.KEYWORD_ONLY
        assert (keyword.annotation, keyword.default) == (hints[keyword.name], None)


@pytest.mark.parametrize("name, attribute, json_name, annotation", FIELDS)
def test_every_attribute_has_its_type(name: str, attribute: str, json_name: str, annotation: str) -> None:
    written = str(get_type_hints(getattr(models, name))[attribute])
    expected = str(eval(annotation, {**vars(models), **vars(__import__("typing"))}))
    assert written == expected


@pytest.mark.parametrize("name, attribute", [row[:2] for row in FIELDS])
def test_every_attribute_has_its_text_in_help(name: str, attribute: str) -> None:
    kind = getattr(models, name)
    text = help_text(kind)
    assert kind.__doc__ and kind.__doc__ in text
    lines = [line.strip(" |") for line in text.splitlines()]
    described = lines[lines.index(attribute) + 1]
    assert described.endswith(".") or len(described) > 60
    assert described[0].isupper()


def test_help_on_one_attribute_is_its_text() -> None:
    assert "All words, separated by spaces." in help_text(DetectedTextLine)
    assert inspect.getdoc(vars(DetectedTextLine)["words"]) == "The words, in reading order."
    assert "The confidence, from 0 to 1. The service also reports" in help_text(DetectedPerson)


def test_dir_of_a_model_shows_its_attributes() -> None:
    assert {"name", "confidence", "as_dict", "items"} <= set(dir(DetectedTag(name="lake")))


def test_document_of_the_class_does_not_list_the_fields_again() -> None:
    for name in MODELS:
        doc = getattr(models, name).__doc__
        assert ":ivar" not in doc and ":vartype" not in doc and len(doc.splitlines()) == 1


class Undocumented(Model):
    """A model whose fields have no text."""

    name: str = field()
    words: DetectedTextLine = field()
    other: DetectedTextLine = field("otherLine")


def test_model_without_docstrings() -> None:
    assert "A model whose fields have no text." in help_text(Undocumented)
    assert vars(Undocumented)["words"].__doc__ is None
    assert vars(Undocumented)["__slots__"]["name"] is None


def test_help_on_a_model_without_source(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("made_up")
    monkeypatch.setitem(sys.modules, "made_up", module)
    vars(module).update(Model=Model, field=field)
    exec("class MadeUp(Model):\n    'Made up.'\n    name: str = field()\n    'Its name.'\n", vars(module))
    assert "Made up." in help_text(module.MadeUp)
    assert module.MadeUp(name="a").as_dict() == {"name": "a"}


def test_subclass_signature_has_inherited_keywords() -> None:
    class Rated(DetectedTag):
        """A tag with a grade."""

        grade: int = field()
        """The grade."""

    assert list(inspect.signature(Rated).parameters) == ["mapping", "confidence", "name", "grade"]
    assert Rated(name="lake", grade=1) == {"name": "lake", "grade": 1}


def test_feature_values() -> None:
    assert {member.name: member.value for member in VisualFeatures} == FEATURES
    assert issubclass(VisualFeatures, str) and issubclass(VisualFeatures, Enum)


@pytest.mark.parametrize("name, value", FEATURES.items())
def test_feature_lookup_by_name_and_value(name: str, value: str) -> None:
    member = getattr(VisualFeatures, name)
    for written in (name, name.lower(), name.title()):
        assert VisualFeatures[written] is member
        assert getattr(VisualFeatures, written) is member
    assert VisualFeatures(value) is member
    with pytest.raises(ValueError):
        VisualFeatures(value.upper())
    with pytest.raises(KeyError):
        VisualFeatures[f"{name}S"]


@pytest.mark.parametrize("name, value", FEATURES.items())
def test_feature_equals_its_string(name: str, value: str) -> None:
    member = getattr(VisualFeatures, name)
    assert member == value and value == member
    assert hash(member) == hash(value)
    assert str(member) == f"VisualFeatures.{name}"
    assert ",".join([member]) == value


def test_every_feature_has_a_text() -> None:
    source = inspect.getsource(VisualFeatures)
    assert source.count('"""') == 2 * (len(FEATURES) + 1)
