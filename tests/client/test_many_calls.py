"""Tests of many concurrent calls on real connections: each gets its own response."""

import asyncio
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, List
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.ai.vision.imageanalysis import ImageAnalysisClient, aio
from azure.core.credentials import AzureKeyCredential
from client_kinds import KEY
from faulty_server import FaultyServer, Received, ScriptedResponse, http_response

pytestmark = pytest.mark.slow

POOL = 100
"""How many connections aiohttp keeps at most; further calls wait for one."""


def echo(request: Received) -> ScriptedResponse:
    """Respond with a caption that depends on the request."""
    (language,) = parse_qs(urlsplit(request.target).query)["language"]
    return http_response({"captionResult": {"text": caption_of(language, request.body)}})


def caption_of(language: str, body: bytes) -> str:
    return f"{language} {hashlib.sha256(body).hexdigest()}"


def image_of(number: int) -> bytes:
    return b"image %d " % number * (number % 7 + 1)


def call(client: Any, number: int) -> Any:
    return client.analyze(image_of(number), ["caption"], language=f"language-{number}")


def expected(number: int) -> str:
    return caption_of(f"language-{number}", image_of(number))


async def captions(client: Any, numbers: Any) -> List[str]:
    return [result.caption.text for result in await asyncio.gather(*[call(client, number) for number in numbers])]


def with_async_client(use: Callable[[Any], Any]) -> Any:
    async def run() -> Any:
        async with aio.ImageAnalysisClient(server.origin, AzureKeyCredential(KEY), retry_total=0) as client:
            used = await use(client)
            assert asyncio.all_tasks() == {asyncio.current_task()}
        return used

    with FaultyServer(echo) as server:
        return asyncio.run(run())


def test_client_serves_32_threads_at_once() -> None:
    all_32 = threading.Barrier(32)

    def echo_together(request: Received) -> ScriptedResponse:
        all_32.wait(60)
        return echo(request)

    with FaultyServer(echo_together) as server:
        with ImageAnalysisClient(server.origin, AzureKeyCredential(KEY), retry_total=0) as client:
            with ThreadPoolExecutor(32) as threads:
                results = list(threads.map(lambda number: call(client, number), range(320)))
    assert [result.caption.text for result in results] == [expected(number) for number in range(320)]


def test_calls_can_be_cancelled_at_any_moment() -> None:
    async def use(client: Any) -> None:
        assert await captions(client, range(200)) == [expected(number) for number in range(200)]
        tasks = [asyncio.ensure_future(call(client, number)) for number in range(200)]
        # The first is cancelled before it begins, and each of the others one turn of the event loop later.
        for task in tasks[:-1]:
            task.cancel()
            await asyncio.sleep(0)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(outcomes[0], asyncio.CancelledError)
        for number, outcome in enumerate(outcomes):
            assert isinstance(outcome, asyncio.CancelledError) or outcome.caption.text == expected(number)
        assert outcomes[-1].caption.text == expected(199)
        # No cancelled call has kept its connection.
        assert await captions(client, range(POOL + 20)) == [expected(number) for number in range(POOL + 20)]

    with_async_client(use)
