"""Shows the rows: as a table on the terminal, and on the performance page with a picture of cost against size."""

import platform
import re
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, Dict, List, Mapping, Optional, Sequence

from azure.ai.vision.imageanalysis import __version__
from rows import Row

DOCS = Path(__file__).parents[2] / "docs"
PUBLISHED = "Microsoft's 1.0.0"
SUMMARY = {
    "parse and read 1,000 words": "Parse a page of 1,000 words, and read all of it",
    "a call for 1,000 words, read, sync": "The same with the call that gets it",
    "json.dumps(result.as_dict()), read": "Write it as JSON",
    "a small call, sync, 32 in turn": "A call that returns a caption",
}

Rows = Sequence[Row]


def machine(described: Mapping[str, Any]) -> str:
    """Return where and when the figures were made.

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


def _ratio(row: Optional[Row]) -> str:
    """Return the median of the ratios: short where it is large."""
    if not row or not row.ratios:
        return ""
    ratio = median(row.ratios)
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2f}"


def _spread(row: Row) -> str:
    ratios = sorted(row.ratios)
    return f"{_ratio(row)} ({ratios[0]:.2f} to {ratios[-1]:.2f})" if len(ratios) > 1 else _ratio(row)


def _bound(row: Row) -> str:
    return "" if row.bound is None else f"{row.bound:g}" if row.bounds_ratio else f"{row.bound:g} {row.unit}"


def _by_work(rows: Rows) -> Dict[str, Row]:
    return {row.work: row for row in rows}


def _table(rows: Rows, published: Rows) -> List[List[str]]:
    """Return the table that the terminal and the page show."""
    theirs = _by_work(published)
    lines = [["work", "this library", "floor", "ratio (least to most)", f"{PUBLISHED}: ratio"]]
    for row in rows:
        cost = f"{_number(median(row.ours))} {row.unit}".strip()
        floor = f"{_number(median(row.floor))} {row.unit}".strip() if row.floor else ""
        lines.append([row.work, cost, floor, _spread(row), _ratio(theirs.get(row.work))])
    return lines


def as_text(rows: Rows, published: Rows) -> List[str]:
    """Return the table in lines for a terminal, with the bounds."""
    checks = [["bound", ""], *([_bound(row), row.verdict] for row in rows)]
    table = [line + check for line, check in zip(_table(rows, published), checks)]
    widths = [max(map(len, column)) for column in zip(*table)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in table]


def _as_markdown(table: List[List[str]]) -> str:
    rule = ["---", *["---:"] * (len(table[0]) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [table[0], rule, *table[1:]])


def write_page(rows: Rows, published: Rows, where: str) -> None:
    """Write the figures into the performance page, and draw its picture.

    :param rows: What was measured of this library.
    :param published: What was measured of 1.0.0.
    :param where: Where and when.
    """
    page = DOCS / "performance.md"
    ours, theirs = _by_work(rows), _by_work(published)
    summary = [["Work, in multiples of its floor", "This library", PUBLISHED]]
    summary += [[title, _ratio(ours.get(work)), _ratio(theirs.get(work))] for work, title in SUMMARY.items()]
    without_sizes = [row for row in rows if not row.words]  # The picture shows them.
    parts = {
        "summary": _as_markdown(summary),
        "machine": f"Measured with version {__version__} on {where}.",
        "table": _as_markdown(_table(without_sizes, published)),
    }
    text = page.read_text("utf-8")
    for name, part in parts.items():
        pattern = rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)"
        text = re.sub(pattern, lambda found, part=part: f"{found[1]}\n{part}\n\n{found[2]}", text, flags=re.DOTALL)
    page.write_text(text, "utf-8")
    draw(rows, published, DOCS / "images" / "benchmark.svg")


def draw(rows: Rows, published: Rows, path: Path) -> None:
    """Draw cost against size, both axes logarithmic, in colors for a light and a dark page."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    # Without a date and random names, the same figures give the same file.
    matplotlib.rcParams.update(
        {"svg.hashsalt": "benchmark", **dict.fromkeys(["text.color", "axes.labelcolor", "axes.edgecolor"], "#808080")}
    )
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    for points, label, color, marker in (
        ([(row.words, median(row.ours)) for row in published if row.words], PUBLISHED, "#d9534f", "s"),
        ([(row.words, median(row.ours)) for row in rows if row.words], "this library", "#3b8eea", "o"),
        ([(row.words, median(row.floor)) for row in rows if row.words], "json.loads and plain dicts", "#808080", "^"),
    ):
        if points:
            axes.loglog(*zip(*points), label=label, color=color, marker=marker, linewidth=2)
    axes.set_title("Parse a page, and read every word and point of it", loc="left")
    axes.set_xlabel("words on the page")
    axes.set_ylabel("CPU time in ms")
    axes.xaxis.set_major_formatter(matplotlib.ticker.StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_major_formatter(matplotlib.ticker.StrMethodFormatter("{x:,g}"))
    axes.tick_params(which="both", colors="#808080")
    axes.grid(True, which="major", color="#808080", alpha=0.3)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, transparent=True, metadata={"Date": None})
    pyplot.close(figure)
