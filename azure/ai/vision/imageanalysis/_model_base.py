"""Model classes: objects with typed attributes over the service's JSON. Knows nothing of images.

A model keeps the JSON object that it was made from and never writes into it. Numbers and texts lie in slots. Models and
lists of models are made when they are first read, and then lie in the model's own dict, beside attributes that a user
adds. ``vars()`` gives a copy that looks as with 1.0.0. The mapping protocol and :meth:`Model.as_dict` look at all of
these, so nothing that was sent is lost.
"""

import inspect
from abc import ABCMeta
from collections import abc
from contextlib import suppress
from copy import deepcopy
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    MutableMapping,
    Optional,
    Tuple,
    cast,
)

from azure.core.serialization import AzureJSONEncoder
from typing_extensions import Self, dataclass_transform

from ._attributes import DateAttribute, NestedAttribute, first_read
from ._fields import Field, ShapeMismatch, SlotDocs, WrongShapeError
from ._loader import generated, loaded, needs_place

if TYPE_CHECKING:
    from dataclasses import InitVar

_TOO_DEEP = "the model is nested too deeply"
_UNREAD: Any = object()
_SCALARS = frozenset([str, int, float, bool, type(None)])


def _generated_first(name: str) -> Any:
    """Make what stands for a generated function until it is first called."""

    def generate_and_call(cls: Any, *args: Any) -> Any:
        function = generated(cls, name)
        setattr(cls, f"_{name}", staticmethod(function))
        return function(*args)

    return classmethod(generate_and_call)


class ModelMeta(ABCMeta):
    """Gives a model class slots and attributes for its fields, and works out once what all its instances share."""

    def __new__(mcs, name: str, bases: Tuple[type, ...], namespace: Dict[str, Any], *, slots_only: bool = False) -> Any:
        fields = {attr: value for attr, value in namespace.items() if isinstance(value, Field)}
        docs = SlotDocs(fields)
        own: Dict[str, Any] = {f"_{name}": _generated_first(name) for name in ("load", "dump", "unchanged", "same")}
        if fields:
            if not slots_only:
                bases = tuple(_OpenModel if base is Model else base for base in bases)
            own["__slots__"] = docs
        own.update((attr, value) for attr, value in namespace.items() if attr not in fields)
        cls: Any = super().__new__(mcs, name, bases, own)
        docs.model = cls
        for attr, declared in fields.items():
            declared.resolve(attr, cls.__annotations__[attr])
            if declared.model:
                declared.needs_place = needs_place(declared.model)
                setattr(cls, declared.held, first_read(declared))
                setattr(cls, attr, NestedAttribute(declared, cls))
            elif declared.parse:
                setattr(cls, declared.held, vars(cls)[attr])
                setattr(cls, attr, DateAttribute(declared, cls))
        cls._attr_to_rest_field = {**getattr(cls, "_attr_to_rest_field", {}), **fields}
        cls._by_rest_name = {declared._rest_name: declared for declared in cls._attr_to_rest_field.values()}
        return cls

    @property
    def __signature__(cls) -> inspect.Signature:
        """What help() and inspect.signature() show. It is made when one of them asks, which happens in few programs."""
        parameter = inspect.Parameter
        mapping = parameter("mapping", parameter.POSITIONAL_ONLY, default=None, annotation=Optional[Mapping[str, Any]])
        fields: Dict[str, Field] = getattr(cls, "_attr_to_rest_field", {})
        keywords = [
            parameter(attr, parameter.KEYWORD_ONLY, default=None, annotation=declared.annotation)
            for attr, declared in fields.items()
        ]
        return inspect.Signature([mapping, *keywords])


# Only the checkers call this. Our own field() must not be a specifier: they would then ask for each keyword.
def _positional(*, default: Any, kw_only: bool) -> Any: ...


@dataclass_transform(kw_only_default=True, field_specifiers=(_positional,))
class _Typed:
    """Where the checkers begin to look for fields, and what a model holds besides them."""

    __slots__ = ("_data", "__weakref__")

    _data: Dict[str, Any]


