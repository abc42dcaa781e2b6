"""Faults on the way to the service and back, and what a caller sees of each. One row a fault."""

import gzip
import json
import zlib
from typing import Any, Dict, NamedTuple, Optional, Tuple, Union

from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    IncompleteReadError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
    TooManyRedirectsError,
)
from faulty_server import Say, Step, http_response

TEXT = "recognised-text-0c6e91"
"""Text of the responses, as if written in the image. No exception, log or span may contain it."""

BODY = json.dumps(
    {
        "modelVersion": "2023-10-01",
        "captionResult": {"text": TEXT, "confidence": 0.75},
        "metadata": {"width": 640, "height": 480},
        "readResult": {"blocks": [{"lines": [{"text": TEXT, "boundingPolygon": [], "words": []}]}]},
    }
).encode()
"""A good response's body."""

LATIN = BODY.replace(b"text-", b"\xfctext-")
LONG = BODY[:-1] + b', "more": "' + b"x" * 400_000 + b'"}'

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"

DEEP = b'{"a":' * 10000 + b"1" + b"}" * 10000

LOST = (ServiceRequestError, ServiceResponseError)
"""A connection that ends too early. azure-core gives what aiohttp says of it one name, what requests says the other."""

UNREADABLE = (ServiceRequestError, ServiceResponseError, HttpResponseError)
"""A response that is not HTTP. Each library finds something else in it, and says it by another exception."""


class Fault(NamedTuple):
    """A row of the table."""

    script: Tuple[Step, ...]
    """What the server does, a step a request."""
    raises: Any = None
    """The exception, or several that it may be; None for a result."""
    status: Optional[int] = None
    """The exception's status. Where it is None, some libraries find no status in so broken a response."""
    attempts: Union[int, Tuple[int, int]] = 1
    """How many connections or requests the server sees, or the least and the most."""
    code: Optional[str] = None
    """The code of the exception's error; by default the status."""
    message: Optional[str] = None
    """How the message of the exception's error begins; by default with the reason, "Odd"."""
    call: Dict[str, Any] = {}
    """Keywords of the call."""


def good(*more: bytes, end: str = "close") -> Say:
    return Say(HEAD + LENGTH % len(BODY) + BODY, *more, end=end)


def raw(*parts: bytes, end: str = "close") -> Fault:
    # A response that breaks the rules of HTTP.
    return Fault((Say(*parts, end=end),), UNREADABLE, None, (1, 4))


def undecodable(body: bytes, **headers: Optional[str]) -> Fault:
    # A whole response with status 200 whose body is no result.
    return Fault((http_response(body, **headers),), DecodeError, 200, code="200", message="The response is")


def corrupt(say: Say) -> Fault:
    # A body that cannot be decompressed, which azure-core says in one way of requests, in another of aiohttp.
    return Fault((say,), (DecodeError, ServiceResponseError), None, 4)


def refused(status: int, body: Any = b"", raises: Any = HttpResponseError, attempts: int = 1, **expected: Any) -> Fault:
    # A whole response with another status.
    return Fault(
        (http_response(body, status, "Odd", **expected.pop("headers", {})),), raises, status, attempts, **expected
    )


def hop(location: str, raises: Any = HttpResponseError, status: Optional[int] = 307, attempts: Any = 1) -> Fault:
    # A redirect that leads nowhere.
    return Fault((http_response(b"", 307, "Odd", location=location),), raises, status, attempts)


CONNECTION = {
    "reset when connected": Fault((Say(after="accept", end="reset"),), LOST, None, (4, 8)),
    "closed when connected": Fault((Say(after="accept"),), LOST, None, (4, 8)),
    "reset in the middle of the request": Fault((Say(after="head", end="reset"),), LOST, None, 4),
    "reset in the middle of the body": Fault((Say(after="body", end="reset"),), LOST, None, 4),
    "closed without a response": Fault((Say(),), LOST, None, 4),
    "reset without a response": Fault((Say(end="reset"),), LOST, None, 4),
    "lost once": Fault((Say(end="reset"), good()), attempts=2),
    "lost thrice": Fault((Say(), Say(end="reset"), Say(b"HTTP/1."), good()), attempts=4),
    "silent": Fault((Say(end="wait"),), ServiceResponseError, None, 4, call={"read_timeout": 0.1}),
    "silent in the head": Fault((Say(HEAD, end="wait"),), ServiceResponseError, None, 4, call={"read_timeout": 0.1}),
    "silent in the body": Fault(
        (Say(HEAD + LENGTH % 999 + BODY, end="wait"),),
        LOST,
        None,
        4,
        call={"read_timeout": 0.1},
    ),
    "reset in the response": Fault((Say(HEAD + LENGTH % 999 + BODY, end="reset"),), UNREADABLE, None, 4),
}

