"""Reading the response for a page of 1,000 words. The floor is json with plain dicts."""

import json
import tracemalloc
from typing import Any, Callable, List

from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from pages import page
from pairs import Pairs
from rows import Row
from walks import walk_dicts, walk_models

WORDS = 1000
TEXT = page(WORDS)


def read_by_us() -> Any:
    return ImageAnalysisResult(json.loads(TEXT))


def read_dicts() -> Any:
    return json.loads(TEXT)


def test_first_walk(pairs: Pairs) -> None:
    assert walk_models(read_by_us()) == walk_dicts(read_dicts())
    pairs.measure(
        "parse and read 1,000 words",
        lambda: walk_models(read_by_us()),
        lambda: walk_dicts(read_dicts()),
        bound=2.4,
    )


def test_second_walk(pairs: Pairs) -> None:
    result, response = read_by_us(), read_dicts()
    walk_models(result)
    pairs.measure(
        "read the same 1,000 words again", lambda: walk_models(result), lambda: walk_dicts(response), times=5, bound=3.7
    )


def test_unread_result(pairs: Pairs) -> None:
    pairs.measure("parse a result that is not read", read_by_us, read_dicts, times=3, bound=1.1)


def test_memory(rows: List[Row]) -> None:
    ours, floor = held(read_by_us, walk_models), held(read_dicts, walk_dicts)
    rows.append(Row("memory of 1,000 words, read", "KB", [ours], [floor], bound=1.45))


def held(make: Callable[[], Any], walk: Callable[[Any], Any]) -> float:
    make()  # so that what is made but once is not counted
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        response = make()
        walk(response)
        after, _ = tracemalloc.get_traced_memory()
        del response
        return (after - before) / 1000
    finally:
        tracemalloc.stop()