class Model(_Typed, MutableMapping[str, Any], metaclass=ModelMeta):
    """An object of the service's JSON: a mapping by JSON names, with typed attributes.

    It is made from one positional mapping with JSON names, or from keywords with the attributes' names.
    """

    # No __setattr__ and no __delattr__: with either, Python would take a detour for each value that is put into a slot.
    __slots__ = ()

    _is_model: ClassVar[bool] = True
    _attr_to_rest_field: ClassVar[Dict[str, Field]]
    _by_rest_name: ClassVar[Dict[str, Field]]

    if TYPE_CHECKING:
        # The parameters that dataclass_transform gives to __init__: this one, and a keyword for each field.
        _mapping: InitVar[Mapping[str, Any]] = _positional(default=None, kw_only=False)

        @staticmethod
        def _load(items: Iterable[Any], place: Any, new: Any = ...) -> List[Any]: ...

        @staticmethod
        def _dump(models: Iterable[Any], copied: Any) -> List[Any]: ...

        @staticmethod
        def _unchanged(models: Iterable[Any], items: Iterable[Any]) -> bool: ...

        @staticmethod
        def _same(models: Iterable[Any], others: Iterable[Any]) -> bool: ...

    else:
        # Programs hand vars(model) to json.dumps(), and must not lose what nobody has read yet.
        @property
        def __dict__(self):
            """What vars() gives, a copy: the JSON, under the name that it has in 1.0.0, and a user's own attributes."""
            return {"_data": _plain(self, False), **_own_attributes(self)}

        def __new__(cls, *args, **kwargs):  # for subclasses that hand on what their own __new__ gets
            return super().__new__(cls)

        def __init__(self, *args, **kwargs):
            if len(args) + bool(kwargs) > 1:
                raise TypeError(f"{type(self).__name__} takes one mapping, or keywords; got more than that")
            mapping = args[0] if args else {}
            if not isinstance(mapping, abc.Mapping):
                raise TypeError(
                    f"{type(self).__name__}: the positional argument must be a mapping, not {type(mapping)}"
                )
            try:
                loaded(type(self), dict(mapping), None, lambda: self)
            except ShapeMismatch as mismatch:
                raise mismatch.as_error() from None
            for attr, value in kwargs.items():
                if attr not in self._attr_to_rest_field:
                    raise TypeError(f"{type(self).__name__} got an unexpected keyword argument '{attr}'")
                if value is not None:
                    self[self._attr_to_rest_field[attr]._rest_name] = value

    def __getitem__(self, name: str) -> Any:
        declared = self._by_rest_name.get(name)
        if declared is None:
            return self._data[name]
        value = getattr(self, declared.attr if declared.model else declared.held, None)
        if value is None and name not in self:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        declared = self._by_rest_name.get(name)
        if declared is None:
            _own_json(self)[name] = value
            return
        setattr(self, declared.attr, value)
        if value is None:
            _own_json(self)[name] = None
            if declared.model:
                cast(Any, self)._own_dict.pop(declared.held, None)
        elif name not in self._data:
            _own_json(self)[name] = value  # for its place in the order of the items

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        declared = self._by_rest_name.get(name)
        if declared is None:
            del _own_json(self)[name]
            return
        _own_json(self).pop(name, None)
        setattr(self, declared.attr, None)

    def __contains__(self, name: object) -> bool:
        declared = self._by_rest_name.get(cast(str, name))
        value = _held(self, declared) if declared else _UNREAD
        if value is None and declared and not declared.model:
            return self._data.get(cast(str, name), self) is None
        return name in self._data if value is _UNREAD else value is not None

    def __iter__(self) -> Iterator[str]:
        return iter(_present(self))

    def __len__(self) -> int:
        return len(self._data) + sum((name in self) - (name in self._data) for name in self._by_rest_name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, abc.Mapping):
            return NotImplemented
        if isinstance(other, Model):
            return _are_same(self, other) or _present(self) == _present(other)
        return _as_it_is(self) == dict(cast(Mapping[str, Any], other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(_as_it_is(self))

    def __copy__(self) -> Self:
        for declared in self._by_rest_name.values():
            # Both shall have the same lists, also if nobody has read them yet.
            with suppress(WrongShapeError):
                getattr(self, declared.attr, None)
        data = dict(self._data) if type(self._data) is _OwnJson else self._data
        return cast(Self, _filled(object.__new__(type(self)), data, _values(self), _own_attributes(self)))

    def __deepcopy__(self, memo: Any) -> Self:
        other = memo[id(self)] = object.__new__(type(self))
        data = dict(self._data) if type(self._data) is _OwnJson else self._data
        changed = () if _is_unchanged(self) else (_values(self), _own_attributes(self))
        try:
            return cast(Self, _filled(other, *deepcopy((data, *changed), memo)))
        except RecursionError:
            raise WrongShapeError(_TOO_DEEP) from None

    def __reduce_ex__(self, protocol: Any) -> Any:
        # Not through the constructor, which would refuse what a user has set to something else.
        import pickle

        data, values, attributes = dict(self._data), {}, None
        if not _is_unchanged(self):
            values, attributes = _values(self), _own_attributes(self) or None
            for declared in self._by_rest_name.values():
                if declared.model and values.get(declared.held) is not None:
                    data[declared._rest_name] = None
        packed: Any = data
        try:
            # Here, where it can be said what is wrong with JSON that is nested too deeply.
            packed = pickle.dumps(data, protocol)
        except RecursionError:
            raise WrongShapeError(_TOO_DEEP) from None
        except (pickle.PicklingError, TypeError, AttributeError):
            pass  # A value of the user's own, which is the affair of the pickler that called.
        return _restored, (type(self), packed, values), attributes

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        attributes = dict(state)
        if "_data" in attributes:  # of a pickle that 1.0.0 has made
            _filled(self, attributes.pop("_data"))
        if attributes:
            cast(Any, self)._own_dict.update(attributes)

    def pop(self, name: str, *default: Any) -> Any:
        """Remove an item and return its value.

        :param str name: Its JSON name.
        :param any default: What to give if there is no such item.
        :return: Its value.
        :rtype: any
        :raises KeyError: If there is no such item, and no default.
        """
        if name in self._by_rest_name:
            return super().pop(name, *default)
        return _own_json(self).pop(name, *default)

    def popitem(self) -> Tuple[str, Any]:
        """Remove the last item and return its name and value.

        :return: Its JSON name and its value.
        :rtype: tuple[str, any]
        :raises KeyError: If there is none.
        """
        added = [name for name in self._by_rest_name if name in self and name not in self._data]
        for name in added[-1:] or reversed(list(self._data)):
            if name in self:
                return name, self.pop(name)
        raise KeyError("popitem(): the model is empty")

    def clear(self) -> None:
        """Remove all items."""
        for declared in self._attr_to_rest_field.values():
            setattr(self, declared.attr, None)
        _own_json(self).clear()

    def copy(self) -> Self:
        """Return a shallow copy, as :meth:`dict.copy` does.

        :return: A model of the same class.
        :rtype: ~azure.ai.vision.imageanalysis._model_base.Model
        """
        return self.__copy__()

    def as_dict(self, *, exclude_readonly: bool = False) -> Dict[str, Any]:
        """Return the model as JSON: only dicts, lists, strings, numbers, booleans and None, none shared with it.

        :keyword bool exclude_readonly: Leave out what only the service sets.
        :return: The JSON object, by JSON names.
        :rtype: dict[str, any]
        :raises ~azure.core.exceptions.DeserializationError: If it is nested too deeply for Python.
        """
        try:
            return cast(Dict[str, Any], _plain(self, exclude_readonly))
        except RecursionError:
            raise WrongShapeError(_TOO_DEEP) from None


class SdkJSONEncoder(AzureJSONEncoder):
    """Writes models as JSON. Generated Azure SDKs have it here, and some programs import it.

    :keyword bool exclude_readonly: Leave out what only the service sets.
    """

    def __init__(self, *args: Any, exclude_readonly: bool = False, **kwargs: Any) -> None:
        kwargs.pop("format", None)  # of dates in other SDKs
        super().__init__(*args, **kwargs)
        self.exclude_readonly = exclude_readonly

    def default(self, o: Any) -> Any:
        """Give what stands for an object in JSON."""
        return o.as_dict(exclude_readonly=self.exclude_readonly) if isinstance(o, Model) else super().default(o)


class _ModelWithDict(Model):
    """A model that can hold what was made at a first read, and a user's attributes."""

    __slots__ = ("__dict__", "_place")


class _OpenModel(_ModelWithDict):
    """What all models but those with slots alone are made from."""

    __slots__ = ()

    if TYPE_CHECKING:
        _own_dict: Dict[str, Any]
    else:
        _own_dict = vars(_ModelWithDict)["__dict__"]
        __dict__ = vars(Model)["__dict__"]


class _OwnJson(Dict[str, Any]):
    """The JSON object of a model that was written to: a copy that is the model's own."""


_CLAIMS: Dict[int, Tuple[Model, _OwnJson]] = {}


def _own_json(model: Model) -> Dict[str, Any]:
    """Give a model's JSON object for writing. The first writer makes the copy, the same for all threads."""
    data = model._data
    if type(data) is not _OwnJson:
        # setdefault is atomic. Who comes late, after the claim was taken back, finds that the model has its copy.
        _, own = _CLAIMS.setdefault(id(model), (model, _OwnJson(data)))
        data = model._data if type(model._data) is _OwnJson else own
        model._data = data
        _CLAIMS.pop(id(model), None)
    return data


def _held(model: Model, declared: Field) -> Any:
    """What was read or set; None also where a user has deleted the attribute."""
    if declared.model:
        return cast(Any, model)._own_dict.get(declared.held, _UNREAD)
    return getattr(model, declared.held, None)


def _values(model: Model) -> Dict[str, Any]:
    """What a model holds for its fields."""
    values = {declared.held: _held(model, declared) for declared in model._by_rest_name.values()}
    return {name: value for name, value in values.items() if value is not _UNREAD}


def _own_attributes(model: Model) -> Dict[str, Any]:
    """What a user has added to a model."""
    fields = {declared.held for declared in model._by_rest_name.values()}
    return {name: value for name, value in getattr(model, "_own_dict", {}).items() if name not in fields}


def _filled(model: Any, data: Any, values: Any = None, attributes: Any = None) -> Any:
    """Fill a new model."""
    model._data = data
    for name, declared in model._by_rest_name.items():
        if not declared.model:
            setattr(model, declared.held, data.get(name) if values is None else values.get(declared.held))
        elif values and declared.held in values:
            model._own_dict[declared.held] = values[declared.held]
    if attributes:
        model._own_dict.update(attributes)
    return model


def _restored(cls: Any, data: Any, values: Any) -> Any:
    """Make a model of what a pickle holds."""
    if isinstance(data, bytes):
        import pickle

        data = pickle.loads(data)
    return _filled(object.__new__(cls), data, values or None)


def _is_unchanged(model: Model) -> bool:
    """Whether a model still shows its JSON: nobody has set a value in it or below it."""
    try:
        return model._unchanged((model,), (model._data,))
    except (KeyError, AttributeError, TypeError):
        return False  # Or something is missing, deleted, or not of the class that JSON gives.


def _are_same(model: Model, other: Model) -> bool:
    """Whether two models are equal as far as can be seen quickly."""
    try:
        return model._same((model,), (other,))
    except AttributeError:
        return False  # One of them lacks an attribute that a user has deleted.


def _present(model: Model) -> Dict[str, Any]:
    """The JSON object as it is now. What nobody has read yet is in it as it came."""
    present = dict(model._data)
    for name, declared in model._by_rest_name.items():
        value = _held(model, declared)
        if value is _UNREAD:
            continue
        if value is not None:
            present[name] = value
        elif declared.model or present.get(name) is not None:
            present.pop(name, None)
    return present


def _as_it_is(model: Model) -> Dict[str, Any]:
    """The same, quicker where it can be, and not to be written to."""
    return model._data if _is_unchanged(model) else _present(model)


def _plain(value: Any, exclude_readonly: bool = False) -> Any:
    """Copy a value as JSON."""
    if value.__class__ is list:
        copied: List[Any] = []
        for item in value:
            if item.__class__ is dict:  # as below: a page has thousands
                item = item.copy()
                for name, inner in item.items():
                    if inner.__class__ not in _SCALARS:
                        item[name] = _plain(inner, exclude_readonly)
            elif item.__class__ not in _SCALARS:
                item = _plain(item, exclude_readonly)
            copied.append(item)
        return copied
    if isinstance(value, Model):
        if exclude_readonly:
            # Only a model knows what is read-only in it.
            readonly = {name for name, declared in value._by_rest_name.items() if declared._visibility}
            value = {name: value[name] for name in value if name not in readonly}
        else:
            try:
                return value._dump((value,), _plain)[0]
            except (KeyError, AttributeError, TypeError):
                value = _present(value)  # Something is missing, changed, deleted, or not of the class that JSON gives.
    if isinstance(value, abc.Mapping):
        items = cast(Mapping[str, Any], value).items()
        return {name: item if item.__class__ in _SCALARS else _plain(item, exclude_readonly) for name, item in items}
    if isinstance(value, (list, tuple)):
        return [_plain(item, exclude_readonly) for item in cast(List[Any], value)]
    return value
