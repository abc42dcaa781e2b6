"""Maps failures to azure-core exceptions, each with an ``error``, without secrets, and fit for a process pool."""

import codecs
import copyreg
import json
import socket
import zlib
from contextlib import suppress
from http.client import HTTPException
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ODataV4Format,
    ResourceExistsError,
    ResourceNotFoundError,
    ResourceNotModifiedError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

_BY_STATUS: Dict[int, Type[HttpResponseError]] = {
    304: ResourceNotModifiedError,
    401: ClientAuthenticationError,
    404: ResourceNotFoundError,
    409: ResourceExistsError,
}


def status_error(response: Any, error_map: Optional[Mapping[int, Any]]) -> Any:
    """Make the exception for a response that is not a success."""
    kind = {**_BY_STATUS, **(error_map or {})}.get(response.status_code) or HttpResponseError
    _avoid_slow_charset(response)
    try:
        error = kind(response=response)
    except RecursionError:  # an inner error that is nested too deeply to be written into a message
        error = kind(response=response, error_format=None)
    if isinstance(error, HttpResponseError) and getattr(error, "error", error) is None and response.status_code >= 400:
        # Once there is an error, azure-core leaves the content out of str(). Below 400 it may be what is in the image.
        error.args = (str(error), *error.args[1:])
    return error


_UTF = ("utf-8", "utf-16", "utf-32")
_OTHER_TEXT = ("ascii", "iso8859", "cp", "koi8", "gb", "big5", "shift_jis", "euc")


def _is_charset(name: str, *kinds: str) -> bool:
    """Tell whether a charset is of one of these kinds, by the name that Python's codec has."""
    try:
        return codecs.lookup(name).name.startswith(kinds)
    except (LookupError, ValueError):
        return False


def _charset(response: Any) -> str:
    """Read the charset that a response states."""
    content_type = "".join(str(response.headers.get("Content-Type")).lower().split())
    _, found, stated = content_type.partition("charset=")
    return stated.partition(";")[0].strip("\"'") if found else "utf-8"


def _avoid_slow_charset(response: Any) -> None:
    """Have azure-core read a response as UTF-8 if it states a charset that is hardly one of a text.

    azure-core reads the body for each exception. Codecs such as punycode take time that grows with the square of its
    length.
    """
    charset = _charset(response)
    if not _is_charset(charset, *_UTF, *_OTHER_TEXT):
        with suppress(AttributeError):  # a response of a user's transport may not let it be set
            response.encoding = "utf-8"


def read_json(response: Any, encoding: Optional[str] = None) -> Any:
    """Parse a body as JSON in UTF-8, or in the UTF-16 or UTF-32 that it states, whatever its content type is."""
    if not encoding:
        charset = _charset(response)
        encoding = charset if _is_charset(charset, *_UTF) else "utf-8"
    try:
        text = response.text(encoding)
        # The mock of a test may have no more than a method json().
        return _DECODER.decode(text) if isinstance(text, str) else response.json()
    except (ValueError, TypeError, LookupError, RecursionError, zlib.error) as error:
        problem = f"{type(error).__name__}: {error}"
    _avoid_slow_charset(response)
    # The cause is a copy without the body, which the exceptions of json and of the codecs carry along.
    raise DecodeError(f"The response is not JSON: {problem}", response=response) from ValueError(problem)


def _finite(text: str) -> float:
    """Parse a number. NaN, the infinities and what is too large, all of which json would take, are refused."""
    value = float(text)
    if value - value:  # NaN
        raise ValueError("a number is NaN, infinite or too large")
    return value


_DECODER = json.JSONDecoder(parse_constant=_finite, parse_float=_finite)


class error_details:  # pylint: disable=client-incorrect-naming-convention
    """A block that completes each :class:`~azure.core.exceptions.AzureError` that leaves it.

    With ``reading``, it does nothing but read a response, so what the transport raises in it is translated, too.
    """

    def __init__(self, *, reading: bool = False) -> None:
        self._reading = reading

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: Optional[BaseException], traceback: Any) -> None:
        final = translated_error(error, parsing=True) if self._reading and isinstance(error, Exception) else error
        if isinstance(final, AzureError):
            complete_error(final)
        if final is not None and final is not error:
            raise final


_HTTP_LIBRARIES = {"aiohttp", "requests", "urllib3"}


def is_of_http_library(kind: type) -> bool:
    """Tell whether a class is defined by an HTTP library, without importing any."""
    return kind.__module__.partition(".")[0] in _HTTP_LIBRARIES


_TRANSPORT_ERRORS: List[Tuple[Any, Type[AzureError]]] = [
    (zlib.error, DecodeError),
    ((TimeoutError, socket.timeout), ServiceResponseTimeoutError),
    ((OSError, HTTPException), ServiceRequestError),
]
"""What sockets and HTTP libraries raise, and what is raised in its place: the first row that fits."""

_PARSING_ERRORS: Dict[type, Type[AzureError]] = {
    ValueError: ServiceResponseError,
    OverflowError: ServiceResponseError,
    UnicodeError: ServiceRequestError,
    UnicodeDecodeError: ServiceRequestError,
    UnicodeEncodeError: ServiceRequestError,
}
"""What HTTP libraries let out while they parse a server's lengths, chunk sizes and addresses. A subclass is not
theirs."""


