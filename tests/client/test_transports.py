"""Tests of azure-core's transports and users': what reaches them, and how their exceptions are translated."""

import asyncio
import ssl
import sys
import zlib
from http.client import HTTPException
from typing import Any, Callable, Dict, List
from unittest import mock

import aiohttp
import pytest
import requests
from azure.ai.vision.imageanalysis import aio
from azure.ai.vision.imageanalysis.models import VisualFeatures
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
from faulty_server import FaultyServer, ScriptedResponse
from faulty_server import Loopback
from one_call import sent_by

LARGE = bytes(range(256)) * 8192  # 2 MiB
FIRST_PATH = "/computervision/imageanalysis:analyze?api-version=2023-10-01&features=caption"

TRANSPORTS = {
    "sync default": (False, dict),
    "RequestsTransport": (False, lambda: {"transport": RequestsTransport()}),
    "async default": (True, dict),
    "AioHttpTransport": (True, lambda: {"transport": AioHttpTransport()}),
    "AsyncioRequestsTransport": (True, lambda: {"transport": AsyncioRequestsTransport()}),
}
each_transport = pytest.mark.parametrize("is_async, make", TRANSPORTS.values(), ids=TRANSPORTS)


@each_transport
@pytest.mark.parametrize("image", [b"the image", LARGE], ids=["small", "large"])
def test_image_is_sent_whole_and_result_is_returned(
    is_async: bool, make: Callable[[], Dict[str, Any]], image: bytes
) -> None:
    busy = StubResponse("", 503, headers={"Retry-After": "0"})
    with Loopback(StubResponse(), busy, StubResponse()) as server:
        with ClientKind(is_async).client(server.endpoint, **make()) as client:
            assert client.analyze(image, ["caption"]) == RESULT
            assert client.analyze(image, ["caption"]) == RESULT
    for received in server.received:
        assert (received.method, received.target, received.body) == ("POST", FIRST_PATH, image)
        assert received.headers["Content-Length"] == str(len(image))
        assert received.headers["Content-Type"] == "application/octet-stream"
        assert received.headers["Ocp-Apim-Subscription-Key"] == KEY
    assert len(server.received) == 3


@each_transport
def test_response_can_be_streamed(is_async: bool, make: Callable[[], Dict[str, Any]]) -> None:
    with Loopback(StubResponse(LARGE)) as server:
        with ClientKind(is_async).client(server.endpoint, **make()) as client:
            chunks = list(client.wait(client.analyze(b"image", ["caption"], stream=True)))
    assert len(chunks) > 1
    assert b"".join(chunks) == LARGE


@pytest.mark.parametrize("where", ["client", "call"])
def test_read_timeout_ends_the_call(client_kind: ClientKind, where: str) -> None:
    given: Dict[str, Any] = {"client": {}, "call": {}, where: {"read_timeout": 0.05}}
    with FaultyServer(ScriptedResponse(end="wait")) as server:
        with client_kind.client(server.origin, **given["client"]) as client:
            with pytest.raises(ServiceResponseTimeoutError):
                client.analyze(b"image", ["caption"], **given["call"])
    assert len(server.requests) == 1


