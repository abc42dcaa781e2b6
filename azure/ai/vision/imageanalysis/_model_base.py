"""How does the service's JSON become objects with typed attributes? (Nothing here knows of images.)

A model keeps the JSON object that it was made from and never writes into it. Over it lie slots, with what was read or
set since. The mapping protocol and :meth:`Model.as_dict` look at both, so nothing that the service sent is lost, and an
attribute is as cheap to read as any other.
"""

import inspect
from abc import ABCMeta
from collections import abc
from copy import copy as shallow_copy
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
from weakref import ref

from typing_extensions import Self, dataclass_transform

from ._fields import (
    UNREAD,
    DateAttribute,
    Field,
    LoadedAttribute,
    NestedAttribute,
    ShapeMismatch,
    SlotDocs,
    WrongShapeError,
)

if TYPE_CHECKING:
    from dataclasses import InitVar


class ModelMeta(ABCMeta):
    """Gives each model class one slot a field, and works out once what all its instances share."""

    def __new__(mcs, name: str, bases: Tuple[type, ...], namespace: Dict[str, Any]) -> Any:
        fields = {attr: value for attr, value in namespace.items() if isinstance(value, Field)}
        docs = SlotDocs(fields)
        own: Dict[str, Any] = {"_load": classmethod(_first_load), "_load_one": classmethod(_load_one)}
        if fields:  # A user's subclass without fields may have attributes of its own.
            own["__slots__"] = docs
        own.update((attr, value) for attr, value in namespace.items() if attr not in fields)
        cls: Any = super().__new__(mcs, name, bases, own)
        docs.model = cls
        for attr, declared in fields.items():
            declared.resolve(attr, cls.__annotations__[attr])
            nested = NestedAttribute if declared.is_lazy else LoadedAttribute
            made: Any = nested if declared.model else DateAttribute if declared.parse else None
            if made:
                # The slot moves behind an underscore, and what makes its value takes its place.
                declared.slot = f"_{attr}"
                setattr(cls, declared.slot, vars(cls)[attr])
                setattr(cls, attr, made(declared, vars(cls)[attr]))
        cls._attr_to_rest_field = {**getattr(cls, "_attr_to_rest_field", {}), **fields}
        cls._by_rest_name = {declared._rest_name: declared for declared in cls._attr_to_rest_field.values()}
        return cls

    @property
    def __signature__(cls) -> inspect.Signature:
        """What help() and inspect.signature() show. It is made when one of them asks, which happens in few programs.

        :return: The signature of the class.
        :rtype: ~inspect.Signature
        """
        parameter = inspect.Parameter
        mapping = parameter("mapping", parameter.POSITIONAL_ONLY, default=None, annotation=Optional[Mapping[str, Any]])
        fields: Dict[str, Field] = getattr(cls, "_attr_to_rest_field", {})
        keywords = [
            parameter(attr, parameter.KEYWORD_ONLY, default=None, annotation=declared.annotation)
            for attr, declared in fields.items()
        ]
        return inspect.Signature([mapping, *keywords])


_LOAD = """
def load(items, parent, new=new):
    models = []
    for item in items:
        if item.__class__ is not dict:
            if isinstance(item, cls):
                models.append(item)
                continue
            item = as_json_object(item, len(models))
        model = new(cls)
        model._data = item
        try:
            {fill}
        except (KeyError, ShapeMismatch):
            fill_carefully(model, item, len(models))
        models.append(model)
    return models
"""


def _first_load(cls: Any, *args: Any, **kwargs: Any) -> Any:
    cls._load = staticmethod(_compile_load(cls))
    return cls._load(*args, **kwargs)


def _load_one(cls: Any, item: Any, parent: Any, new: Any = object.__new__) -> Any:
    try:
        return cls._load((item,), parent, new)[0]
    except ShapeMismatch as misfit:
        path, problem = misfit.args
        raise ShapeMismatch(path[len("[0]") :], problem) from None


