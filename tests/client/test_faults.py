"""Tests of faults on real connections: each ends with a result or one of azure-core's exceptions."""

import gzip
import socket
import time
import zlib
from typing import Any, List, Tuple

import pytest
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from azure.core.exceptions import AzureError, DecodeError, HttpResponseError, ServiceRequestError
from azure.core.rest import HttpRequest
from certificates import Certificates
from client_kinds import ClientKind
from faults import BODY, FAULTS, LOST, TEXT, FaultCase
from faulty_server import FaultyServer, ScriptedResponse, http_response
from no_sleep import no_sleep_transport

each_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


def check_details(error: AzureError, fault: FaultCase) -> None:
    """Compare an exception with its row."""
    assert isinstance(error, fault.raises)
    if not fault.status and not fault.code:
        assert error.inner_exception is not None
        return
    assert isinstance(error, HttpResponseError) and error.error is not None
    assert (error.status_code, error.response is None) == (fault.status, fault.status is None)
    assert error.error.code == (fault.code or str(fault.status))
    assert str(error.error.message).startswith(fault.message)
    assert TEXT not in str(error)


def outcome(client_kind: ClientKind, fault: FaultCase) -> Tuple[Any, int]:
    """Return what a call comes to, a result or an exception, and how many attempts it takes."""
    with FaultyServer(*fault.script) as server:
        with client_kind.client(server.origin, retry_backoff_factor=0) as client:
            try:
                came: Any = client.analyze(b"the image", ["caption", "read"], **fault.call)
            except AzureError as error:
                came = error
    return came, max(len(server.requests), server.connections)


@each_fault
def test_exception_of_each_fault(client_kind: ClientKind, fault: FaultCase) -> None:
    came, attempts = outcome(client_kind, fault)
    least, most = (fault.attempts, fault.attempts) if isinstance(fault.attempts, int) else fault.attempts
    assert least <= attempts <= most
    if fault.raises is None:
        assert isinstance(came, ImageAnalysisResult)
        assert came.caption is not None and came.caption.text == TEXT
    else:
        check_details(came, fault)


@pytest.mark.parametrize("name", [name for name in FAULTS if "slow charset" in name])
def test_slow_charset_is_not_used(client_kind: ClientKind, name: str) -> None:
    begun = time.process_time()
    outcome(client_kind, FAULTS[name])
    assert time.process_time() - begun < 2


STREAMED = [name for name in FAULTS if name.startswith("status: 4") or name == "connection: closed without a response"]


@pytest.mark.parametrize("name", STREAMED)
def test_exception_of_a_streamed_call(client_kind: ClientKind, name: str) -> None:
    fault = FAULTS[name]
    with FaultyServer(*fault.script) as server, client_kind.client(server.origin, retry_backoff_factor=0) as client:
        with pytest.raises(fault.raises) as caught:
            client.analyze(b"the image", ["caption"], stream=True)
    check_details(caught.value, fault)


@pytest.mark.parametrize("end", ["close", "wait"])
def test_stream_that_breaks_off(client_kind: ClientKind, end: str) -> None:
    response = ScriptedResponse(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + BODY, end=end)
    with FaultyServer(response) as server, client_kind.client(server.origin) as client:
        chunks = client.client.analyze(b"the image", ["caption"], stream=True, read_timeout=0.2)
        with pytest.raises(AzureError) as caught:
            client.wait(client.wait(chunks)) if client_kind.is_async else list(chunks)
    assert caught.value.inner_exception is not None


def waits_after(client_kind: ClientKind, endpoint: str, kind: Any, **call: Any) -> List[float]:
    """Return the waits of a call that cannot connect."""
    transport = no_sleep_transport(client_kind)
    with client_kind.client(endpoint, transport=transport) as client, pytest.raises(kind) as caught:
        client.analyze(b"the image", ["caption"], **call)
    assert caught.value.inner_exception is not None
    return transport.slept  # type: ignore[no-any-return]


def test_closed_port(client_kind: ClientKind) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert waits_after(client_kind, f"http://127.0.0.1:{port}", ServiceRequestError) == [1.6, 3.2]


def test_untrusted_certificate(client_kind: ClientKind, certificates: Certificates) -> None:
    with FaultyServer(http_response(BODY), tls=certificates.server) as server:
        assert waits_after(client_kind, server.origin, ServiceRequestError) == [1.6, 3.2]
    assert (server.connections, server.requests) == (4, [])


def test_certificate_of_another_host(client_kind: ClientKind, certificates: Certificates) -> None:
    with FaultyServer(http_response(BODY), tls=certificates.server) as server:
        endpoint = server.origin.replace("localhost", "127.0.0.2")
        waits_after(client_kind, endpoint, ServiceRequestError, connection_verify=certificates.authority)
    assert server.requests == []


def test_missing_certificate_file(client_kind: ClientKind) -> None:
    with client_kind.client("https://127.0.0.1:9", connection_verify="no-such-file.pem", retry_total=0) as client:
        with pytest.raises(ServiceRequestError) as caught:
            client.analyze(b"the image", ["caption"])
    assert isinstance(caught.value.inner_exception, OSError)
    assert str(caught.value) == str(caught.value.inner_exception)


def test_plain_text_on_the_https_port(client_kind: ClientKind) -> None:
    with FaultyServer(ScriptedResponse(b"HTTP/1.1 400 Plain\r\n\r\n", after="accept")) as server:
        waits_after(client_kind, server.origin.replace("http:", "https:"), LOST)


GOOD = BODY[:40], BODY[40:]
ENCODED = {
    "several members of gzip": (b"".join(map(gzip.compress, GOOD)), "gzip"),
    "RFC deflate": (zlib.compress(BODY), "deflate"),
    "neither gzip": (BODY, "gzip"),
}


@pytest.mark.parametrize("body, encoding", ENCODED.values(), ids=ENCODED)
def test_content_encodings_beyond_gzip(client_kind: ClientKind, body: bytes, encoding: str) -> None:
    """requests decodes more than azure-core's transport for aiohttp does."""
    with FaultyServer(http_response(body, content_encoding=encoding)) as server:
        with client_kind.client(server.origin, retry_total=0) as client:
            if client_kind.is_async or body == BODY:
                with pytest.raises(DecodeError if client_kind.is_async else AzureError, match="(?i)compress|encoding"):
                    client.analyze(b"the image", ["caption"])
            else:
                assert client.analyze(b"the image", ["caption"]).caption.text == TEXT


@pytest.mark.parametrize("stream", [False, True])
def test_send_request_fails_in_the_same_ways(client_kind: ClientKind, stream: bool) -> None:
    for name in ("connection: reset without a response", "connection: not HTTP"):
        with FaultyServer(*FAULTS[name].script) as server:
            with client_kind.client(server.origin, retry_backoff_factor=0) as client, pytest.raises(LOST):
                client.send_request(HttpRequest("GET", "/x"), stream=stream)
