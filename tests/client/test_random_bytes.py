"""Tests with random bytes on a connection: a call ends with a result or one of azure-core's exceptions."""

import gzip
import zlib
from typing import Any, Callable, List

from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from azure.core.exceptions import AzureError, HttpResponseError
from client_kinds import ClientKind
from faults import BODY, TEXT
from faulty_server import FaultyServer, ScriptedResponse
from hypothesis import given, settings
from hypothesis import strategies as st

STATUS_LINES = st.sampled_from(
    [b"HTTP/1.1 200 OK"] * 6
    + [b"HTTP/1.1 " + status for status in (b"204 N", b"304 N", b"307 T", b"400 B", b"401 U", b"404 N", b"500 I")]
)
HEADERS = st.sampled_from(
    [
        b"Content-Type: text/html; charset=utf-16",
        b"Content-Encoding: gzip",
        b"Content-Encoding: deflate",
        b"Content-Encoding: br",
        b"Connection: close",
        b"Retry-After: nan",
        b"x-ms-retry-after-ms: 1e999",
        b"Set-Cookie: =;;\xff",
        b"Location: /elsewhere",
        b"Location: http://[::1",
        b"Location: http://127.0.0.1:99999/",
        b"Location: javascript:1",
    ]
)
CONTENTS = st.sampled_from([BODY, BODY[:-9], gzip.compress(BODY), zlib.compress(BODY), b"", b"null", b"{}"])


@st.composite
def responses(draw: Callable[[Any], Any]) -> bytes:
    """Draw a well-formed head with any content, some bytes of which are replaced."""
    content = draw(CONTENTS)
    head: List[bytes] = [draw(STATUS_LINES), *draw(st.lists(HEADERS, max_size=4)), b"Content-Length: %d" % len(content)]
    start = draw(st.integers(0, len(content)))
    junk = draw(st.binary(max_size=6))
    return b"\r\n".join([*head, b"", b""]) + content[:start] + junk + content[start + len(junk) :]


def test_any_bytes_are_a_result_or_an_azure_error(client_kind: ClientKind) -> None:
    outcomes = set()
    with FaultyServer() as server, client_kind.client(server.origin, retry_total=0, read_timeout=10) as client:

        @settings(max_examples=100, derandomize=True, deadline=None, database=None)
        @given(responses())
        def call(sent: bytes) -> None:
            server.script = [ScriptedResponse(sent)]
            try:
                assert isinstance(client.analyze(b"the image", ["caption"], redirect_max=1), ImageAnalysisResult)
                outcomes.add("a result")
            except AzureError as error:
                outcomes.add(type(error).__name__)
                if isinstance(error, HttpResponseError):
                    assert error.error is not None and error.error.code and error.error.message
                    assert error.status_code is None or error.status_code >= 400 or TEXT not in f"{error} {error!r}"

        call()
    assert {"a result", "DecodeError", "HttpResponseError"} <= outcomes