HTTP = {
    "nothing but an end of line": raw(b"\r\n"),
    "a cut status line": raw(b"HTTP/1."),
    "a cut head": raw(HEAD[:-9]),
    "a head without an end": raw(HEAD),
    "a body without a head": raw(BODY),
    "bytes": raw(bytes(range(256)) * 300),
    "another version of HTTP": raw(b"HTTP/9.9 200 OK\r\n\r\n" + BODY),
    "a status that is no number": raw(b"HTTP/1.1 fine\r\n\r\n" + BODY),
    "a status of two digits": raw(b"HTTP/1.1 20 OK\r\n\r\n" + BODY),
    "a status of four digits": raw(b"HTTP/1.1 2000 OK\r\n\r\n" + BODY),
    "no empty line before the body": raw(HEAD + BODY),
    "a header of 70,000 bytes": raw(HEAD + b"X: " + b"x" * 70000 + b"\r\n" + LENGTH % len(BODY) + BODY),
    "500 headers": raw(HEAD + b"X: x\r\n" * 500 + LENGTH % len(BODY) + BODY),
    "two lengths": raw(HEAD + b"Content-Length: 5\r\n" + LENGTH % len(BODY) + BODY),
    "a length that is no number": raw(HEAD + b"Content-Length: many\r\n\r\n" + BODY),
    "a length beyond all bounds": raw(HEAD + b"Content-Length: 99999999999999999999\r\n\r\n" + BODY),
    "a body longer than announced": raw(HEAD + LENGTH % (len(BODY) - 30) + BODY),
    "a body shorter than announced": Fault(
        (Say(HEAD + LENGTH % (len(BODY) + 9) + BODY),), IncompleteReadError, None, 4
    ),
    "a cut chunk": Fault((Say(HEAD + CHUNKED + b"%x\r\n" % (len(BODY) + 9) + BODY),), IncompleteReadError, None, 4),
    "no last chunk": raw(HEAD + CHUNKED + b"%x\r\n%s\r\n" % (len(BODY), BODY)),
    "a chunk longer than announced": raw(HEAD + CHUNKED + b"5\r\n%s\r\n0\r\n\r\n" % BODY),
    "chunks without sizes": raw(HEAD + CHUNKED + BODY),
    "chunks of a senseless size": raw(HEAD + CHUNKED + b"-5\r\n%s\r\n0\r\n\r\n" % BODY),
    "a redirect to nowhere": hop("http://[::1", (HttpResponseError, ServiceResponseError), None, (1, 4)),
}

