"""Tests how a client is made and closed, and how it sends a user's own requests."""

import io
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpRequest as OlderRequest
from azure.core.rest import HttpRequest
from client_kinds import ENDPOINT, KEY, ClientKind
from fake_transport import RESULT, StubResponse
from faulty_server import FaultyServer


def test_context_manager_opens_and_closes_the_transport(client_kind: ClientKind) -> None:
    transport = client_kind.transport()
    client = client_kind.client(transport=transport)
    assert transport.opened == 0
    with client:
        assert client.entered is client.client
        assert (transport.opened, transport.closed) == (1, 0)
        assert client.close() is None
        assert transport.closed == 1
    assert transport.closed == 2


@pytest.mark.parametrize(
    "url, address",
    [
        ("operations", f"{ENDPOINT}/computervision/operations"),
        ("/operations", f"{ENDPOINT}/computervision/operations"),
        ("", f"{ENDPOINT}/computervision"),
        ("?a=b", f"{ENDPOINT}/computervision?a=b"),
        ("{endpoint}/operations", f"{ENDPOINT}/operations"),
        ("{endpoint}?a=b", f"{ENDPOINT}?a=b"),
        ("{endpoint}#a", f"{ENDPOINT}#a"),
        ("{endpoint}", ENDPOINT),
        ("https://other.example/x?from={endpoint}&a=b", f"https://other.example/x?from={ENDPOINT}&a=b"),
        (f"{ENDPOINT}/any/where", f"{ENDPOINT}/any/where"),
        ("//other.example/x", f"{ENDPOINT}/computervision/other.example/x"),
    ],
)
def test_send_request_resolves_a_relative_url(url: str, address: str) -> None:
    transport = ClientKind(False).transport()
    with ClientKind(False).client(f"{ENDPOINT}/", transport=transport) as client:
        client.send_request(HttpRequest("GET", url))
    assert transport.sent[0].url == address


def test_send_request_signs_and_changes_nothing_else(client_kind: ClientKind) -> None:
    transport = client_kind.transport()
    request = HttpRequest("PUT", "/x", headers={"X-Name": "value"}, params={"a": "b"}, json={"c": "d"})
    with client_kind.client(transport=transport, headers={"X-Client": "value"}) as client:
        client.send_request(request)
    (sent,) = transport.sent
    assert (sent.method, sent.query, sent.body) == ("PUT", "a=b", '{"c": "d"}')
    assert (sent.headers["X-Name"], sent.headers["X-Client"]) == ("value", "value")
    assert sent.headers["Ocp-Apim-Subscription-Key"] == KEY
    assert "Accept" not in sent.headers


def test_send_request_does_not_modify_the_request(client_kind: ClientKind) -> None:
    request = HttpRequest("POST", "/x", headers={"X-Name": "value"}, content=b"abc")
    before = (request.method, request.url, dict(request.headers), request.content)
    transport = client_kind.transport()
    with client_kind.client(transport=transport) as client:
        client.send_request(request)
        assert (request.method, request.url, dict(request.headers), request.content) == before
        client.send_request(request)
    assert [sent.body for sent in transport.sent] == [b"abc", b"abc"]
    assert transport.sent[0].url == transport.sent[1].url == f"{ENDPOINT}/computervision/x"


def test_send_request_accepts_a_file_body(client_kind: ClientKind) -> None:
    transport = client_kind.transport(StubResponse(status=503, headers={"Retry-After": "0"}), StubResponse())
    request = HttpRequest("PUT", "/x", headers={"Content-Type": "image/jpeg"}, content=io.BytesIO(b"the image"))
    with client_kind.client(transport=transport) as client:
        client.send_request(request)
    assert [sent.body for sent in transport.sent] == [b"the image"] * 2
    assert transport.sent[1].headers["Content-Type"] == "image/jpeg"


def test_send_request_can_stream(client_kind: ClientKind) -> None:
    with client_kind.client(transport=client_kind.transport(StubResponse("a" * 40))) as client:
        response = client.send_request(HttpRequest("GET", "/x"), stream=True)
        assert not response.is_stream_consumed
        assert b"".join(client.wait(response.iter_bytes())) == b"a" * 40


def test_asynchronous_response_can_be_used_in_async_with() -> None:
    client_kind = ClientKind(True)

    async def statuses(client: Any) -> Any:
        async with client.send_request(HttpRequest("GET", "/x"), stream=True) as response:
            inside = (response.status_code, response.is_closed)
        return inside, response.is_closed

    with client_kind.client(transport=client_kind.transport()) as client:
        assert client.wait(statuses(client.client)) == ((200, False), True)


def test_client_closed_before_its_first_use_can_be_used(client_kind: ClientKind) -> None:
    with FaultyServer(StubResponse()) as server:
        driver = client_kind.client(server.origin)
        driver.close()
        assert driver.analyze(b"image", ["caption"]) == RESULT
        driver.__exit__(None, None, None)


def test_request_of_the_older_kind(client_kind: ClientKind) -> None:
    moved, busy = StubResponse(status=307, headers={"Location": "/b"}), StubResponse(status=503)
    with FaultyServer(moved, busy, StubResponse()) as server, client_kind.client(server.origin) as client:
        request = OlderRequest("POST", f"{server.origin}/a")
        request.set_bytes_body(b"body")
        response = client.send_request(request, retry_on_methods=["POST"], retry_backoff_factor=0)
    assert response.status_code == 200
    assert [(received.target, received.body) for received in server.requests] == [
        ("/a", b"body"),
        ("/b", b"body"),
        ("/b", b"body"),
    ]
