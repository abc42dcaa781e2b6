"""Attributes of models whose values are made from JSON when they are read: models, lists of models, dates."""

from collections import abc
from operator import attrgetter
from typing import Any, List, Mapping, cast

from azure.core.serialization import AzureJSONEncoder

from ._fields import Field, ShapeMismatch, written_docs
from ._loader import converted, generated_reader, path_of


def first_read(declared: Field) -> Any:
    """Make what makes the value of a nested attribute. In the model's dict the value then hides this."""

    def get(self: Any, model: Any, owner: Any = None) -> Any:
        if model is None:
            return self
        if declared.many and not declared.needs_place and kind.__get__ is get:
            kind.__get__ = generated_reader(declared, otherwise=get)  # words have many of these
        value = model._data.get(declared._rest_name)
        if value is None:
            return None
        try:
            value = converted(declared, value, model)
        except ShapeMismatch as mismatch:
            raise mismatch.as_error(path_of(model, declared)) from None
        # Atomic: all threads see the object of the first of them, and what was set meanwhile stays.
        return model._own_dict.setdefault(declared.held, value)

    kind: Any = type("_FirstRead", (), {"__get__": get})
    return kind()


_WRITTEN_DOC: Any = property(
    lambda self: written_docs(self._holder).get(self._declared.attr),
    lambda self, doc: None,  # property sets one of its own
)


class NestedAttribute(property):
    """A model or a list of models. To read it again costs no detour through Python."""

    def __init__(self, declared: Field, holder: Any) -> None:
        super().__init__(attrgetter(declared.held), self._set)
        self._declared = declared
        self._holder = holder

    __doc__: Any = _WRITTEN_DOC

    def _set(self, model: Any, value: Any) -> None:
        model._own_dict[self._declared.held] = _adopted(self._declared, value)


class DateAttribute(property):
    """A date, a time or a duration, whose slot holds it as the text that JSON has for it."""

    def __init__(self, declared: Field, holder: Any) -> None:
        super().__init__(self._get, self._set)
        self._declared = declared
        self._holder = holder

    __doc__: Any = _WRITTEN_DOC

    def _get(self, model: Any) -> Any:
        held, parse = getattr(model, self._declared.held), self._declared.parse
        try:
            return parse(held) if isinstance(held, str) and parse else held
        except (ValueError, TypeError, ArithmeticError) as error:
            mismatch = ShapeMismatch.of(held, self._declared.expected)
            raise mismatch.as_error(path_of(model, self._declared)) from error

    def _set(self, model: Any, value: Any) -> None:
        try:
            value = value if value is None or isinstance(value, str) else AzureJSONEncoder().default(value)
        except TypeError:
            pass  # a value of the user's own is kept as it is
        setattr(model, self._declared.held, value)


def _adopted(declared: Field, value: Any) -> Any:
    """Take a nested value that a user sets. Mappings in the place of models become models, all else stays as it is."""
    if declared.many and isinstance(value, (list, tuple)):
        return [_adopted_model(declared.model, item) for item in cast(List[Any], value)]
    return value if declared.many else _adopted_model(declared.model, value)


def _adopted_model(cls: Any, value: Any) -> Any:
    """Take one model that a user sets."""
    if getattr(value.__class__, "_is_model", False) or not isinstance(value, abc.Mapping):
        return value
    model = cls()
    model.update(cast(Mapping[str, Any], value))
    return model
