"""Faults on the way to the service and back, and what a caller sees of each."""

import gzip
import json
import zlib
from typing import Any, Dict, NamedTuple, Optional, Tuple, Union

from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
    TooManyRedirectsError,
)
from faulty_server import ScriptedResponse, Step, http_response

TEXT = "recognized-text-0c6e91"
"""Text of the responses, as if written in the image. No log, span or exception below status 400 may contain it."""

BODY = json.dumps(
    {
        "modelVersion": "2023-10-01",
        "captionResult": {"text": TEXT, "confidence": 0.75},
        "metadata": {"width": 640, "height": 480},
        "readResult": {"blocks": [{"lines": [{"text": TEXT, "boundingPolygon": [], "words": []}]}]},
    }
).encode()
"""The body of a good response."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n"

LOST = (ServiceRequestError, ServiceResponseError)
"""A lost connection: azure-core raises one exception for what aiohttp says, another for what requests says."""


class FaultCase(NamedTuple):
    """A row of the table."""

    script: Tuple[Step, ...]
    """What the server does, one step for each request."""
    raises: Any = None
    """The exception, or several that it may be; None for a result."""
    attempts: Union[int, Tuple[int, int]] = 1
    """How many requests or connections the server sees, or the least and the most."""
    status: Optional[int] = None
    """The status of the exception."""
    code: Optional[str] = None
    """The code of ``error``, by default the status."""
    message: str = "Odd"
    """How the message of ``error`` begins, by default with the reason."""
    call: Dict[str, Any] = {}
    """Keywords of the call."""


def _good() -> ScriptedResponse:
    return ScriptedResponse(HEAD + LENGTH % len(BODY) + BODY)


def _undecodable(body: bytes, **headers: str) -> FaultCase:
    # A complete response with status 200 whose body is not a result.
    return FaultCase((http_response(body, **headers),), DecodeError, status=200, code="200", message="The response is")


def _refused(body: Any, status: int = 400, raises: Any = HttpResponseError, **expected: Any) -> FaultCase:
    # A complete response with another status.
    response = http_response(body, status, "Odd", **expected.pop("headers", {}))
    return FaultCase((response,), raises, status=status, **expected)


def _refusal(head: str) -> ScriptedResponse:
    return ScriptedResponse(f"HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n".encode("latin-1"))


LATE = {"read_timeout": 0.2}

CONNECTION = {
    "closed when connected": FaultCase((ScriptedResponse(after="accept"),), LOST, (4, 8)),
    "reset in the request": FaultCase((ScriptedResponse(after="body", end="reset"),), LOST, 4),
    "closed without a response": FaultCase((ScriptedResponse(),), LOST, 4),
    "reset without a response": FaultCase((ScriptedResponse(end="reset"),), LOST, 4),
    "lost three times": FaultCase(
        (ScriptedResponse(), ScriptedResponse(end="reset"), ScriptedResponse(b"HTTP/1."), _good()), attempts=4
    ),
    "not HTTP": FaultCase((ScriptedResponse(BODY),), LOST, 4),
    "body too short": FaultCase((ScriptedResponse(HEAD + LENGTH % 999 + BODY),), (IncompleteReadError, *LOST), 4),
    "reset in the body": FaultCase(
        (ScriptedResponse(HEAD + LENGTH % 999 + BODY, end="reset"),), (HttpResponseError, *LOST), 4
    ),
    "silent": FaultCase((ScriptedResponse(end="wait"),), ServiceResponseTimeoutError, call=LATE),
    "silent in the head": FaultCase((ScriptedResponse(HEAD, end="wait"),), ServiceResponseTimeoutError, call=LATE),
    "silent in the body": FaultCase(
        (ScriptedResponse(HEAD + LENGTH % 999 + BODY, end="wait"),), ServiceResponseTimeoutError, call=LATE
    ),
}

# What HTTP allows is read, however odd it looks.
ODD = {
    "byte by byte": FaultCase(
        (ScriptedResponse(*(bytes([byte]) for byte in HEAD + LENGTH % len(BODY) + BODY), end="keep"),)
    ),
    "without a length": FaultCase((ScriptedResponse(HEAD + b"\r\n" + BODY),)),
    "without a content type": FaultCase((http_response(BODY, content_type=None),)),
    "with a byte order mark": FaultCase((http_response(b"\xef\xbb\xbf" + BODY),)),
    "in an unknown charset": FaultCase((http_response(BODY, content_type="application/json; charset=klingon"),)),
    "in a slow charset": FaultCase(
        (
            http_response(
                BODY[:-1] + b', "more": "' + b"x" * 400_000 + b'"}', content_type="application/json; charset=punycode"
            ),
        )
    ),
    "in gzip": FaultCase((http_response(gzip.compress(BODY), content_encoding="gzip"),)),
    "in raw deflate": FaultCase((http_response(zlib.compress(BODY)[2:-4], content_encoding="deflate"),)),
}

BODIES = {
    "empty": _undecodable(b""),
    "HTML": _undecodable(b"<!doctype html><title>Sign in</title>" + TEXT.encode(), content_type="text/html"),
    "cut": _undecodable(BODY[:-5]),
    "a list": _undecodable(b"[%s]" % BODY),
    "null": _undecodable(b"null"),
    "NaN": _undecodable(BODY.replace(b"0.75", b"NaN")),
    "an infinity": _undecodable(BODY.replace(b"0.75", b"-Infinity")),
    "not UTF-8": _undecodable(BODY.replace(b"text-", b"text\xff\xfe")),
    "UTF-16": _undecodable(BODY.decode().encode("utf-16"), content_type="application/json; charset=utf-16"),
    "a list 100,000 levels deep": _undecodable(b"[" * 100_000),
    "in an unknown encoding": _undecodable(zlib.compress(BODY), content_encoding="x-unknown"),
}

ERROR = {"error": {"code": "Code", "message": "Message."}}
STATUSES = {
    "400 without a reason": FaultCase((_refusal("400"),), HttpResponseError, status=400, message="Operation returned"),
    "400 with a reason in Latin-1": FaultCase((_refusal("400 Ungültig"),), HttpResponseError, status=400, message="U"),
    "400 not in UTF-8": _refused(b"\xff\xfe\xff"),
    "400 in an unknown charset": _refused(
        ERROR, headers={"content_type": "a/b; charset=zip"}, code="Code", message="Message."
    ),
    "400 in a slow charset": _refused(b"x" * 400_000, headers={"content_type": "a/b; charset=punycode"}),
    "401 with an unreadable challenge": _refused(
        ERROR,
        401,
        ClientAuthenticationError,
        headers={"www_authenticate": 'Bearer error="insufficient_claims", claims="5"'},
        code="Code",
        message="Message.",
    ),
    "502 of a proxy": _refused(b"<html>bad gateway</html>", 502, attempts=4, headers={"content_type": "text/html"}),
    "503 with an unreadable time": _refused(b"", 503, attempts=4, headers={"retry_after": "soon"}),
    "307 to a malformed URL": _refused(b"", 307, headers={"location": "http://[::1"}),
    "307 to an invalid host": _refused(b"", 307, headers={"location": "http://a..b/"}),
    "307 to itself": FaultCase(
        (http_response(b"", 307, "Odd", location="/computervision"),),
        TooManyRedirectsError,
        31,
        code="TooManyRedirectsError",
        message="Reached maximum",
    ),
}

FAULTS: Dict[str, FaultCase] = {
    f"{group}: {name}": fault
    for group, faults in (("connection", CONNECTION), ("odd", ODD), ("body", BODIES), ("status", STATUSES))
    for name, fault in faults.items()
}
