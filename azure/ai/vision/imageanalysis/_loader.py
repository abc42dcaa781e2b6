"""Makes models from JSON, JSON from models, and compares the two, by code that is generated for each model class.

A page has thousands of points: a loop over the fields of each would take more than twice the time of code that is
written out for them. So this writes such code, as dataclasses writes ``__init__``. For an image point it is::

    def load(items, place, new=new):
        models = []
        for item in items:
            if type(item) is not dict:
                if isinstance(item, cls):
                    models.append(item)
                    continue
                item = as_json_object(item, len(models))
            model = new()
            model._data = item
            try:
                model.x = value = item['x']
                if type(value) is not int and type(value) is not float: raise KeyError
                model.y = value = item['y']
                if type(value) is not int and type(value) is not float: raise KeyError
            except KeyError:
                fill_carefully(model, item, len(models))
            models.append(model)
        return models

    def dump(models, copied):
        items = []
        for model in models:
            if type(model) is not cls: raise KeyError
            item = model._data.copy()
            if len(item) != 2 or model.x is not item['x'] or model.y is not item['y']: raise KeyError
            items.append(item)
        return items

    def unchanged(models, items):
        for model, item in zip(models, items):
            if model._data is not item or model.x is not item['x'] or model.y is not item['y']: return False
        return True

    def same(models, others):
        for model, other in zip(models, others):
            if type(model) is not cls or type(other) is not cls: return False
            if model.x != other.x or model.y != other.y or model._data != other._data: return False
        return True
"""

import linecache
from collections import abc
from functools import partial
from typing import Any, Callable, Dict, List, Mapping, cast
from weakref import ref

from ._fields import Field, ShapeMismatch


def generated(cls: Any, function: str) -> Callable[..., Any]:
    """Write and compile one of the functions of a model class.

    ``load(items, place)`` makes models of JSON objects. ``dump(models, copied)`` makes JSON objects of models, with
    ``copied`` for what nobody has read; a KeyError means that only a closer look can tell. ``unchanged(models, items)``
    says whether models are those that were made of these JSON objects, and show them still. ``same(models, others)``
    says whether two lists of models show the same. False of the latter two may mean that only a closer look can tell.
    """
    fields: List[Field] = list(cls._by_rest_name.values())
    write = {"load": _load, "dump": _dump, "unchanged": _unchanged, "same": _same}[function]
    return _compiled(cls, function, write(cls, fields), {f"class_of_{one.attr}": one.model for one in fields})


def generated_reader(declared: Field, otherwise: Any) -> Callable[..., Any]:
    """Write and compile what makes a list of points, boxes or the like when it is first read."""
    lines = [
        "def read(self, holder, owner=None):",
        "    if holder is None: return self",
        "    try:",
        f"        items = holder._data[{declared._rest_name!r}]",
        "        if type(items) is not list: raise KeyError",
        *(f"    {line}" for line in _load_items(declared.model, list(declared.model._by_rest_name.values()))),
        "    except (KeyError, ShapeMismatch):",
        "        return otherwise(self, holder)",
        f"    return holder._own_dict.setdefault({declared.held!r}, models)",
    ]
    return _compiled(declared.model, "read", lines, {"otherwise": otherwise, "ShapeMismatch": ShapeMismatch})


def _compiled(cls: Any, function: str, lines: List[str], names: Dict[str, Any]) -> Callable[..., Any]:
    """Compile a function for a model class."""
    names = {
        "cls": cls,
        "new": partial(object.__new__, cls),
        "as_json_object": _as_json_object,
        "fill_carefully": _fill_carefully,
        **names,
    }
    source = "\n".join([*lines, ""])
    file = f"<{function} generated for {cls.__module__}.{cls.__qualname__}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)  # for tracebacks and debuggers
    exec(compile(source, file, "exec"), names)
    return cast(Callable[..., Any], names[function])


def _load_items(cls: Any, fields: List[Field]) -> List[str]:
    """Write the part of ``load`` that makes the models."""
    fill: List[str] = []
    for declared in fields:
        if not declared.model:
            fill.append(f"model.{declared.held} = value = item[{declared._rest_name!r}]")
            if declared.classes:
                unexpected = " and ".join(f"type(value) is not {kind.__name__}" for kind in declared.classes)
                fill.append(f"if {unexpected}: raise KeyError")
    return [
        "    models = []",
        "    for item in items:",
        "        if type(item) is not dict:",
        "            if isinstance(item, cls):",
        "                models.append(item)",
        "                continue",
        "            item = as_json_object(item, len(models))",
        "        model = new()",
        "        model._data = item",
        *["        model._place = place"] * needs_place(cls),
        "        try:",
        *(f"            {line}" for line in fill or ["pass"]),
        "        except KeyError:",
        "            fill_carefully(model, item, len(models))",
        "        models.append(model)",
    ]


