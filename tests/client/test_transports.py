"""Tests of azure-core's transports and users': what reaches them, and how their exceptions are translated."""

import asyncio
import ssl
import sys
import zlib
from http.client import HTTPException
from typing import Any, Dict
from unittest import mock

import aiohttp
import pytest
import requests
from azure.ai.vision.imageanalysis import aio
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import (
    AzureError,
    DecodeError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.transport import AioHttpTransport, AsyncioRequestsTransport, RequestsTransport
from client_kinds import ENDPOINT, KEY, ClientKind
from fake_transport import RESULT, StubResponse
from faulty_server import FaultyServer
from one_call import sent_by

LARGE = bytes(range(256)) * 8192  # 2 MiB


@pytest.mark.parametrize("image", [b"the image", LARGE], ids=["small", "large"])
def test_asynchronous_client_can_use_requests(image: bytes) -> None:
    busy = StubResponse("", 503, headers={"Retry-After": "0"})
    with FaultyServer(busy, StubResponse()) as server:
        with ClientKind(True).client(server.origin, transport=AsyncioRequestsTransport()) as client:
            assert client.analyze(image, ["caption"]) == RESULT
    assert server.bodies == [image, image]


@pytest.mark.parametrize("where", ["client", "call"])
def test_proxies_reach_the_transport(client_kind: ClientKind, where: str) -> None:
    proxies = {"https": "http://127.0.0.1:1"}
    given: Dict[str, Any] = {"client": {}, "call": {}, where: {"proxies": proxies}}
    assert sent_by(client_kind, client=given["client"], **given["call"]).options == {"proxies": proxies}


def test_call_keywords_reach_a_user_transport(client_kind: ClientKind) -> None:
    options = {"connection_timeout": 5, "read_timeout": 7, "connection_verify": False, "anything": "else"}
    assert sent_by(client_kind, **options).options == options


TRANSLATED = [
    (OSError("no route"), ServiceRequestError, 4),
    (ssl.SSLError("no TLS"), ServiceRequestError, 4),
    (HTTPException("broken off"), ServiceResponseError, 4),
    (TimeoutError("too late"), ServiceResponseTimeoutError, 1),
    (asyncio.TimeoutError("too late"), ServiceResponseTimeoutError, 1),
    (requests.ReadTimeout("too late"), ServiceResponseTimeoutError, 1),
    (zlib.error("no deflate"), DecodeError, 1),
]


@pytest.mark.parametrize("raised, kind, attempts", TRANSLATED, ids=[repr(row[0]) for row in TRANSLATED])
def test_exception_of_a_connection_becomes_azure_cores(
    client_kind: ClientKind, raised: Exception, kind: Any, attempts: int
) -> None:
    transport = client_kind.transport(raised)
    with client_kind.client(transport=transport) as client, pytest.raises(kind) as caught:
        client.analyze(b"image", ["caption"])
    assert (caught.value.message, caught.value.inner_exception) == (str(raised), raised)
    assert len(transport.sent) == attempts


@pytest.mark.parametrize("where", ["client", "call"])
def test_timeouts_and_verification_reach_the_library_below(
    client_kind: ClientKind, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    seen: Dict[str, Any] = {}

    def refuse(self: Any, method: str, url: str, **options: Any) -> None:
        seen.update(options)
        raise aiohttp.ClientConnectionError if client_kind.is_async else requests.ConnectionError

    async def refuse_later(*arguments: Any, **options: Any) -> None:
        refuse(*arguments, **options)

    monkeypatch.setattr(requests.Session, "request", refuse)
    monkeypatch.setattr(aiohttp.ClientSession, "request", refuse_later)
    options = {"connection_timeout": 5, "read_timeout": 7, "connection_verify": False}
    given: Dict[str, Any] = {"client": {}, "call": {}, where: options}
    with client_kind.client(**given["client"]) as client, pytest.raises(AzureError):
        client.analyze(b"image", ["caption"], retry_total=0, **given["call"])
    timeout = seen["timeout"]
    assert ((timeout.sock_connect, timeout.sock_read) if client_kind.is_async else timeout) == (5, 7)
    assert seen["ssl" if client_kind.is_async else "verify"] is False


def test_asynchronous_client_without_aiohttp_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    monkeypatch.delitem(sys.modules, "azure.core.pipeline.transport._aiohttp")
    with pytest.raises(ModuleNotFoundError, match=r"needs aiohttp \(pip install aiohttp\)") as caught:
        aio.ImageAnalysisClient(ENDPOINT, AzureKeyCredential(KEY))
    assert isinstance(caught.value.__cause__, ImportError)


def test_asynchronous_client_does_without_aiohttp_on_another_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    monkeypatch.delitem(sys.modules, "azure.core.pipeline.transport._aiohttp")
    client_kind = ClientKind(True)
    with client_kind.client(transport=client_kind.transport()) as client:
        assert client.analyze(b"image", ["caption"]) == RESULT


def test_asynchronous_client_asks_for_no_encoding_that_azure_core_cannot_decode() -> None:
    with FaultyServer(StubResponse()) as server, ClientKind(True).client(server.origin) as client:
        client.analyze(b"image", ["caption"])
        client.analyze(b"image", ["caption"], headers={"Accept-Encoding": "identity"})
    assert [request.headers["Accept-Encoding"] for request in server.requests] == ["gzip", "identity"]


def test_session_decides_which_encodings_it_asks_for() -> None:
    async def call(endpoint: str) -> Any:
        async with aiohttp.ClientSession(headers={"Accept-Encoding": "identity"}) as session:
            transport = AioHttpTransport(session=session, session_owner=False)
            async with aio.ImageAnalysisClient(endpoint, AzureKeyCredential(KEY), transport=transport) as client:
                return await client.analyze(b"image", ["caption"])

    with FaultyServer(StubResponse()) as server:
        assert asyncio.run(call(server.origin)) == RESULT
    assert server.requests[0].headers["Accept-Encoding"] == "identity"


def test_exception_of_requests_while_reading_is_a_service_response_error() -> None:
    # Before version 1.37, azure-core lets exceptions of requests through while it reads a response.
    lost = requests.exceptions.ChunkedEncodingError("IncompleteRead(2 bytes read, 48 more expected)")
    transport = mock.MagicMock(spec=RequestsTransport)
    transport.send.side_effect = lost
    with ClientKind(False).client(ENDPOINT, transport=transport, retry_total=0) as client:
        with pytest.raises(ServiceResponseError, match="48 more expected") as caught:
            client.analyze(b"image", ["caption"])
    assert caught.value.inner_exception is lost
