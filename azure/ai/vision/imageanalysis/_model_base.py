"""Model classes: typed attributes over the JSON objects of the service. Knows nothing of images.

A model holds one JSON object, ``_data``, in which objects, and objects in lists, become models when first read. It
copies the top level of the mapping that it is made from, and never writes to the levels below.
"""

import ast
from abc import ABCMeta
from collections import abc
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from importlib import import_module
from inspect import Parameter, Signature, cleandoc, getsource
from textwrap import dedent
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, MutableMapping, Optional, Tuple, Type, Union

from azure.core.exceptions import AzureError, DeserializationError
from azure.core.serialization import AzureJSONEncoder
from typing_extensions import Self, dataclass_transform

if TYPE_CHECKING:
    from dataclasses import InitVar

Json = Dict[str, Any]

_DATES: Dict[object, str] = {datetime: "datetime", date: "date", time: "time", timedelta: "duration"}
_TYPE_NAMES = {str: "a string", bool: "a boolean", dict: "an object", list: "a list", type(None): "null"}
_LISTS: Any = (list, tuple)
_MAPPING: Any = abc.Mapping
_JSON: Any = (str, int, float, list, dict, type(None))
_SCALARS = frozenset([str, int, float, bool, type(None)])
_new = object.__new__


class WrongShapeError(AzureError, DeserializationError):
    """A nested value does not have the declared shape."""


@lru_cache(maxsize=None)
def _docs(cls: type) -> Dict[str, str]:
    """Return the docstrings below attributes. Python drops them, but the source has them."""
    try:
        body: Any = ast.parse(dedent(getsource(cls))).body[0]
    except (OSError, TypeError):
        return {}
    return {
        declaration.target.id: cleandoc(docstring.value.value)
        for declaration, docstring in zip(body.body, body.body[1:])
        if (type(declaration), type(docstring)) == (ast.AnnAssign, ast.Expr)
    }


class Field(property):
    # Declares an attribute, and is its property. azure-core reads the underscored names.
    _is_multipart_file_input = False

    def __init__(self, rest_name: str = "", *, readonly: bool = False) -> None:
        self._rest_name = rest_name
        self._visibility = ["read"] if readonly else None

    def __set_name__(self, owner: type, name: str) -> None:
        """Read the declaration of the attribute from its class."""
        self.owner, self.attr, self._rest_name = owner, name, self._rest_name or name
        self.annotation = kind = owner.__annotations__[name]
        if getattr(kind, "__origin__", None) is Union:
            kind = next(choice for choice in kind.__args__ if choice is not type(None))
        self.many = getattr(kind, "__origin__", None) is list
        if self.many:
            (kind,) = kind.__args__
        self.model: Optional[Type[Model]] = kind if getattr(kind, "_is_model", False) else None
        getter = _nested_getter(self, self.model) if self.model else _scalar_getter(self._rest_name, kind)
        super().__init__(getter, self._set)

    # Read from the source on demand. The setter is needed because property() sets a docstring, too.
    __doc__: Any = property(lambda self: _docs(self.owner).get(self.attr), lambda self, doc: None)

    def _set(self, model: "Model", value: object) -> None:
        """Set the attribute of a model. None removes it."""
        if value is None:
            model._data.pop(self._rest_name, None)
        elif self.model:
            model._data[self._rest_name] = value = self.convert(value)
            if self.problem(value):  # Users may set values that the service must not send.
                vars(model)[self.attr] = value
        else:
            is_date = isinstance(value, (date, time, timedelta))
            model._data[self._rest_name] = AzureJSONEncoder().default(value) if is_date else value

    def convert(self, value: Any) -> Any:
        """Convert mappings to models, and return anything else unchanged."""
        if self.many and not isinstance(value, _LISTS):
            return value
        kind: Type[Model] = self.model or Model
        made: List[Any] = []
        for item in value if self.many else [value]:
            if item.__class__ is dict:
                made.append(_new(kind))
                made[-1]._data = item.copy()
            else:
                made.append(kind(item) if isinstance(item, _MAPPING) and not isinstance(item, Model) else item)
        return made if self.many else made[0]

    def problem(self, value: Any) -> str:
        """Describe what is wrong with a converted value that is JSON, or return ""."""
        is_list = self.many and isinstance(value, _LISTS)
        for item in value if is_list else [value]:
            if isinstance(item, _JSON):
                expected = "a list" if self.many and not is_list else "an object"
                got = _TYPE_NAMES.get(item.__class__, item)  # Text is not quoted: it may be from a user's image.
                return f"{self.owner.__name__}.{self.attr}: expected {expected}, got {got}"
        return ""


