"""Tests of exceptions that do not come from the network: they propagate unchanged, after one attempt."""

import asyncio
import signal
import threading
import time
import zlib
from typing import Any, Callable, Dict, List, Type
from unittest import mock

import pytest
import requests
from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.pipeline.transport import RequestsTransport
from client_kinds import ClientKind
from faulty_server import FaultyServer, ScriptedResponse, http_response
from no_sleep import no_sleep_transport


class Guard(RuntimeError):
    """What a test tool raises that lets no test use the network."""


class TimeLimit(Exception):
    """What a job runner raises in a signal handler."""


class OwnValueError(ValueError):
    """A subclass of what HTTP libraries let out."""


def linked(error: Exception) -> Exception:
    """Link an exception to one of an HTTP library."""
    error.__cause__ = requests.ConnectionError("the network's")
    return error


FOREIGN: List[Exception] = [
    Guard("a test tried to use a socket"),
    TimeLimit("time is up"),
    OwnValueError("mine"),
    ValueError("mine"),
    UnicodeError("mine"),
    OverflowError("mine"),
    RuntimeError("Event loop is closed"),
    AssertionError("mine"),
    MemoryError("mine"),
    KeyError("mine"),
    LookupError("mine"),
    EOFError("mine"),
    DeprecationWarning("mine"),
    requests.packages.urllib3.exceptions.InsecureRequestWarning("mine"),  # type: ignore[attr-defined]
    linked(OwnValueError("mine")),
    linked(TimeLimit("mine")),
]
each_foreign = pytest.mark.parametrize("error", FOREIGN, ids=lambda error: f"{type(error).__name__}: {error}")


def raised_by(call: Callable[[], Any], kind: Type[BaseException] = Exception) -> Any:
    """Give the exception of a call, which comes at once."""
    begun = time.monotonic()
    with pytest.raises(kind) as caught:
        call()
    assert time.monotonic() - begun < 5
    return caught.value


@each_foreign
def test_user_transport_exception_propagates(client_kind: ClientKind, error: Exception) -> None:
    cause, text = error.__cause__, str(error)
    transport = client_kind.transport(error)
    with client_kind.client(transport=transport) as client:
        assert raised_by(lambda: client.analyze(b"image", ["tags"])) is error
    assert (len(transport.sent), transport.slept) == (1, [])
    assert (error.__cause__, str(error)) == (cause, text)


def raise_it(error: Exception) -> Callable[..., Any]:
    def function(*_: Any, **__: Any) -> None:
        raise error

    return function