def _compile_load(cls: Any) -> Any:
    # A page has thousands of points: a loop over the fields of each would take twice the time of code that is written
    # out for them. So this writes such code, as dataclasses writes __init__. For a caption it puts in for {fill}:
    #     model.confidence = value = item['confidence']
    #     if value.__class__ is not int and value.__class__ is not float: raise KeyError
    #     model.text = value = item['text']
    #     if value.__class__ is not str: raise KeyError
    lines: List[str] = []
    known: Dict[str, Any] = {
        "cls": cls,
        "UNREAD": UNREAD,
        "new": object.__new__,
        "ShapeMismatch": ShapeMismatch,
        "ref": ref,
    }
    known.update(as_json_object=_as_json_object, fill_carefully=_fill_carefully)
    if _needs_parent(cls):
        lines.append("model._parent = parent")
    for declared in cls._by_rest_name.values():
        slot, value = f"model.{declared.slot}", f"item[{declared._rest_name!r}]"
        if declared.is_lazy:
            lines.append(f"{slot} = UNREAD")
        elif declared.model:
            known[f"load_{declared.attr}"] = _compile_load(declared.model)
            expected, given, taken = ("list", "value", "") if declared.many else ("dict", "(value,)", "[0]")
            lines += [f"value = {value}", f"if value.__class__ is not {expected}: raise KeyError"]
            parent = "ref(model)" if _needs_parent(declared.model) else "None"
            lines.append(f"{slot} = load_{declared.attr}({given}, {parent}){taken}")
        else:
            lines.append(f"{slot} = value = {value}")
            if declared.classes:
                unexpected = " and ".join(f"value.__class__ is not {kind.__name__}" for kind in declared.classes)
                lines.append(f"if {unexpected}: raise KeyError")
    exec(_LOAD.format(fill=("\n" + " " * 12).join(lines) or "pass"), known)
    return known["load"]


def _needs_parent(cls: Any) -> bool:
    # Points, boxes and tags have nothing in them that could be found to be of the wrong shape later.
    return any(declared.model or declared.parse for declared in cls._by_rest_name.values())


def _as_json_object(item: Any, index: int) -> Dict[str, Any]:
    if isinstance(item, abc.Mapping):
        return dict(cast(Mapping[str, Any], item))
    raise ShapeMismatch.of(item, "an object", f"[{index}]")


def _fill_carefully(model: "Model", item: Mapping[str, Any], index: int) -> None:
    # For an object in which something is missing, null or not of the class that JSON gives.
    for name, declared in model._by_rest_name.items():
        try:
            setattr(model, declared.slot, UNREAD if declared.is_lazy else declared.convert(item.get(name), ref(model)))
        except ShapeMismatch as misfit:
            raise misfit.below(f"[{index}].{name}") from None


# Only the checkers call this. Our own field() must not be a specifier: they would then ask for each keyword.
def _positional(*, default: Any, kw_only: bool) -> Any: ...


