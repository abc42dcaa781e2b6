"""Checks the JSON of results against the fields of the library's models."""

import reprlib
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Dict, Sequence, Tuple, Type, Union, cast, get_args, get_origin, get_type_hints

from ..._model_base import Model
from ...models import ImageAnalysisResult

_SCALARS: Dict[Any, Tuple[Any, str]] = {
    str: (str, "a string"),
    int: (int, "a whole number"),
    float: ((int, float), "a number"),
}
# A picture of the service has fewer pixels in either direction.
_MAX = 100_000
_RANGES = {"confidence": (0, 1), "w": (0, _MAX), "h": (0, _MAX), "width": (1, _MAX), "height": (1, _MAX)}


def check(value: Any, kind: Any = ImageAnalysisResult, path: str = "") -> None:
    """Check parsed JSON."""
    if get_origin(kind) is Union:
        if value is None:
            return
        kind = get_args(kind)[0]
    if get_origin(kind) is list:
        if not isinstance(value, list):
            raise _unexpected(value, "a list", path)
        for index, item in enumerate(cast(Sequence[Any], value)):
            check(item, get_args(kind)[0], f"{path}[{index}]")
    elif issubclass(kind, Model):
        if not isinstance(value, dict):
            raise _unexpected(value, "an object", path)
        _check_members(cast(Dict[str, Any], value), kind, path and path + ".")
    else:
        _check_scalar(value, kind, path)


def _check_members(members: Dict[str, Any], model: Type[Model], prefix: str) -> None:
    """Check the members of an object."""
    declared = _declared(model)
    for name in members:
        if name not in declared:
            raise ValueError(f"{prefix}{printable(name)}: unknown; {_advice(name, model)}")
    for name, kind in declared.items():
        # The emulator fills in the features that a result lacks.
        is_optional = model is ImageAnalysisResult or get_origin(kind) is Union
        if name in members:
            check(members[name], Union[kind, None] if is_optional else kind, prefix + name)
        elif not is_optional:
            raise ValueError(f"{prefix}{name}: missing")


@lru_cache(maxsize=None)
def _declared(model: Type[Model]) -> Dict[str, Any]:
    """Return the types of the members of a model by JSON name."""
    hints = get_type_hints(model)
    return {field._rest_name: hints[attribute] for attribute, field in model._attr_to_rest_field.items()}


def _check_scalar(value: Any, kind: Any, path: str) -> None:
    """Check a string or a number."""
    classes, expected = _SCALARS[kind]
    if not isinstance(value, classes) or isinstance(value, bool):
        raise _unexpected(value, expected, path)
    lowest, highest = _RANGES.get(path.rpartition(".")[2], (-_MAX, _MAX))
    if kind is not str and not lowest <= value <= highest:
        raise _unexpected(value, f"{expected} from {lowest} to {highest}", path)


def _unexpected(value: Any, expected: str, path: str) -> ValueError:
    """Return the error for a value of the wrong type or out of range."""
    return ValueError(f"{path}: expected {expected}, got {reprlib.repr(value)}")


def _advice(name: str, model: Type[Model]) -> str:
    """Return the likely intended name: the JSON name of a Python attribute, or a similar name."""
    fields = model._attr_to_rest_field
    known = list(_declared(model))
    meant = [fields[name]._rest_name] if name in fields else get_close_matches(name, known, 1)
    return f"did you mean {meant[0]!r}?" if meant else f"known are {', '.join(known)}"


def printable(text: str) -> str:
    """Return a text for an error or a log, with control characters escaped."""
    return text if text.isprintable() else ascii(text)
