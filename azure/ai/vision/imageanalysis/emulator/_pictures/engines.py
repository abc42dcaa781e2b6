"""Engines: functions of the user for features for which the emulator has no model."""

import threading
from importlib import import_module
from operator import attrgetter
from typing import Any, Callable, Dict, Mapping, Optional, Union, cast

from PIL import Image

from .._errors import INTERNAL, RequestRefused
from .._http.serving import LOGGER
from .pictures import SingleFlightCache
from .results import NAMES, PARTS, Parts, parse_result
from .schema import printable

EngineFunction = Callable[[Image.Image], Mapping[str, Any]]

_NAMES = ("caption", "dense_captions", "tags", "objects", "people", "read")


class Engine:
    """A function that computes one feature. It runs for one picture at a time."""

    def __init__(self, feature: str, function: EngineFunction) -> None:
        self._feature = feature
        self._function = function
        self._lock = threading.Lock()
        self._results: SingleFlightCache[Parts] = SingleFlightCache()

    def find(self, image: bytes, digest: bytes, decode: Callable[[bytes], Image.Image]) -> Parts:
        """Return the cached or computed result for a picture. Blocks."""
        return self._results.get(digest, lambda: self._run(image, decode))

    def _run(self, image: bytes, decode: Callable[[bytes], Image.Image]) -> Parts:
        """Call the function, and check its result."""
        part = PARTS[self._feature]
        with self._lock:
            picture = decode(image)
            try:
                found: Any = self._function(picture)
                if not isinstance(found, Mapping):
                    raise TypeError(f"it returned a {type(found).__name__}, not a mapping")
                result: Parts = parse_result({part: found})[part]
            except BaseException as error:  # Includes SystemExit, or the call would never end.
                problem = f"{type(error).__name__}: {printable(str(error))}"
                LOGGER.error("The engine for %s failed: %s", NAMES[self._feature], problem)
                raise RequestRefused(INTERNAL) from None
        return result


def load_engines(functions: Optional[Mapping[str, Union[EngineFunction, str]]]) -> Dict[str, Engine]:
    """Return engines by the features that they compute, in lower case."""
    given_functions: Any = functions or {}
    if not isinstance(given_functions, Mapping):
        raise TypeError(f"'engines' must be a mapping of features to functions, not {type(functions).__name__}.")
    engines: Dict[str, Engine] = {}
    for name, given in cast(Mapping[object, Any], given_functions).items():
        feature = name.lower().replace("_", "") if isinstance(name, str) else ""
        if feature not in (known.replace("_", "") for known in _NAMES):
            raise ValueError(f"'engines': no engine can compute {name!r}; the features are {', '.join(_NAMES)}.")
        function = _imported(given) if isinstance(given, str) else given
        if not callable(function):
            raise ValueError(f"'engines': {given!r} for {name!r} is not a function.")
        engines[feature] = Engine(feature, cast(EngineFunction, function))
    return engines


def _imported(place: str) -> Any:
    """Import an object by a name such as "module:function"."""
    module, _, name = place.partition(":")
    if not module or not name:
        raise ValueError(f"'engines': {place!r} is not of the form 'module:function'.")
    try:
        return attrgetter(name)(import_module(module))
    except Exception as error:
        raise ValueError(f"'engines': {place!r} cannot be imported: {type(error).__name__}: {error}") from error
