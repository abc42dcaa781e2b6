"""Model classes: typed attributes over the JSON objects of the service. Knows nothing of images.

A model holds one JSON object, ``_data``, which its attributes and the mapping protocol both read and write. Objects in
it become models, and lists of objects lists of models, in place, when they are first read. A model copies the one level
that it is made from, and never writes to what lies below.
"""

import ast
import inspect
import textwrap
from abc import ABCMeta
from collections import abc
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Dict, Iterator, Mapping, MutableMapping, Optional, Tuple, Type, Union

from azure.core.exceptions import AzureError, DeserializationError
from azure.core.serialization import AzureJSONEncoder
from typing_extensions import Self, dataclass_transform

if TYPE_CHECKING:
    from dataclasses import InitVar

Types = Tuple[type, ...]

_DATES = {datetime: "parse_datetime", date: "parse_date", time: "parse_time", timedelta: "parse_duration"}
_NAMES = {str: "a string", bool: "a boolean", dict: "an object", list: "a list", type(None): "null"}
_JSON: Types = (str, int, float, list, dict, type(None))
_LISTS: Types = (list, tuple)
_MAPPINGS: Types = (abc.Mapping,)
_SCALARS = frozenset([str, int, float, bool, type(None)])
_new = object.__new__


class WrongShapeError(AzureError, DeserializationError):
    """A nested value that is not of the declared shape."""


class _WrongShape(SimpleNamespace):
    """Stands in the place of such a value. The error is raised when it is read."""

    value: object
    problem: str


class Field(property):
    # The declaration of an attribute, and its property. The underscored names are those that azure-core looks for.

    _is_multipart_file_input = False

    def __init__(self, rest_name: str, readonly: bool) -> None:
        super().__init__()
        self._rest_name = rest_name
        self._visibility = ["read"] if readonly else None
        self._claims: Dict[int, object] = {}

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn what the class says of the attribute."""
        self.owner, self.attr, self._rest_name = owner, name, self._rest_name or name
        self.annotation = kind = owner.__annotations__[name]
        if getattr(kind, "__origin__", None) is Union:
            kind = next(choice for choice in kind.__args__ if choice is not type(None))
        self.many = getattr(kind, "__origin__", None) is list
        if self.many:
            (kind,) = kind.__args__
        self.model: Optional[Type[Model]] = kind if getattr(kind, "_is_model", False) else None
        super().__init__(_getter(self, kind), self._set)

    # Read from the source when help() asks. The setter is for property, which sets a text of its own.
    __doc__: Any = property(lambda self: _docs(self.owner).get(self.attr), lambda self, doc: None)

    def _set(self, model: "Model", value: object) -> None:
        """Set the attribute of a model. None removes it."""
        if value is None:
            model._data.pop(self._rest_name, None)
        elif isinstance(value, (date, time, timedelta)):
            model._data[self._rest_name] = AzureJSONEncoder().default(value)
        else:
            model._data[self._rest_name] = self._converted(value)

    def first_read(self, model: "Model", value: object) -> object:
        """Convert what was not read before. Threads that do so at the same time all get what the first one has made."""
        if self.waits(value):
            made = self._claims.setdefault(id(model), self._loaded(value))  # setdefault is atomic
            if model._data.get(self._rest_name) is value:
                model._data[self._rest_name] = made
            self._claims.pop(id(model), None)
            value = model._data.get(self._rest_name)
        if isinstance(value, _WrongShape):
            raise WrongShapeError(value.problem)
        return value

    def waits(self, value: Any) -> bool:
        """Return whether a value waits for its first read: an object of JSON, or a list that begins with one."""
        if self.many:
            return value.__class__ is list and bool(value) and value[0].__class__ is dict
        return value.__class__ is dict

    def _loaded(self, value: Any) -> object:
        """Make a model or models of JSON."""
        kind, models = self.model or Model, []
        for item in value if self.many else [value]:
            if item.__class__ is not dict:
                return self.checked(value)
            model = _new(kind)
            model._data = item.copy()
            if kind._nested:
                model._settle()
            models.append(model)
        return models if self.many else models[0]

    def checked(self, value: Any) -> object:
        """Convert what does not wait for its first read, and mark JSON of the wrong shape. All else is a user's."""
        value = self._converted(value)
        is_list = self.many and isinstance(value, _LISTS)
        for item in value if is_list else [value]:
            if isinstance(item, _JSON):
                expected = "a list" if self.many and not is_list else "an object"
                got = _NAMES.get(item.__class__, item)  # Text is not quoted: it may be from a user's image.
                problem = f"{self.owner.__name__}.{self.attr}: expected {expected}, got {got}"
                return _WrongShape(value=value, problem=problem)
        return value

    def _converted(self, value: Any) -> Any:
        """Make models of mappings, and leave anything else as it is."""
        if self.many and isinstance(value, _LISTS):
            return [self._as_model(item) for item in value]
        return value if self.many else self._as_model(value)

    def _as_model(self, value: object) -> object:
        is_object = isinstance(value, _MAPPINGS) and not isinstance(value, Model)
        return self.model(value) if self.model and is_object else value