def _load(cls: Any, fields: List[Field]) -> List[str]:
    """Write ``load``."""
    return ["def load(items, place, new=new):", *_load_items(cls, fields), "    return models"]


def _dump(cls: Any, fields: List[Field]) -> List[str]:
    """Write ``dump``."""
    odd = [f"len(item) != {len(fields)}"]
    nested: List[str] = []
    for declared in fields:
        if declared.model:
            nested += _dump_nested(declared)
        else:
            odd.append(f"model.{declared.held} is not item[{declared._rest_name!r}]")
            if not declared.classes:
                nested.append(f"item[{declared._rest_name!r}] = copied(model.{declared.held})")
    return [
        "def dump(models, copied):",
        "    items = []",
        "    for model in models:",
        "        if type(model) is not cls: raise KeyError",
        "        item = model._data.copy()",
        f"        if {' or '.join(odd)}: raise KeyError",
        *(f"        {line}" for line in nested),
        "        items.append(item)",
        "    return items",
    ]


def _dump_nested(declared: Field) -> List[str]:
    """Write what puts a copy of a nested value into the JSON object."""
    name, dump = f"item[{declared._rest_name!r}]", f"class_of_{declared.attr}._dump"
    if declared.many:
        read = ["    if type(value) is not list: raise KeyError", f"    {name} = {dump}(value, copied)"]
    else:
        read = [f"    {name} = {dump}((value,), copied)[0]"]
    # Until it is read, the model's own dict has no value for it.
    lines = [f"value = model._own_dict.get({declared.held!r}, item)", f"if value is item: {name} = copied({name})"]
    return [*lines, "else:", *read]


def _unchanged(cls: Any, fields: List[Field]) -> List[str]:
    """Write ``unchanged``."""
    lines = [f"if {_is_changed(cls, 'model', 'item')}: return False"]
    if cls.__dictoffset__:
        lines.append("held = model._own_dict")
    known: List[str] = []
    for declared in fields:
        if declared.model:
            value = f"value_{declared.attr}"
            known.append(f"({value} is not None)")
            lines += [f"{value} = held.get({declared.held!r})", f"if {value} is not None:"]
            lines += [f"    raw = item[{declared._rest_name!r}]", *_unless_equal(declared, "unchanged", value, "raw")]
    if cls.__dictoffset__:
        # What else is in it is the user's.
        lines.append(f"if len(held) != {' + '.join(known) or 0}: return False")
    return [
        "def unchanged(models, items):",
        "    for model, item in zip(models, items):",
        *(f"        {line}" for line in lines),
        "    return True",
    ]


def _same(cls: Any, fields: List[Field]) -> List[str]:
    """Write ``same``."""
    lines = ["if type(model) is not cls or type(other) is not cls: return False"]
    nested = [declared for declared in fields if declared.model]
    if not nested:
        lines.append(f"if {_is_different(cls, 'model', 'other')}: return False")
    else:
        # To compare all of the JSON at each level would take too long: it must have the known names and no others.
        lines += ["data = model._data", "other_data = other._data"]
        lines.append(f"if not len(data) == len(other_data) == {len(fields)}: return False")
        for declared in fields:
            name = declared._rest_name
            lines.append(f"if {name!r} not in data or {name!r} not in other_data: return False")
            if not declared.model:
                lines += [
                    f"value = model.{declared.held}",
                    f"if value is None or value != other.{declared.held}: return False",
                ]
        for declared in nested:
            unread_differ = f"data[{declared._rest_name!r}] != other_data[{declared._rest_name!r}]"
            lines += [f"value = model._own_dict.get({declared.held!r}, data)"]
            lines += [f"other_value = other._own_dict.get({declared.held!r}, other_data)"]
            lines += ["if value is data and other_value is other_data:", f"    if {unread_differ}: return False"]
            lines += ["else:", *_unless_equal(declared, "same", "value", "other_value")]
    return [
        "def same(models, others):",
        "    for model, other in zip(models, others):",
        *(f"        {line}" for line in lines),
        "    return True",
    ]


