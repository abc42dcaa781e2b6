"""Tests of fetching images: only if it is switched on, and from public addresses alone."""

import socket
from typing import Any, Dict, List, Tuple

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._http import fetch as fetching
from azure.ai.vision.imageanalysis.emulator._http.fetch import NotAccessible, fetch, is_public
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

    monkeypatch.setattr(fetching.socket, "getaddrinfo", look_up)
    monkeypatch.setattr(fetching, "is_public", lambda address: names[-1] == NAME)
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
    monkeypatch.setattr(fetching, "IMAGE_BYTES_LIMIT", 1000)
    with Loopback(StubResponse(b"x" * 5000)) as loopback:
        assert len(fetch(at(loopback))) == 1001


def test_slow_server_is_not_accessible(asked: List[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "FETCH_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NotAccessible):
        fetch(f"http://{NAME}:{silent.getsockname()[1]}/")


def test_https_is_verified(asked: List[str]) -> None:
    with Loopback(StubResponse(SAMPLE)) as loopback, pytest.raises(NotAccessible):
        fetch(at(loopback).replace("http:", "https:"))


# Names and their addresses

PUBLIC, OTHER_PUBLIC = "93.184.215.14", "93.184.215.15"


class Names:
    """Looks names up as a name server would, whose addresses change, and notes which addresses are connected."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.addresses_of: Dict[str, List[List[str]]] = {}
        self.looked_up: List[str] = []
        self.connected: List[str] = []
        patch.setattr(socket, "getaddrinfo", self._look_up)
        patch.setattr(socket, "create_connection", self._connect_here)

    def _look_up(self, host: str, port: int, **_: Any) -> List[Tuple[Any, ...]]:
        self.looked_up.append(host)
        found = self.addresses_of[host]
        addresses = found.pop(0) if len(found) > 1 else found[0]
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in one], socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    def _connect_here(self, address: Tuple[str, int], timeout: float) -> socket.socket:
        """Connect to this machine, wherever the address is."""
        self.connected.append(address[0])
        connection = socket.socket()
        connection.settimeout(timeout)
        connection.connect(("127.0.0.1", address[1]))
        return connection


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)


def test_connection_goes_to_the_address_that_was_checked(names: Names) -> None:
    # A name that is public when it is checked and private when it is connected.
    names.addresses_of = {NAME: [[PUBLIC], ["127.0.0.1"]]}
    with Loopback(StubResponse(SAMPLE)) as loopback:
        assert fetch(at(loopback)) == SAMPLE
        assert loopback.received[0].headers["Host"].startswith(NAME)
    assert (names.looked_up, names.connected) == ([NAME], [PUBLIC])


def test_each_redirect_is_looked_up_and_checked_anew(names: Names) -> None:
    names.addresses_of = {NAME: [[PUBLIC], ["10.0.0.1"]]}
    with Loopback(StubResponse(b"", 302, headers={"Location": "/again"})) as loopback:
        with pytest.raises(NotAccessible):
            fetch(at(loopback))
    assert (names.looked_up, names.connected) == ([NAME, NAME], [PUBLIC])


def test_redirect_to_another_public_name_is_followed(names: Names) -> None:
    names.addresses_of = {NAME: [[PUBLIC]], "other.test": [[OTHER_PUBLIC]]}
    with Loopback(StubResponse(SAMPLE)) as other:
        location = at(other).replace(NAME, "other.test")
        with Loopback(StubResponse(b"", 307, headers={"Location": location})) as loopback:
            assert fetch(at(loopback)) == SAMPLE
    assert names.connected == [PUBLIC, OTHER_PUBLIC]


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["::1"],
        ["fe80::1%eth0"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::a00:1"],
        [PUBLIC, "192.168.1.1"],
        [],
    ],
    ids=",".join,
)
def test_name_with_an_address_that_is_not_public_is_not_connected(names: Names, addresses: List[str]) -> None:
    names.addresses_of = {NAME: [addresses]}
    with pytest.raises(NotAccessible):
        fetch(f"http://{NAME}/a.jpg")
    assert (names.looked_up, names.connected) == ([NAME], [])


@pytest.mark.parametrize("host", ["127.1", "0x7f000001", "2130706433", "017700000001", "0", "[::ffff:7f00:1]"])
def test_other_spelling_of_this_machine_is_not_fetched(host: str) -> None:
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