def _getter(declared: Field, kind: object) -> "abc.Callable[[Model], object]":
    """Return what reads an attribute. What was read before takes the shortest way."""
    name, first_read = declared._rest_name, declared.first_read

    def get_model(model: Model) -> object:
        value = model._data.get(name)
        return value if value.__class__ is kind else first_read(model, value)

    def get_list(model: Model) -> object:
        value = model._data.get(name)
        return value if value.__class__ is list and value and value[0].__class__ is kind else first_read(model, value)

    def get_date(model: Model) -> object:
        value = model._data.get(name)
        # isodate takes longer to import than all of this library.
        return getattr(import_module("isodate"), _DATES[kind])(value) if isinstance(value, str) else value

    if declared.model:
        return get_list if declared.many else get_model
    return get_date if kind in _DATES and not declared.many else lambda model: model._data.get(name)


@lru_cache(maxsize=None)
def _docs(cls: type) -> Dict[str, str]:
    """Return the docstrings below attributes. Python drops them, but the source has them."""
    try:
        body: Any = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    except (OSError, TypeError):
        return {}
    return {
        declaration.target.id: inspect.cleandoc(docstring.value.value)
        for declaration, docstring in zip(body.body, body.body[1:])
        if (type(declaration), type(docstring)) == (ast.AnnAssign, ast.Expr)
    }


class ModelMeta(ABCMeta):
    """Shows the fields of a model class in its signature."""

    _attr_to_rest_field: Dict[str, Field]

    @property
    def __signature__(cls) -> inspect.Signature:
        """What help() and inspect.signature() show."""
        parameter = inspect.Parameter
        mapping = parameter("mapping", parameter.POSITIONAL_ONLY, default=None, annotation=Optional[Mapping[str, Any]])
        keywords = [
            parameter(attr, parameter.KEYWORD_ONLY, default=None, annotation=declared.annotation)
            for attr, declared in cls._attr_to_rest_field.items()
        ]
        return inspect.Signature([mapping, *keywords])


# Only the checkers call this. Our own field() must not be a specifier: they would then ask for each keyword.
def _positional(*, default: object, kw_only: bool) -> Any: ...


@dataclass_transform(kw_only_default=True, field_specifiers=(_positional,))
class _Typed:
    """Where the checkers begin to look for fields."""

    _is_model = True
    _data: Dict[str, Any]
    _attr_to_rest_field: Dict[str, Field] = {}
    _nested: Dict[str, Field] = {}


