"""How is a failure told to the user? In azure-core's exceptions, each with an ``error``, and without secrets."""

import json
from typing import Any, Dict, Mapping, Optional, Type

from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ODataV4Format,
    ResourceExistsError,
    ResourceNotFoundError,
    ResourceNotModifiedError,
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
    if isinstance(error, HttpResponseError) and error.error is None:
        # Once there is an error, azure-core leaves the content out of str().
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
    except (ValueError, LookupError, RecursionError) as error:
        problem = f"{type(error).__name__}: {error}"
    # The cause is a copy without the body, which the exceptions of json and of the codecs carry along.
    raise DecodeError(f"The answer is not JSON: {problem}", response=response) from ValueError(problem)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


class explained:  # pylint: disable=invalid-name
    """A block that gives each :class:`~azure.core.exceptions.HttpResponseError` that leaves it an ``error``."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: Optional[BaseException], traceback: Any) -> None:
        if isinstance(error, HttpResponseError):
            explain(error)


def explain(error: HttpResponseError) -> None:
    """See to it that ``error.error`` has a code and a message.

    They are the service's own where it sent them; else the code is the status, the message the answer's reason.

    :param ~azure.core.exceptions.HttpResponseError error: The exception.
    """
    failed = error.status_code not in (None, 200)
    code, message = str(error.status_code or type(error).__name__), failed and error.reason or error.message
    if error.error is None:
        error.error = ODataV4Format({"code": code, "message": message})
    error.error.code = error.error.code or code
    error.error.message = error.error.message or message
