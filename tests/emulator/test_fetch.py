"""Tests of fetching images: only if it is switched on, and from public addresses only."""

import asyncio
import socket
import threading
import time
from typing import Any, List, Tuple

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._http import fetch as fetching
from azure.ai.vision.imageanalysis.emulator._http.fetch import NotAccessible, is_public
from azure.ai.vision.imageanalysis.emulator._http.serving import DaemonThreads
from emulator_calls import SAMPLE, call
from fake_transport import StubResponse
from faulty_server import Loopback

NAME, PUBLIC = "pictures.test", "93.184.215.14"


def fetch(url: str) -> bytes:
    return asyncio.run(fetching.fetch(url, DaemonThreads()))


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> List[str]:
    """Let one name lead to this machine, as if that were public. Returns the names that are looked up."""
    names: List[str] = []
    real = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **options: Any) -> List[Tuple[Any, ...]]:
        names.append(host)
        return real("127.0.0.1" if host == NAME else host, *arguments, **options)

    monkeypatch.setattr(fetching.socket, "getaddrinfo", look_up)
    monkeypatch.setattr(fetching, "is_public", lambda address: bool(names) and names[-1] == NAME)
    return names


def at(loopback: Loopback, path: str = "/a.jpg") -> str:
    return loopback.endpoint.replace("127.0.0.1", NAME) + path


def test_image_is_fetched(looked_up: List[str]) -> None:
    with Loopback(StubResponse(SAMPLE)) as loopback, ImageAnalysisEmulator(fetch_urls=True, ocr=False) as emulator:
        response = call(emulator, body={"url": at(loopback, "/a.jpg?b=c")})
        assert response.status_code == 200
        assert response.json()["tagsResult"]["values"]
        assert loopback.received[0].target == "/a.jpg?b=c"
        assert loopback.received[0].headers["Host"].startswith(NAME)
        assert "Ocp-Apim-Subscription-Key" not in loopback.received[0].headers
    assert looked_up.count(NAME) == 1  # The connection goes to the address that was checked.


def test_nothing_is_fetched_by_default() -> None:
    with Loopback(StubResponse(SAMPLE)) as loopback, ImageAnalysisEmulator(ocr=False) as emulator:
        assert call(emulator, body={"url": at(loopback)}).status_code == 400
        assert loopback.received == []


def test_redirect_is_followed_and_looked_up_anew(looked_up: List[str]) -> None:
    with Loopback(StubResponse(b"", 302, headers={"Location": "/b.jpg"}), StubResponse(b"image")) as loopback:
        assert fetch(at(loopback)) == b"image"
        assert [received.target for received in loopback.received] == ["/a.jpg", "/b.jpg"]


def test_redirect_to_a_private_address_is_not_followed(looked_up: List[str]) -> None:
    with Loopback(StubResponse(SAMPLE)) as private:
        location = private.endpoint.replace("127.0.0.1", "localhost")
        with Loopback(StubResponse(b"", 302, headers={"Location": location})) as loopback:
            with pytest.raises(NotAccessible):
                fetch(at(loopback))
        assert private.received == []
    assert looked_up == [NAME, "localhost"]


def test_redirects_come_to_an_end(looked_up: List[str]) -> None:
    with Loopback(StubResponse(b"", 302, headers={"Location": "/again"})) as loopback:
        with pytest.raises(NotAccessible):
            fetch(at(loopback))
        assert len(loopback.received) == 6


@pytest.mark.parametrize("response", [StubResponse(b"", 404), StubResponse(b"", 302), StubResponse(SAMPLE, 500)])
def test_other_statuses_are_not_accessible(looked_up: List[str], response: StubResponse) -> None:
    with Loopback(response) as loopback, pytest.raises(NotAccessible):
        fetch(at(loopback))


def test_too_large_image_is_not_read_to_its_end(looked_up: List[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "IMAGE_BYTES_LIMIT", 1000)
    with Loopback(StubResponse(b"x" * 1_000_000)) as loopback:
        assert 1000 < len(fetch(at(loopback))) < 1_000_000


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"], ids=["head", "body"])
def test_deadline_holds_for_a_server_that_sends_byte_by_byte(
    looked_up: List[str], monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    monkeypatch.setattr(fetching, "FETCH_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(beginning)
                try:
                    while True:
                        connection.sendall(b"a")
                        time.sleep(0.02)
                except OSError:
                    pass  # The client has gone.

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(NotAccessible):
            fetch(f"http://{NAME}:{server.getsockname()[1]}/")
        thread.join()


def test_https_is_verified(looked_up: List[str]) -> None:
    with Loopback(StubResponse(SAMPLE)) as loopback, pytest.raises(NotAccessible):
        fetch(at(loopback).replace("http:", "https:"))


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["fe80::1%eth0"], [PUBLIC, "127.0.0.1"]], ids=",".join)
def test_name_with_an_address_that_is_not_public_is_not_connected(
    monkeypatch: pytest.MonkeyPatch, addresses: List[str]
) -> None:
    def look_up(host: str, port: int, *_: Any) -> List[Tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    with Loopback(StubResponse(SAMPLE)) as loopback:
        monkeypatch.setattr(fetching.socket, "getaddrinfo", look_up)
        with pytest.raises(NotAccessible):
            fetch(at(loopback))
        assert loopback.received == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "017700000001", "0", "[::ffff:7f00:1]"]
)
def test_no_spelling_of_this_machine_is_fetched(host: str) -> None:
    with Loopback(StubResponse(SAMPLE)) as loopback:
        with pytest.raises(NotAccessible):
            fetch(loopback.endpoint.replace("127.0.0.1", host))
        assert loopback.received == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/a.jpg",
        "file:///etc/passwd",
        "http://user:secret@example.com/",
        "http:///a.jpg",
        "http://example.com:port/",
        "http://[",
        "no address",
        "",
    ],
)
def test_url_that_is_never_fetched(url: str) -> None:
    with pytest.raises(NotAccessible):
        fetch(url)


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
        *("169.254.169.254", "168.63.129.16", "192.0.0.192"),  # Services of clouds.
        *("255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "fec0::1", "3fff::1", "5f00::1"),
        *("::127.0.0.1", "::ffff:127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::"),
    ],
)
def test_other_addresses(address: str) -> None:
    assert not is_public(address)
