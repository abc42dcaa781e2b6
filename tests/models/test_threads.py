"""Tests of one result that many threads read and write at once."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Iterator, List

import pytest
from azure.ai.vision.imageanalysis import models
from azure.ai.vision.imageanalysis.models import DetectedTag, ImageAnalysisResult, TagsResult
from full_response import full_response
from project import HELPERS, ROOT
from public_api import MODELS

THREADS = 8


@pytest.fixture(autouse=True)
def quick_switches() -> Iterator[None]:
    """Python changes from thread to thread as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def large_result() -> ImageAnalysisResult:
    """A page whose lines take long enough to convert for another thread to come between."""
    response = full_response()
    response["readResult"]["blocks"][0]["lines"] *= 500
    response["tagsResult"]["values"] *= 2000
    return ImageAnalysisResult(response)


def at_once(work: Callable[[], Any]) -> List[Any]:
    """Do something in all threads at the same moment, and give what each of them got."""
    barrier = threading.Barrier(THREADS)
    got: List[Any] = []

    def run() -> None:
        barrier.wait(60)
        got.append(work())

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def everything(result: Any) -> List[Any]:
    found = [result.tags, result.tags.list, *result.tags.list, result.read, result.read.blocks]
    for block in result.read.blocks:
        found += [block, block.lines]
        for line in block.lines:
            found += [line, line.words, line.bounding_polygon, *line.bounding_polygon]
            for word in line.words:
                found += [word, word.bounding_polygon, *word.bounding_polygon]
    return found


def test_threads_see_the_same_objects() -> None:
    result = large_result()
    got = at_once(lambda: everything(result))
    assert len(got) == THREADS
    first = [id(each) for each in got[0]]
    assert len(first) > 10_000
    for other in got[1:]:
        assert [id(each) for each in other] == first


def test_appends_of_threads_are_kept() -> None:
    for _ in range(20):
        result = ImageAnalysisResult(full_response())
        at_once(lambda result=result: result.tags.list.append({"name": "more"}))  # type: ignore[misc]
        assert result.tags and len(result.tags.list) == 2 + THREADS


@pytest.mark.slow
def test_concurrent_reads_and_dumps() -> None:
    result = large_result()
    response = result.as_dict()
    looks = iter([lambda: everything(result) and response, result.as_dict, lambda: dict(result), result.copy] * THREADS)
    for got in at_once(lambda: next(looks)()):
        assert got == response


def test_results_do_not_block_each_other() -> None:
    entered, leave = threading.Event(), threading.Event()
    slow, quick = ImageAnalysisResult(full_response()), ImageAnalysisResult(full_response())

    class Slow(dict):
        """A response that takes its time to be converted."""

        def get(self, *arguments: Any) -> Any:
            entered.set()
            assert leave.wait(30)
            return super().get(*arguments)

    slow._data = Slow(slow._data)
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(lambda: slow.tags)
        try:
            assert entered.wait(30)
            assert quick.tags == full_response()["tagsResult"]
        finally:
            leave.set()
        assert reading.result() == quick.tags


def test_concurrent_assignment_wins() -> None:
    result = ImageAnalysisResult(full_response())
    mine = TagsResult(list=[])

    class Meanwhile(dict):
        """A response in which the attribute is set while it is converted."""

        def get(self, *arguments: Any) -> Any:
            result.tags = mine
            return super().get(*arguments)

    result._data = Meanwhile(result._data)
    assert result.tags is mine


@pytest.mark.parametrize("name", MODELS)
def test_writes_of_many_threads_are_all_kept(name: str) -> None:
    for _ in range(5):
        model = getattr(models, name)({f"old{number}": 1 for number in range(50 * THREADS)})
        numbers = iter(range(THREADS))

        def write(model: Any = model, numbers: Any = numbers) -> None:
            first = 50 * next(numbers)
            for number in range(first, first + 50):
                model[f"new{number}"] = number
                del model[f"old{number}"]

        at_once(write)
        assert model == {f"new{number}": number for number in range(50 * THREADS)}


def test_concurrent_pop_returns_each_item_once() -> None:
    model = DetectedTag({str(number): number for number in range(1000)})
    got = at_once(lambda: [model.pop(str(number), None) for number in range(1000)])
    assert sorted(value for values in got for value in values if value is not None) == list(range(1000))
    assert not model


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers on this system")
def test_signal_handler_can_read_during_a_read() -> None:
    current: List[Any] = [large_result()]
    seen: List[Any] = []

    def read_it(*arguments: Any) -> None:
        result = current[0]
        seen.append((result, result.read.blocks[0].lines))

    before = signal.signal(signal.SIGALRM, read_it)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        for _ in range(20):
            current[0] = large_result()
            everything(current[0])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert seen
    for result, lines in seen:
        assert result.read.blocks[0].lines is lines


FORKING = """
import os, sys, threading
sys.path[:0] = [{tests!r}]
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from full_response import full_response
sys.setswitchinterval(1e-6)
stop = threading.Event()
def read():
    while not stop.is_set():
        result = ImageAnalysisResult(full_response())
        result["more"] = [line.words for line in result.read.blocks[0].lines]
for _ in range(3):
    threading.Thread(target=read, daemon=True).start()
for _ in range(40):
    child = os.fork()
    if not child:
        result = ImageAnalysisResult(full_response())
        result["more"] = 1
        os._exit(result.read.blocks[0].lines[0].words[0].text != "NO")
    assert os.waitpid(child, 0)[1] == 0
stop.set()
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_fork_during_a_first_read() -> None:
    program = FORKING.format(tests=str(HELPERS))
    # Python warns of forks with threads, which is what this is about.
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=120, cwd=ROOT)
