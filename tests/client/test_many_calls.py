"""Tests of many concurrent calls on real connections: each gets its own response, and nothing is left over."""

import asyncio
import gc
import hashlib
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Iterator, List

import pytest
from aiohttp import web
from azure.ai.vision.imageanalysis import ImageAnalysisClient, aio
from azure.core.credentials import AzureKeyCredential
from client_kinds import KEY

pytestmark = pytest.mark.slow

DESCRIPTORS = "/proc/self/fd"
POOL = 100
"""How many connections aiohttp keeps at most; further calls wait for one."""


class EchoServer:
    """Responds on 127.0.0.1, from a thread of its own, with a caption that depends on the request.

    :param int together: How many requests must arrive before the first gets a response.
    """

    def __init__(self, together: int = 1) -> None:
        self._together = together
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.requests = 0
        self.endpoint = ""

    async def _run(self) -> None:
        self._loop, self._stopped, self._enough = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        application = web.Application(client_max_size=32 * 1024 * 1024)
        application.router.add_post("/computervision/imageanalysis:analyze", self._respond)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=512).start()
        self.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._ready.set()
        await self._stopped.wait()
        await runner.cleanup()

    async def _respond(self, request: web.Request) -> web.Response:
        self.requests += 1
        if self.requests >= self._together:
            self._enough.set()
        body = await request.read()
        await self._enough.wait()
        return web.json_response({"captionResult": {"text": caption_of(request.query["language"], body)}})

    def __enter__(self) -> "EchoServer":
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: Any) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()


def caption_of(language: str, body: bytes) -> str:
    """Return the caption that the server responds with."""
    return f"{language} {hashlib.sha256(body).hexdigest()}"


def _image(number: int) -> bytes:
    return b"image %d " % number * (number % 7 + 1)


def _language(number: int) -> str:
    return f"language-{number % 20}"


def _call(client: Any, number: int) -> Any:
    return client.analyze(_image(number), ["caption"], language=_language(number))


def _expected(number: int) -> str:
    return caption_of(_language(number), _image(number))


async def _caption(client: Any, number: int) -> str:
    return str((await _call(client, number)).caption.text)


async def _captions(client: Any, numbers: Any) -> List[str]:
    return list(await asyncio.gather(*[_caption(client, number) for number in numbers]))


def _descriptors() -> int:
    gc.collect()
    return len(os.listdir(DESCRIPTORS)) if os.path.isdir(DESCRIPTORS) else 0


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No thread and, where the system can tell, no descriptor remains, sockets among them."""
    threads, descriptors = set(threading.enumerate()), _descriptors()
    yield
    for thread in set(threading.enumerate()) - threads:
        thread.join(10)  # those of an event loop end soon, but Python 3.8 does not wait for them
        assert not thread.is_alive()
    assert _descriptors() <= descriptors


def _with_async_client(server: EchoServer, use: Callable[[Any], Any]) -> Any:
    async def run() -> Any:
        async with aio.ImageAnalysisClient(server.endpoint, AzureKeyCredential(KEY), retry_total=0) as client:
            used = await use(client)
            assert asyncio.all_tasks() == {asyncio.current_task()}
        return used

    return asyncio.run(run())


def test_client_serves_32_threads_at_once() -> None:
    with EchoServer(together=32) as server:
        with ImageAnalysisClient(server.endpoint, AzureKeyCredential(KEY), retry_total=0) as client:
            with ThreadPoolExecutor(32) as threads:
                results = list(threads.map(lambda number: _call(client, number), range(320)))
    assert [result.caption.text for result in results] == [_expected(number) for number in range(320)]
    assert server.requests == 320


def test_client_serves_200_tasks_at_once() -> None:
    with EchoServer(together=POOL) as server:
        captions = _with_async_client(server, lambda client: _captions(client, range(200)))
    assert captions == [_expected(number) for number in range(200)]
    assert server.requests == 200


def test_calls_can_be_cancelled_at_any_moment() -> None:
    chance = random.Random(5)

    async def use(client: Any) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        await _captions(client, range(200))
        span = loop.time() - start
        tasks = [loop.create_task(_caption(client, number)) for number in range(200)]
        # The first is cancelled before it begins, the last not at all, the others at any time between.
        tasks[0].cancel()
        for task in tasks[1:-1]:
            loop.call_later(chance.uniform(0, span), task.cancel)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(outcomes[0], asyncio.CancelledError)
        assert outcomes[-1] == _expected(199)
        for number, outcome in enumerate(outcomes):
            assert isinstance(outcome, asyncio.CancelledError) or outcome == _expected(number)
        assert await _captions(client, range(POOL + 20)) == [_expected(number) for number in range(POOL + 20)]

    with EchoServer() as server:
        _with_async_client(server, use)


def test_20_mb_upload_neither_warns_nor_stops_the_event_loop() -> None:
    image = bytes(range(256)) * (20 * 1024 * 4)  # 20 MiB
    turns = 0

    async def use(client: Any) -> str:
        nonlocal turns
        call = asyncio.ensure_future(client.analyze(image, ["caption"], language="en"))
        while not call.done():
            await asyncio.sleep(0)
            turns += 1
        return str((await call).caption.text)

    with EchoServer() as server:
        caption = _with_async_client(server, use)
    gc.collect()  # what was not closed would warn now
    assert caption == caption_of("en", image)
    assert turns > 20 * 16 / 2  # the image is sent in pieces of 64 KiB, and other tasks run between them