class Model(_Typed, MutableMapping[str, Any], metaclass=ModelMeta):
    """An object of the service's JSON: a mapping by JSON names, with typed attributes.

    It is made from one positional mapping with JSON names, or from keywords with the attributes' names.
    """

    if TYPE_CHECKING:
        # The parameters that dataclass_transform gives to __init__: this one, and a keyword for each field.
        _mapping: InitVar[Mapping[str, Any]] = _positional(default=None, kw_only=False)

        # What they return can be used unchecked, as in 1.0.0.
        def get(self, key: str, default: object = None) -> Any: ...
        def setdefault(self, key: str, default: object = None) -> Any: ...
        def pop(self, key: str, default: object = ...) -> Any: ...

    else:

        def __new__(cls, *args, **kwargs):  # for subclasses that hand on what their own __new__ gets
            return super().__new__(cls)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        fields = {attr: declared for attr, declared in vars(cls).items() if isinstance(declared, Field)}
        cls._attr_to_rest_field = {**cls._attr_to_rest_field, **fields}
        cls._nested = {each._rest_name: each for each in cls._attr_to_rest_field.values() if each.model}

    def __init__(self, mapping: Any = MappingProxyType({}), /, **values: object) -> None:
        name = type(self).__name__
        if not isinstance(mapping, _MAPPINGS):
            raise TypeError(f"{name}: the positional argument must be a mapping, not {type(mapping)}")
        if mapping and values:
            raise TypeError(f"{name} takes one mapping, or keywords; got both")
        self._data = dict(mapping)
        self._settle()
        for attr, value in values.items():
            if attr not in self._attr_to_rest_field:
                raise TypeError(f"{name} got an unexpected keyword argument '{attr}'")
            setattr(self, attr, value)

    def _settle(self) -> None:
        """Convert what does not wait for its first read."""
        for name, declared in self._nested.items():
            value = self._data.get(name)
            if value is not None and not declared.waits(value):
                self._data[name] = declared.checked(value)

    def __getitem__(self, name: str) -> Any:
        value = self._data[name]
        return getattr(self, self._nested[name].attr) if name in self._nested else value

    def __setitem__(self, name: str, value: object) -> None:
        self._data[name] = value

    def __delitem__(self, name: str) -> None:
        del self._data[name]

    def __contains__(self, name: object) -> bool:
        return name in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __eq__(self, other: Any) -> bool:
        if isinstance(type(other), ModelMeta):
            return bool(self._data == other._data)
        return self._data == other if isinstance(other, _MAPPINGS) else NotImplemented

    def __repr__(self) -> str:
        return repr(self._data)

    def popitem(self) -> Tuple[str, Any]:
        """Remove the last item, and return its JSON name and its value."""
        for name in reversed(self._data):
            return name, self.pop(name)
        raise KeyError("popitem(): the model is empty")

    def copy(self) -> Self:
        """Return a shallow copy, as :meth:`dict.copy` does.

        :return: A model of the same class.
        """
        other = _new(type(self))
        vars(other).update(vars(self), _data=dict(self))
        return other

    __copy__ = copy

    def as_dict(self, *, exclude_readonly: bool = False) -> Dict[str, Any]:
        """Return the model as JSON: only dicts, lists, strings, numbers, booleans and None, none shared with it.

        :keyword bool exclude_readonly: Leave out what only the service sets.
        :return: The JSON object, by JSON names.
        :rtype: dict[str, any]
        """
        copied: Dict[str, Any] = _plain(self, exclude_readonly)
        return copied


def _plain(value: Any, exclude_readonly: bool) -> Any:
    """Copy a value as JSON."""
    kind = value.__class__
    if kind is dict:
        copied = value.copy()
    elif isinstance(kind, ModelMeta):
        copied = value._data.copy()
        if exclude_readonly:  # Only models know what is read-only in them.
            readonly = [each._rest_name for each in value._attr_to_rest_field.values() if each._visibility]
            copied = {name: value[name] for name in value if name not in readonly}
    elif kind is _WrongShape:
        return value.value
    elif isinstance(value, _LISTS):
        return [item if item.__class__ in _SCALARS else _plain(item, exclude_readonly) for item in value]
    elif isinstance(value, _MAPPINGS):
        copied = dict(value)
    else:
        return value
    for name, item in copied.items():
        if item.__class__ not in _SCALARS:
            copied[name] = _plain(item, exclude_readonly)
    return copied


def field(rest_name: str = "", *, readonly: bool = False) -> Any:
    """Declare an attribute by its JSON name, which may be left out if it is the same."""
    return Field(rest_name, readonly)


class SdkJSONEncoder(AzureJSONEncoder):
    """Writes models as JSON. Generated Azure SDKs have it here, and some programs import it.

    :keyword bool exclude_readonly: Leave out what only the service sets.
    """

    def __init__(self, *args: Any, exclude_readonly: bool = False, **kwargs: Any) -> None:
        kwargs.pop("format", None)  # of dates in other SDKs
        super().__init__(*args, **kwargs)
        self.exclude_readonly = exclude_readonly

    def default(self, o: object) -> object:
        """Return what stands for an object in JSON."""
        return o.as_dict(exclude_readonly=self.exclude_readonly) if isinstance(o, Model) else super().default(o)
