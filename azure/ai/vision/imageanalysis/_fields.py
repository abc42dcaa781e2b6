"""How does one member of a JSON object become one typed attribute?

A model class declares its attributes with :func:`field`. Text, numbers and booleans lie in slots of their own, which
cost nothing to read. The attributes here stand before the slots whose value must first be made: a model, a list of
models, a date.
"""

import ast
import inspect
import textwrap
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib import import_module
from numbers import Number
from operator import attrgetter
from threading import Lock
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple, Type, Union, cast
from weakref import ref

from azure.core.exceptions import AzureError, DeserializationError
from azure.core.serialization import AzureJSONEncoder

if TYPE_CHECKING:
    from ._model_base import Model

UNREAD: Any = object()
"""What the slot of a nested attribute holds until the attribute is first read."""

_FIRST_READ = Lock()
"""Held while what was converted is put into its slot, so that all threads see the same object."""


def _reader(function: str) -> Callable[[str], Any]:
    # isodate is imported when it is first needed: it takes as long as all the rest of this library.
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
    """A value of the wrong shape, with the path to it from the value that is being converted.

    :param str path: The path.
    :param str problem: What was expected, and what stands there.
    """

    @classmethod
    def of(cls, value: Any, expected: str, path: str = "") -> "ShapeMismatch":
        """Describe a value. Only numbers are quoted: anything else may be text from a user's image.

        :param any value: The value.
        :param str expected: What was expected instead.
        :param str path: The path to it.
        :return: The exception.
        :rtype: ShapeMismatch
        """
        kind: Any = value.__class__
        got = repr(value) if kind in (int, float) else _JSON_NAMES.get(kind, kind.__name__)
        return cls(path, f"expected {expected}, got {got}")

    def below(self, path: str) -> "ShapeMismatch":
        """The same, seen from further out.

        :param str path: The path to the value that this was seen from.
        :return: The exception.
        :rtype: ShapeMismatch
        """
        return ShapeMismatch(path + self.args[0], self.args[1])

    def as_error(self) -> WrongShapeError:
        """The same, for the user.

        :return: The error to raise.
        :rtype: WrongShapeError
        """
        path, problem = self.args
        return WrongShapeError(f"{path.lstrip('.')}: {problem}" if path else problem)


class Field:
    """What a model class knows of one attribute; the underscored names are those that azure-core looks for.

    :param str rest_name: The JSON name; None where it is the attribute's own.
    :param bool readonly: Whether only the service sets it.
    """

    _is_multipart_file_input = False

    attr = ""
    """The attribute's name."""
    annotation: Any = None
    """What its class says of it."""
    slot = ""
    """The name under which its slot is found."""
    model: Optional[Type["Model"]] = None
    """The model class of the value or of the list's items; None for a scalar."""
    many = False
    """Whether the value is a list."""
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
        """Learn what the class says of the attribute.

        :param str name: The attribute's name.
        :param any annotation: Its annotation, evaluated.
        """
        self.attr = self.slot = name
        self.annotation = annotation
        self._rest_name = self._rest_name or name
        if getattr(annotation, "__origin__", None) is Union:
            annotation = next(choice for choice in annotation.__args__ if choice is not type(None))
        self.many = getattr(annotation, "__origin__", None) is list
        if self.many:
            (annotation,) = annotation.__args__
        if getattr(annotation, "_is_model", False):
            self.model = annotation
        elif not self.many and annotation in _SCALARS:
            self.classes, self.expected = _SCALARS[annotation]
            self.parse = _DATES.get(annotation)

    @property
    def is_lazy(self) -> bool:
        """Whether the value is converted when it is first read.

        That pays for models that hold further models. The others are converted with the model that holds them: they
        cost less than to remember that they have not been read.

        :return: Whether it is.
        :rtype: bool
        """
        return self.model is not None and any(held.model for held in self.model._by_rest_name.values())

    def convert(self, value: Any, parent: Any) -> Any:
        """Make the attribute's value from JSON. Models in it are kept as they are; so is a null.

        :param any value: The JSON value.
        :param weakref.ref parent: The model that has the attribute.
        :return: The value for the slot.
        :rtype: any
        :raises ShapeMismatch: If the JSON value is of the wrong shape.
        """
        if value is None:
            return None
        if self.model is None:
            # A mapping that a user has made may hold any kind of number. To Python, a boolean is one.
            classes = Number if int in self.classes else self.classes
            if not classes or isinstance(value, classes) and isinstance(value, bool) == (bool in self.classes):
                return value
            raise ShapeMismatch.of(value, self.expected)
        if self.many:
            if isinstance(value, (list, tuple)):
                return self.model._load(cast(List[Any], value), parent)
            raise ShapeMismatch.of(value, "a list")
        return self.model._load_one(value, parent)


