"""Sloppy results, odd addresses, slow servers and odd characters: none of them breaks a call, or the log."""

import asyncio
import logging
import socket
import threading
import time
from typing import Callable, Iterator, List

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._http import fetch as fetching
from azure.ai.vision.imageanalysis.emulator._http.fetch import NotAccessible, fetch, is_public
from azure.ai.vision.imageanalysis.emulator._http.serving import Threads
from emulator_calls import KEY, call, service

__all__ = ["service"]

URL = "https://example.com/cat.png"
SECONDS = 30


@pytest.fixture(autouse=True)
def clean(service: ImageAnalysisEmulator) -> Iterator[None]:
    """Leave nothing to the next test."""
    yield
    service.reset()


# What is logged


def test_request_cannot_write_lines_of_its_own_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with ImageAnalysisEmulator(key=KEY, ocr=False) as emulator:
        assert call(emulator, "features=tags%0aforged%1b[31m").status_code == 400
        assert call(emulator, path="/a%0Aforged%1B[31m%C3%A9").status_code == 404
        assert emulator.requests[0].features == ("tags\nforged\x1b[31m",)
    lines = [record.getMessage() for record in caplog.records if "forged" in record.getMessage()]
    assert len(lines) == 2
    assert all(line.isprintable() and line.isascii() for line in lines)


# Addresses


@pytest.mark.parametrize(
    "address", ["::127.0.0.1", "::ffff:0:127.0.0.1", "::ffff:127.0.0.1", "fec0::1", "3fff::1", "5f00::1"]
)
def test_address_that_stands_for_a_private_one_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.fixture
def dripping() -> Iterator[Callable[[bytes], str]]:
    """Serve a beginning and then a byte now and then, until the client is gone."""
    gone, servers = [], []
    threads: List[threading.Thread] = []

    def serve(beginning: bytes) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        server.settimeout(SECONDS)
        servers.append(server)

        def drip() -> None:
            try:
                connection, _ = server.accept()
                with connection:
                    connection.sendall(beginning)
                    for _ in range(SECONDS * 20):
                        time.sleep(0.05)
                        connection.sendall(b"a")
            except OSError:
                gone.append(True)

        threads.append(threading.Thread(target=drip))
        threads[0].start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/"

    yield serve
    for thread in threads:
        thread.join()
    for server in servers:
        server.close()
    assert gone


@pytest.mark.parametrize(
    "beginning",
    [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"],
    ids=["nothing", "head", "body", "body of known length"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_deadline_holds_for_a_server_that_sends_byte_by_byte(
    scheme: str, beginning: bytes, dripping: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "FETCH_SECONDS", 0.5)
    monkeypatch.setattr(fetching, "is_public", lambda address: True)
    # The head of a TLS record of 16 KB, which then comes byte by byte.
    url = dripping(beginning if scheme == "http" else b"\x16\x03\x03\x40\x00")
    started = time.monotonic()
    with pytest.raises(NotAccessible):
        fetch(url.replace("http", scheme))
    assert time.monotonic() - started < SECONDS / 2


def test_connection_is_closed_when_the_deadline_passes_before_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: List[socket.socket] = []

    def connect_slowly(host: str, port: int, https: bool, deadline: float) -> socket.socket:
        connected.append(socket.create_connection((host, port)))
        monkeypatch.setattr(fetching, "_left", lambda deadline: fetch("too late"))  # which raises
        return connected[0]

    monkeypatch.setattr(fetching, "_connect", connect_slowly)
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(NotAccessible):
        fetch(f"http://127.0.0.1:{server.getsockname()[1]}/")
    assert connected[0].fileno() == -1


# Threads


def test_thread_that_cannot_start_does_not_hinder_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    threads = Threads()
    with pytest.raises(RuntimeError):
        asyncio.run(threads.run(print))
    threads.join(1.0)


# Memory


def test_headers_beyond_any_use_are_not_kept(service: ImageAnalysisEmulator) -> None:
    call(service, X_Note="a" * 1000)
    call(service, **{f"X_{number}": "a" * 7000 for number in range(10)})
    small, large = service.requests
    assert small.headers["x-note"] == "a" * 1000
    assert large.headers == {} and large.status == 200
