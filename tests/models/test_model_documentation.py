"""Tests of what help(), inspect.signature() and dir() show of the models."""

import inspect
import pydoc
import sys
from functools import lru_cache
from types import ModuleType
from typing import Any, Mapping, get_type_hints

import pytest
from azure.ai.vision.imageanalysis import models
from azure.ai.vision.imageanalysis._model_base import Model, field
from public_api import FIELDS, MODELS

METHODS = ["as_dict", "clear", "copy", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"]


@lru_cache(maxsize=None)
def help_text(subject: Any) -> str:
    return pydoc.plain(pydoc.render_doc(subject))


@pytest.mark.parametrize("name", MODELS)
def test_signature_names_the_keywords_and_their_types(name: str) -> None:
    kind = getattr(models, name)
    mapping, *keywords = inspect.signature(kind).parameters.values()
    assert (mapping.kind, mapping.annotation) == (inspect.Parameter.POSITIONAL_ONLY, Mapping[str, Any])
    assert sorted(keyword.name for keyword in keywords) == sorted(row[1] for row in FIELDS if row[0] == name)
    for keyword in keywords:
        assert (keyword.kind, keyword.default) == (inspect.Parameter.KEYWORD_ONLY, None)
        assert keyword.annotation == get_type_hints(kind)[keyword.name]


@pytest.mark.parametrize("name, attribute, json_name, annotation", FIELDS)
def test_attribute_has_its_type_and_its_text(name: str, attribute: str, json_name: str, annotation: str) -> None:
    kind = getattr(models, name)
    assert get_type_hints(kind)[attribute] == eval(annotation, {**vars(models), **vars(__import__("typing"))})
    document = inspect.getdoc(inspect.getattr_static(kind, attribute))
    assert document and document in help_text(kind)


@pytest.mark.parametrize("name", MODELS)
def test_docstring_and_dir_show_the_attributes(name: str) -> None:
    model = getattr(models, name)()
    attributes = [row[1] for row in FIELDS if row[0] == name]
    shown = str(type(model).__doc__).partition("Its attributes: ")[2].rstrip(".").split(", ")
    assert sorted(shown) == sorted(attributes)
    assert [each for each in dir(model) if not each.startswith("_")] == sorted([*attributes, *METHODS])


def test_help_on_a_model_without_source(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("made_up")
    monkeypatch.setitem(sys.modules, "made_up", module)
    vars(module).update(Model=Model, field=field)
    exec("class MadeUp(Model):\n    'Made up.'\n    name: str = field()\n    'Its name.'\n", vars(module))
    assert "Made up." in help_text(module.MadeUp)
    assert vars(module.MadeUp)["name"].__doc__ is None
