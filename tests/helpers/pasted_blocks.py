"""Finds the code blocks of the documents, what each runs after, and what it should print.

Comments directly above a block say how it is pasted. ``<!-- start -->``: the later blocks of the page continue it.
``<!-- above -->``: it continues the block above it. ``<!-- output -->``: this is what the block above prints.
``<!-- not run: reason -->``: it is only compiled. Without a comment, and before a start, a block is a whole program.
"""

import re
from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple

from project import ROOT

PAGES = [ROOT / "README.md", ROOT / "samples" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_PART = re.compile(
    r"^<!-- (?P<mark>start|above|output|not run: [^\n]+) -->$|^```(?P<language>[^\n`]*)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    """A block of a page."""

    page: Path
    line: int
    language: str
    code: str
    above: Tuple[str, ...] = ()
    """The blocks that a reader has pasted before this one."""
    output: Optional[str] = None
    runs: bool = True

    @property
    def name(self) -> str:
        """The page and the line, as a test's id."""
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


def blocks_of(page: Path) -> List[Block]:
    """Find the blocks of a page in Python or bash, each with its output."""
    text = page.read_text(encoding="utf-8")
    found: List[Block] = []
    start: Optional[str] = None
    marks: List[str] = []
    for part in _PART.finditer(text):
        if part["mark"]:
            marks.append(part["mark"])
            continue
        code = part["code"]
        if "output" in marks:
            found[-1] = found[-1]._replace(output=code)
        elif part["language"] in ("python", "bash"):
            above: Tuple[str, ...] = (start,) if start else ()
            if "start" in marks:
                above, start = (), code
            elif "above" in marks:
                above = (*found[-1].above, found[-1].code)
            line = text.count("\n", 0, part.start()) + 1
            runs = not any(mark.startswith("not run") for mark in marks)
            found.append(Block(page, line, part["language"], code, above, None, runs))
        marks = []
    return found


ALL_BLOCKS = [block for page in PAGES if "_build" not in page.parts for block in blocks_of(page)]
