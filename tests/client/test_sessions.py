"""Tests of the sessions below a client: no cookies, and none is shared across a fork."""

import json
import multiprocessing
import os
from typing import Any, Callable, List

import aiohttp
import pytest
import requests
from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from client_kinds import ClientKind
from faulty_server import FaultyServer, Received, ScriptedResponse, http_response

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
COOKIE = {"set_cookie": "name=value; Path=/"}


@pytest.mark.parametrize("entered", [False, True], ids=["at the first call", "in a with block"])
def test_own_session_keeps_no_cookies(client_kind: ClientKind, entered: bool) -> None:
    with FaultyServer(http_response()) as other:
        away = http_response(b"", 307, location=f"{other.origin}/", **COOKIE)
        with FaultyServer(http_response(**COOKIE), away, http_response()) as server:
            driver = client_kind.client(server.origin)
            client = driver.__enter__() if entered else driver
            for _ in range(3):
                client.analyze(b"image", ["tags"])
            driver.__exit__(None, None, None)
    received = [*server.requests, *other.requests]
    assert len(received) == 4
    assert [request for request in received if "cookie" in request.headers] == []


def test_call_can_send_cookies(client_kind: ClientKind) -> None:
    with FaultyServer(http_response(**COOKIE)) as server, client_kind.client(server.origin) as client:
        for _ in range(2):
            client.analyze(b"image", ["tags"], cookies={"own": "1"})
    assert [request.headers["cookie"] for request in server.requests] == ["own=1"] * 2


@pytest.mark.parametrize("given", ["transport", "session"])
def test_user_session_keeps_its_cookies(given: str) -> None:
    with requests.Session() as session, FaultyServer(http_response(**COOKIE)) as server:
        own = {"session": session, "transport": RequestsTransport(session=session)}
        with ClientKind(False).client(server.origin, **{given: own[given]}) as client:
            for _ in range(2):
                client.analyze(b"image", ["tags"])
    assert [request.headers.get("cookie") for request in server.requests] == [None, "name=value"]


def test_user_aiohttp_session_keeps_its_cookies() -> None:
    with FaultyServer(http_response(**COOKIE)) as server:
        driver = ClientKind(True).client(server.origin, transport=_LazySession())
        with driver as client:
            for _ in range(2):
                client.analyze(b"image", ["tags"])
    assert [request.headers.get("cookie") for request in server.requests] == [None, "name=value"]


class _LazySession(AioHttpTransport):
    """A transport whose session is made in the event loop, with a jar for cookies."""

    async def open(self) -> None:
        if not self.session:
            self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), auto_decompress=False)
        await super().open()


def by_header(request: Received) -> ScriptedResponse:
    """Respond so that a call can tell whether the response is its own."""
    return http_response({"modelVersion": request.headers["x-name"]})


def in_child(function: Callable[[], Any]) -> Any:
    """Run a function in a forked process, and give what it returns or raises, as text."""
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
    process.join()
    return given


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("own", [False, True], ids=["our session", "the caller's session"])
def test_no_connection_is_shared_with_a_forked_process(own: bool) -> None:
    """Each side gets its own results, and the parent's connection stays the parent's."""
    with requests.Session() as session, FaultyServer(by_header) as server:
        transport = RequestsTransport(session=session, session_owner=False) if own else None
        with ClientKind(False).client(server.origin, **({"transport": transport} if own else {})) as client:

            def call(name: str) -> Any:
                return client.analyze(b"image", ["tags"], headers={"X-Name": name}).model_version

            assert call("parent") == "parent"
            assert in_child(lambda: [call(f"child {number}") for number in range(20)]) == [
                f"child {number}" for number in range(20)
            ]
            assert server.connections == 2
            assert call("parent again") == "parent again"
    assert server.connections == 2


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_unused_client_survives_a_fork(client_kind: ClientKind) -> None:
    with FaultyServer(by_header) as server:
        client = client_kind.client(server.origin)
        call = lambda: client.analyze(b"image", ["tags"], headers={"X-Name": "mine"}).model_version  # noqa: E731
        assert in_child(call) == "mine"
        client.__exit__(None, None, None)


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_asynchronous_client_is_refused_after_a_fork() -> None:
    """Its event loop does not come along."""
    with FaultyServer(by_header) as server, ClientKind(True).client(server.origin) as client:
        call = lambda: client.analyze(b"image", ["tags"], headers={"X-Name": "mine"}).model_version  # noqa: E731
        assert call() == "mine"
        assert in_child(call).startswith("RuntimeError: This client was used before the process was forked")
        assert call() == "mine"
    assert len(server.requests) == 2


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_many_calls_on_both_sides_of_a_fork() -> None:
    wrong: List[Any] = []
    with FaultyServer(by_header) as server, ClientKind(False).client(server.origin) as client:

        def calls(name: str) -> List[str]:
            names = [f"{name} {number}" for number in range(100)]
            gotten = [client.analyze(b"image", ["tags"], headers={"X-Name": each}).model_version for each in names]
            return [each for each, got in zip(names, gotten) if each != got]

        calls("first")
        context = multiprocessing.get_context("fork")
        queue = context.SimpleQueue()
        process = context.Process(target=lambda: queue.put(json.dumps(calls("child"))))
        process.start()
        wrong += calls("parent")
        wrong += json.loads(queue.get())
        process.join()
    assert wrong == []