def field(rest_name: Optional[str] = None, *, readonly: bool = False) -> Any:
    """Declare an attribute of a model.

    :param str rest_name: The JSON name, where it is not the attribute's own.
    :keyword bool readonly: Whether only the service sets it.
    :return: The declaration; for a type checker, a value of the annotated type.
    :rtype: any
    """
    return Field(rest_name, readonly)


@lru_cache(maxsize=None)
def _written_docs(model: type) -> Dict[str, str]:
    # Python drops the docstrings below attributes. The source still has them when help() asks.
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
    """The ``__slots__`` of a model class: attribute names, with their docstrings as values, as help() expects."""

    model: type

    def __getitem__(self, name: str) -> Any:
        return _written_docs(self.model).get(name)


class _Attribute:
    def __init__(self, declared: Field, slot: Any) -> None:
        self._declared = declared
        self._model: type = slot.__objclass__
        self._held: Callable[[Any], Any] = attrgetter(declared.slot)
        self._hold: Callable[[Any, Any], None] = slot.__set__

    def _written_doc(self) -> Optional[str]:
        return _written_docs(self._model).get(self._declared.attr)


class DateAttribute(_Attribute):
    # A date, a time or a duration, whose slot holds it as the text that JSON has for it.
    __doc__: Any = property(_Attribute._written_doc)

    def __get__(self, model: Optional["Model"], owner: Any = None) -> Any:
        if model is None:
            return self
        text, parse = self._held(model), self._declared.parse
        try:
            return text if text is None or parse is None else parse(text)
        except (ValueError, TypeError, ArithmeticError) as error:
            raise ShapeMismatch.of(text, self._declared.expected, path_of(model, self._declared)).as_error() from error

    def __set__(self, model: "Model", value: Any) -> None:
        self._hold(model, value if value is None or isinstance(value, str) else AzureJSONEncoder().default(value))


class NestedAttribute(_Attribute):
    # A model or a list of models.
    __doc__: Any = property(_Attribute._written_doc)

    def __get__(self, model: Optional["Model"], owner: Any = None) -> Any:
        if model is None:
            return self
        value = self._held(model)
        return self._read(model) if value is UNREAD else value

    def __set__(self, model: "Model", value: Any) -> None:
        self._hold(model, self._convert(model, value))

    def _convert(self, model: "Model", value: Any) -> Any:
        try:
            return self._declared.convert(value, ref(model))
        except ShapeMismatch as misfit:
            raise misfit.below(path_of(model, self._declared)).as_error() from None

    def _read(self, model: "Model") -> Any:
        # Converted outside the lock: nobody shall wait for another's result, nor a forked process for a lost thread.
        converted = self._convert(model, model._data.get(self._declared._rest_name))
        with _FIRST_READ:
            value = self._held(model)
            if value is UNREAD:
                value = converted
                self._hold(model, value)
            return value


class LoadedAttribute(property):
    # A nested attribute that was converted with its model: it is read from the slot without a detour through Python.
    def __init__(self, declared: Field, slot: Any) -> None:
        self._nested = NestedAttribute(declared, slot)
        super().__init__(self._nested._held, self._nested.__set__)

    __doc__: Any = property(lambda self: self._nested.__doc__, lambda self, doc_of_the_getter: None)


def path_of(model: "Model", declared: Field) -> str:
    """Where a model's attribute stands in the JSON, as far up as the models that hold it still exist.

    :param ~azure.ai.vision.imageanalysis._model_base.Model model: The model.
    :param Field declared: The attribute's declaration.
    :return: A path such as ``readResult.blocks[0].lines``.
    :rtype: str
    """
    path = declared._rest_name
    holder = model._parent and model._parent()
    while holder is not None:
        path = f"{_step(holder, model)}.{path}"
        model, holder = holder, holder._parent and holder._parent()
    return path


def _step(holder: "Model", model: "Model") -> str:
    for declared in holder._attr_to_rest_field.values():
        value: Any = getattr(holder, declared.slot)
        if value is model:
            return declared._rest_name
        items: Any = value if declared.many and value is not UNREAD else None
        for index, item in enumerate(items or ()):
            if item is model:
                return f"{declared._rest_name}[{index}]"
    return "?"
