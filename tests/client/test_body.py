"""Tests how a large body goes to aiohttp: in pieces, and any number of times."""

import asyncio
import pickle
from typing import Any, List

import aiohttp
import pytest
from azure.ai.vision.imageanalysis import aio
from azure.ai.vision.imageanalysis._body import LargeBody, with_large_body
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest
from client_kinds import KEY
from fake_transport import RESULT, StubResponse
from faulty_server import FaultyServer

LARGE = bytes(range(256)) * 8192  # 2 MiB
TEXT = "text" * 1_048_576  # 4 MiB


class TwiceSession:
    """A session that sends each request twice, as one that retries by itself does."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.bodies: List[Any] = []

    async def __aenter__(self) -> "TwiceSession":
        return self

    async def request(self, method: str, url: Any, **options: Any) -> aiohttp.ClientResponse:
        self.bodies.append(options["data"])
        async with self._session.request(method, url, **options) as first:
            await first.read()
        return await self._session.request(method, url, **options)


def test_session_can_send_a_large_body_twice() -> None:
    async def use(endpoint: str) -> None:
        async with aiohttp.ClientSession(auto_decompress=False) as inner:
            session: Any = TwiceSession(inner)
            transport = AioHttpTransport(session=session, session_owner=False)
            client = aio.ImageAnalysisClient(endpoint, AzureKeyCredential(KEY), transport=transport)
            assert await client.analyze(LARGE, ["caption"]) == RESULT
        assert session.bodies == [LARGE]

    with FaultyServer(StubResponse(status=503), StubResponse()) as server:
        asyncio.run(use(server.origin))
    assert [received.body for received in server.requests] == [LARGE, LARGE]
    assert [received.headers["Content-Length"] for received in server.requests] == [str(len(LARGE))] * 2


def test_large_body_is_bytes_to_all_others() -> None:
    body = LargeBody(LARGE)
    assert isinstance(body, bytes) and body == LARGE
    assert type(pickle.loads(pickle.dumps(body))) is bytes


@pytest.mark.parametrize(
    "content", [b"small", bytearray(LARGE), iter([LARGE]), None], ids=lambda body: type(body).__name__
)
def test_other_bodies_stay_as_they_are(content: Any) -> None:
    request = HttpRequest("PUT", "https://example.com", content=content)
    assert with_large_body(request) is request


def test_payload_can_be_read_and_written_again() -> None:
    class Writer:
        """A writer such as aiohttp writes a payload to."""

        def __init__(self) -> None:
            self.pieces: List[bytes] = []

        async def write(self, piece: bytes) -> None:
            self.pieces.append(piece)

    async def use() -> None:
        body = with_large_body(HttpRequest("PUT", "https://example.com", content=TEXT.encode())).content
        payload: Any = aiohttp.payload.PAYLOAD_REGISTRY.get(body)
        for _ in range(2):
            writer = Writer()
            await payload.write(writer)
            assert len(writer.pieces) > 1
            assert b"".join(writer.pieces) == body
        assert payload.size == len(body)
        assert await payload.as_bytes() == body
        assert payload.decode() == TEXT

    asyncio.run(use())