@dataclass_transform(kw_only_default=True, field_specifiers=(_positional,))
class _Typed:
    """Where the checkers begin to look for fields, and what a model holds besides them."""

    __slots__ = ("_data", "_parent", "__weakref__")

    _data: Dict[str, Any]
    _parent: Any


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
        def _load(items: Iterable[Any], parent: Any, new: Any = ...) -> List[Any]: ...

        @classmethod
        def _load_one(cls, item: Any, parent: Any, new: Any = ...) -> Any: ...

    else:

        def __init__(self, *args, **kwargs):
            if len(args) + bool(kwargs) > 1:
                raise TypeError(f"{type(self).__name__} takes one mapping, or keywords; got more than that")
            mapping = args[0] if args else {}
            if not isinstance(mapping, abc.Mapping):
                raise TypeError(
                    f"{type(self).__name__}: the positional argument must be a mapping, not {type(mapping)}"
                )
            try:
                self._load_one(dict(mapping), None, new=lambda cls: self)
            except ShapeMismatch as misfit:
                raise misfit.as_error() from None
            for attr, value in kwargs.items():
                if attr not in self._attr_to_rest_field:
                    raise TypeError(f"{type(self).__name__} got an unexpected keyword argument '{attr}'")
                if value is not None:
                    self[self._attr_to_rest_field[attr]._rest_name] = value

    def _present(self) -> Dict[str, Any]:
        # The JSON object as it is now. What nobody has read yet is in it as it came.
        present = dict(self._data)
        for name, declared in self._by_rest_name.items():
            value = getattr(self, declared.slot, None)  # None also where a user has deleted the attribute
            if value is UNREAD:
                continue
            if value is not None:
                present[name] = value
            elif present.get(name) is not None:
                del present[name]
        return present

    def __getitem__(self, name: str) -> Any:
        declared = self._by_rest_name.get(name)
        value = getattr(self, declared.attr if declared.model else declared.slot, None) if declared else None
        return self._present()[name] if value is None else value

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self._by_rest_name:
            setattr(self, self._by_rest_name[name].attr, value)
        self._data = {**self._data, name: value}

    def __delitem__(self, name: str) -> None:
        remaining = self._present()
        del remaining[name]
        if name in self._by_rest_name:
            setattr(self, self._by_rest_name[name].slot, None)
        self._data = remaining

    def __iter__(self) -> Iterator[str]:
        return iter(self._present())

    def __len__(self) -> int:
        return len(self._present())

    def __contains__(self, name: object) -> bool:
        return name in self._present()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, abc.Mapping):
            theirs = other._present() if isinstance(other, Model) else dict(cast(Mapping[str, Any], other))
            return self._present() == theirs
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._present())

    def __reduce__(self) -> Any:
        # Not through the constructor, which would refuse what a user has set to something else.
        slots = {declared.slot: getattr(self, declared.slot, None) for declared in self._by_rest_name.values()}
        read = {slot: value for slot, value in slots.items() if value is not UNREAD}
        return _restored, (type(self), self._data, read), getattr(self, "__dict__", None)

    def popitem(self) -> Tuple[str, Any]:
        """Take the last item away.

        :return: Its JSON name and its value.
        :rtype: tuple[str, any]
        :raises KeyError: If there is none.
        """
        for name in reversed(list(self)):
            return name, self.pop(name)
        raise KeyError("popitem(): the model is empty")

    def copy(self) -> Self:
        """Make a shallow copy, as :meth:`dict.copy` does.

        :return: A model of the same class.
        :rtype: ~azure.ai.vision.imageanalysis._model_base.Model
        """
        return shallow_copy(self)

    def as_dict(self, *, exclude_readonly: bool = False) -> Dict[str, Any]:
        """Give the model as JSON: dicts, lists, strings, numbers, booleans and None only, none of them shared with it.

        :keyword bool exclude_readonly: Leave out what only the service sets.
        :return: The JSON object, by JSON names.
        :rtype: dict[str, any]
        :raises ~azure.core.exceptions.DeserializationError: If it is nested too deeply for Python.
        """
        readonly = {name for name, held in self._by_rest_name.items() if held._visibility} if exclude_readonly else ()
        try:
            # Only a model knows what is read-only in it.
            items = [(name, self[name]) for name in self] if exclude_readonly else self._present().items()
            return {name: _plain(value, exclude_readonly) for name, value in items if name not in readonly}
        except RecursionError:
            raise WrongShapeError("the model is nested too deeply") from None

    def isoformat(self) -> Dict[str, Any]:
        """Give what :meth:`as_dict` gives.

        azure-core's ``AzureJSONEncoder`` knows no models, but asks for this whatever it does not know.

        :return: The JSON object.
        :rtype: dict[str, any]
        """
        return self.as_dict()


def _restored(cls: Any, data: Dict[str, Any], read: Dict[str, Any]) -> Any:
    model = object.__new__(cls)
    model._data, model._parent = data, None
    for declared in cls._by_rest_name.values():
        setattr(model, declared.slot, read.get(declared.slot, UNREAD))
    return model


def _plain(value: Any, exclude_readonly: bool) -> Any:
    if isinstance(value, Model):
        return value.as_dict(exclude_readonly=exclude_readonly)
    if isinstance(value, abc.Mapping):
        return {name: _plain(item, exclude_readonly) for name, item in cast(Mapping[str, Any], value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, exclude_readonly) for item in cast(List[Any], value)]
    return value
