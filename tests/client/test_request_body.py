"""Tests which body a call sends, also on a retry, and from which sources an image is read."""

import io
from array import array
from contextlib import suppress
from typing import Any, AsyncIterator, Callable, Dict, Iterator, Tuple
from unittest import mock

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.core.rest import HttpRequest
from client_kinds import ClientKind
from fake_transport import StubResponse
from faulty_server import FaultyServer
from one_call import sent_by, sent_by_url
from pipe import Pipe


class OnlyRead:
    """A source that has only ``read``."""

    def __init__(self, content: Any) -> None:
        self._content = content

    def read(self, size: int = -1) -> Any:
        content, self._content = self._content, b""
        return content


def file_at(position: int, content: bytes) -> Any:
    file = io.BytesIO(content)
    file.seek(position)
    return file


SOURCES: Dict[str, Tuple[Callable[[], Any], bytes]] = {
    "bytearray": (lambda: bytearray(b"the image"), b"the image"),
    "memoryview": (lambda: memoryview(b"the image")[4:], b"image"),
    "memoryview with gaps": (lambda: memoryview(b"t-h-e-")[::2], b"the"),
    "array": (lambda: array("B", b"the image"), b"the image"),
    "file at a position": (lambda: file_at(4, b"the image"), b"image"),
    "only read": (lambda: OnlyRead(b"the image"), b"the image"),
    "mock of a file": (lambda: mock.Mock(read=mock.Mock(return_value=b"the image")), b"the image"),
    "list": (lambda: [b"the ", bytearray(b"image")], b"the image"),
}


@pytest.mark.parametrize("image, body", SOURCES.values(), ids=SOURCES)
def test_image_is_read_to_its_end(client_kind: ClientKind, image: Callable[[], Any], body: bytes) -> None:
    assert sent_by(client_kind, image()).body == body


class AsyncReader:
    """A file whose ``read`` returns an awaitable, but is not a coroutine function."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.closed = False

    def read(self, size: int = -1) -> Any:
        async def later() -> bytes:
            return self._content

        return later()


class ReadResponse:
    """A response of aiohttp: it is closed once its body has been read, and still returns it."""

    closed = True

    async def read(self) -> bytes:
        return b"the image"


async def two_chunks_later() -> AsyncIterator[bytes]:
    yield b"the "
    yield b"image"


ASYNC_SOURCES: Dict[str, Callable[[], Any]] = {
    "file": lambda: AsyncReader(b"the image"),
    "response": ReadResponse,
    "generator": two_chunks_later,
}


@pytest.mark.parametrize("image", ASYNC_SOURCES.values(), ids=ASYNC_SOURCES)
def test_asynchronous_source_is_for_the_asynchronous_client(image: Callable[[], Any]) -> None:
    busy = StubResponse(status=503, headers={"Retry-After": "0"})
    transport = ClientKind(True).transport(busy, StubResponse())
    with ClientKind(True).client(transport=transport) as client:
        client.analyze(image(), ["tags"])
    assert [sent.body for sent in transport.sent] == [b"the image"] * 2
    with ClientKind(False).client(transport=ClientKind(False).transport()) as client:
        with pytest.raises(TypeError, match=r"asynchronous: pass await file\.read\(\)"):
            client.analyze(image(), ["tags"])


class Broken(Exception):
    """The exception of a source."""


def broken_chunks() -> Iterator[bytes]:
    yield b"the "
    raise Broken("half of it is missing")


def test_exception_of_a_source_is_raised_and_nothing_is_sent(client_kind: ClientKind) -> None:
    transport = client_kind.transport()
    with client_kind.client(transport=transport) as client, pytest.raises(Broken, match="^half of it is missing$"):
        client.analyze(broken_chunks(), ["tags"])
    assert transport.sent == []


@pytest.mark.parametrize("image", [lambda: iter([]), list], ids=["iterator", "list"])
def test_source_without_bytes_is_refused(image: Callable[[], Any]) -> None:
    transport = ClientKind(False).transport()
    with ClientKind(False).client(transport=transport) as client:
        with pytest.raises(ValueError, match=r"^image_data: expected an image, got an exhausted \w+\. .*seek\(0\)"):
            client.analyze(image(), ["tags"])
    assert transport.sent == []


def test_empty_image_is_sent(client_kind: ClientKind) -> None:
    with FaultyServer(StubResponse()) as server, client_kind.client(server.origin) as client:
        client.analyze(b"", ["tags"])
    assert (server.requests[0].body, server.requests[0].headers["Content-Length"]) == (b"", "0")


@pytest.mark.parametrize(
    "url, body",
    [
        ("https://images.example/a.jpg?x=1&y=2", '{"url": "https://images.example/a.jpg?x=1&y=2"}'),
        ("https://images.example/bücher ☃.jpg", '{"url": "https://images.example/b\\u00fccher \\u2603.jpg"}'),
        ('no "address"\n', '{"url": "no \\"address\\"\\n"}'),
    ],
)
def test_url_is_sent_as_ascii_json(url: str, body: str) -> None:
    assert sent_by_url(ClientKind(False), url).body == body


FAILURES = {
    "a status": StubResponse(status=503, headers={"Retry-After": "0"}),
    "a connection": ServiceRequestError("no connection"),
    "a redirect": StubResponse(status=307, headers={"Location": "/other"}),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_body_that_can_be_read_once_is_sent_once(client_kind: ClientKind, failure: Any) -> None:
    transport = client_kind.transport(failure, StubResponse())
    with client_kind.client(transport=transport) as client, suppress(ServiceRequestError):
        response = client.send_request(HttpRequest("PUT", "/x", content=Pipe(b"the image")))
        assert response.status_code == failure.status
    assert [sent.body for sent in transport.sent] == [b"the image"]
