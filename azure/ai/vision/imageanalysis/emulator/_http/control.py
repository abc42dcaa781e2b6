"""The control interface over HTTP, which gives other languages and processes the emulator's public members."""

import base64
import json
from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, Optional, cast

from ..._version import VERSION
from .._pictures.pictures import Pictures
from .._recorder import RecordedRequest

if TYPE_CHECKING:
    from .._server import ImageAnalysisEmulator

CONTROL_PATH = "/_emulator/"

_FAULTS = {
    "status": "fail_next",
    "disconnect": "disconnect_next",
    "delay": "delay_next",
    "truncate": "truncate_next",
}


class Control:
    """Handles requests to the control interface. Its methods block."""

    def __init__(self, emulator: "ImageAnalysisEmulator", registered: Callable[[], int], pictures: Pictures) -> None:
        self._emulator = emulator
        self._registered = registered
        self._pictures = pictures

    def respond(self, method: str, name: str, query: Mapping[str, str], body: bytes) -> Optional[Dict[str, Any]]:
        """Handle a request, and return the JSON of its response, or None if the path or method is unknown.

        An invalid body raises ValueError or TypeError, as the emulator's members do.
        """
        if (method, name) == ("GET", "info"):
            return {
                "version": VERSION,
                "text": self._pictures.text_state,
                "registered": self._registered(),
                "pending": self._emulator.pending,
            }
        if (method, name) == ("GET", "requests"):
            with_bodies = query.get("bodies", "0") != "0"
            return {"requests": [_as_json(request, with_bodies) for request in self._emulator.requests]}
        action = {"results": self._set_result, "faults": self._add_fault, "reset": self._reset}.get(name)
        if method != "POST" or action is None:
            return None
        action(_json_object(body))
        return {}

    def _set_result(self, data: Dict[str, Any]) -> None:
        """Register a result."""
        _check_names(data, "image", "url", "result")
        if ("image" in data) == ("url" in data):
            raise ValueError("Either 'image' (in base64) or 'url' is required.")
        image = _image(data["image"]) if "image" in data else _url(data["url"])
        result: Any = data.get("result")
        self._emulator.set_result(image, result)

    def _add_fault(self, data: Dict[str, Any]) -> None:
        """Add a fault."""
        _check_names(data, *_FAULTS, "times", "features", "retryAfter", "body", "headers")
        effects = [name for name in _FAULTS if name in data]
        if len(effects) != 1:
            raise ValueError(f"A fault requires one of the names {', '.join(_FAULTS)}.")
        arguments = [data.pop(effects[0])]
        if effects == ["disconnect"]:
            if arguments.pop() is not True:
                raise ValueError("'disconnect' must be true.")
        keywords = {"retry_after" if name == "retryAfter" else name: value for name, value in data.items()}
        getattr(self._emulator, _FAULTS[effects[0]])(*arguments, **keywords)

    def _reset(self, data: Dict[str, Any]) -> None:
        """Forget results, faults and requests."""
        self._emulator.reset()


def _json_object(body: bytes) -> Dict[str, Any]:
    """Parse a body as a JSON object. An empty body is an empty object."""
    try:
        data: Any = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"The body is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise ValueError("The body must be a JSON object.")
    return cast("Dict[str, Any]", data)


def _check_names(data: Dict[str, Any], *names: str) -> None:
    """Refuse unknown names."""
    unknown = [name for name in data if name not in names]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not known here; the names are {', '.join(names)}.")


def _image(text: Any) -> bytes:
    """Decode an image in base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise ValueError("'image' must be an image file in base64.") from None


def _url(text: Any) -> str:
    """Check that a text is a URL, which cannot be mistaken for a local path, and return it."""
    if not isinstance(text, str) or not text.lower().startswith(("http://", "https://")):
        raise ValueError(f"'url' must be an http(s) URL, not {text!r}.")
    return text


def _as_json(request: RecordedRequest, with_body: bool) -> Dict[str, Any]:
    """Return a recorded request as JSON."""
    shown = {_camel_case(name): value for name, value in vars(request).items() if name != "body"}
    shown["time"] = request.time.isoformat()
    if with_body:
        shown["body"] = None if request.body is None else base64.b64encode(request.body).decode("ascii")
    return shown


def _camel_case(name: str) -> str:
    """Return a Python name in camel case."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
