"""Which code does the README show? Regions of the samples. ``python tests/snippets.py`` copies them there anew."""

import re
import textwrap
from pathlib import Path
from typing import List, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"

_SNIPPET = re.compile(
    r"^<!-- SNIPPET: (?P<sample>\S+) (?P<region>\w+) -->\n\n?"
    r"(?:```python\n(?P<code>.*?)```\n\n?)?"
    r"<!-- END SNIPPET -->$",
    re.MULTILINE | re.DOTALL,
)


class Snippet(NamedTuple):
    """A place of the README that shows a region of a sample."""

    sample: str
    region: str
    code: str


def snippets(text: str) -> List[Snippet]:
    """Find all snippets of a document.

    :param str text: The document.
    :return: The snippets, in their order.
    :rtype: list[Snippet]
    """
    return [Snippet(found["sample"], found["region"], found["code"] or "") for found in _SNIPPET.finditer(text)]


def region_of(sample: str, region: str) -> str:
    """Cut a region out of a sample.

    :param str sample: The sample's path, from the root of the project.
    :param str region: The region's name.
    :return: Its lines, indented as little as possible.
    :rtype: str
    :raises LookupError: If the sample has no such region.
    """
    text = (ROOT / sample).read_text(encoding="utf-8")
    found = re.search(rf"^ *# \[START {region}\]\n(.*?)^ *# \[END {region}\]$", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise LookupError(f"{sample} has no region {region}")
    return textwrap.dedent(found[1])


def refreshed(text: str) -> str:
    """Put the regions into a document as they are now.

    :param str text: The document.
    :return: The document with every snippet up to date.
    :rtype: str
    """

    def fresh(found: "re.Match[str]") -> str:
        opening = f"<!-- SNIPPET: {found['sample']} {found['region']} -->"
        return f"{opening}\n\n```python\n{region_of(found['sample'], found['region'])}```\n\n<!-- END SNIPPET -->"

    return _SNIPPET.sub(fresh, text)


if __name__ == "__main__":
    README.write_text(refreshed(README.read_text(encoding="utf-8")), encoding="utf-8")