field: Any = Field  # Any fits every annotation


def _scalar_getter(name: str, kind: object) -> "abc.Callable[[Model], object]":
    """Return the getter of a scalar."""
    date_kind = _DATES.get(kind)

    def get_date(model: Model) -> object:
        value = model._data.get(name)
        # Importing isodate takes longer than importing this library.
        return getattr(import_module("isodate"), f"parse_{date_kind}")(value) if isinstance(value, str) else value

    return get_date if date_kind else lambda model: model._data.get(name)


def _nested_getter(declared: Field, kind: "Type[Model]") -> "abc.Callable[[Model], object]":
    """Return the getter of a model or a list of models. It converts JSON in place at the first read."""
    name, many, only_kind = declared._rest_name, declared.many, {kind}
    claims: Dict[int, object] = {}

    def get_model(model: Model) -> object:
        value = model._data.get(name)
        return value if value is None or value.__class__ is kind else first_read(model, value)

    def get_list(model: Model) -> object:
        value = model._data.get(name)
        was_read = value is None or value.__class__ is list and (not value or value[0].__class__ is kind)
        return value if was_read else first_read(model, value)

    def first_read(model: Model, value: Any) -> object:
        made, data = declared.convert(value), model._data
        if not only_kind.issuperset(map(type, made if many and made.__class__ is list else [made])):
            by_user = value.__class__ is list and kind in map(type, value) or vars(model).get(declared.attr) == value
            problem = declared.problem(made)
            if problem and not by_user:
                raise WrongShapeError(problem)
            return value
        try:
            # Atomic: threads that read at the same time all get the value of the first.
            made = claims.setdefault(id(data), made)
            if data.get(name) is value:
                data[name] = made
        finally:
            claims.pop(id(data), None)
        return data.get(name)

    return get_list if many else get_model


class ModelMeta(ABCMeta):
    """Shows the fields of a model class in its signature."""

    _attr_to_rest_field: Dict[str, Field]

    @property
    def __signature__(cls) -> Signature:
        """The signature that help() and inspect.signature() show."""
        mapping = Parameter("mapping", Parameter.POSITIONAL_ONLY, default={}, annotation=Mapping[str, Any])
        keyword = partial(Parameter, kind=Parameter.KEYWORD_ONLY, default=None)
        fields = cls._attr_to_rest_field.items()
        return Signature([mapping, *(keyword(attr, annotation=each.annotation) for attr, each in fields)])


# For type checkers only. If field() were a specifier, they would require each keyword.
def _positional(*, default: object, kw_only: bool) -> Any: ...


@dataclass_transform(kw_only_default=True, field_specifiers=(_positional,))
class _Typed:
    """The base class from which type checkers collect fields."""

    _is_model = True
    _data: Json
    _attr_to_rest_field: Dict[str, Field] = {}
    _nested: Dict[str, str] = {}