def _azure_class(error: BaseException) -> Optional[Type[AzureError]]:
    """Find the class that stands for what sockets and HTTP libraries raise.

    Nothing else is touched: not what a signal handler, a test's guard, or a user's session, policy or hook raises.
    """
    for classes, kind in _TRANSPORT_ERRORS:
        if isinstance(error, classes):
            return kind
    is_theirs = any(map(is_of_http_library, type(error).__mro__)) and not isinstance(error, Warning)
    return ServiceResponseError if is_theirs else None


def translated_error(error: Exception, *, parsing: bool) -> Exception:
    """Turn what a transport raises into one of azure-core's exceptions that quotes nothing of the response.

    The libraries quote a response that is not HTTP, or not as long as it said, in their exceptions and those that these
    follow from, and so might what was read in a user's image. Of the operating system's errors, zlib's, and aiohttp's
    of connections (which tests raise, too) it is known that they do not; of others only the class names are kept.

    ``parsing`` says whether a bare ValueError comes from an HTTP library that parses a response.
    """
    if isinstance(error, AzureError):
        return _sanitized_error(error)
    kind = _azure_class(error)
    if kind is not None:
        text, cause = _without_quotes(error)
    elif parsing and type(error) in _PARSING_ERRORS:
        kind, text = _PARSING_ERRORS[type(error)], type(error).__name__
        cause = ValueError(text)
    else:
        return error
    made = kind(text, error=cause)
    made.__cause__ = cause
    return made.with_traceback(error.__traceback__)


def _sanitized_error(error: AzureError) -> AzureError:
    """Take the quotes out of an exception that azure-core has made of a transport's. Others keep their text."""
    inner = error.inner_exception
    if inner is None or _azure_class(inner) is None or error.message != str(inner):
        return error
    text, cause = _without_quotes(inner)
    if cause is not inner:
        error.args = (text,)
        AzureError.__init__(error, text, error=cause)
        error.__context__ = None
    error.__cause__ = cause
    return error


def _without_quotes(error: BaseException) -> Tuple[str, BaseException]:
    """Give the text and the cause to show: an error whose origin quotes nothing, else class names."""
    chain = _chain(error)
    names = ": ".join(type(link).__name__ for link in chain)
    if isinstance(chain[-1], (OSError, zlib.error)) or type(chain[-1]).__name__ == "ClientConnectionError":
        return f"{names}: {error}", error
    return names, HTTPException(names)


def _chain(error: Any) -> List[BaseException]:
    """Follow an exception to the one that it goes back to, which some libraries hand on as an attribute or argument."""
    chain: List[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        links = (error.__cause__, getattr(error, "reason", None), *error.args)
        error = next((link for link in links if isinstance(link, BaseException)), None)
    return chain


def causes(error: AzureError) -> List[BaseException]:
    """Give the exceptions that one of azure-core's goes back to, the first cause at the end."""
    return _chain(error.inner_exception or error)


def complete_error(error: AzureError) -> None:
    """Give an exception that leaves the client what it promises: an ``error``, and a way through pickle."""
    if isinstance(error, HttpResponseError):
        _ensure_error_details(error)
    _make_picklable(type(error))


def _make_picklable(kind: Any) -> None:
    """Let exceptions of one of azure-core's classes be pickled, unless the class has a way of its own."""
    if kind.__reduce__ == AzureError.__reduce__:
        # By copyreg, which goes before all else: tools that pickle tracebacks register classes there, too, and fail.
        copyreg.pickle(kind, _reduce)


_NOT_PICKLED = ("exc_type", "exc_value", "exc_traceback", "inner_exception", "response", "history")


def _reduce(error: Any) -> Any:
    """Take an exception apart for pickle, without traceback, response and request: the request holds the key."""
    state: Dict[str, Any] = {**vars(error), **{name: None for name in _NOT_PICKLED if name in vars(error)}}
    details: Any = state.get("error")
    import pickle

    try:
        pickle.dumps([[[[details]]]])  # as deep as it will be, and a little deeper
    except RecursionError:
        state["error"] = ODataV4Format({"code": details.code, "message": details.message})
    return _restore, (type(error), error.args, state)


def _restore(kind: Any, args: Any, state: Dict[str, Any]) -> Any:
    """Put a pickled exception together. Not by its constructor, which may take something else than its ``args``."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    _make_picklable(kind)
    return error


def _ensure_error_details(error: HttpResponseError) -> None:
    """Ensure that ``error.error`` has a code and a message: the service's own, or the status and the reason."""
    if not hasattr(error, "error"):
        return  # of a user's class that does not call HttpResponseError.__init__
    history: Any = getattr(error, "history", None)  # of too many redirects
    if history:
        response = history[-1].http_response
        error.response, error.status_code, error.reason = response, response.status_code, response.reason
    # Whoever prints a lone surrogate fails. JSON can have some, and aiohttp makes some of a reason that is not UTF-8.
    error.reason, error.message = _printable(error.reason), _printable(error.message)
    error.args = tuple(map(_printable, error.args))
    failed = error.status_code not in (None, 200)
    code, message = str(error.status_code or type(error).__name__), failed and error.reason or error.message
    if error.error is None:
        error.error = ODataV4Format({"code": code, "message": message})
    error.error.code = _printable(error.error.code or code)
    error.error.message = _printable(error.error.message or message)


def _printable(text: Any) -> Any:
    """Replace lone surrogates in a text."""
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else text
