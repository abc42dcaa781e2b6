"""Which body does a call send, also the second time, and which arguments are no image?"""

import io
from pathlib import Path
from typing import Any, Callable

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from client_kinds import ClientKind
from fake_transport import Answer
from loopback import Loopback
from one_call import sent_by, sent_by_url
from pipe import Pipe

LARGE = bytes(range(256)) * 8192  # 2 MiB


class OnlyRead:
    """What some libraries give for a file: it has nothing but ``read``."""

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


@pytest.mark.parametrize(
    "image, body",
    [
        (lambda path: b"the image", b"the image"),
        (lambda path: bytearray(b"the image"), b"the image"),
        (lambda path: memoryview(b"the image")[4:], b"image"),
        (lambda path: io.BytesIO(b"the image"), b"the image"),
        (open_at(0), b"the image"),
        (open_at(4), b"image"),
        (lambda path: Pipe(b"the image"), b"the image"),
        (lambda path: OnlyRead(b"the image"), b"the image"),
        (lambda path: LARGE, LARGE),
        (lambda path: io.BytesIO(LARGE), LARGE),
    ],
    ids=[
        "bytes",
        "bytearray",
        "memoryview",
        "BytesIO",
        "file",
        "file, further on",
        "pipe",
        "only read",
        "large",
        "large file",
    ],
)
def test_an_image_is_sent_as_it_is(
    client_kind: ClientKind, tmp_path: Path, image: Callable[[Path], Any], body: bytes
) -> None:
    path = tmp_path / "image.bin"
    path.write_bytes(b"the image")
    given = image(path)
    assert sent_by(client_kind, given).body == body
    getattr(given, "close", bool)()


def test_an_empty_image_is_left_to_the_service(client_kind: ClientKind) -> None:
    with Loopback(Answer()) as server, client_kind.client(endpoint=server.endpoint) as client:
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
def test_a_url_is_sent_as_ascii_json(client_kind: ClientKind, url: str, body: str) -> None:
    assert sent_by_url(client_kind, url).body == body


def test_a_bytearray_that_changes_later_does_not_change_what_is_sent(client_kind: ClientKind) -> None:
    image = bytearray(b"the image")

    def overwrite(sent: Any) -> Answer:
        image[:] = b"something"
        return Answer(status=503, headers={"Retry-After": "0"})

    transport = client_kind.transport(overwrite, Answer())
    with client_kind.client(transport=transport) as client:
        client.analyze(image, ["tags"])
    assert [sent.body for sent in transport.sent] == [b"the image"] * 2


HOME = "https://example.cognitiveservices.azure.com/other"
FAILURES = {
    "a status": (Answer(status=503, headers={"Retry-After": "0"}), HttpResponseError),
    "a connection": (ServiceRequestError("no connection"), ServiceRequestError),
    "a redirect": (Answer(status=307, headers={"Location": HOME}), HttpResponseError),
}


@pytest.mark.parametrize("failure", [failure for failure, _ in FAILURES.values()], ids=FAILURES)
@pytest.mark.parametrize(
    "image, body",
    [
        (lambda path: b"the image", b"the image"),
        (lambda path: io.BytesIO(b"the image"), b"the image"),
        (open_at(4), b"image"),
        (lambda path: LARGE, LARGE),
    ],
    ids=["bytes", "BytesIO", "file, further on", "large"],
)
def test_the_body_is_whole_at_the_second_try(
    client_kind: ClientKind, tmp_path: Path, image: Callable[[Path], Any], body: bytes, failure: Any
) -> None:
    path = tmp_path / "image.bin"
    path.write_bytes(b"the image")
    given = image(path)
    transport = client_kind.transport(failure, Answer())
    with client_kind.client(transport=transport) as client:
        client.analyze(given, ["tags"])
    getattr(given, "close", bool)()
    assert [sent.body for sent in transport.sent] == [body, body]


@pytest.mark.parametrize("failure, error", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("closed", [False, True], ids=["left open", "closed by the transport"])
def test_a_body_that_cannot_be_rewound_is_sent_once(
    client_kind: ClientKind, failure: Any, error: Any, closed: bool
) -> None:
    pipe = Pipe(b"the image")

    def fail(sent: Any) -> Any:
        if closed:
            pipe.close()
        if isinstance(failure, Exception):
            raise failure
        return failure

    transport = client_kind.transport(fail, Answer())
    with client_kind.client(transport=transport) as client, pytest.raises(error) as caught:
        client.analyze(pipe, ["tags"])
    assert [sent.body for sent in transport.sent] == [b"the image"]
    assert getattr(caught.value, "status_code", None) == getattr(failure, "status", None)
