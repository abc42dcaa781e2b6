"""Tests of exceptions that do not come from the network: they come through unchanged, after one attempt."""

import asyncio
from typing import Any, Callable, List
from unittest import mock

import pytest
import requests
from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ServiceRequestError
from client_kinds import ClientKind
from faulty_server import FaultyServer, http_response
from no_sleep import no_sleep_transport


class Guard(RuntimeError):
    """What a test tool raises that lets no test use the network."""


class OwnValueError(ValueError):
    """An exception of a user's, of a family that HTTP libraries raise, too."""


def linked(error: Exception) -> Exception:
    """Link an exception to one of an HTTP library."""
    error.__cause__ = requests.ConnectionError("the network's")
    return error


FOREIGN: List[Exception] = [
    Guard("a test tried to use a socket"),
    ValueError("mine"),
    AssertionError("mine"),
    DeprecationWarning("mine"),
    linked(OwnValueError("mine")),
]
each_foreign = pytest.mark.parametrize("error", FOREIGN, ids=lambda error: type(error).__name__)


def raise_it(error: Exception) -> Callable[..., Any]:
    def function(*_: Any, **__: Any) -> None:
        raise error

    return function


@each_foreign
def test_exception_of_a_transport(client_kind: ClientKind, error: Exception) -> None:
    cause, text = error.__cause__, str(error)
    transport = client_kind.transport(error)
    with client_kind.client(transport=transport) as client, pytest.raises(type(error)) as caught:
        client.analyze(b"image", ["tags"])
    assert caught.value is error
    assert (len(transport.sent), transport.slept) == (1, [])
    assert (error.__cause__, str(error)) == (cause, text)


@each_foreign
def test_exception_of_a_patched_socket(client_kind: ClientKind, error: Exception) -> None:
    transport = no_sleep_transport(client_kind)
    patched = [
        "socket.getaddrinfo",
        "socket.socket.connect",
        "asyncio.selector_events.BaseSelectorEventLoop.sock_connect",
    ]
    with client_kind.client("http://127.0.0.1:9", transport=transport) as client:
        with mock.patch(patched[0], raise_it(error)), mock.patch(patched[1], raise_it(error)):
            with mock.patch(patched[2], raise_it(error)), pytest.raises(type(error)) as caught:
                client.analyze(b"image", ["tags"])
    assert caught.value is error
    assert transport.slept == []


def test_azure_error_of_a_credential_is_kept(client_kind: ClientKind) -> None:
    """It may come from the network, so that it is retried like one of the transport's."""
    error = ServiceRequestError("the token service is down")
    credential, transport = client_kind.token_credential(), client_kind.transport()
    with mock.patch.object(credential, "_token", side_effect=error) as token:
        with client_kind.client(credential=credential, transport=transport, retry_total=1) as client:
            with pytest.raises(ServiceRequestError) as caught:
                client.analyze(b"image", ["tags"])
    assert caught.value is error
    assert (token.call_count, transport.sent) == (2, [])


def test_closed_event_loop_is_named() -> None:
    """A client that is used in a second ``asyncio.run`` belongs to the first."""

    async def call() -> Any:
        return await client.analyze(b"image", [VisualFeatures.TAGS])

    # The server closes the connection: one that waited for more would be left behind in a closed event loop.
    with FaultyServer(http_response(connection="close", end="close")) as server:
        client = ImageAnalysisClient(server.origin, AzureKeyCredential("key"))
        asyncio.run(call())
        server.wait_for_connections(0)
        with pytest.raises(RuntimeError, match="loop"):
            asyncio.run(call())
        asyncio.run(client.close())
