"""Fixtures and options of the benchmarks, and the report at their end."""

import gc
import json
from pathlib import Path
from typing import Any, Iterator, List

import pytest
from pairs import Pairs
from published import measure_published
from report import as_text, machine, write_page
from rows import Row
from server import serving

_ROWS: List[Row] = []


def pytest_addoption(parser: Any) -> None:
    group = parser.getgroup("benchmarks of the library")
    group.addoption("--quick", action="store_true", help="measure just enough to see that all of it runs")
    group.addoption("--published", action="store_true", help="install 1.0.0 elsewhere, and measure it too")
    group.addoption("--page", action="store_true", help="write table and picture of docs/performance.md")
    group.addoption("--rows", type=Path, help="write all samples into this file, in JSON")


@pytest.fixture(scope="session", autouse=True)
def frozen() -> Iterator[None]:
    """Freeze existing objects: pytest has many, which the garbage collector would visit in each measurement."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def quick(pytestconfig: Any) -> bool:
    """Whether to measure only enough to check that the benchmarks run."""
    return bool(pytestconfig.getoption("--quick"))


@pytest.fixture
def rows() -> List[Row]:
    """The rows of the report."""
    return _ROWS


@pytest.fixture
def pairs(benchmark: Any, rows: List[Row], quick: bool) -> Pairs:
    """The measurement of CPU time."""
    return Pairs(benchmark, rows, quick)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a server that runs as long as the benchmarks do."""
    with serving() as address:
        yield address


def pytest_terminal_summary(terminalreporter: Any, config: Any) -> None:
    """Show what was measured. Times depend on the machine, so that none of them fails the run."""
    if not _ROWS:
        return
    quick, rows = config.getoption("--quick"), config.getoption("--rows")
    if rows:
        rows.write_text(json.dumps(_ROWS))
    published = measure_published(quick) if config.getoption("--published") else []
    where = machine(config.hook.pytest_benchmark_generate_machine_info(config=config))
    terminalreporter.section("cost compared with the floor" + (", too quick to be exact" if quick else ""))
    terminalreporter.write_line(where)
    for line in as_text(_ROWS, published):
        terminalreporter.write_line(line)
    if config.getoption("--page"):
        write_page(_ROWS, published, where)
