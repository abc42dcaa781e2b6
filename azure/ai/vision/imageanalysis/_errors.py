"""How is a failure told to the user? In azure-core's exceptions, each with an ``error``, and without secrets."""

import json
import zlib
from http.client import HTTPException
from typing import Any, Dict, List, Mapping, Optional, Type, cast

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
)

_BY_STATUS: Dict[int, Type[HttpResponseError]] = {
    304: ResourceNotModifiedError,
    401: ClientAuthenticationError,
    404: ResourceNotFoundError,
    409: ResourceExistsError,
}


def status_error(response: Any, error_map: Optional[Mapping[int, Any]]) -> Any:
    """Make the exception for an answer that is not a success.

    :param response: The answer, read.
    :type response: ~azure.core.rest.HttpResponse or ~azure.core.rest.AsyncHttpResponse
    :param error_map: The caller's exceptions by status, which go before ours.
    :type error_map: dict[int, type[~azure.core.exceptions.HttpResponseError]] or None
    :return: The exception to raise.
    :rtype: ~azure.core.exceptions.HttpResponseError
    """
    kind = {**_BY_STATUS, **(error_map or {})}.get(response.status_code) or HttpResponseError
    try:
        error = kind(response=response)
    except RecursionError:  # an inner error that is nested too deeply to be written into a message
        error = kind(response=response, error_format=None)
    if isinstance(error, HttpResponseError) and getattr(error, "error", error) is None and response.status_code >= 400:
        # Once there is an error, azure-core leaves the content out of str(). Below 400 it may be what is in the image.
        error.args = (str(error), *error.args[1:])
    return error


def read_json(response: Any, encoding: Optional[str] = None) -> Any:
    """Parse a body, whatever its content type says it is.

    :param response: The answer, read.
    :type response: ~azure.core.rest.HttpResponse or ~azure.core.rest.AsyncHttpResponse
    :param str encoding: The encoding to use in place of the one that the answer states.
    :return: What the JSON says.
    :rtype: any
    :raises ~azure.core.exceptions.DecodeError: If the body is not JSON. NaN and infinities are not.
    """
    try:
        return _DECODER.decode(response.text(encoding))
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        problem = f"{type(error).__name__}: {error}"
    # The cause is a copy without the body, which the exceptions of json and of the codecs carry along.
    raise DecodeError(f"The answer is not JSON: {problem}", response=response) from ValueError(problem)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


def _finite(text: str) -> float:
    """Parse a number; one that is too large is refused, as the constant Infinity is."""
    value = float(text)
    if value - value:  # NaN
        raise ValueError("a number is too large")
    return value


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


class error_details:
    """A block that gives each :class:`~azure.core.exceptions.HttpResponseError` that leaves it an ``error``.

    :keyword bool reading: Whether the block does nothing but read an answer, so that all that fails in it is
     :func:`translated_error`.
    """

    def __init__(self, *, reading: bool = False) -> None:
        self._fails: Any = Exception if reading else zlib.error

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: Optional[BaseException], traceback: Any) -> None:
        told = translated_error(cast(Exception, error)) if isinstance(error, self._fails) else error
        if isinstance(told, HttpResponseError):
            ensure_error_details(told)
        if told is not None and told is not error:
            raise told


def translated_error(error: Exception) -> Exception:
    """Turn what an HTTP library raises into one of azure-core's exceptions that quotes nothing of the answer.

    The libraries quote an answer that is not HTTP, or not as long as it said, in their exceptions and those that these
    follow from, and so might what was read in a user's image. Only of the operating system's errors and zlib's it is
    known that they do not; of others the names are told, and the places where they were raised.

    :param Exception error: What was raised while a request was sent or its answer read.
    :return: The same exception if it is azure-core's own or the caller's mistake, else the one to raise in its place.
    :rtype: Exception
    """
    chain = _chain(error.inner_exception if isinstance(error, AzureError) else error)
    if not chain:
        return error
    names, cause = ": ".join(type(link).__name__ for link in chain), chain[0]
    harmless = isinstance(chain[-1], (OSError, zlib.error))
    if not harmless:
        cause = HTTPException(names)
    if isinstance(error, AzureError):
        if not harmless:
            error.args = (names,)
            AzureError.__init__(error, names, error=cause)
            error.__context__ = None
        error.__cause__ = cause
        return error
    told: AzureError
    if isinstance(error, zlib.error):
        told = DecodeError(f"The answer cannot be decompressed: {error}", error=cause)
    elif isinstance(error, (OSError, HTTPException, UnicodeError)):
        told = ServiceRequestError(f"{names}: {error}" if harmless else names, error=cause)
    elif _is_a_mistake(error):
        return error
    else:
        told = ServiceResponseError(names, error=cause)
    told.__cause__ = cause
    return told.with_traceback(error.__traceback__)


def _chain(error: Any) -> List[BaseException]:
    # From an exception to the one that it goes back to. Some of the libraries hand that on as an attribute or argument.
    chain: List[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        links = (error.__cause__, getattr(error, "reason", None), *error.args)
        error = next((link for link in links if isinstance(link, BaseException)), None)
    return chain


def _is_a_mistake(error: Exception) -> bool:
    # What a transport does not like in how it is used, it says itself: that it is closed, that it knows no such option.
    # All else comes to it from below.
    place: Any = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    return isinstance(error, (TypeError, Warning)) or place is None or place.tb_frame.f_code.co_name in ("open", "send")


def ensure_error_details(error: HttpResponseError) -> None:
    """See to it that ``error.error`` has a code and a message.

    They are the service's own where it sent them; else the code is the status, the message the answer's reason.

    :param ~azure.core.exceptions.HttpResponseError error: The exception.
    """
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
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else text