class Model(_Typed, MutableMapping[str, Any], metaclass=ModelMeta):
    """A JSON object of the service: a mapping with JSON names as keys, and typed attributes.

    It is made from one positional mapping with JSON names, or from keywords with attribute names.
    """

    if TYPE_CHECKING:
        # dataclass_transform gives __init__ these parameters: this one, and a keyword for each field.
        _mapping: InitVar[Mapping[str, Any]] = _positional(default=None, kw_only=False)

        # These return Any, as in 1.0.0.
        def get(self, key: str, default: object = None) -> Any:
            """Return the value of a JSON name, or the default."""

        def setdefault(self, key: str, default: object = None) -> Any:
            """Return the value of a JSON name, which is set to the default if it is missing."""

        def pop(self, key: str, default: object = None) -> Any:
            """Remove a JSON name, and return its value or the default. Without either, raise KeyError."""

    else:

        def __new__(cls, *args, **kwargs):  # for subclasses that pass on the arguments of __new__
            return super().__new__(cls)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        fields = {attr: declared for attr, declared in vars(cls).items() if isinstance(declared, Field)}
        cls._attr_to_rest_field = {**cls._attr_to_rest_field, **fields}
        cls._nested = {each._rest_name: each.attr for each in cls._attr_to_rest_field.values() if each.model}
        cls.__doc__ = f"{cls.__doc__ or cls.__name__}\n\nIts attributes: {', '.join(cls._attr_to_rest_field)}."

    def __init__(self, mapping: Any = MappingProxyType({}), /, **values: object) -> None:
        name = type(self).__name__
        if not isinstance(mapping, abc.Mapping):
            raise TypeError(f"{name}: the positional argument must be a mapping, not {type(mapping).__name__}")
        if mapping and values:
            raise TypeError(f"{name} takes one mapping, or keywords; got both")
        self._data = {**mapping}
        for attr, value in values.items():
            if attr not in self._attr_to_rest_field:
                raise TypeError(f"{name} got an unexpected keyword argument '{attr}'")
            setattr(self, attr, value)

    def __getitem__(self, name: str) -> Any:
        value = self._data[name]
        return getattr(self, self._nested[name]) if name in self._nested else value

    def __setitem__(self, name: str, value: object) -> None:
        if name in self._nested and value is not None:
            setattr(self, self._nested[name], value)
        else:
            self._data[name] = value

    def __delitem__(self, name: str) -> None:
        del self._data[name]

    def __contains__(self, name: object) -> bool:
        return name in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __eq__(self, other: object) -> bool:
        # type(self) is for speed: isinstance() with an ABC is slow, except for direct instances.
        if isinstance(other, (type(self), Model)):
            return self._data == other._data
        return self._data == other if isinstance(other, abc.Mapping) else NotImplemented

    def __repr__(self) -> str:
        return repr(self._data)

    def popitem(self) -> Tuple[str, Any]:
        """Remove the last item, and return its JSON name and value."""
        name, _ = self._data.copy().popitem()
        return name, self.pop(name)

    def copy(self) -> Self:
        """Return a shallow copy of the same class, as :meth:`dict.copy` does."""
        other = _new(type(self))
        vars(other).update(vars(self), _data=self._read_all().copy())
        return other

    __copy__ = copy

    def _read_all(self) -> Json:
        """Convert all nested values, and return the JSON object."""
        for attr in self._nested.values():
            with suppress(WrongShapeError):
                getattr(self, attr)
        return self._data

    def as_dict(self, *, exclude_readonly: bool = False) -> Json:
        """Return a deep copy of the model as JSON: dicts, lists, strings, numbers, booleans and None.

        :keyword bool exclude_readonly: Whether to omit the fields that only the service sets. Default: False.
        :return: The JSON object, with JSON names as keys.
        :rtype: dict[str, any]
        """
        copied = self._data.copy()
        if exclude_readonly:  # Only models know their read-only fields, so convert everything.
            readonly = {each._rest_name for each in self._attr_to_rest_field.values() if each._visibility}
            copied = {name: value for name, value in self._read_all().items() if name not in readonly}
        for name, value in copied.items():
            if value.__class__ not in _SCALARS:
                copied[name] = _to_json(value, exclude_readonly)
        return copied


def _to_json(value: Any, exclude_readonly: bool) -> object:
    """Return a deep copy of a value as JSON."""
    kind: type = value.__class__
    if isinstance(kind, ModelMeta):
        return value.as_dict(exclude_readonly=exclude_readonly)
    if isinstance(value, _LISTS):
        return [item if item.__class__ in _SCALARS else _to_json(item, exclude_readonly) for item in value]
    if not isinstance(value, _MAPPING):
        return value
    copied = {**value}
    for name, item in copied.items():
        if item.__class__ not in _SCALARS:
            copied[name] = _to_json(item, exclude_readonly)
    return copied


class SdkJSONEncoder(AzureJSONEncoder):
    """Encodes models as JSON. Some programs import it from here, where generated Azure SDKs have it."""

    def __init__(self, *, exclude_readonly: bool = False, format: object = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.exclude_readonly = exclude_readonly

    def default(self, o: object) -> object:
        """Return an object as JSON."""
        return o.as_dict(exclude_readonly=self.exclude_readonly) if isinstance(o, Model) else super().default(o)
