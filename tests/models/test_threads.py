"""Tests of results that many threads read at once."""

import subprocess
import sys
import threading
from collections import UserDict
from concurrent.futures import ThreadPoolExecutor
from typing import Any, List

import pytest
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from full_response import everything, full_response
from project import HELPERS, ROOT


def test_first_reads_of_many_threads_return_the_same_objects() -> None:
    response = full_response()
    response["readResult"]["blocks"][0]["lines"] *= 50
    response["tagsResult"]["values"] *= 300
    result, barrier, before = ImageAnalysisResult(response), threading.Barrier(8), sys.getswitchinterval()

    def read(_: int) -> List[Any]:
        barrier.wait(60)
        return everything(result)

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            first, *others = pool.map(read, range(8))
    finally:
        sys.setswitchinterval(before)
    assert len(first) > 1_000 and len(others) == 7
    for other in others:
        assert [id(each) for each in other] == [id(each) for each in first]


def test_first_read_that_interrupts_another_returns_the_same_object() -> None:
    seen: List[Any] = []

    class Interrupted(UserDict):  # type: ignore[type-arg]
        def keys(self) -> Any:
            if not seen:
                seen.append("started")
                seen.append(result.objects)
            return super().keys()

    result = ImageAnalysisResult({"objectsResult": Interrupted(values=[])})
    assert result.objects is seen[1] is result["objectsResult"]


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


@pytest.mark.slow
def test_reading_imports_nothing() -> None:
    """A child that was forked while another thread imports would wait forever for the import to end."""
    subprocess.run([sys.executable, "-c", READING, str(HELPERS)], check=True, cwd=ROOT)
