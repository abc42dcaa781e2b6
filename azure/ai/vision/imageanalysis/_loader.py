"""Makes models from JSON, with code that is generated for each model class, and tells whether they still show it.

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

    def unchanged(models, items):
        for model, item in zip(models, items):
            if model._data is not item or model.x is not item['x'] or model.y is not item['y']: return False
        return True
"""

import linecache
from collections import abc
from functools import partial
from typing import Any, Dict, List, Mapping, cast
from weakref import ref

from ._fields import Field, ShapeMismatch

_CODE = """\
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
        {place}
        try:
            {fill}
        except KeyError:
            fill_carefully(model, item, len(models))
        models.append(model)
    return models

def unchanged(models, items):
    for model, item in zip(models, items):
        if {differs}: return False
        {nested}
    return True
"""


def compiled(cls: Any) -> Dict[str, Any]:
    """Write and compile the functions of a model class.

    :param any cls: The class.
    :return: ``load(items, place)``, which makes models of JSON objects, and ``unchanged(models, items)``, which says
     whether models are those that were made of these JSON objects, with no value set since by a user.
    :rtype: dict[str, any]
    """
    names: Dict[str, Any] = {
        "cls": cls,
        "new": partial(object.__new__, cls),
        "as_json_object": _as_json_object,
        "fill_carefully": _fill_carefully,
    }
    fill: List[str] = []
    nested: List[str] = []
    for declared in cls._by_rest_name.values():
        name = declared._rest_name
        if declared.model:
            names[f"unchanged_{declared.attr}"] = compiled(declared.model)["unchanged"]
            nested += [f"value = held.get({declared.held!r})", "if value is not None:", "    known += 1"]
            nested += [f"    {line}" for line in _compare(declared)]
            continue
        fill.append(f"model.{declared.held} = value = item[{name!r}]")
        if declared.classes:
            unexpected = " and ".join(f"type(value) is not {kind.__name__}" for kind in declared.classes)
            fill.append(f"if {unexpected}: raise KeyError")
    if cls.__dictoffset__:
        # What else is in it is the user's.
        nested = ["held = model.__dict__", "known = 0", *nested, "if len(held) != known: return False"]
    source = _CODE.format(
        place="model._place = place" if needs_place(cls) else "",
        fill=("\n" + " " * 12).join(fill) or "pass",
        differs=_differs(cls, "model", "item"),
        nested=("\n" + " " * 8).join(nested),
    )
    file = f"<generated for {cls.__module__}.{cls.__qualname__}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)  # for tracebacks and debuggers
    exec(compile(source, file, "exec"), names)
    return names


def _differs(cls: Any, model: str, item: str) -> str:
    """Write the condition that a model is not the one that was made of an item, or shows other scalars."""
    scalars = (declared for declared in cls._by_rest_name.values() if not declared.model)
    pairs = [f"{model}.{declared.held} is not {item}[{declared._rest_name!r}]" for declared in scalars]
    return " or ".join([f"{model}._data is not {item}", *pairs])


def _compare(declared: Field) -> List[str]:
    """Write what leaves ``unchanged`` if the value of a nested attribute is not its JSON's."""
    raw = f"raw = item[{declared._rest_name!r}]"
    if not declared.many:
        return [raw, f"if not unchanged_{declared.attr}((value,), (raw,)): return False"]
    lines = [raw, "if type(value) is not list or len(value) != len(raw): return False"]
    if declared.model.__dictoffset__:
        return [*lines, f"if not unchanged_{declared.attr}(value, raw): return False"]
    # A call for the points of each word would take longer than to look at them.
    differs = _differs(declared.model, "inner", "inner_item")
    return [*lines, "for inner, inner_item in zip(value, raw):", f"    if {differs}: return False"]


def needs_place(cls: Any) -> bool:
    """Whether something in a model of this class may be found to be of the wrong shape after it was made.

    :param any cls: The model class.
    :return: Whether it may.
    :rtype: bool
    """
    return any(declared.model or declared.parse for declared in cls._by_rest_name.values())


def converted(declared: Field, value: Any, holder: Any) -> Any:
    """Make the value of a nested attribute from JSON. Models in it are kept as they are.

    :param Field declared: The attribute's declaration.
    :param any value: The JSON value; not null.
    :param any holder: The model that has the attribute.
    :return: A model, or a list of models.
    :rtype: any
    :raises ShapeMismatch: If the JSON value is of the wrong shape.
    """
    place = Place(holder, declared) if declared.needs_place else None
    if declared.many:
        if type(value) is list or isinstance(value, (list, tuple)):
            return declared.model._load(value, place)
        raise ShapeMismatch.of(value, "a list")
    return loaded(declared.model, value, place)


def loaded(cls: Any, item: Any, place: Any, *new: Any) -> Any:
    """Make one model from JSON.

    :param any cls: The model class.
    :param any item: The JSON object.
    :param Place place: Where it stands.
    :param any new: What makes the instance, if not the class.
    :return: The model.
    :rtype: any
    :raises ShapeMismatch: If the JSON is of the wrong shape.
    """
    try:
        return cls._load((item,), place, *new)[0]
    except ShapeMismatch as mismatch:
        path, problem = mismatch.args
        raise ShapeMismatch(path[len("[0]") :], problem) from None


def _as_json_object(item: Any, index: int) -> Dict[str, Any]:
    """Give a mapping that is no dict as one."""
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
    """Where in the JSON models stand that were made from one value. All of them share it.

    :param any holder: The model that has the attribute.
    :param Field declared: The attribute's declaration.
    """

    __slots__ = ("_holder", "_declared", "_indices")

    def __init__(self, holder: Any, declared: Field) -> None:
        self._holder: Any = ref(holder)
        self._declared = declared
        self._indices: Dict[int, int] = {}

    def path(self, model: Any) -> str:
        """Say where one of them stands, as far up as the models that hold it still exist.

        :param any model: The model.
        :return: A path such as ``readResult.blocks[0]``.
        :rtype: str
        """
        holder: Any = self._holder()
        if holder is None:
            return ""
        path = path_of(holder, self._declared)
        return (
            f"{path}[{self._index(model, holder.__dict__.get(self._declared.held))}]" if self._declared.many else path
        )

    def _index(self, model: Any, siblings: Any) -> Any:
        """Find a model among its siblings; a question mark if it was moved."""
        # All indices are found at once: whoever skips what is malformed may ask for thousands.
        if not self._indices and type(siblings) is list:
            self._indices = {id(sibling): index for index, sibling in enumerate(siblings)}
        index = self._indices.get(id(model), -1)
        return index if siblings[index : index + 1] and siblings[index] is model else "?"


def path_of(model: Any, declared: Field) -> str:
    """Say where a model's attribute stands in the JSON.

    :param any model: The model.
    :param Field declared: The attribute's declaration.
    :return: A path such as ``readResult.blocks[0].lines``.
    :rtype: str
    """
    place = getattr(model, "_place", None)
    above = place.path(model) if place else ""
    return f"{above}.{declared._rest_name}" if above else declared._rest_name
