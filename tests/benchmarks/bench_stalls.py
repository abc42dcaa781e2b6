"""Measures how long a large call blocks the event loop: 20 MB go up, 10,000 words come down, and a ticker runs.

The ticker takes its turn in each turn of the loop. The time between two of its turns is what all other tasks would have
waited; the CPU time between them is one piece of work that nothing interrupted, of ours and of all below us.
"""

import asyncio
import gc
import json
from time import perf_counter, thread_time
from typing import Any, Iterator, List

import pytest
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from callers import AsyncCaller
from pages import page
from rows import Row

IMAGE = bytes(20_000_000)
WORDS = 10_000


class Ticker:
    """Records the longest iteration of the event loop in ms, by wall-clock time and by CPU time."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    async def tick(self) -> None:
        wall, cpu = perf_counter(), thread_time()
        while True:
            await asyncio.sleep(0)
            now_wall, now_cpu = perf_counter(), thread_time()
            self.wall = max(self.wall, (now_wall - wall) * 1000)
            self.cpu = max(self.cpu, (now_cpu - cpu) * 1000)
            wall, cpu = now_wall, now_cpu


@pytest.fixture
def caller(server: str) -> Iterator[AsyncCaller]:
    with AsyncCaller(f"{server}/words/{WORDS}") as caller:
        yield caller


async def watched(call: Any) -> Ticker:
    gc.collect()
    ticker = Ticker()
    ticking = asyncio.ensure_future(ticker.tick())
    await asyncio.sleep(0)
    await call(IMAGE, "read", lambda response: None)
    await asyncio.sleep(0)  # for the ticker to see the last turn
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)
    return ticker


def test_stall(caller: AsyncCaller, rows: List[Row], quick: bool) -> None:
    ours, bare, parsing = [], [], []
    for _ in range(1 + (1 if quick else 9)):
        bare.append(caller.loop.run_until_complete(watched(caller.bare_call)))
        ours.append(caller.loop.run_until_complete(watched(caller.our_call)))
        parsing.append(parse())
    del ours[0], bare[0], parsing[0]
    work = "20 MB up, 10,000 words down: longest stall of the event loop"
    rows.append(Row(work, "ms", [one.wall for one in ours], [one.wall for one in bare]))
    # Nobody can interrupt json.loads, and in a thread it would hold the interpreter's lock: the rest is ours.
    rest = [one.cpu - parsed for one, parsed in zip(ours, parsing)]
    rows.append(Row("the same, less the json.loads in it", "ms", rest, [], bound=25, bounds_ratio=False))


def parse() -> float:
    text = page(WORDS)
    gc.collect()
    start = thread_time()
    json.loads(text)
    return (thread_time() - start) * 1000


def test_longest_first_read(rows: List[Row], quick: bool) -> None:
    text = page(WORDS)
    samples = [longest_read(ImageAnalysisResult(json.loads(text))) for _ in range(1 + (1 if quick else 9))]
    work = "10,000 words read: longest read of one attribute"
    rows.append(Row(work, "ms", samples[1:], [], bound=25, bounds_ratio=False))


def longest_read(result: Any) -> float:
    taken: List[float] = []
    gc.collect()

    def read(model: Any, attribute: str) -> Any:
        start = thread_time()
        value = getattr(model, attribute)
        taken.append((thread_time() - start) * 1000)
        return value

    for block in read(read(result, "read"), "blocks"):
        for line in read(block, "lines"):
            for word in read(line, "words"):
                read(word, "bounding_polygon")
    return max(taken)
