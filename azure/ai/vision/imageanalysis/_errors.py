"""Maps failures to azure-core's exceptions, each with ``error`` set and picklable."""

import json
import socket
import sys
import zlib
from contextlib import contextmanager, suppress
from functools import partial
from http.client import HTTPException
from typing import Any, Dict, Generator, Mapping, Optional, Tuple, Type, TypeVar
from weakref import ref

from azure.core import exceptions
from azure.core.exceptions import AzureError, DecodeError, HttpResponseError, ServiceRequestError, ServiceResponseError

_Error = TypeVar("_Error")

_BY_STATUS: Dict[int, Type[HttpResponseError]] = {
    304: exceptions.ResourceNotModifiedError,
    401: exceptions.ClientAuthenticationError,
    404: exceptions.ResourceNotFoundError,
    409: exceptions.ResourceExistsError,
}

_TRANSPORT_ERRORS: Tuple[Tuple[Any, Type[AzureError]], ...] = (
    (zlib.error, DecodeError),
    ((TimeoutError, socket.timeout), exceptions.ServiceResponseTimeoutError),
    (HTTPException, ServiceResponseError),
    (OSError, ServiceRequestError),
)
"""Exceptions that azure-core's transports do not translate, and their replacements. The first match wins."""


def status_error(response: Any, error_map: Optional[Mapping[int, Any]]) -> Exception:
    """Return the exception for an unsuccessful response."""
    kind = {**_BY_STATUS, **(error_map or {})}.get(response.status_code) or HttpResponseError
    _set_utf8(response)
    error: Exception = kind(response=response)
    if isinstance(error, HttpResponseError) and getattr(error, "error", error) is None and response.status_code >= 400:
        # azure-core omits the body from the text once ``error`` is set. Below 400, it may contain recognized text.
        error.args = (str(error), *error.args[1:])
    return error


def read_json(response: Any, encoding: Optional[str] = None) -> Any:
    """Parse a body as JSON in UTF-8, unless ``encoding`` names another charset. The content type does not matter."""
    try:
        # A test's mock response may implement only json().
        text = response.text(encoding or "utf-8-sig") if hasattr(response, "text") else None
        return _DECODER.decode(text) if isinstance(text, str) else response.json()
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        problem = f"The response is not JSON: {type(error).__name__}: {error}"
    coding = response.headers.get("Content-Encoding")
    _set_utf8(response)
    # Not raised from ``error``: exceptions of json and of codecs hold the body.
    raise DecodeError(f"{problem} (Content-Encoding: {coding})" if coding else problem, response=response)


def _refuse(constant: str) -> None:
    """Refuse NaN and the infinities, which json would accept."""
    raise ValueError(f"{constant} is not a JSON number")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def _set_utf8(response: Any) -> None:
    """Make azure-core decode a response as UTF-8. Some charsets, such as punycode, take seconds for a long body."""
    with suppress(AttributeError):  # a user's response may have a fixed encoding
        response.encoding = "utf-8"


def raise_translated(error: Optional[BaseException], *, reading: bool = False) -> None:
    """Raise the azure-core exception for an exception of a transport; do nothing for any other."""
    if isinstance(error, AzureError) and _is_read_timeout(error):
        timeout = exceptions.ServiceResponseTimeoutError(error.message, error=error.inner_exception)
        raise complete_error(timeout) from error
    # Before Python 3.11, asyncio has its own class. Importing asyncio takes longer than importing this library.
    timeouts = loaded_class("asyncio", "TimeoutError"), loaded_class("requests", "ReadTimeout")
    for raised, kind in ((timeouts, exceptions.ServiceResponseTimeoutError), *_TRANSPORT_ERRORS):
        if isinstance(error, raised):
            # Before version 1.37, azure-core does not translate exceptions of requests while it reads a response.
            was_reading = reading or isinstance(error, loaded_class("requests", "RequestException"))
            if was_reading and kind is ServiceRequestError:
                kind = ServiceResponseError
            raise complete_error(kind(str(error) or type(error).__name__, error=error)) from error


def _is_read_timeout(error: AzureError) -> bool:
    """Return whether an error is a read timeout in disguise: a stalled body in requests, or azure-core before 1.37."""
    inner = error.inner_exception
    reason = next(iter(getattr(inner, "args", ())), None)
    return type(error) in (ServiceRequestError, ServiceResponseError) and (
        isinstance(inner, loaded_class("requests", "ReadTimeout"))
        or isinstance(reason, loaded_class("urllib3.exceptions", "ReadTimeoutError"))
        or (isinstance(error, ServiceResponseError) and isinstance(inner, loaded_class("asyncio", "TimeoutError")))
    )


def loaded_class(module: str, name: str) -> Any:
    """Return a class of a module if it has been imported, or else (), which isinstance() never matches."""
    return getattr(sys.modules.get(module), name, ())


@contextmanager
def error_details(*, reading: bool = False) -> Generator[None, None, None]:
    """Fill in the details of errors raised in a block. While ``reading`` a response, also translate them."""
    try:
        yield
    except Exception as error:
        if reading:
            raise_translated(error, reading=True)
        complete_error(error)
        raise


def complete_error(error: _Error) -> _Error:
    """Set ``error`` of an azure-core exception, and make the exception picklable."""
    if isinstance(error, HttpResponseError) and hasattr(error, "error"):
        code = str(error.status_code or type(error).__name__)
        message = (error.status_code not in (None, 200) and error.reason) or error.message
        details = error.error = error.error or exceptions.ODataV4Format({"code": code, "message": message})
        details.code, details.message = details.code or code, details.message or message
    if isinstance(error, AzureError) and type(error).__reduce__ is Exception.__reduce__:
        # Pickle and copy also look on the instance. Set on the class, it would affect all Azure SDKs.
        error.__dict__["__reduce_ex__"] = partial(_reduce, ref(error))
    return error


class _State(Dict[str, Any]):
    """The attributes of an exception: all of them for copy; for pickle, without those that hold the request."""

    def __reduce__(self) -> Any:
        dropped = ("exc_type", "exc_value", "exc_traceback", "inner_exception", "response", "history")
        state: Dict[str, Any] = {name: None if name in dropped else value for name, value in self.items()}
        return dict, (state,)


def _reduce(reference: "ref[AzureError]", protocol: int) -> Any:
    """Reduce an exception for pickle or copy."""
    error: Any = reference()
    state = _State(error.__dict__)
    del state["__reduce_ex__"]
    return _restore, (type(error), error.args), state


def _restore(kind: Type[AzureError], args: Tuple[Any, ...]) -> AzureError:
    """Create an exception without its constructor, which may not accept ``args``."""
    return complete_error(kind.__new__(kind, *args))
