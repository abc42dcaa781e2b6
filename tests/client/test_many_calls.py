"""Tests of many concurrent calls on real connections: each gets its own response, and nothing is left over."""

import asyncio
import gc
import hashlib
import os
import random
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Iterator, List

import pytest
from azure.ai.vision.imageanalysis import ImageAnalysisClient, aio
from azure.core.credentials import AzureKeyCredential
from client_kinds import KEY
from faulty_server import FaultyServer, Received, ScriptedResponse, http_response

pytestmark = pytest.mark.slow

DESCRIPTORS = "/proc/self/fd"
POOL = 100
"""How many connections aiohttp keeps at most; further calls wait for one."""


def caption_of(body: bytes) -> str:
    """Return what the server responds to an image, and to no other."""
    return hashlib.sha256(body).hexdigest()


def image(number: int) -> bytes:
    return b"image %d " % number * (number % 7 + 1)


def expected(numbers: Any) -> List[str]:
    return [caption_of(image(number)) for number in numbers]


class EchoServer(FaultyServer):
    """A server that responds with a caption made from the image.

    :param int together: How many requests must have come before the first gets a response.
    """

    def __init__(self, together: int = 1) -> None:
        super().__init__(self._respond)
        self._together = together
        self._enough = threading.Event()

    def _respond(self, request: Received) -> ScriptedResponse:
        if len(self.requests) >= self._together:
            self._enough.set()
        assert self._enough.wait(60)
        return http_response({"captionResult": {"text": caption_of(request.body)}})


def _descriptors() -> int:
    gc.collect()
    return len(os.listdir(DESCRIPTORS)) if os.path.isdir(DESCRIPTORS) else 0


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Check that no thread and, where the system can tell, no descriptor remains, sockets among them."""
    threads, descriptors = set(threading.enumerate()), _descriptors()
    yield
    for thread in set(threading.enumerate()) - threads:
        thread.join(10)  # those of an event loop end soon, but Python 3.8 does not wait for them
        assert not thread.is_alive()
    assert _descriptors() <= descriptors


def with_async_client(server: FaultyServer, use: Callable[[Any], Any]) -> Any:
    """Use an asynchronous client in an event loop of its own."""

    async def run() -> Any:
        async with aio.ImageAnalysisClient(server.origin, AzureKeyCredential(KEY), retry_total=0) as client:
            used = await use(client)
            assert asyncio.all_tasks() == {asyncio.current_task()}
        return used

    return asyncio.run(run())


async def caption(client: Any, number: int) -> str:
    return str((await client.analyze(image(number), ["caption"])).caption.text)


async def captions(client: Any, numbers: Any) -> List[str]:
    return list(await asyncio.gather(*[caption(client, number) for number in numbers]))


def test_client_serves_32_threads_at_once() -> None:
    with EchoServer(together=32) as server:
        with ImageAnalysisClient(server.origin, AzureKeyCredential(KEY), retry_total=0) as client:
            with ThreadPoolExecutor(32) as threads:
                results = list(threads.map(lambda number: client.analyze(image(number), ["caption"]), range(320)))
    assert [result.caption and result.caption.text for result in results] == expected(range(320))
    assert len(server.requests) == 320


def test_client_serves_300_tasks_at_once() -> None:
    with EchoServer(together=POOL) as server:
        assert with_async_client(server, lambda client: captions(client, range(300))) == expected(range(300))
    assert len(server.requests) == 300


def test_calls_can_be_cancelled_at_any_moment() -> None:
    chance = random.Random(5)

    async def use(client: Any) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        await captions(client, range(100))
        span = loop.time() - start
        tasks = [loop.create_task(caption(client, number)) for number in range(100)]
        # The first is cancelled before it begins, the last not at all, the others at any time between.
        tasks[0].cancel()
        for task in tasks[1:-1]:
            loop.call_later(chance.uniform(0, span), task.cancel)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(outcomes[0], asyncio.CancelledError)
        for outcome, text in zip(outcomes, expected(range(100))):
            assert isinstance(outcome, asyncio.CancelledError) or outcome == text
        assert not isinstance(outcomes[-1], asyncio.CancelledError)
        assert await captions(client, range(POOL + 20)) == expected(range(POOL + 20))

    with EchoServer() as server:
        with_async_client(server, use)


def test_20_mb_upload_does_not_warn() -> None:
    content = bytes(range(256)) * (20 * 1024 * 4)  # 20 MiB
    with EchoServer() as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        result = with_async_client(server, lambda client: client.analyze(content, ["caption"]))
        gc.collect()  # what was not closed would warn now
    assert result.caption.text == caption_of(content)
