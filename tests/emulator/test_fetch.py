"""Tests of fetching images: only if it is switched on, and from public addresses only."""

import asyncio
import socket
from typing import Any, List, Tuple

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._http import fetch as fetching
from azure.ai.vision.imageanalysis.emulator._http.fetch import NotAccessible, is_public
from azure.ai.vision.imageanalysis.emulator._http.serving import DaemonThreads
from certificates import Certificates
from emulator_calls import SAMPLE, call
from faulty_server import FaultyServer, ScriptedResponse, http_response

NAME, PUBLIC = "pictures.test", "93.184.215.14"


def fetch(url: str) -> bytes:
    return asyncio.run(fetching.fetch(url, DaemonThreads()))


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> List[str]:
    """Resolve one name to this machine as if it were public, and return the names that are looked up."""
    names: List[str] = []
    real = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **options: Any) -> List[Tuple[Any, ...]]:
        names.append(host)
        return real("127.0.0.1" if host == NAME else host, *arguments, **options)

    monkeypatch.setattr(fetching.socket, "getaddrinfo", look_up)
    monkeypatch.setattr(fetching, "is_public", lambda address: bool(names) and names[-1] == NAME)
    return names


def url_on(server: FaultyServer, path: str = "/a.jpg", scheme: str = "http") -> str:
    return f"{scheme}://{NAME}:{server.port}{path}"


def redirect(location: str) -> ScriptedResponse:
    return http_response(b"", 302, location=location)


def test_image_is_fetched(looked_up: List[str]) -> None:
    with FaultyServer(http_response(SAMPLE)) as server, ImageAnalysisEmulator(fetch_urls=True, ocr=False) as emulator:
        response = call(emulator, body={"url": url_on(server, "/a.jpg?b=c")})
        assert response.status_code == 200
        assert response.json()["tagsResult"]["values"]
        (request,) = server.requests
        assert request.target == "/a.jpg?b=c"
        assert request.headers["Host"].startswith(NAME)
        assert "Ocp-Apim-Subscription-Key" not in request.headers
        assert call(emulator, body={"url": f"http://localhost:{server.port}/"}).status_code == 400
    assert looked_up.count(NAME) == 1  # The connection goes to the address that was checked.


def test_nothing_is_fetched_by_default(emulator: ImageAnalysisEmulator) -> None:
    with FaultyServer(http_response(SAMPLE)) as server:
        assert call(emulator, body={"url": url_on(server)}).status_code == 400
        assert server.requests == []


def test_redirect_is_followed_unless_its_address_is_private(looked_up: List[str]) -> None:
    with FaultyServer(redirect("/b.jpg"), http_response(b"image")) as server:
        assert fetch(url_on(server)) == b"image"
        assert [request.target for request in server.requests] == ["/a.jpg", "/b.jpg"]
    with FaultyServer(http_response(SAMPLE)) as private:
        with FaultyServer(redirect(f"http://localhost:{private.port}/")) as server:
            with pytest.raises(NotAccessible):
                fetch(url_on(server))
        assert private.requests == []


def test_redirects_and_other_statuses_come_to_an_end(looked_up: List[str]) -> None:
    for response, count in ((redirect("/again"), 6), (http_response(SAMPLE, 404), 1)):
        with FaultyServer(response) as server:
            with pytest.raises(NotAccessible):
                fetch(url_on(server))
            assert len(server.requests) == count


def test_too_large_image_is_not_read_to_its_end(looked_up: List[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "IMAGE_BYTES_LIMIT", 1000)
    with FaultyServer(http_response(b"x" * 1_000_000)) as server:
        assert 1000 < len(fetch(url_on(server))) < 1_000_000


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nx"], ids=["head", "body"])
def test_server_that_does_not_respond_in_time_is_not_accessible(
    looked_up: List[str], monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    monkeypatch.setattr(fetching, "FETCH_SECONDS", 0.1)
    with FaultyServer(ScriptedResponse(beginning, end="wait")) as server, pytest.raises(NotAccessible):
        fetch(url_on(server))


def test_certificate_is_verified(looked_up: List[str], certificates: Certificates) -> None:
    with FaultyServer(http_response(SAMPLE), tls=certificates.server) as server:
        with pytest.raises(NotAccessible):
            fetch(url_on(server, scheme="https"))
        assert server.requests == []


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["fe80::1%eth0"], ["127.0.0.1", PUBLIC]], ids=",".join)
def test_name_with_an_address_that_is_not_public_is_not_connected(
    monkeypatch: pytest.MonkeyPatch, addresses: List[str]
) -> None:
    def look_up(host: str, port: int, *_: Any) -> List[Tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    with FaultyServer(http_response(SAMPLE)) as server:
        monkeypatch.setattr(fetching.socket, "getaddrinfo", look_up)
        with pytest.raises(NotAccessible):
            fetch(url_on(server))
        assert server.requests == []


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "2130706433", "[::ffff:7f00:1]", "user:a@127.1"])
def test_no_spelling_of_this_machine_is_fetched(host: str) -> None:
    with FaultyServer(http_response(SAMPLE)) as server:
        with pytest.raises(NotAccessible):
            fetch(f"http://{host}:{server.port}/")
        assert server.requests == []


def test_other_schemes_are_not_fetched() -> None:
    for url in ("ftp://example.com/a.jpg", "file:///etc/passwd", "http://[", "no address"):
        with pytest.raises(NotAccessible):
            fetch(url)


def test_public_addresses() -> None:
    for address in (PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"):
        assert is_public(address), address
    for address in (
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
        *("169.254.169.254", "168.63.129.16", "192.0.0.192"),  # services of clouds
        *("::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
    ):
        assert not is_public(address), address
