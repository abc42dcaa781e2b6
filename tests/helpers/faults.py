"""Faults on the way to the service and back, and the outcome of each for the caller."""

import gzip
import json
import zlib
from typing import Any, Dict, NamedTuple, Optional, Tuple, Union

from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
    TooManyRedirectsError,
)
from faulty_server import ScriptedResponse, Step, http_response

TEXT = "recognized-text-0c6e91"
"""Text of the responses, as if written in the image. Only an exception about a status from 400 may contain it."""

BODY = json.dumps(
    {
        "modelVersion": "2023-10-01",
        "captionResult": {"text": TEXT, "confidence": 0.75},
        "metadata": {"width": 640, "height": 480},
        "readResult": {"blocks": [{"lines": [{"text": TEXT, "boundingPolygon": [], "words": []}]}]},
    }
).encode()
"""A good response's body."""

LONG = BODY[:-1] + b', "more": "' + b"x" * 400_000 + b'"}'
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"

LOST = (ServiceRequestError, ServiceResponseError)
"""The exceptions for a lost connection: azure-core's transports differ."""

UNREADABLE = (ServiceRequestError, ServiceResponseError, HttpResponseError)
"""The exceptions for a response that breaks off: the HTTP libraries differ, too."""


class FaultCase(NamedTuple):
    """A fault and its outcome."""

    script: Tuple[Step, ...]
    """The steps of the server, one per request."""
    raises: Any = None
    """The class of the exception, or a tuple of classes; None if there is a result."""
    status: Optional[int] = None
    """The status of the exception; None if it is not checked."""
    attempts: Union[int, Tuple[int, int]] = 1
    """The number of attempts, or the minimum and the maximum."""
    code: Optional[str] = None
    """``error.code`` of the exception; None for its status."""
    message: Optional[str] = None
    """The beginning of ``error.message``; None for the reason, "Odd"."""
    call: Dict[str, Any] = {}
    """The call's keywords."""


def good() -> ScriptedResponse:
    return ScriptedResponse(HEAD + LENGTH % len(BODY) + BODY)


def lost(*parts: bytes, raises: Any = UNREADABLE, **how: str) -> FaultCase:
    """Return the case of a connection that is lost in each attempt."""
    return FaultCase((ScriptedResponse(*parts, **how),), raises, None, attempts=4)


def silent(*parts: bytes) -> FaultCase:
    """Return the case of a response that stalls. The service may still be at work on it, so it is not retried."""
    return FaultCase((ScriptedResponse(*parts, end="wait"),), ServiceResponseTimeoutError, call={"read_timeout": 0.2})


def undecodable(body: bytes, **headers: Optional[str]) -> FaultCase:
    """Return the case of a complete response with status 200 whose body is not a result."""
    return FaultCase((http_response(body, **headers),), DecodeError, 200, code="200", message="The response is")


def corrupt(response: ScriptedResponse) -> FaultCase:
    """Return the case of a body that cannot be decompressed: to older versions of azure-core, a lost connection."""
    return FaultCase((response,), (DecodeError, *LOST), None, (1, 4))


def refused(
    status: int, body: Any = b"", raises: Any = HttpResponseError, attempts: int = 1, **expected: Any
) -> FaultCase:
    """Return the case of a complete response with another status."""
    response = http_response(body, status, "Odd", **expected.pop("headers", {}))
    return FaultCase((response,), raises, status, attempts, **expected)


CONNECTION = {
    "reset during the request": lost(after="body", end="reset", raises=LOST),
    "closed without a response": lost(raises=LOST),
    "reset during the response": lost(HEAD + LENGTH % 999 + BODY, end="reset"),
    "lost three times": FaultCase(
        (ScriptedResponse(), ScriptedResponse(end="reset"), ScriptedResponse(b"HTTP/1."), good()), attempts=4
    ),
    "silent": silent(),
    "silent in the body": silent(HEAD + LENGTH % 999 + BODY),
}
HTTP = {
    "a body shorter than announced": lost(HEAD + LENGTH % 999 + BODY),
    "a cut chunk": lost(HEAD + CHUNKED + b"999\r\n" + BODY),
}
# Unusual, but readable.
ODD = {
    "with a byte order mark": FaultCase((http_response(b"\xef\xbb\xbf" + BODY),)),
    "of an unknown charset": FaultCase((http_response(BODY, content_type="application/json; charset=klingon"),)),
    "of a slow charset": FaultCase((http_response(LONG, content_type="application/json; charset=punycode"),)),
    "gzip": FaultCase((http_response(gzip.compress(BODY), content_encoding="gzip"),)),
}
BODIES = {
    "cut JSON": undecodable(BODY[:-5]),
    "not UTF-8": undecodable(BODY.replace(b"text-", b"text\xff\xfe")),
    "100,000 levels deep": undecodable(DEEP),
    "an unknown encoding": undecodable(zlib.compress(BODY), content_encoding="x-unknown"),
    "not gzip": corrupt(http_response(BODY, content_encoding="gzip")),
    "status 204": refused(204, headers={"content_length": None}),
}
DETAILS = {
    "error": {"code": "Code", "message": "Message.", "innererror": {"code": "Inner"}, "details": [{"code": "a"}]}
}
CODE: Dict[str, Any] = {"code": "Code", "message": "Message."}
STATUSES = {
    "400": refused(400, DETAILS, **CODE),
    "400 without a reason": FaultCase(
        (ScriptedResponse(b"HTTP/1.1 400\r\nContent-Length: 0\r\n\r\n"),),
        HttpResponseError,
        400,
        message="Operation returned",
    ),
    "400 not in UTF-8": refused(400, b"\xff\xfe\xff"),
    "400 of a slow charset": refused(400, b"x" * 400_000, headers={"content_type": "a/b; charset=punycode"}),
    "400 100,000 levels deep": refused(400, b'{"error": ' + DEEP + b"}"),
    "401": refused(401, DETAILS, ClientAuthenticationError, **CODE),
    "503": refused(503, b"<html>", attempts=4, headers={"content_type": "text/html", "retry_after": "soon"}),
    "307 to a malformed address": refused(307, headers={"location": "http://[::1"}),
    "307 to itself": FaultCase((http_response(b"", 307, location="/x"),), TooManyRedirectsError, None, 31),
    "a status and a lost connection": FaultCase(
        (http_response(b"", 408), ScriptedResponse(end="reset"), http_response(b"", 429), good()), attempts=4
    ),
}
GROUPS = {"connection": CONNECTION, "http": HTTP, "odd": ODD, "body": BODIES, "status": STATUSES}

FAULTS: Dict[str, FaultCase] = {
    f"{group}: {name}": fault for group, faults in GROUPS.items() for name, fault in faults.items()
}
