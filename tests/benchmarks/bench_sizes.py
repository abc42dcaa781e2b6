"""The cost of a response against its size. This gives the picture its points."""

import json
from math import log
from statistics import mean, median
from typing import List

import pytest
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from pages import page
from pairs import Pairs
from rows import Row
from walks import walk_dicts, walk_models

SIZES = [10, 100, 1000, 10_000, 100_000]


@pytest.mark.parametrize("words", SIZES)
def test_size(words: int, pairs: Pairs, quick: bool) -> None:
    if quick and words > 1000:
        pytest.skip("quick")
    text = page(words)
    pairs.measure(
        f"growth: parse and read {words:,} words",
        lambda: walk_models(ImageAnalysisResult(json.loads(text))),
        lambda: walk_dicts(json.loads(text)),
        times=max(1, 1000 // words),
        pairs=max(3, min(41, 100_000 // words)),
        words=words,
    )
    page.cache_clear()


def test_growth(rows: List[Row]) -> None:
    measured = [row for row in rows if row.words]
    ours = exponent(measured, [median(row.ours) for row in measured])
    floor = exponent(measured, [median(row.floor) for row in measured])
    # The collector's work grows faster than the heap until the heap is large, for the plain dicts too: ours may grow as
    # theirs does.
    work = f"growth: exponent from {measured[0].words:,} to {measured[-1].words:,} words"
    rows.append(Row(work, "", [ours], [floor], bound=1.1))


def exponent(measured: List[Row], costs: List[float]) -> float:
    """The slope of the line that fits best where both axes are logarithmic."""
    sizes, logs = [log(row.words or 1) for row in measured], [log(cost) for cost in costs]
    middle, height = mean(sizes), mean(logs)
    return sum((size - middle) * (cost - height) for size, cost in zip(sizes, logs)) / sum(
        (size - middle) ** 2 for size in sizes
    )