@each_transport
@pytest.mark.parametrize("where", ["client", "call", "environment"])
def test_proxy_is_used(
    is_async: bool, make: Callable[[], Dict[str, Any]], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = "http://service.invalid"
    with Loopback(StubResponse()) as proxy:
        given: Dict[str, Any] = {
            "client": {},
            "call": {},
            "environment": {},
            where: {"proxies": {"http": proxy.endpoint}},
        }
        if where == "environment":
            monkeypatch.setenv("HTTP_PROXY", proxy.endpoint)
            monkeypatch.setenv("http_proxy", proxy.endpoint)
        with ClientKind(is_async).client(endpoint, **make(), **given["client"]) as client:
            assert client.analyze(b"image", ["caption"], **given["call"]) == RESULT
    assert [received.target for received in proxy.received] == [endpoint + FIRST_PATH]


@each_transport
def test_unknown_keyword_is_a_type_error_of_the_transport(is_async: bool, make: Callable[[], Dict[str, Any]]) -> None:
    with ClientKind(is_async).client("http://127.0.0.1:9", **make()) as client:
        with pytest.raises(TypeError, match="no_such_keyword"):
            client.analyze(b"image", ["caption"], no_such_keyword=1)


def test_call_keywords_reach_a_user_transport(client_kind: ClientKind) -> None:
    options = {"connection_timeout": 5, "read_timeout": 7, "connection_verify": False, "anything": "else"}
    assert sent_by(client_kind, **options).options == options


TRANSLATED = [
    (OSError("no route"), ServiceRequestError, 4),
    (ssl.SSLError("no TLS"), ServiceRequestError, 4),
    (HTTPException("broken off"), ServiceResponseError, 4),
    (TimeoutError("too late"), ServiceResponseTimeoutError, 1),
    (asyncio.TimeoutError("too late"), ServiceResponseTimeoutError, 1),
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


def test_user_session_is_used_and_left_open() -> None:
    with requests.Session() as session, Loopback(StubResponse()) as server:
        session.headers["X-Session"] = "mine"
        adapter = session.get_adapter(server.endpoint)
        closed: List[Any] = []
        adapter.close = lambda: closed.append(1)  # type: ignore[method-assign]
        transport = RequestsTransport(session=session, session_owner=False)
        with ClientKind(False).client(server.endpoint, transport=transport) as client:
            assert client.analyze(b"image", ["caption"]) == RESULT
        assert closed == []
    assert closed == [1]
    assert server.received[0].headers["X-Session"] == "mine"


def test_user_aiohttp_session_is_used_and_left_open() -> None:
    async def use(endpoint: str) -> None:
        async with aiohttp.ClientSession(headers={"X-Session": "mine"}, auto_decompress=False) as session:
            transport = AioHttpTransport(session=session, session_owner=False)
            async with aio.ImageAnalysisClient(endpoint, AzureKeyCredential(KEY), transport=transport) as client:
                assert await client.analyze(b"image", [VisualFeatures.CAPTION]) == RESULT
            assert not session.closed

    with Loopback(StubResponse()) as server:
        asyncio.run(use(server.endpoint))
    assert server.received[0].headers["X-Session"] == "mine"


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
    with Loopback(StubResponse()) as server, ClientKind(True).client(server.endpoint) as client:
        client.analyze(b"image", ["caption"])
        client.analyze(b"image", ["caption"], headers={"Accept-Encoding": "identity"})
    assert [received.headers["Accept-Encoding"] for received in server.received] == ["gzip", "identity"]


def test_session_decides_which_encodings_it_asks_for() -> None:
    async def call(endpoint: str) -> Any:
        async with aiohttp.ClientSession(headers={"Accept-Encoding": "identity"}) as session:
            transport = AioHttpTransport(session=session, session_owner=False)
            async with aio.ImageAnalysisClient(endpoint, AzureKeyCredential(KEY), transport=transport) as client:
                return await client.analyze(b"image", ["caption"])

    with Loopback(StubResponse()) as server:
        assert asyncio.run(call(server.endpoint)) == RESULT
    assert server.received[0].headers["Accept-Encoding"] == "identity"


def test_exception_of_requests_while_reading_is_a_service_response_error() -> None:
    # Before version 1.37, azure-core lets exceptions of requests through while it reads a response.
    lost = requests.exceptions.ChunkedEncodingError("IncompleteRead(2 bytes read, 48 more expected)")
    transport = mock.MagicMock(spec=RequestsTransport)
    transport.send.side_effect = lost
    with ClientKind(False).client(ENDPOINT, transport=transport, retry_total=0) as client:
        with pytest.raises(ServiceResponseError, match="48 more expected") as caught:
            client.analyze(b"image", ["caption"])
    assert caught.value.inner_exception is lost


def test_exception_about_a_proxy_names_it(client_kind: ClientKind) -> None:
    proxies = {"http": "http://proxy.invalid:99999"}
    with client_kind.client("http://service.invalid", proxies=proxies, retry_total=0) as client:
        with pytest.raises(AzureError, match="http://proxy.invalid:99999"):
            client.analyze(b"image", ["caption"])


def test_user_agent_of_the_environment_must_be_a_header(
    client_kind: ClientKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_HTTP_USER_AGENT", "\u20ac")
    transport = client_kind.transport()
    with client_kind.client(transport=transport, user_agent_use_env=True) as client:
        with pytest.raises(ValueError, match="^header 'User-Agent': "):
            client.analyze(b"image", ["caption"])
    assert transport.sent == []


def test_exception_about_a_wrong_setting_names_it() -> None:
    with ClientKind(False).client("http://127.0.0.1:9", read_timeout=0) as client:
        with pytest.raises(ValueError, match="timeout"):
            client.analyze(b"image", ["caption"])
