"""Makes models from JSON, with code that is generated for each model class, and tells whether they still show it.

A page has thousands of points: a loop over the fields of each would take more than twice the time of code that is
written out for them. So this writes such code, as dataclasses writes ``__init__``. For an image point it is::

    def load(items, place, new=new):
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
                model.x = value = item['x']
                if value.__class__ is not int and value.__class__ is not float: raise KeyError
                model.y = value = item['y']
                if value.__class__ is not int and value.__class__ is not float: raise KeyError
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
from typing import Any, Dict, List, Mapping, cast
from weakref import ref

from ._fields import Field, ShapeMismatch

_CODE = """\
def load(items, place, new=new):
    models = []
    for item in items:
        if item.__class__ is not dict:
            if isinstance(item, cls):
                models.append(item)
                continue
            item = as_json_object(item, len(models))
        model = new(cls)
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
        if model._data is not item{differs}: return False
        {held}
    return True
"""

# A nested attribute that was read. What else a model's __dict__ holds is the user's.
_NESTED = """\
if {held!r} in held:
            known += 1
            if not unchanged_{attr}(held[{held!r}], item[{name!r}]): return False"""


def compiled(cls: Any) -> Dict[str, Any]:
    """Write and compile the functions of a model class.

    :param any cls: The class.
    :return: ``load(items, place)``, which makes models of JSON objects, and ``unchanged(models, items)``, which says
     whether models are those that were made of these JSON objects, with no value set since by a user.
    :rtype: dict[str, any]
    """
    fields: List[Field] = list(cls._by_rest_name.values())
    names: Dict[str, Any] = {
        "cls": cls,
        "new": object.__new__,
        "as_json_object": _as_json_object,
        "fill_carefully": _fill_carefully,
    }
    fill: List[str] = []
    differs = ""
    held: List[str] = []
    for declared in fields:
        if declared.model:
            names[f"unchanged_{declared.attr}"] = _unchanged_nested(declared)
            held.append(_NESTED.format(held=declared.held, attr=declared.attr, name=declared._rest_name))
            continue
        slot, value = f"model.{declared.held}", f"item[{declared._rest_name!r}]"
        differs += f" or {slot} is not {value}"
        fill.append(f"{slot} = value = {value}")
        if declared.classes:
            unexpected = " and ".join(f"value.__class__ is not {kind.__name__}" for kind in declared.classes)
            fill.append(f"if {unexpected}: raise KeyError")
    if cls.__dictoffset__:
        held = ["held = model.__dict__", "known = 0", *held, "if len(held) != known: return False"]
    source = _CODE.format(
        place="model._place = place" if needs_place(cls) else "",
        fill=("\n" + " " * 12).join(fill) or "pass",
        differs=differs,
        held=("\n" + " " * 8).join(held),
    )
    file = f"<generated for {cls.__module__}.{cls.__qualname__}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)  # for tracebacks and debuggers
    exec(compile(source, file, "exec"), names)
    return names


def needs_place(cls: Any) -> bool:
    """Whether something in a model of this class may be found to be of the wrong shape after it was made.

    :param any cls: The model class.
    :return: Whether it may.
    :rtype: bool
    """
    return any(declared.model or declared.parse for declared in cls._by_rest_name.values())


def _unchanged_nested(declared: Field) -> Any:
    """Make the function that compares the value of a nested attribute with its JSON."""
    model: Any = declared.model

    def unchanged_list(value: Any, raw: Any) -> bool:
        return value.__class__ is list and len(value) == len(raw) and bool(model._unchanged(value, raw))

    return unchanged_list if declared.many else lambda value, raw: model._unchanged((value,), (raw,))


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
        if value.__class__ is list or isinstance(value, (list, tuple)):
            return declared.model._load(value, place)
        raise ShapeMismatch.of(value, "a list")
    return loaded(declared.model, value, place)


def loaded(cls: Any, item: Any, place: Any, new: Any = object.__new__) -> Any:
    """Make one model from JSON.

    :param any cls: The model class.
    :param any item: The JSON object.
    :param Place place: Where it stands.
    :param any new: What makes the instance.
    :return: The model.
    :rtype: any
    :raises ShapeMismatch: If the JSON is of the wrong shape.
    """
    try:
        return cls._load((item,), place, new)[0]
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
        self._holder = ref(holder)
        self._declared = declared
        self._indices: Dict[int, int] = {}

    def path(self, model: Any) -> str:
        """Say where one of them stands, as far up as the models that hold it still exist.

        :param any model: The model.
        :return: A path such as ``readResult.blocks[0]``.
        :rtype: str
        """
        holder = self._holder()
        if holder is None:
            return ""
        path = path_of(holder, self._declared)
        return f"{path}[{self._index(model, vars(holder).get(self._declared.held))}]" if self._declared.many else path

    def _index(self, model: Any, siblings: Any) -> Any:
        """Find a model among its siblings; a question mark if it was moved."""
        # All indices are found at once: whoever skips what is malformed may ask for thousands.
        if not self._indices and isinstance(siblings, list):
            self._indices = {id(sibling): index for index, sibling in enumerate(cast(List[Any], siblings))}
        index = self._indices.get(id(model), -1)
        return index if siblings[index : index + 1] and siblings[index] is model else "?"


def path_of(model: Any, declared: Field) -> str:
    """Say where a model's attribute stands in the JSON.

    :param any model: The model.
    :param Field declared: The attribute's declaration.
    :return: A path such as ``readResult.blocks[0].lines``.
    :rtype: str
    """
    above = model._place.path(model) if model._place else ""
    return f"{above}.{declared._rest_name}" if above else declared._rest_name