def _is_changed(cls: Any, model: str, item: str) -> str:
    """Write the condition that a model is not the one that was made of an item, or shows other scalars."""
    scalars = (declared for declared in cls._by_rest_name.values() if not declared.model)
    pairs = [f"{model}.{declared.held} is not {item}[{declared._rest_name!r}]" for declared in scalars]
    return " or ".join([f"{model}._data is not {item}", *pairs])


def _is_different(cls: Any, model: str, other: str) -> str:
    """Write the condition that two models without nested ones may differ."""
    pairs = [f"{model}.{declared.held} != {other}.{declared.held}" for declared in cls._by_rest_name.values()]
    return " or ".join([*pairs, f"{model}._data != {other}._data"])


def _unless_equal(declared: Field, function: str, value: str, other: str) -> List[str]:
    """Write what leaves a function unless it says yes to the value of a nested attribute."""
    if not declared.many:
        return [f"    if not class_of_{declared.attr}._{function}(({value},), ({other},)): return False"]
    lines = [
        f"    if type({value}) is not list or type({other}) is not list or len({value}) != len({other}): return False"
    ]
    if declared.model.__dictoffset__:
        return [*lines, f"    if not class_of_{declared.attr}._{function}({value}, {other}): return False"]
    # A call for the points of each word would take longer than to look at them.
    if function == "unchanged":
        condition = _is_changed(declared.model, "one", "another")
    else:
        condition = f"type(one) is not type(another) or {_is_different(declared.model, 'one', 'another')}"
    return [*lines, f"    for one, another in zip({value}, {other}):", f"        if {condition}: return False"]


def needs_place(cls: Any) -> bool:
    """Whether something in a model of this class may be found to be of the wrong shape after it was made."""
    return any(declared.model or declared.parse for declared in cls._by_rest_name.values())


def converted(declared: Field, value: Any, holder: Any) -> Any:
    """Make the value of a nested attribute from JSON that is not null. Models in it are kept as they are."""
    place = Place(holder, declared) if declared.needs_place else None
    if declared.many:
        if isinstance(value, (list, tuple)):
            return declared.model._load(value, place)
        raise ShapeMismatch.of(value, "a list")
    return loaded(declared.model, value, place)


def loaded(cls: Any, item: Any, place: Any, *new: Any) -> Any:
    """Make one model from JSON, as the instance that ``new`` gives if there is one."""
    try:
        return cls._load((item,), place, *new)[0]
    except ShapeMismatch as mismatch:
        path, problem = mismatch.args
        raise ShapeMismatch(path[len("[0]") :], problem) from None


def _as_json_object(item: Any, index: int) -> Dict[str, Any]:
    """Turn a mapping that is not a dict into one."""
    if isinstance(item, abc.Mapping):
        return dict(cast(Mapping[str, Any], item))
    raise ShapeMismatch.of(item, "an object", f"[{index}]")


def _fill_carefully(model: Any, item: Mapping[str, Any], index: int) -> None:
    """Fill the slots from an object in which something is missing, null or not of the class that JSON gives."""
    for name, declared in model._by_rest_name.items():
        if not declared.model:
            value = item.get(name)
            try:
                declared.check(value)
            except ShapeMismatch as mismatch:
                raise ShapeMismatch(f"[{index}].{name}", mismatch.args[1]) from None
            setattr(model, declared.held, value)


class Place:
    """Where in the JSON models stand that were made from one value. All of them share it."""

    __slots__ = ("_holder", "_declared", "_indices")

    def __init__(self, holder: Any, declared: Field) -> None:
        self._holder: Any = ref(holder)
        self._declared = declared
        self._indices: Dict[int, int] = {}

    def path(self, model: Any) -> str:
        """Say where one of them stands, as far up as the models that hold it still exist."""
        holder: Any = self._holder()
        if holder is None:
            return ""
        path = path_of(holder, self._declared)
        return (
            f"{path}[{self._index(model, holder._own_dict.get(self._declared.held))}]" if self._declared.many else path
        )

    def _index(self, model: Any, siblings: Any) -> Any:
        """Find a model among its siblings; a question mark if it was moved."""
        # All indices are found at once: a program that skips malformed values may ask for thousands.
        if not self._indices and siblings.__class__ is list:
            self._indices = {id(sibling): index for index, sibling in enumerate(siblings)}
        index = self._indices.get(id(model), -1)
        return index if siblings[index : index + 1] and siblings[index] is model else "?"


def path_of(model: Any, declared: Field) -> str:
    """Say where a model's attribute stands in the JSON."""
    place = getattr(model, "_place", None)
    above = place.path(model) if place else ""
    return f"{above}.{declared._rest_name}" if above else declared._rest_name
