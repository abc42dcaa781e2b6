"""Tests that random changes do to a result what they do to plain dicts and lists."""

import copy
import pickle
import random
import re
from typing import Any, Dict, Iterator, List, Tuple

import pytest
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from full_response import full_response
from public_api import FIELDS, MODELS

# Of each class: attribute, JSON name, and the class of the attribute.
ATTRIBUTES: Dict[str, List[Tuple[str, str, str]]] = {name: [] for name in MODELS}
for _name, _attribute, _json_name, _annotation in FIELDS:
    ATTRIBUTES[_name].append((_attribute, _json_name, re.sub(r"\w+\[(\w+)\]", r"\1", _annotation)))

COPIES = [
    copy.copy,
    copy.deepcopy,
    lambda model: pickle.loads(pickle.dumps(model)),
    lambda model: ImageAnalysisResult(model.as_dict()),
]


def pairs(model: Any, plain: Any, name: str) -> Iterator[Tuple[Any, Any, str]]:
    """Yield each model below a model with the dict that it shows and the name of its class."""
    if isinstance(model, dict):  # appended to a list, where it stays what it is
        return
    yield model, plain, name
    for attribute, json_name, kind in ATTRIBUTES[name]:
        if kind in ATTRIBUTES and plain.get(json_name):
            value, json = getattr(model, attribute), plain[json_name]
            assert model[json_name] is value
            for part in zip(value, json) if isinstance(json, list) else [(value, json)]:
                yield from pairs(*part, kind)


EXAMPLES: Dict[Tuple[str, str], Any] = {
    (name, json_name): plain[json_name]
    for _, plain, name in pairs(ImageAnalysisResult(full_response()), full_response(), "ImageAnalysisResult")
    for _, json_name, _ in ATTRIBUTES[name]
}


def change(source: random.Random, result: Any, expected: Any) -> None:
    """Change something somewhere, in both."""
    model, plain, name = source.choice(list(pairs(result, expected, "ImageAnalysisResult")))
    attribute, json_name, _ = source.choice(ATTRIBUTES[name])
    value = source.choice([None, EXAMPLES[name, json_name]])
    changed: Tuple[Any, Any] = (model, plain)
    calls: Dict[str, List[Any]] = {
        "pop": [json_name, None],
        "update": [{json_name: value, "more": [1]}],
        "setdefault": [json_name, value],
        "clear": [],
        "popitem": [],
    }
    if plain.get(json_name) and isinstance(plain[json_name], list) and source.random() < 0.5:
        changed = (getattr(model, attribute), plain[json_name])
        calls = {"pop": [], "reverse": [], "extend": [value or []]}
    method = source.choice(["attribute", "own", *calls])
    if method == "attribute":
        setattr(model, attribute, copy.deepcopy(value))
        plain[json_name] = copy.deepcopy(value)
        if value is None:
            del plain[json_name]
    elif method == "own":
        model.own = value
    elif plain or method != "popitem":
        ours, theirs = (getattr(each, method)(*copy.deepcopy(calls[method])) for each in changed)
        assert ours == theirs


@pytest.mark.parametrize("seed", range(40))
def test_changes_are_seen_everywhere(seed: int) -> None:
    source = random.Random(seed)
    result: Any = ImageAnalysisResult(full_response())
    expected = full_response()
    for _ in range(source.randint(1, 8)):
        change(source, result, expected)
        for model in (result, *(copied(result) for copied in COPIES)):
            assert repr(model) == repr(model.as_dict()) == repr(expected)
            assert model == dict(model) == expected and expected == model
            assert list(pairs(model, expected, "ImageAnalysisResult"))
            assert repr(model) == repr(model.as_dict()) == repr(expected)
