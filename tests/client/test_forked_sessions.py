"""What a client does in a process that is not the one that used it, seen without a fork, which hides what runs."""

import errno
import os
from typing import Any

import pytest
import requests
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.transport import RequestsTransport
from client_kinds import ClientKind
from faulty_server import FaultyServer, http_response


def test_connections_are_left_to_the_parent(client_kind: ClientKind, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_timeout_of_the_system_is_the_networks() -> None:
    from azure.ai.vision.imageanalysis._attempts import allow_retry, is_retryable

    context: Any = {}
    error = ServiceRequestError("late", error=TimeoutError(errno.ETIMEDOUT, "timed out"))
    assert not is_retryable(error, context)
    allow_retry(error, context)
    assert is_retryable(error, context)


class FakeAdapter(requests.adapters.BaseAdapter):
    """An adapter such as that of a library which fakes responses."""

    def close(self) -> None:
        """Close nothing."""


def test_adapter_without_connections_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    process = os.getpid()
    with requests.Session() as session, FaultyServer(http_response()) as server:
        session.mount("mock://", FakeAdapter())
        transport = RequestsTransport(session=session, session_owner=False)
        with ClientKind(False).client(server.origin, transport=transport) as client:
            client.analyze(b"image", ["tags"])
            monkeypatch.setattr(os, "getpid", lambda: process + 1)
            client.analyze(b"image", ["tags"])
    assert server.connections == 2
