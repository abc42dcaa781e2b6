"""Tests of what programs for 1.0.0 hand in, though no document says that it is taken."""

from array import array
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpRequest as OlderRequest
from client_kinds import ClientKind
from fake_transport import StubResponse
from faulty_server import Loopback


@pytest.mark.parametrize("endpoint", ["https://example.com\n", " https://example.com/ ", "\thttps://example.com"])
def test_blanks_around_an_endpoint_are_ignored(client_kind: ClientKind, endpoint: str) -> None:
    transport = client_kind.transport()
    with client_kind.client(endpoint, transport=transport) as client:
        client.analyze(b"image", ["caption"])
    assert transport.sent[0].url.startswith("https://example.com/computervision/imageanalysis:analyze?")


@pytest.mark.parametrize("features", [dict.fromkeys(["tags", "read"]), {"tags": 1, "read": 2}.keys()])
def test_features_may_be_the_keys_of_a_dict(client_kind: ClientKind, features: Any) -> None:
    transport = client_kind.transport()
    with client_kind.client(transport=transport) as client:
        client.analyze(b"image", features)
    assert "features=tags,read" in transport.sent[0].url


@pytest.mark.parametrize("through", ["send_request", "the pipeline"])
def test_request_of_the_older_kind(client_kind: ClientKind, through: str) -> None:
    moved, busy = StubResponse(status=307, headers={"Location": "/b"}), StubResponse(status=503)
    with Loopback(moved, busy, StubResponse()) as server, client_kind.client(server.endpoint) as client:
        request = OlderRequest("POST", f"{server.endpoint}/a")
        request.set_bytes_body(b"body")
        options = {"retry_on_methods": ["POST"], "retry_backoff_factor": 0}
        if through == "send_request":
            response = client.send_request(request, **options)
        else:
            response = client.wait(client._client._pipeline.run(request, **options)).http_response
        assert response.status_code == 200
    assert [(received.target, received.body) for received in server.received] == [
        ("/a", b"body"),
        ("/b", b"body"),
        ("/b", b"body"),
    ]


def test_array_of_bytes_is_an_image(client_kind: ClientKind) -> None:
    transport = client_kind.transport()
    with client_kind.client(transport=transport) as client:
        client.analyze(array("B", b"image"), ["caption"])
    assert transport.sent[0].body == b"image"
