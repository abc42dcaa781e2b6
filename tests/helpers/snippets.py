"""Finds and refreshes the code that the documents show: regions of the samples.

``python tests/helpers/snippets.py`` copies the regions into the documents as they are now.
"""

import re
import textwrap
from typing import List, NamedTuple

from project import ROOT

README = ROOT / "README.md"
GUIDES = [README, *sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)]

_SNIPPET = re.compile(
    r"^<!-- SNIPPET: (?P<sample>\S+) (?P<region>\w+) -->\n\n?"
    r"(?:```python\n(?P<code>.*?)```\n\n?)?"
    r"<!-- END SNIPPET -->$",
    re.MULTILINE | re.DOTALL,
)


class Snippet(NamedTuple):
    """A place of a document that shows a region of a sample."""

    sample: str
    region: str
    code: str


def snippets(text: str) -> List[Snippet]:
    """Find all snippets of a document, in their order."""
    return [Snippet(found["sample"], found["region"], found["code"] or "") for found in _SNIPPET.finditer(text)]


def region_of(sample: str, region: str) -> str:
    """Cut a region out of a sample, indented as little as possible.

    :param str sample: The sample's path, from the root of the project.
    :param str region: The region's name.
    :return: Its lines.
    :rtype: str
    :raises LookupError: If the sample has no such region.
    """
    text = (ROOT / sample).read_text(encoding="utf-8")
    found = re.search(rf"^ *# \[START {region}\]\n(.*?)^ *# \[END {region}\]$", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise LookupError(f"{sample} has no region {region}")
    return textwrap.dedent(found[1]).strip("\n") + "\n"


def refreshed(text: str) -> str:
    """Put the regions into a document as they are now."""

    def fresh(found: "re.Match[str]") -> str:
        opening = f"<!-- SNIPPET: {found['sample']} {found['region']} -->"
        return f"{opening}\n\n```python\n{region_of(found['sample'], found['region'])}```\n\n<!-- END SNIPPET -->"

    return _SNIPPET.sub(fresh, text)


if __name__ == "__main__":
    for document in GUIDES:
        document.write_text(refreshed(document.read_text(encoding="utf-8")), encoding="utf-8")
