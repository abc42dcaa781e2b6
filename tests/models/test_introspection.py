"""What programs find out about models with Python's own means: dir(), vars(), subclasses."""

import inspect
import json
from typing import Any

import pytest
from azure.ai.vision.imageanalysis import models
from azure.ai.vision.imageanalysis.models import CaptionResult, ImageAnalysisResult, ImagePoint
from full_response import full_response
from public_api import MODELS

MAPPING_METHODS = {
    "as_dict",
    "clear",
    "copy",
    "get",
    "items",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
}


@pytest.mark.parametrize("name", MODELS)
def test_the_public_names_of_a_model_are_its_attributes_and_methods(name: str) -> None:
    cls: Any = getattr(models, name)
    public = {attribute for attribute in dir(cls({})) if not attribute.startswith("_")}
    assert public == {*cls._attr_to_rest_field, *MAPPING_METHODS}
    assert public == {attribute for attribute, _ in inspect.getmembers(cls({})) if not attribute.startswith("_")}


def test_what_was_read_is_no_public_attribute_of_an_instance() -> None:
    result = ImageAnalysisResult(full_response())
    assert result.caption and result.read
    result.description = "mine"  # type: ignore[attr-defined]
    assert [name for name in vars(result) if not name.startswith("_")] == ["description"]


def test_a_subclass_may_hand_on_its_arguments_to_new() -> None:
    class Counted(CaptionResult):
        made = 0

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            cls.made += 1
            return super().__new__(cls, *args, **kwargs)

    assert Counted(text="a") == {"text": "a"} and Counted({"text": "b"}).text == "b"
    assert Counted.made == 2


RECIPES = {"vars": vars, "__dict__": lambda model: model.__dict__}


@pytest.mark.parametrize("is_read", [False, True])
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_recipes_that_store_the_attributes_of_any_object_lose_nothing(recipe: Any, is_read: bool) -> None:
    result = ImageAnalysisResult(full_response())
    if is_read:
        assert result.read and result.read.blocks[0].lines[0].words[0].bounding_polygon[0].x >= 0
    assert json.loads(json.dumps(result, default=recipe)) == {"_data": full_response()}
    stored = json.loads(json.dumps({"tags": result.tags}, default=recipe))
    assert stored == {"tags": {"_data": full_response()["tagsResult"]}}
    assert json.loads(json.dumps(ImagePoint(x=1, y=2), default=recipe)) == {"_data": {"x": 1, "y": 2}}


def test_what_vars_gives_is_a_copy() -> None:
    result = ImageAnalysisResult(full_response())
    vars(result)["_data"].clear()
    vars(result)["_data"]["tagsResult"]["values"].clear()
    assert result == full_response()
