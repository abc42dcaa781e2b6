"""Compares two pieces of work on a machine that is now fast, now slow, in turn: floor, ours, floor, ours ...

What slows the machine down for a while slows down both halves of a pair, so that their ratio is steadier than either of
them. pytest-benchmark times ours, and runs the floor as the set-up of each of its rounds. Each half begins without
garbage, and bears what the collector does on its account.
"""

import gc
from time import process_time
from typing import Any, Callable, List, Optional

from rows import Row

Work = Callable[[], Any]


class Pairs:
    """Measures CPU time; each measurement becomes a row.

    :param benchmark: pytest-benchmark's fixture.
    :param rows: Where the rows go.
    :param quick: Whether to measure just enough to see that it runs.
    """

    def __init__(self, benchmark: Any, rows: List[Row], quick: bool) -> None:
        self._benchmark = benchmark
        self._rows = rows
        self._quick = quick

    def measure(
        self,
        work: str,
        ours: Work,
        floor: Work,
        *,
        pairs: int = 101,
        times: int = 1,
        pieces: int = 1,
        bound: Optional[float] = None,
        words: Optional[int] = None,
    ) -> None:
        """Measure pairs in turn, after one pair that does not count.

        :param work: What is done.
        :param ours: It, done by us.
        :param floor: It, done as cheaply as can be.
        :param pairs: How many pairs.
        :param times: How many times each half of a pair calls its function, for functions of less than a few ms.
        :param pieces: How many pieces of work one such call does. The row says what one piece costs.
        :param bound: The bound for the ratio.
        :param words: The size of the response, for the picture.
        """
        floors: List[float] = []

        def floor_first() -> None:
            gc.collect()
            start = process_time()
            _run(floor, times)
            floors.append(process_time() - start)
            gc.collect()

        rounds = min(pairs, 3) if self._quick else pairs
        self._benchmark.pedantic(lambda: _run(ours, times), setup=floor_first, rounds=rounds, warmup_rounds=1)
        in_ms = 1000 / times / pieces
        our_ms = [sample * in_ms for sample in self._benchmark.stats.stats.data]
        floor_ms = [sample * in_ms for sample in floors[1:]]
        self._rows.append(Row(work, "ms", our_ms, floor_ms, bound=bound, words=words))


def _run(work: Work, times: int) -> None:
    for _ in range(times):
        work()
