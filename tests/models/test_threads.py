"""Tests of results that many threads read at once."""

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


READING = """
import sys
sys.path.append(sys.argv[1])
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
"""


def test_reading_imports_nothing() -> None:
    """A child that was forked while another thread imports would wait for ever for the import to end."""
    subprocess.run([sys.executable, "-c", READING, str(HELPERS)], check=True, cwd=ROOT)
