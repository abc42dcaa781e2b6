"""Tests of fetching images: only if it is switched on, and from public addresses alone."""

import socket
from typing import Any, List, Tuple

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator, _fetch
from azure.ai.vision.imageanalysis.emulator._fetch import NotAccessible, fetch, is_public
from emulator_calls import SAMPLE, call
from fake_transport import StubResponse
from loopback import Loopback

NAME = "pictures.test"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> List[str]:
    """Let one name lead to this machine, as if that were public; note the names that were looked up."""
    names: List[str] = []
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *arguments: Any, **options: Any) -> List[Tuple[Any, ...]]:
        names.append(host)
        return real("127.0.0.1" if host == NAME else host, port, *arguments, **options)

    monkeypatch.setattr(_fetch.socket, "getaddrinfo", look_up)
    monkeypatch.setattr(_fetch, "is_public", lambda address: names[-1] == NAME)
    return names


def at(loopback: Loopback, path: str = "/a.jpg") -> str:
    return loopback.endpoint.replace("127.0.0.1", NAME) + path


def test_image_is_fetched(asked: List[str]) -> None:
    with Loopback(StubResponse(SAMPLE)) as loopback, ImageAnalysisEmulator(fetch_urls=True) as emulator:
        response = call(emulator, body={"url": at(loopback, "/a.jpg?b=c")})
        assert response.status_code == 200
        assert response.json()["tagsResult"]["values"]
        assert loopback.received[0].target == "/a.jpg?b=c"
        assert "Ocp-Apim-Subscription-Key" not in loopback.received[0].headers


def test_nothing_is_fetched_by_default() -> None:
    with Loopback(StubResponse(SAMPLE)) as loopback, ImageAnalysisEmulator() as emulator:
        assert call(emulator, body={"url": at(loopback)}).status_code == 400
        assert loopback.received == []


def test_redirects_are_followed(asked: List[str]) -> None:
    with Loopback(StubResponse(b"", 302, headers={"Location": "/b.jpg"}), StubResponse(b"image")) as loopback:
        assert fetch(at(loopback)) == b"image"
        assert [received.target for received in loopback.received] == ["/a.jpg", "/b.jpg"]


def test_redirect_to_a_private_address_is_not_followed(asked: List[str]) -> None:
    with Loopback(StubResponse(SAMPLE)) as private:
        with Loopback(StubResponse(b"", 302, headers={"Location": private.endpoint})) as loopback:
            with pytest.raises(NotAccessible):
                fetch(at(loopback))
        assert private.received == []
    assert asked.count(NAME) == 1


def test_redirects_come_to_an_end(asked: List[str]) -> None:
    with Loopback(StubResponse(b"", 302, headers={"Location": "/again"})) as loopback:
        with pytest.raises(NotAccessible):
            fetch(at(loopback))
        assert len(loopback.received) == 6


@pytest.mark.parametrize("response", [StubResponse(b"", 404), StubResponse(b"", 302), StubResponse(SAMPLE, 500)])
def test_other_statuses_are_not_accessible(asked: List[str], response: StubResponse) -> None:
    with Loopback(response) as loopback, pytest.raises(NotAccessible):
        fetch(at(loopback))


def test_large_image_is_cut_and_refused(asked: List[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fetch, "IMAGE_BYTES_LIMIT", 1000)
    with Loopback(StubResponse(b"x" * 5000)) as loopback:
        assert len(fetch(at(loopback))) == 1001


def test_slow_server_is_not_accessible(asked: List[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fetch, "FETCH_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NotAccessible):
        fetch(f"http://{NAME}:{silent.getsockname()[1]}/")


def test_https_is_verified(asked: List[str]) -> None:
    with Loopback(StubResponse(SAMPLE)) as loopback, pytest.raises(NotAccessible):
        fetch(at(loopback).replace("http:", "https:"))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/a.jpg",
        "file:///etc/passwd",
        "http://user:secret@example.com/",
        "http:///a.jpg",
        "http://example.com:port/",
        "http://[",
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://[::1]/",
        "http://169.254.169.254/metadata",
        "no address",
        "",
    ],
)
def test_addresses_that_are_never_fetched(url: str) -> None:
    with pytest.raises(NotAccessible):
        fetch(url)


@pytest.mark.parametrize(
    "address, public",
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:1::", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public
