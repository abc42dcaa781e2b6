"""Declares the attributes of a model: the JSON name, the type, what an error says. Knows nothing of models.

A model class declares its attributes with :func:`field`.
"""

import ast
import inspect
import textwrap
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib import import_module
from typing import Any, Callable, Dict, Optional, Tuple, Union

from azure.core.exceptions import AzureError, DeserializationError


def _reader(function: str) -> Callable[[str], Any]:
    """Make a parser that imports isodate when it is first used: that takes longer than all the rest of this library."""
    return lambda text: getattr(import_module("isodate"), function)(text)


_DATES: Dict[Any, Callable[[str], Any]] = {
    datetime: _reader("parse_datetime"),
    date: _reader("parse_date"),
    time: _reader("parse_time"),
    timedelta: _reader("parse_duration"),
}

# For each kind of value: the classes that stand for it in JSON, and what an error calls it.
_SCALARS: Dict[Any, Tuple[Tuple[type, ...], str]] = {
    str: ((str,), "a string"),
    int: ((int, float), "a number"),
    float: ((int, float), "a number"),
    bool: ((bool,), "a boolean"),
    **{kind: ((str,), "a string in ISO 8601") for kind in _DATES},
}

_JSON_NAMES: Dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    type(None): "null",
}


class WrongShapeError(AzureError, DeserializationError):
    """JSON that is not of the declared shape; the message begins with the path of the value."""


class ShapeMismatch(Exception):
    """A value of the wrong shape, with the path to it from the value that is being converted."""

    @classmethod
    def of(cls, value: Any, expected: str, path: str = "") -> "ShapeMismatch":
        """Describe a value. Only numbers are quoted: anything else may be text from a user's image."""
        kind: Any = value.__class__
        got = repr(value) if kind in (int, float) else _JSON_NAMES.get(kind, kind.__name__)
        return cls(path, f"expected {expected}, got {got}")

    def as_error(self, path: str = "") -> WrongShapeError:
        """The same, for the user."""
        below, problem = self.args
        path = (path + below).lstrip(".")
        return WrongShapeError(f"{path}: {problem}" if path else problem)


class Field:
    """What a model class knows of one attribute; the underscored names are those that azure-core looks for."""

    _is_multipart_file_input = False

    attr = ""
    """The attribute's name."""
    annotation: Any = None
    """What its class says of it."""
    held = ""
    """The name under which a model holds the value: for a nested one in a dict of its own, else in a slot."""
    model: Any = None
    """The model class of the value or of the list's items; None for a scalar."""
    needs_place = False
    """Whether a model that is its value must know where in the JSON it stands."""
    many = False
    """Whether the value is a list of models."""
    classes: Tuple[type, ...] = ()
    """What a scalar may be an instance of; empty if that is open."""
    expected = ""
    """What a scalar is called in an error."""
    parse: Optional[Callable[[str], Any]] = None
    """How a date, a time or a duration is read."""

    def __init__(self, rest_name: Optional[str], readonly: bool) -> None:
        self._rest_name: str = rest_name or ""
        self._visibility = ["read"] if readonly else None

    def resolve(self, name: str, annotation: Any) -> None:
        """Learn what the class says of the attribute."""
        self.attr = self.held = name
        self.annotation = annotation
        self._rest_name = self._rest_name or name
        if getattr(annotation, "__origin__", None) is Union:
            annotation = next(choice for choice in annotation.__args__ if choice is not type(None))
        is_list = getattr(annotation, "__origin__", None) is list
        if is_list:
            (annotation,) = annotation.__args__
        if getattr(annotation, "_is_model", False):
            # No attribute of a user's can have this name.
            self.model, self.many, self.held = annotation, is_list, f"_<{name}>"
        elif not is_list and annotation in _SCALARS:
            self.classes, self.expected = _SCALARS[annotation]
            self.parse = _DATES.get(annotation)
            if self.parse:
                self.held = f"_{name}"

    def check(self, value: Any) -> None:
        """Look at a scalar of the JSON. A null is always right."""
        from numbers import Number  # here, as the service's JSON hardly ever comes this way

        # A mapping that a user has made may hold any kind of number. To Python, a boolean is one.
        classes = Number if int in self.classes else self.classes
        fits = not classes or isinstance(value, classes) and isinstance(value, bool) == (bool in self.classes)
        if value is not None and not fits:
            raise ShapeMismatch.of(value, self.expected)


def field(rest_name: Optional[str] = None, *, readonly: bool = False) -> Any:
    """Declare an attribute of a model."""
    return Field(rest_name, readonly)


@lru_cache(maxsize=None)
def written_docs(model: type) -> Dict[str, str]:
    """Find the docstrings below attributes. Python drops them; the source still has them when help() asks."""
    try:
        statements: Any = list(ast.iter_child_nodes(ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]))
    except (OSError, TypeError):
        return {}
    return {
        declaration.target.id: inspect.cleandoc(docstring.value.value)
        for declaration, docstring in zip(statements, statements[1:])
        if type(declaration) in (ast.AnnAssign,) and type(docstring) in (ast.Expr,)
    }


class SlotDocs(Dict[str, Any]):
    """The ``__slots__`` of a model class: names, with their docstrings as values, as help() expects."""

    model: type

    def __getitem__(self, name: str) -> Any:
        return written_docs(self.model).get(name)
