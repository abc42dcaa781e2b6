"""Tests of retries on real connections: the whole body at each attempt, and no connection that stays open."""

import io
from typing import Any, Callable, Dict, List

import pytest
from azure.core.rest import HttpRequest
from client_kinds import ClientKind
from faulty_server import FaultyServer, Received, ScriptedResponse, http_response
from no_sleep import no_sleep_transport

SMALL = b"the image \x00\xff"
LARGE = bytes(range(256)) * 8192  # 2 MiB

BUSY = http_response(b"", 503, "Busy")
AGAIN = http_response(b"", 307, "Elsewhere", location="/again?features=caption")


def file_at_a_position(content: bytes) -> io.BytesIO:
    file = io.BytesIO(b"skipped" + content)
    file.seek(len(b"skipped"))
    return file


IMAGES: Dict[str, Callable[[bytes], Any]] = {"bytes": bytes, "a file": file_at_a_position}


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("image_of", IMAGES.values(), ids=IMAGES)
def test_body_is_whole_at_each_attempt(
    client_kind: ClientKind, image_of: Callable[[bytes], Any], content: bytes
) -> None:
    lost = [
        ScriptedResponse(after="body", end="reset"),
        ScriptedResponse(),
        ScriptedResponse(after="head", end="reset"),
    ]
    with FaultyServer(BUSY, *lost, BUSY, AGAIN, http_response()) as server:
        with client_kind.client(server.origin, transport=no_sleep_transport(client_kind)) as client:
            assert client.analyze(image_of(content), ["caption"]).caption is not None
    assert [request.body for request in server.requests if request.complete] == [content] * 5
    assert len(server.requests) == 7
    for request in server.requests:
        assert request.headers["content-length"] == str(len(content))
        assert request.headers["content-type"] == "application/octet-stream"


def test_url_is_whole_at_each_attempt(client_kind: ClientKind) -> None:
    with FaultyServer(BUSY, ScriptedResponse(end="reset"), AGAIN, http_response()) as server:
        with client_kind.client(server.origin, transport=no_sleep_transport(client_kind)) as client:
            client.analyze_from_url("https://images.example/a.jpg", ["caption"])
    assert server.bodies == [b'{"url": "https://images.example/a.jpg"}'] * 4


def test_file_of_send_request_is_not_redirected(client_kind: ClientKind) -> None:
    """Test a body that is at its end: azure-core alone would send an empty one."""
    with FaultyServer(AGAIN) as server, client_kind.client(server.origin) as client:
        request = HttpRequest("PUT", "/x", content=file_at_a_position(SMALL))
        assert client.send_request(request).status_code == 307
    assert server.bodies == [SMALL]


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_send_request_is_retried(client_kind: ClientKind, method: str) -> None:
    with FaultyServer(http_response(b"", 429), ScriptedResponse(), http_response()) as server:
        with client_kind.client(server.origin, transport=no_sleep_transport(client_kind)) as client:
            assert client.send_request(HttpRequest(method, "/x", content=b"body")).status_code == 200
    assert server.bodies == [b"body"] * 3


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