class Raising(SansIOHTTPPolicy[Any, Any]):
    """A user's policy that lets nothing pass."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def on_request(self, request: Any) -> None:
        raise self._error


AZURE_ERRORS = [
    ServiceRequestError("mine"),
    ServiceResponseError("mine"),
    HttpResponseError("mine"),
    AzureError("mine"),
    ServiceRequestError("mine", error=linked(OwnValueError("mine"))),
]
PLACES: Dict[str, Callable[[Exception], Dict[str, Any]]] = {
    "a hook for requests": lambda error: {"raw_request_hook": raise_it(error)},
    "a hook for responses": lambda error: {"raw_response_hook": raise_it(error)},
    "a policy at each call": lambda error: {"per_call_policies": Raising(error)},
    "a policy at each attempt": lambda error: {"per_retry_policies": Raising(error)},
}


@pytest.mark.parametrize("error", [*FOREIGN, *AZURE_ERRORS, OSError("mine"), zlib.error("mine")], ids=repr)
@pytest.mark.parametrize("place", PLACES)
def test_hook_or_policy_exception_propagates(client_kind: ClientKind, place: str, error: Exception) -> None:
    transport = client_kind.transport()
    with client_kind.client(transport=transport, **PLACES[place](error)) as client:
        assert raised_by(lambda: client.analyze(b"image", ["tags"])) is error
    assert len(transport.sent) == (place == "a hook for responses")
    assert transport.slept == []
    assert "mine" in str(error) or error in FOREIGN


@pytest.mark.parametrize("error", [*FOREIGN, *AZURE_ERRORS, OSError("mine")], ids=repr)
def test_credential_exception_propagates(client_kind: ClientKind, error: Exception) -> None:
    credential, transport = client_kind.token_credential(), client_kind.transport()
    with mock.patch.object(credential, "_token", side_effect=error) as token:
        with client_kind.client(credential=credential, transport=transport) as client:
            assert raised_by(lambda: client.analyze(b"image", ["tags"])) is error
    assert token.call_count == 1
    assert (transport.sent, transport.slept) == ([], [])


@pytest.mark.parametrize("error", [*FOREIGN, OSError("mine"), zlib.error("mine")], ids=repr)
def test_cls_exception_propagates(client_kind: ClientKind, error: Exception) -> None:
    with client_kind.client(transport=client_kind.transport()) as client:
        assert raised_by(lambda: client.analyze(b"image", ["tags"], cls=raise_it(error))) is error


@each_foreign
def test_user_session_exception_propagates(error: Exception) -> None:
    class Session(requests.Session):
        def request(self, *_: Any, **__: Any) -> Any:
            attempts.append(1)
            raise error

    attempts: List[int] = []
    transport = RequestsTransport(session=Session())
    with ClientKind(False).client(transport=transport) as client:
        assert raised_by(lambda: client.analyze(b"image", ["tags"])) is error
    assert attempts == [1]


@pytest.mark.parametrize("error", [Guard("no network in tests"), TimeLimit("time is up"), AssertionError("no")])
def test_patched_socket_exception_propagates(client_kind: ClientKind, error: Exception) -> None:
    transport = no_sleep_transport(client_kind)
    target = "asyncio.base_events.BaseEventLoop.create_connection" if client_kind.is_async else "socket.socket.connect"
    with client_kind.client("http://127.0.0.1:9", transport=transport) as client:
        with mock.patch(target, raise_it(error)), mock.patch("socket.getaddrinfo", raise_it(error)):
            if client_kind.is_async:
                with mock.patch("asyncio.selector_events.BaseSelectorEventLoop.sock_connect", raise_it(error)):
                    assert raised_by(lambda: client.analyze(b"image", ["tags"])) is error
            else:
                assert raised_by(lambda: client.analyze(b"image", ["tags"])) is error
    assert transport.slept == []


def interrupted(handler: Callable[..., Any], **call: Any) -> Any:
    """Make a call of a server that is silent, and give what it raises when a signal handler ends it."""
    before = signal.signal(signal.SIGALRM, handler)
    with FaultyServer(ScriptedResponse(end="wait")) as server:
        with ClientKind(False).client(server.origin, **call) as client:
            timer = threading.Thread(target=alarm, args=(server,))
            timer.start()
            try:
                error = raised_by(lambda: client.analyze(b"image", ["tags"]))
            finally:
                timer.join()
                signal.signal(signal.SIGALRM, before)
    assert len(server.requests) == 1
    return error


def alarm(server: FaultyServer) -> None:
    """Send a signal to the main thread once the server has a request, and so the client waits for the response."""
    while not server.requests:
        time.sleep(0.01)
    time.sleep(0.1)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGALRM)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="there are no such signals")
@pytest.mark.parametrize("error", [TimeLimit("time is up"), Guard("time is up"), AssertionError("time is up")])
def test_signal_handler_exception_propagates(error: Exception) -> None:
    assert interrupted(raise_it(error)) is error


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="there are no such signals")
@pytest.mark.parametrize("text", ["time is up", "timed out", ""])
def test_timeout_error_of_a_signal_handler_is_not_retried(text: str) -> None:
    error = interrupted(raise_it(TimeoutError(text)))
    assert isinstance(error, (ServiceResponseTimeoutError, ServiceResponseError, ServiceRequestError))


def test_timeout_of_the_transport_is_retried(client_kind: ClientKind) -> None:
    with FaultyServer(ScriptedResponse(end="wait"), http_response()) as server:
        with client_kind.client(server.origin, transport=no_sleep_transport(client_kind)) as client:
            assert client.analyze(b"image", ["tags"], read_timeout=0.2).caption is not None
    assert len(server.requests) == 2


def test_closed_client_raises_at_once(client_kind: ClientKind) -> None:
    with FaultyServer(http_response()) as server:
        for used in (True, False):
            with client_kind.client(server.origin) as client:
                if used:
                    client.analyze(b"image", ["tags"])
                client.close()
                for _ in range(2):
                    error = raised_by(lambda: client.analyze(b"image", ["tags"]), ValueError)
                    assert "closed" in str(error)
    assert len(server.requests) == 1


def test_client_closed_during_a_wait_raises(client_kind: ClientKind) -> None:
    """The session is gone between two attempts, or just as the transport wants to use it."""
    transport = no_sleep_transport(client_kind)
    slept = transport.sleep

    def close(duration: float) -> Any:
        transport.session, closing = None, slept(duration)
        return closing

    transport.sleep = close
    with FaultyServer(http_response(b"", 503)) as server, client_kind.client(
        server.origin, transport=transport
    ) as client:
        session = client.wait(transport.open()) or transport.session
        error = raised_by(lambda: client.analyze(b"image", ["tags"], retry_backoff_factor=0.01), ValueError)
        client.wait(session.close())
    assert "closed" in str(error)


def test_session_that_is_closed_meanwhile_is_named(client_kind: ClientKind) -> None:
    """azure-core asks its users to report this to its developers."""
    transport = no_sleep_transport(client_kind)
    error = ValueError("No session available for request. Please report this issue to its developers.")
    with client_kind.client("http://127.0.0.1:9", transport=transport) as client:
        client.wait(transport.open())
        session = transport.session

        def lose(*_: Any, **__: Any) -> Any:
            transport.session = None
            raise error

        with mock.patch.object(type(transport), "send", lose):
            assert "closed" in str(raised_by(lambda: client.analyze(b"image", ["tags"]), ValueError))
        client.wait(session.close())


def test_closed_event_loop_is_named() -> None:
    """A client that is used in a second ``asyncio.run`` belongs to the first."""

    async def call() -> Any:
        return await client.analyze(b"image", [VisualFeatures.TAGS])

    # The client is told that the connection ends: one that waited for more would be left in a closed event loop.
    with FaultyServer(http_response(connection="close", end="close")) as server:
        client = ImageAnalysisClient(server.origin, AzureKeyCredential("key"))
        asyncio.run(call())
        server.wait_for_connections(0)
        error = raised_by(lambda: asyncio.run(call()), RuntimeError)
        asyncio.run(client.close())
    assert "loop" in str(error)