# What HTTP allows, however odd it looks, is read.
ODD = {
    "byte by byte": Fault((Say(*(bytes([byte]) for byte in HEAD + LENGTH % len(BODY) + BODY)),)),
    "no length": Fault((Say(HEAD + b"\r\n" + BODY),)),
    "small chunks": Fault(
        (Say(HEAD + CHUNKED + b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n", end="keep"),)
    ),
    "provisional responses before": Fault((Say(b"HTTP/1.1 100 Continue\r\n\r\n" * 3, *good().parts),)),
    "no content type": Fault((http_response(BODY, content_type=None),)),
    "called text": Fault((http_response(BODY, content_type="text/plain"),)),
    "called HTML": Fault((http_response(BODY, content_type="text/html; charset=utf-8"),)),
    "called XML": Fault((http_response(BODY, content_type="application/xml"),)),
    "with a byte order mark": Fault((http_response(b"\xef\xbb\xbf" + BODY),)),
    "of an unknown charset": Fault((http_response(BODY, content_type="application/json; charset=klingon"),)),
    "of a charset that is no text": Fault((http_response(BODY, content_type="application/json; charset=zip"),)),
    "of a charset that refuses": Fault((http_response(BODY, content_type="application/json; charset=undefined"),)),
    "of a charset in three parts": Fault((http_response(BODY, content_type="application/json; charset*=utf-8''en"),)),
    "of a slow charset": Fault((http_response(LONG, content_type="application/json; charset=punycode"),)),
    "in UTF-16": Fault((http_response(BODY.decode().encode("utf-16"), content_type='a/b; charset="utf-16"'),)),
    "in UTF-32": Fault((http_response(BODY.decode().encode("utf-32-le"), content_type="a/b; charset=UTF-32LE"),)),
    "gzip": Fault((http_response(gzip.compress(BODY), content_encoding="gzip"),)),
    "raw deflate": Fault((http_response(zlib.compress(BODY)[2:-4], content_encoding="deflate"),)),
    "of 30 MB": Fault((lambda request: http_response(BODY[:-1] + b', "more": "' + b"x" * 30_000_000 + b'"}'),)),
}

BODIES = {
    "empty": undecodable(b""),
    "blanks": undecodable(b" \r\n\t"),
    "HTML": undecodable(b"<!doctype html><title>Sign in</title>" + TEXT.encode(), content_type="text/html"),
    "cut JSON": undecodable(BODY[:-5]),
    "more after the JSON": undecodable(BODY + BODY),
    "one that begins like a result and ends like a page": undecodable(BODY[:-9] + b"<html>"),
    "a list": undecodable(b"[%s]" % BODY),
    "a string": undecodable(json.dumps(TEXT).encode()),
    "a number": undecodable(b"5"),
    "null": undecodable(b"null"),
    "true": undecodable(b"true"),
    "NaN": undecodable(BODY.replace(b"0.75", b"NaN")),
    "an infinity": undecodable(BODY.replace(b"0.75", b"-Infinity")),
    "a number of 5,000 digits and no end": undecodable(b'{"a": ' + b"9" * 5000),
    "not UTF-8": undecodable(BODY.replace(b"text-", b"text\xff\xfe")),
    "another charset than stated": undecodable(BODY, content_type="application/json; charset=utf-16"),
    "Latin-1": undecodable(LATIN, content_type="application/json; charset=iso-8859-1"),
    "Latin-1 of a strange charset": undecodable(LATIN, content_type="application/json; charset=punycode"),
    "UTF-16 that is not stated": undecodable(BODY.decode().encode("utf-16")),
    "10,000 levels deep": undecodable(DEEP),
    "a list 100,000 levels deep": undecodable(b"[" * 100000),
    "an unknown encoding": undecodable(zlib.compress(BODY), content_encoding="x-unknown"),
    "cut gzip": undecodable(gzip.compress(BODY)[:60], content_encoding="gzip"),
    "no gzip at all": corrupt(http_response(BODY, content_encoding="gzip")),
    "gzip with a wrong sum": corrupt(http_response(gzip.compress(BODY)[:-8] + bytes(8), content_encoding="gzip")),
    "no deflate at all": corrupt(http_response(BODY, content_encoding="deflate")),
    "no status 200": refused(201, BODY),
    "partial content": refused(206, BODY),
    "no content": refused(204, headers={"content_length": None}),
}


def error_body(**error: Any) -> Dict[str, Any]:
    return {"error": {"code": "Code", "message": "Message.", **error}}


def nested(levels: int) -> Any:
    value: Any = "innermost"
    for _ in range(levels):
        value = {"code": "Code", "message": "Message.", "details": [value]}
    return value


CODE: Dict[str, Any] = {"code": "Code", "message": "Message."}
STATUSES = {
    "400": refused(400, error_body(), **CODE),
    "400 with an inner error": refused(400, error_body(innererror={"code": "Inner"}, details=[{"code": "a"}]), **CODE),
    "400 in plain text": refused(400, b"no"),
    "400 in HTML": refused(400, b"<html>no</html>", headers={"content_type": "text/html"}),
    "400 without a body": refused(400),
    "400 without a reason": Fault(
        (Say(b"HTTP/1.1 400\r\nContent-Length: 0\r\n\r\n"),), HttpResponseError, 400, message="Operation returned"
    ),
    "400 with a reason in Latin-1": Fault(
        (Say("HTTP/1.1 400 Ungültig\r\nContent-Length: 0\r\n\r\n".encode("latin-1")),),
        HttpResponseError,
        400,
        message="Ung",
    ),
    "400 not in UTF-8": refused(400, b"\xff\xfe\xff"),
    "400 of a strange charset": refused(400, error_body(), headers={"content_type": "a/b; charset=zip"}, **CODE),
    "400 of a slow charset": refused(400, b"x" * 400_000, headers={"content_type": "a/b; charset=punycode"}),
    "400 of a page in Latin-1": refused(400, b"n\xfco", headers={"content_type": "text/html; charset=iso-8859-1"}),
    "400 in cut JSON": refused(400, b'{"error": {"code": "Code"'),
    "400 with half an emoji": refused(400, error_body(message="Half: \ud83d."), code="Code", message="Half: ?."),
    "400 as a list": refused(400, [1]),
    "400 as a number": refused(400, 5),
    "400 as null": refused(400, None),
    "400 of another shape": refused(400, {"fault": True}),
    "400 with a list as its error": refused(400, {"error": [1]}),
    "400 with a text as its error": refused(400, {"error": "no"}),
    "400 with null as its error": refused(400, {"error": None}),
    "400 with an empty error": refused(400, {"error": {}}),
    "400 without a code": refused(400, {"error": {"message": "Message."}}, message="Message."),
    "400 without a message": refused(400, {"error": {"code": "Code"}}, code="Code"),
    "400 with numbers as details": refused(400, error_body(details=5)),
    "400 with a text as inner error": refused(400, error_body(innererror="no"), **CODE),
    "400 with 10,000 levels of errors": refused(400, b'{"error": ' + DEEP + b"}"),
    "400 with 100 levels of errors": refused(400, {"error": nested(100)}, **CODE),
    "400 badly compressed": corrupt(http_response(b"no", 400, "Odd", content_encoding="gzip")),
    "401": refused(401, error_body(), ClientAuthenticationError, **CODE),
    "401 of another shape": refused(
        401, {"statusCode": 401, "message": "Message."}, ClientAuthenticationError, message="Message."
    ),
    "401 with a challenge": refused(
        401,
        error_body(),
        ClientAuthenticationError,
        headers={"www_authenticate": 'Bearer error="invalid_token"'},
        **CODE,
    ),
    "401 with a senseless challenge": refused(
        401,
        error_body(),
        ClientAuthenticationError,
        headers={"www_authenticate": 'Bearer error="insufficient_claims", claims="5"'},
        **CODE,
    ),
    "401 with a challenge that is no text": refused(
        401,
        error_body(),
        ClientAuthenticationError,
        headers={"www_authenticate": 'Bearer error="insufficient_claims", claims="_____w"'},
        **CODE,
    ),
    "404": refused(404, error_body(), ResourceNotFoundError, **CODE),
    "407": refused(407),
    "408": refused(408, attempts=4),
    "413": refused(413),
    "429": refused(429, {"error": {"code": "429", "message": "Slow."}}, attempts=4, code="429", message="Slow."),
    "500": refused(500, attempts=4),
    "501": refused(501),
    "502 of a proxy": refused(502, b"<html>bad gateway</html>", attempts=4, headers={"content_type": "text/html"}),
    "503 and a senseless time": refused(503, attempts=4, headers={"retry_after": "soon"}),
    "504": refused(504, attempts=4),
    "503 once": Fault((http_response(b"", 503), good()), attempts=2),
    "one of each": Fault((http_response(b"", 408), Say(end="reset"), http_response(b"", 429), good()), attempts=4),
    "999": refused(999),
    "101": Fault((Say(b"HTTP/1.1 101 Odd\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"),), HttpResponseError, 101),
    "302": refused(302, headers={"location": "/elsewhere"}),
    "307 without an address": refused(307),
    "307 to no host": hop("https://?x"),
    "307 to a file": hop("file:///etc/hosts"),
    "307 to a port that is none": hop("http://127.0.0.1:99999/"),
    "307 to an empty label": hop("http://a..b/"),
    "307 to a label that is too long": hop(f"http://{'a' * 64}.example/"),
    "307 to itself": hop("/computervision", TooManyRedirectsError, attempts=31),
    "307 and then 503": Fault(
        (http_response(b"", 307, location="/x"), http_response(b"", 503, "Odd")), HttpResponseError, 503, 5
    ),
    "307 and then lost": Fault((http_response(b"", 307, location="/x"), Say(end="reset")), LOST, None, 5),
}

FAULTS: Dict[str, Fault] = {
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
