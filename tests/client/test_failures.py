"""Tests of what a failure leaves behind: the original exception, and nothing that holds the image in memory."""

import gc
import weakref
from typing import Any, Dict
from unittest import mock

import pytest
import requests
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError, ServiceResponseTimeoutError
from azure.core.rest import HttpRequest
from client_kinds import ClientKind
from fake_transport import StubResponse
from faulty_server import FaultyServer, ScriptedResponse, http_response
from libraries import since_azure_core

CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}"
NETWORK: Dict[str, Any] = {
    "lost": ScriptedResponse(),
    "timed out": ScriptedResponse(end="wait"),
    "stalled": ScriptedResponse(CUT, end="wait"),
    "broken off": ScriptedResponse(CUT),
}


@since_azure_core(1, 37)
@pytest.mark.parametrize("failure", NETWORK)
def test_original_exception_is_kept_with_its_text(client_kind: ClientKind, failure: str) -> None:
    is_late = failure in ("timed out", "stalled")
    with FaultyServer(NETWORK[failure]) as server, client_kind.client(server.origin, retry_total=0) as client:
        with pytest.raises(AzureError) as caught:
            client.analyze(b"the image", ["caption"], read_timeout=0.2 if is_late else 60)
    error = caught.value
    assert type(error.inner_exception).__module__.partition(".")[0] in ("aiohttp", "requests", "urllib3")
    assert str(error) == str(error.inner_exception)
    assert isinstance(error, ServiceResponseTimeoutError) == is_late


def test_exception_of_a_transport_is_raised_unchanged(client_kind: ClientKind) -> None:
    """Test an exception that a network error caused: the cause does not matter."""
    error = ValueError("mine")
    error.__cause__ = cause = requests.ConnectionError("the network's")
    transport = client_kind.transport(error)
    with client_kind.client(transport=transport) as client, pytest.raises(ValueError, match="^mine$") as caught:
        client.analyze(b"image", ["tags"])
    assert caught.value is error and error.__cause__ is cause
    assert (len(transport.sent), transport.slept) == (1, [])


def test_lost_connection_of_a_credential_is_retried_and_raised_unchanged(client_kind: ClientKind) -> None:
    error = ServiceRequestError("the token service is down")
    credential, transport = client_kind.token_credential(), client_kind.transport()
    with mock.patch.object(credential, "_token", side_effect=error) as token:
        with client_kind.client(credential=credential, transport=transport, retry_total=1) as client:
            with pytest.raises(ServiceRequestError) as caught:
                client.analyze(b"image", ["tags"])
    assert caught.value is error
    assert (token.call_count, transport.sent) == (2, [])


@pytest.mark.parametrize("response", [StubResponse("no", 400), StubResponse("<html>")], ids=["400", "200"])
def test_failed_call_is_not_in_a_reference_cycle(response: StubResponse) -> None:
    """Test that the image, which the traceback holds, is freed without the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        with ClientKind(False).client(transport=ClientKind(False).transport(response)) as client:
            try:
                client.analyze(b"the image", ["caption"])
            except HttpResponseError as error:
                left = weakref.ref(error)
        assert left() is None
    finally:
        gc.enable()


# A closed client


@since_azure_core(1, 31)
@pytest.mark.parametrize("used", [True, False])
def test_closed_client_always_raises_the_same_error(client_kind: ClientKind, used: bool) -> None:
    with FaultyServer(http_response()) as server:
        with client_kind.client(server.origin) as client:
            if used:
                client.analyze(b"image", ["tags"])
            client.close()
            with pytest.raises(ValueError, match="^The client has been closed"):
                client.analyze(b"image", ["tags"])
            with pytest.raises(ValueError, match="^The client has been closed"):
                client.send_request(HttpRequest("GET", "/x"))
    assert len(server.requests) == used


@since_azure_core(1, 31)
def test_client_closed_during_a_wait(client_kind: ClientKind) -> None:
    with FaultyServer(http_response(b"", 503, retry_after="1")) as server, client_kind.client(server.origin) as client:
        transport = client._client._pipeline._transport
        transport.sleep = lambda _: client.client.close()
        with pytest.raises(ValueError, match="^The client has been closed"):
            client.analyze(b"image", ["tags"])
    assert len(server.requests) == 1
