"""Faults on the way to the service and back, and what a caller sees of each: one row per fault."""

import gzip
import json
import zlib
from typing import Any, Dict, NamedTuple, Optional, Tuple, Union

from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
    TooManyRedirectsError,
)
from faulty_server import ScriptedResponse, Step, http_response

TEXT = "recognised-text-0c6e91"
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
"""A connection that is lost: azure-core's transports differ in which of the two they raise."""

UNREADABLE = (ServiceRequestError, ServiceResponseError, HttpResponseError)
"""A response that breaks off or is not HTTP: the libraries below azure-core differ, too."""


class FaultCase(NamedTuple):
    """A row of the table."""

    script: Tuple[Step, ...]
    """What the server does, one step per request."""
    raises: Any = None
    """The exception, or several that it may be; None for a result."""
    status: Optional[int] = None
    """The status of the exception; None if it may have one or not."""
    attempts: Union[int, Tuple[int, int]] = 1
    """How many connections or requests the server sees, or the least and the most."""
    code: Optional[str] = None
    """The code of the exception's error; by default the status."""
    message: Optional[str] = None
    """How the message of the exception's error begins; by default with the reason, "Odd"."""
    call: Dict[str, Any] = {}
    """Keywords of the call."""


def good() -> ScriptedResponse:
    return ScriptedResponse(HEAD + LENGTH % len(BODY) + BODY)


def lost(*parts: bytes, raises: Any = UNREADABLE, attempts: Any = 4, **how: str) -> FaultCase:
    # A connection that is lost, or a response that is not HTTP, in each attempt.
    return FaultCase((ScriptedResponse(*parts, **how),), raises, None, attempts)


def silent(*parts: bytes) -> FaultCase:
    # A response that does not come, or not to its end. The service may still be at work on it: no retry.
    return FaultCase((ScriptedResponse(*parts, end="wait"),), ServiceResponseTimeoutError, call={"read_timeout": 0.2})


def undecodable(body: bytes, **headers: Optional[str]) -> FaultCase:
    # A whole response with status 200 whose body is not a result.
    return FaultCase((http_response(body, **headers),), DecodeError, 200, code="200", message="The response is")


def corrupt(response: ScriptedResponse) -> FaultCase:
    # A body that cannot be decompressed. Older versions of azure-core take it for a lost connection.
    return FaultCase((response,), (DecodeError, *LOST), None, (1, 4))


def refused(
    status: int, body: Any = b"", raises: Any = HttpResponseError, attempts: int = 1, **expected: Any
) -> FaultCase:
    # A whole response with another status.
    response = http_response(body, status, "Odd", **expected.pop("headers", {}))
    return FaultCase((response,), raises, status, attempts, **expected)


