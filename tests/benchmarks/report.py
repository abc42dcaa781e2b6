"""Shows the rows: as a table on the terminal, as one in Markdown, and as a picture of cost against size."""

import platform
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, Dict, List, Mapping, Optional, Sequence

from rows import Row

PUBLISHED = "1.0.0"

Rows = Sequence[Row]


def machine(described: Mapping[str, Any]) -> str:
    """Where and when the figures were made.

    :param described: The machine, as pytest-benchmark describes it.
    """
    cpu = described.get("cpu", {})
    parts = [
        f"{cpu.get('brand_raw') or platform.machine()}, {cpu.get('count')} cores",
        f"{platform.system()} {platform.machine()}",
        f"{platform.python_implementation()} {platform.python_version()}",
    ]
    return f"{', '.join(parts)}, {date.today().isoformat()}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.{4 if abs(value) < 0.1 else 2}f}"


def _cells(row: Row, published: Optional[Row]) -> List[str]:
    ratios = sorted(row.ratios)
    spread = f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})" if len(ratios) > 1 else ""
    bound = "" if row.bound is None else f"{row.bound:g}" if row.bounds_ratio else f"{row.bound:g} {row.unit}"
    cells = [
        row.work,
        f"{_number(median(row.ours))} {row.unit}",
        f"{_number(median(row.floor))} {row.unit}" if row.floor else "",
        spread or (f"{ratios[0]:.2f}" if ratios else ""),
        bound,
        row.verdict,
    ]
    if published:
        cells.append(f"{_number(median(published.ours))} {row.unit}")
        cells.append(f"{median(published.ratios):.2f}" if published.ratios else "")
    return cells


def _table(rows: Rows, published: Rows) -> List[List[str]]:
    head = ["work", "ours", "floor", "ratio (least to most)", "bound", ""]
    if published:
        head += [PUBLISHED, f"{PUBLISHED} / floor"]
    theirs: Dict[str, Row] = {row.work: row for row in published}
    return [head, *([*_cells(row, theirs.get(row.work))] for row in rows)]


def as_text(rows: Rows, published: Rows) -> List[str]:
    """The table, in lines for a terminal."""
    table = _table(rows, published)
    widths = [max(len(line[column]) for line in table if column < len(line)) for column in range(len(table[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in table]


def as_markdown(rows: Rows, published: Rows, where: str) -> str:
    """The table, for the README: of 1.0.0 the ratios alone, since the machine may have been slower or faster then."""
    table = _table(rows, published)
    shown = [column for column, title in enumerate(table[0]) if title not in ("", PUBLISHED)]
    lines = [[line[column] if column < len(line) else "" for column in shown] for line in table]
    lines.insert(1, ["---", *["---:"] * (len(shown) - 1)])
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{text}\n\nMedians of CPU time, each beside its floor, on {where}.\n"


def draw(rows: Rows, published: Rows, where: str, path: Path) -> None:
    """Draw cost against size, both axes logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    floor = [(row.words, median(row.floor)) for row in rows if row.words]
    ours = [(row.words, median(row.ours)) for row in rows if row.words]
    theirs = [(row.words, median(row.ours)) for row in published if row.words]
    for points, label, colour, marker in (
        (theirs, f"{PUBLISHED}, as published", "#c0392b", "s"),
        (ours, "this library", "#1f5fa8", "o"),
        (floor, "json.loads and plain dicts", "#666666", "^"),
    ):
        if points:
            axes.loglog(*zip(*points), label=label, color=colour, marker=marker, linewidth=2)
    axes.set_title("Reading a page: parse, build, and walk every word and point", loc="left")
    axes.set_xlabel(f"words on the page\n{where}")
    axes.set_ylabel("CPU time in ms")
    axes.xaxis.set_major_formatter(matplotlib.ticker.StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_major_formatter(matplotlib.ticker.StrMethodFormatter("{x:,g}"))
    axes.grid(True, which="major", color="#dddddd")
    axes.legend(frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    # Without a date and random names, the same figures give the same file.
    matplotlib.rcParams["svg.hashsalt"] = "benchmark"
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)
