"""Tests of results that many threads, or a forked process, read at once."""

import os
import subprocess
import sys
import threading
from typing import Any, Callable, Iterator, List

import pytest
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from full_response import full_response
from project import HELPERS, ROOT

THREADS = 8


@pytest.fixture(autouse=True)
def quick_switches() -> Iterator[None]:
    """Python changes from thread to thread as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(work: Callable[[], Any]) -> List[Any]:
    """Do something in all threads at the same moment, and return what each of them got."""
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


def everything(value: Any) -> List[Any]:
    """Return all values below a value."""
    below = value if isinstance(value, list) else getattr(value, "values", list)()
    return [value, *(found for item in below for found in everything(item))]


def test_first_reads_return_the_same_objects() -> None:
    response = full_response()
    response["readResult"]["blocks"][0]["lines"] *= 200
    response["tagsResult"]["values"] *= 1000
    result: Any = ImageAnalysisResult(response)
    first, *others = at_once(lambda: everything(result))
    assert len(first) > 5_000 and len(others) == THREADS - 1
    for other in others:
        assert [id(each) for each in other] == [id(each) for each in first]


def test_item_appended_at_a_first_read_is_kept() -> None:
    for _ in range(20):
        result: Any = ImageAnalysisResult(full_response())
        at_once(lambda result=result: result.tags.list.append({"name": "more"}))  # type: ignore[misc]
        assert len(result.tags.list) == 2 + THREADS


def run_program(program: str) -> None:
    """Run a program that can import the helpers of the tests. Python warns of forks with threads: that is the test."""
    program = f"import sys; sys.path[:0] = [{str(HELPERS)!r}]\n{program}"
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=120, cwd=ROOT)


def test_reading_imports_nothing() -> None:
    """A child that was forked during an import of another thread would wait for it for ever."""
    run_program("""
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, TagsResult
from full_response import full_response
before = set(sys.modules)
result = ImageAnalysisResult(full_response())
result.tags.list[0].name = str(result.as_dict(exclude_readonly=True))
assert result != {**result, "more": result.copy()} and repr(result.pop("readResult"))
try:
    TagsResult({"values": 5}).list
except Exception as error:
    assert str(error) == "TagsResult.list: expected a list, got 5"
assert set(sys.modules) == before, set(sys.modules) - before
""")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_child_forked_during_a_first_read_can_read() -> None:
    run_program("""
import os, threading
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from full_response import full_response
sys.setswitchinterval(1e-6)
shared, stop = [ImageAnalysisResult(full_response())], threading.Event()
def read():
    while not stop.is_set():
        shared[0] = ImageAnalysisResult(full_response())
        [line.words for line in shared[0].read.blocks[0].lines]
for _ in range(3):
    threading.Thread(target=read, daemon=True).start()
for _ in range(40):
    child = os.fork()
    if not child:
        os._exit(shared[0].read.blocks[0].lines[0].words[0].text != "NO")
    assert os.waitpid(child, 0)[1] == 0
stop.set()
""")
