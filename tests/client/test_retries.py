"""Tests of retries on real connections: which failures, how often, how long, and with the whole body."""

import email.utils
import io
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest
from client_kinds import ClientKind
from faulty_server import FaultyServer, Received, ScriptedResponse, http_response
from libraries import AZURE_CORE
from no_sleep import no_sleep_transport

SMALL = b"the image \x00\xff"
LARGE = bytes(range(256)) * 8192  # 2 MiB
BACKOFF = [1.6, 3.2]
"""What azure-core waits by itself: nothing before the second attempt, and then twice as long each time."""

BUSY = http_response(b"", 503, "Busy")
AGAIN = http_response(b"", 307, "Elsewhere", location="/again?features=caption")


def opened(path: Path, content: bytes, buffering: int = -1) -> Any:
    path.write_bytes(b"skipped" + content)
    file = path.open("rb", buffering)
    file.seek(len(b"skipped"))
    return file


def rewound(content: bytes) -> io.BytesIO:
    stream = io.BytesIO(b"skipped" + content)
    stream.seek(len(b"skipped"))
    return stream


IMAGES: Dict[str, Callable[[Path, bytes], Any]] = {
    "bytes": lambda path, content: content,
    "a bytearray": lambda path, content: bytearray(content),
    "a memoryview": lambda path, content: memoryview(content),
    "a BytesIO at a position": lambda path, content: rewound(content),
    "a file at a position": opened,
    "a file without a buffer": lambda path, content: opened(path, content, 0),
}


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("kind", IMAGES)
def test_body_is_whole_at_each_attempt(client_kind: ClientKind, kind: str, content: bytes, tmp_path: Path) -> None:
    image = IMAGES[kind](tmp_path / "image", content)
    lost = [
        ScriptedResponse(after="body", end="reset"),
        ScriptedResponse(),
        ScriptedResponse(after="head", end="reset"),
    ]
    script = [BUSY, *lost, BUSY, AGAIN, http_response()]
    with FaultyServer(*script) as server:
        with client_kind.client(server.origin, transport=no_sleep_transport(client_kind)) as client:
            assert client.analyze(image, ["caption"]).caption is not None
    if hasattr(image, "close"):
        image.close()
    assert [request.body for request in server.requests if request.complete] == [content] * 5
    assert len(server.requests) == 7
    for request in server.requests:
        assert request.headers["content-length"] == str(len(content))
        assert request.headers["content-type"] == "application/octet-stream"


def test_file_of_send_request_is_rewound_for_a_retry() -> None:
    """Older versions of aiohttp close a file that they have sent, so that azure-core cannot rewind it."""
    with FaultyServer(BUSY, http_response()) as server, ClientKind(False).client(server.origin) as client:
        client.send_request(HttpRequest("PUT", "/x", content=rewound(SMALL)))
    assert server.bodies == [SMALL] * 2


def test_file_of_send_request_is_not_redirected(client_kind: ClientKind) -> None:
    """azure-core would send what is left of it: nothing."""
    with FaultyServer(AGAIN) as server, client_kind.client(server.origin) as client:
        assert client.send_request(HttpRequest("PUT", "/x", content=rewound(SMALL))).status_code == 307
    assert server.bodies == [SMALL]


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_send_request_is_retried(client_kind: ClientKind, method: str) -> None:
    with FaultyServer(http_response(b"", 429), ScriptedResponse(), http_response()) as server:
        with client_kind.client(server.origin, transport=no_sleep_transport(client_kind)) as client:
            assert client.send_request(HttpRequest(method, "/x", content=b"body")).status_code == 200
    assert server.bodies == [b"body"] * 3


def date(seconds: float) -> str:
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


WAITS: Dict[str, Any] = {
    "seconds": ({"retry_after": "7"}, 7),
    "a fraction": ({"retry_after": "0.25"}, 0.25) if AZURE_CORE >= (1, 31) else ({"retry_after": "1"}, 1),
    "a date": ({"retry_after": date(240)}, 240),
    "milliseconds": ({"retry_after_ms": "1500"}, 1.5),
    "milliseconds of Microsoft's": ({"x_ms_retry_after_ms": "250"}, 0.25),
    "seconds and milliseconds": ({"retry_after": "7", "retry_after_ms": "1500"}, 7),
    "nothing": ({}, None),
    "five minutes": ({"retry_after": "300"}, 300),
    "zero": ({"retry_after": "0"}, None),
    "a date in the past": ({"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
    "a date that is none": ({"retry_after": "Wed, 99 Oct 2015 07:28:00 GMT"}, None),
    "words": ({"retry_after": "as soon as you like"}, None),
    "NaN": ({"retry_after": "nan"}, None),
    "an infinity": ({"retry_after": "inf"}, None),
    "infinite milliseconds": ({"x_ms_retry_after_ms": "inf"}, None),
}


def waits(client_kind: ClientKind, *script: Any, **call: Any) -> List[float]:
    """Return how long a call waits between its attempts, which all fail."""
    transport = no_sleep_transport(client_kind)
    with FaultyServer(*script) as server:
        with client_kind.client(server.origin, transport=transport) as client, pytest.raises(AzureError):
            client.analyze(SMALL, ["caption"], **call)
    assert len(server.requests) == 1 + call.get("retry_total", 3)
    return transport.slept  # type: ignore[no-any-return]


@pytest.mark.parametrize("asked", WAITS)
def test_wait_after_a_status(client_kind: ClientKind, asked: str) -> None:
    headers, seconds = WAITS[asked]
    slept = waits(client_kind, http_response(b"", 429, **headers))
    assert slept == (BACKOFF if seconds is None else [pytest.approx(seconds, abs=200 if asked == "a date" else 0)] * 3)


@pytest.mark.parametrize("step, requests", [(BUSY, 5), (ScriptedResponse(end="reset"), 2)], ids=["busy", "lost"])
def test_options_about_retries_start_anew_behind_a_redirect(client_kind: ClientKind, step: Any, requests: int) -> None:
    """There, azure-core's own rule holds: a POST is retried after 500, 503 and 504."""
    with FaultyServer(AGAIN, step) as server:
        with client_kind.client(server.origin, retry_backoff_factor=0) as client, pytest.raises(AzureError):
            client.analyze(SMALL, ["caption"], retry_total=0)
    assert server.bodies == [SMALL] * requests


@pytest.mark.parametrize(
    "step",
    [
        ScriptedResponse(b"HTTP/1.1 503 Busy\r\nContent-Length: 99999\r\n\r\nnever the end", end="wait"),
        http_response(bytes(99999), 307, location="/again"),
    ],
    ids=["retried", "redirected"],
)
def test_superseded_streamed_response_leaves_no_connection_open(client_kind: ClientKind, step: Any) -> None:
    left: List[bool] = []

    def look(request: Received) -> ScriptedResponse:
        left.append(server.wait_for_connections(1))
        return http_response()

    with FaultyServer(step, look) as server:
        with client_kind.client(server.origin, transport=no_sleep_transport(client_kind)) as client:
            assert b"".join(client.wait(client.analyze(SMALL, ["caption"], stream=True)))
    assert left == [True]
