"""Tests of the sessions below a client: cookies, users' own sessions, and forks."""

import multiprocessing
import os
from typing import Any, Callable

import pytest
import requests
from azure.core.pipeline.transport import RequestsTransport
from client_kinds import ClientKind
from faulty_server import FaultyServer, Received, ScriptedResponse, http_response

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def test_session_of_a_user_is_not_changed() -> None:
    with requests.Session() as session, FaultyServer(http_response()) as server:
        before, adapters = dict(vars(session)), [dict(vars(adapter)) for adapter in session.adapters.values()]
        transport = RequestsTransport(session=session, session_owner=False)
        with ClientKind(False).client(server.origin, transport=transport) as client:
            client.analyze(b"image", ["tags"])
        assert dict(vars(session)) == before
        assert [dict(vars(adapter)) for adapter in session.adapters.values()] == adapters


def by_header(request: Received) -> ScriptedResponse:
    """Return a response by which a call recognizes its own."""
    return http_response({"modelVersion": request.headers["x-name"]})


def in_child(function: Callable[[], Any]) -> Any:
    """Run a function in a forked process, and return what it returns, or the text of what it raises."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def run() -> None:
        try:
            sender.send(function())
        except BaseException as error:  # whatever it is, the test looks at it
            sender.send(f"{type(error).__name__}: {error}")
        os._exit(0)

    process = context.Process(target=run)
    process.start()
    given = receiver.recv() if receiver.poll(60) else "nothing"
    process.kill()  # if it hangs, it has no end
    process.join()
    return given


def test_connections_are_left_to_the_parent(client_kind: ClientKind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Test this without a fork, so that coverage can be measured."""
    process = os.getpid()
    with FaultyServer(http_response()) as server, client_kind.client(server.origin) as client:
        client.analyze(b"image", ["tags"])
        monkeypatch.setattr(os, "getpid", lambda: process + 1)
        if client_kind.is_async:
            with pytest.raises(RuntimeError, match="make a client in each process"):
                client.analyze(b"image", ["tags"])
        else:
            client.analyze(b"image", ["tags"])
            assert (len(server.requests), server.connections) == (2, 2)


def test_connections_of_a_users_session_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    process = os.getpid()
    with requests.Session() as session, FaultyServer(http_response()) as server:
        transport = RequestsTransport(session=session, session_owner=False)
        with ClientKind(False).client(server.origin, transport=transport) as client:
            client.analyze(b"image", ["tags"])
            monkeypatch.setattr(os, "getpid", lambda: process + 1)
            client.analyze(b"image", ["tags"])
    assert server.connections == 1


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_no_connection_is_shared_with_a_forked_process() -> None:
    with FaultyServer(by_header) as server, ClientKind(False).client(server.origin) as client:

        def call(name: str) -> Any:
            return client.analyze(b"image", ["tags"], headers={"X-Name": name}).model_version

        assert call("parent") == "parent"
        names = [f"child {number}" for number in range(20)]
        assert in_child(lambda: [call(name) for name in names]) == names
        assert server.connections == 2
        assert call("parent again") == "parent again"
    assert server.connections == 2
