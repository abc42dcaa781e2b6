"""Tests which body a call sends, also on a retry, and from which sources an image is read."""

import io
from pathlib import Path
from typing import Any, AsyncIterator, Callable, Dict, Iterator, Tuple
from unittest import mock

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.core.rest import HttpRequest
from client_kinds import ClientKind
from fake_transport import StubResponse
from faulty_server import Loopback
from one_call import sent_by, sent_by_url
from pipe import Pipe

LARGE = bytes(range(256)) * 8192  # 2 MiB


class OnlyRead:
    """A source that has nothing but ``read``."""

    def __init__(self, content: Any) -> None:
        self._content = content

    def read(self, size: int = -1) -> Any:
        content, self._content = self._content, b""
        return content


def open_at(position: int) -> Callable[[Path], Any]:
    def opened(path: Path) -> Any:
        file = path.open("rb")
        file.seek(position)
        return file

    return opened


class BothKinds:
    """Chunks for whichever client asks for them."""

    def __iter__(self) -> Iterator[bytes]:
        return two_chunks()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return two_chunks_later()


def two_chunks() -> Iterator[bytes]:
    yield b"the "
    yield b"image"


SOURCES: Dict[str, Tuple[Callable[[Path], Any], bytes]] = {
    "bytes": (lambda path: b"the image", b"the image"),
    "bytearray": (lambda path: bytearray(b"the image"), b"the image"),
    "memoryview": (lambda path: memoryview(b"the image")[4:], b"image"),
    "memoryview with gaps": (lambda path: memoryview(b"t-h-e-")[::2], b"the"),
    "BytesIO": (lambda path: io.BytesIO(b"the image"), b"the image"),
    "file": (open_at(0), b"the image"),
    "file, further on": (open_at(4), b"image"),
    "pipe": (lambda path: Pipe(b"the image"), b"the image"),
    "buffered pipe": (lambda path: io.BufferedReader(Pipe(b"the image")), b"the image"),
    "only read": (lambda path: OnlyRead(b"the image"), b"the image"),
    "mock of a file": (lambda path: mock.Mock(read=mock.Mock(return_value=b"the image")), b"the image"),
    "generator": (lambda path: two_chunks(), b"the image"),
    "list": (lambda path: [b"the ", bytearray(b"image")], b"the image"),
    "iterable of both kinds": (lambda path: BothKinds(), b"the image"),
    "tuple": (lambda path: (b"the image",), b"the image"),
    "large": (lambda path: LARGE, LARGE),
    "large file": (lambda path: io.BytesIO(LARGE), LARGE),
}


@pytest.mark.parametrize("image, body", SOURCES.values(), ids=SOURCES)
def test_image_is_read_to_its_end(
    client_kind: ClientKind, tmp_path: Path, image: Callable[[Path], Any], body: bytes
) -> None:
    path = tmp_path / "image.bin"
    path.write_bytes(b"the image")
    given = image(path)
    assert sent_by(client_kind, given).body == body
    getattr(given, "close", bool)()


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
    """What a source raises."""


class BrokenFile:
    """A source that fails."""

    def read(self, size: int = -1) -> bytes:
        raise Broken("half of it is missing")


def broken_chunks() -> Iterator[bytes]:
    yield b"the "
    raise Broken("half of it is missing")


@pytest.mark.parametrize("image", [BrokenFile, broken_chunks], ids=["file", "generator"])
def test_source_error_propagates_and_nothing_is_sent(client_kind: ClientKind, image: Any) -> None:
    transport = client_kind.transport()
    with client_kind.client(transport=transport) as client:
        with pytest.raises(Broken, match="^half of it is missing$"):
            client.analyze(image(), ["tags"])
    assert transport.sent == []


def at_its_end() -> io.BytesIO:
    file = io.BytesIO()
    file.write(b"the image")
    return file


@pytest.mark.parametrize("image", [at_its_end, lambda: iter([]), list], ids=["file", "iterator", "list"])
def test_source_without_bytes_is_refused(client_kind: ClientKind, image: Callable[[], Any]) -> None:
    transport = client_kind.transport()
    with client_kind.client(transport=transport) as client:
        with pytest.raises(ValueError, match=r"^image_data: expected an image, got an exhausted \w+\. .*seek\(0\)"):
            client.analyze(image(), ["tags"])
    assert transport.sent == []


def test_empty_image_is_sent(client_kind: ClientKind) -> None:
    with Loopback(StubResponse()) as server, client_kind.client(endpoint=server.endpoint) as client:
        client.analyze(b"", ["tags"])
    assert (server.received[0].body, server.received[0].headers["Content-Length"]) == (b"", "0")


@pytest.mark.parametrize(
    "url, body",
    [
        ("https://images.example/a.jpg?x=1&y=2", '{"url": "https://images.example/a.jpg?x=1&y=2"}'),
        ("https://images.example/bücher ☃.jpg", '{"url": "https://images.example/b\\u00fccher \\u2603.jpg"}'),
        ('no "address"\n', '{"url": "no \\"address\\"\\n"}'),
    ],
)
def test_url_is_sent_as_ascii_json(client_kind: ClientKind, url: str, body: str) -> None:
    assert sent_by_url(client_kind, url).body == body


HOME = "https://example.cognitiveservices.azure.com/other"
FAILURES = {
    "a status": (StubResponse(status=503, headers={"Retry-After": "0"}), HttpResponseError),
    "a connection": (ServiceRequestError("no connection"), ServiceRequestError),
    "a redirect": (StubResponse(status=307, headers={"Location": HOME}), HttpResponseError),
}


@pytest.mark.parametrize("failure, error", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("closed", [False, True], ids=["left open", "closed by the transport"])
def test_unrewindable_body_is_sent_once(client_kind: ClientKind, failure: Any, error: Any, closed: bool) -> None:
    pipe = Pipe(b"the image")

    def fail(sent: Any) -> Any:
        if closed:
            pipe.close()
        if isinstance(failure, Exception):
            raise failure
        return failure

    transport = client_kind.transport(fail, StubResponse())
    status = getattr(failure, "status", None)
    with client_kind.client(transport=transport) as client:
        request = HttpRequest("PUT", "/x", content=pipe)
        if status:
            assert client.send_request(request).status_code == status
        else:
            with pytest.raises(error):
                client.send_request(request)
    assert [sent.body for sent in transport.sent] == [b"the image"]


@pytest.mark.parametrize("failure", [failure for failure, _ in FAILURES.values()], ids=FAILURES)
def test_image_is_whole_on_a_second_attempt(client_kind: ClientKind, failure: Any) -> None:
    transport = client_kind.transport(failure, StubResponse())
    with client_kind.client(transport=transport) as client:
        client.analyze(Pipe(b"the image"), ["tags"])
    assert [sent.body for sent in transport.sent] == [b"the image"] * 2