CONNECTION = {
    "reset when connected": lost(after="accept", end="reset", raises=LOST, attempts=(4, 8)),
    "reset during the request": lost(after="body", end="reset", raises=LOST),
    "closed without a response": lost(raises=LOST),
    "reset during the response": lost(HEAD + LENGTH % 999 + BODY, end="reset"),
    "lost three times": FaultCase(
        (ScriptedResponse(), ScriptedResponse(end="reset"), ScriptedResponse(b"HTTP/1."), good()), attempts=4
    ),
    "silent": silent(),
    "silent in the head": silent(HEAD),
    "silent in the body": silent(HEAD + LENGTH % 999 + BODY),
}
HTTP = {
    "random bytes": lost(bytes(range(256)) * 300, attempts=(1, 4)),
    "a cut head": lost(HEAD, attempts=(1, 4)),
    "a body shorter than announced": lost(HEAD + LENGTH % (len(BODY) + 9) + BODY),
    "a cut chunk": lost(HEAD + CHUNKED + b"%x\r\n" % (len(BODY) + 9) + BODY),
}
# What HTTP allows is read, however odd it looks.
ODD = {
    "in small chunks": FaultCase(
        (ScriptedResponse(HEAD + CHUNKED + b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"),)
    ),
    "called HTML": FaultCase((http_response(BODY, content_type="text/html"),)),
    "with a byte order mark": FaultCase((http_response(b"\xef\xbb\xbf" + BODY),)),
    "of an unknown charset": FaultCase((http_response(BODY, content_type="application/json; charset=klingon"),)),
    "of a slow charset": FaultCase((http_response(LONG, content_type="application/json; charset=punycode"),)),
    "in UTF-16, as the caller knows": FaultCase(
        (http_response(BODY.decode().encode("utf-16")),), call={"response_encoding": "utf-16"}
    ),
    "gzip": FaultCase((http_response(gzip.compress(BODY), content_encoding="gzip"),)),
    "raw deflate": FaultCase((http_response(zlib.compress(BODY)[2:-4], content_encoding="deflate"),)),
}
BODIES = {
    "empty": undecodable(b""),
    "HTML": undecodable(b"<!doctype html><title>Sign in</title>" + TEXT.encode(), content_type="text/html"),
    "cut JSON": undecodable(BODY[:-5]),
    "a list": undecodable(b"[%s]" % BODY),
    "null": undecodable(b"null"),
    "NaN": undecodable(BODY.replace(b"0.75", b"NaN")),
    "an infinity": undecodable(BODY.replace(b"0.75", b"-Infinity")),
    "not UTF-8": undecodable(BODY.replace(b"text-", b"text\xff\xfe")),
    "100,000 levels deep": undecodable(DEEP),
    "an unknown encoding": undecodable(zlib.compress(BODY), content_encoding="x-unknown"),
    "not gzip": corrupt(http_response(BODY, content_encoding="gzip")),
    "not deflate": corrupt(http_response(BODY, content_encoding="deflate")),
    "status 201": refused(201, BODY),
    "status 204": refused(204, headers={"content_length": None}),
}


def error_body(**error: Any) -> Dict[str, Any]:
    return {"error": {"code": "Code", "message": "Message.", **error}}


CODE: Dict[str, Any] = {"code": "Code", "message": "Message."}
STATUSES = {
    "400": refused(400, error_body(innererror={"code": "Inner"}, details=[{"code": "a"}]), **CODE),
    "400 in plain text": refused(400, b"no"),
    "400 without a body": refused(400),
    "400 without a reason": FaultCase(
        (ScriptedResponse(b"HTTP/1.1 400\r\nContent-Length: 0\r\n\r\n"),),
        HttpResponseError,
        400,
        message="Operation returned",
    ),
    "400 not in UTF-8": refused(400, b"\xff\xfe\xff"),
    "400 of a slow charset": refused(400, b"x" * 400_000, headers={"content_type": "a/b; charset=punycode"}),
    "400 as a list": refused(400, [1]),
    "400 of another shape": refused(400, {"fault": True}),
    "400 with a text as its error": refused(400, {"error": "no"}),
    "400 with an empty error": refused(400, {"error": {}}),
    "400 without a code": refused(400, {"error": {"message": "Message."}}, message="Message."),
    "400 without a message": refused(400, {"error": {"code": "Code"}}, code="Code"),
    "400 100,000 levels deep": refused(400, b'{"error": ' + DEEP + b"}"),
    "401": refused(401, error_body(), ClientAuthenticationError, **CODE),
    "404 of another shape": refused(404, {"message": "Message."}, ResourceNotFoundError, message="Message."),
    "503": refused(503, b"<html>", attempts=4, headers={"content_type": "text/html", "retry_after": "soon"}),
    "999": refused(999),
    "307 without an address": refused(307),
    "307 to an invalid port": refused(307, headers={"location": "http://127.0.0.1:99999/"}),
    "307 to a malformed address": refused(307, headers={"location": "http://[::1"}),
    "307 to itself": FaultCase((http_response(b"", 307, location="/x"),), TooManyRedirectsError, None, 31),
    "a status and a lost connection": FaultCase(
        (http_response(b"", 408), ScriptedResponse(end="reset"), http_response(b"", 429), good()), attempts=4
    ),
}

FAULTS: Dict[str, FaultCase] = {
    f"{group}: {name}": fault
    for group, faults in (
        ("connection", CONNECTION),
        ("http", HTTP),
        ("odd", ODD),
        ("body", BODIES),
        ("status", STATUSES),
    )
    for name, fault in faults.items()
}
