"""Do many threads that read one result at once all see the same objects?"""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Iterator, List

import pytest
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, TagsResult
from full_answer import full_answer

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
    answer = full_answer()
    answer["readResult"]["blocks"][0]["lines"] *= 500
    answer["tagsResult"]["values"] *= 2000
    return ImageAnalysisResult(answer)


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


def test_all_see_the_same_objects() -> None:
    result = large_result()
    got = at_once(lambda: everything(result))
    assert len(got) == THREADS
    first = [id(each) for each in got[0]]
    assert len(first) > 10_000
    for other in got[1:]:
        assert [id(each) for each in other] == first


def test_what_one_of_them_appends_is_not_lost() -> None:
    for _ in range(20):
        result = ImageAnalysisResult(full_answer())
        at_once(lambda result=result: result.tags.list.append({"name": "more"}))  # type: ignore[misc]
        assert result.tags and len(result.tags.list) == 2 + THREADS


def test_some_may_read_while_others_look_at_the_whole() -> None:
    result = large_result()
    answer = result.as_dict()
    looks = iter([lambda: everything(result) and answer, result.as_dict, lambda: dict(result), result.copy] * THREADS)
    for got in at_once(lambda: next(looks)()):
        assert got == answer


def test_nobody_waits_for_another_result() -> None:
    entered, leave = threading.Event(), threading.Event()
    slow, quick = ImageAnalysisResult(full_answer()), ImageAnalysisResult(full_answer())

    class Slow(dict):
        """An answer that takes its time to be converted."""

        def get(self, *arguments: Any) -> Any:
            entered.set()
            assert leave.wait(30)
            return super().get(*arguments)

    slow._data = Slow(slow._data)
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(lambda: slow.tags)
        try:
            assert entered.wait(30)
            assert quick.tags == full_answer()["tagsResult"]
        finally:
            leave.set()
        assert reading.result() == quick.tags


def test_what_is_set_meanwhile_stays() -> None:
    result = ImageAnalysisResult(full_answer())
    mine = TagsResult(list=[])

    class Meanwhile(dict):
        """An answer in which the attribute is set while it is converted."""

        def get(self, *arguments: Any) -> Any:
            result.tags = mine
            return super().get(*arguments)

    result._data = Meanwhile(result._data)
    assert result.tags is mine
