"""Tests of the documents: their links, and the example of CONTRIBUTING."""

import ast
import os
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set

import pytest
from azure.ai.vision.imageanalysis import __version__
from azure.ai.vision.imageanalysis._model_base import Model, field
from project import ROOT


def documents() -> Iterator[Path]:
    """Yield the project's pages, but not those that builds, tools and environments leave in its folder."""
    for folder, inner, names in os.walk(ROOT):
        inner[:] = sorted(name for name in inner if name not in ("build", "dist", "_build", "node_modules"))
        inner[:] = [name for name in inner if not name.startswith(".") or name == ".github"]
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(".md"))


DOCUMENTS = list(documents())


def without_blocks(document: Path) -> str:
    return re.sub(r"^ *```.*?^ *```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(document: Path) -> Set[str]:
    """Find the anchors of a document's headings, by the rule of GitHub."""
    found: Set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.+)", without_blocks(document), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number = 0
        while name in found:
            number += 1
            name = f"{slug}-{number}"
        found.add(name)
    return found


def links(document: Path) -> List[str]:
    """Find the targets of all links of a document."""
    text = re.sub(r"`[^`]*`", "", without_blocks(document))
    in_line = re.findall(r"\]\(\s*<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\s*\)", text)
    return in_line + re.findall(r"^\[[^\]]+\]:\s*(\S+)", text, re.M) + re.findall(r"(?:href|src)=\"([^\"]+)\"", text)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_resolve(document: Path) -> None:
    for link in links(document):
        if re.match(r"[a-z]+:", link):
            assert link.startswith("https://"), f"{link}: neither https nor a place in the project"
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), f"{link}: there is no such file"
        assert target == ROOT or ROOT in target.parents, f"{link}: this is outside the project"
        assert not anchor or anchor in anchors(target), f"{link}: there is no such heading"


def test_documents_name_this_version() -> None:
    text = (ROOT / "docs" / "get-started.md").read_text(encoding="utf-8")
    assert set(re.findall(r"azure_ai_vision_imageanalysis-([\w.]+)-py3", text)) == {__version__}
    assert (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").startswith(f"# Release History\n\n## {__version__} (")


def test_field_that_contributing_adds_is_one() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    declared, row = re.findall(r"^ +```python\n(.*?)^ +```$", text, re.M | re.S)[:2]
    names: Dict[str, Any] = {"Model": Model, "field": field, "__name__": __name__}
    exec("class ImageMetadata(Model):\n" + declared, names)
    name, attribute, json_name, annotation = ast.literal_eval(row.strip().rstrip(","))
    made = names[name]({json_name: 6})
    assert (getattr(made, attribute), made.as_dict()) == (6, {json_name: 6})
    assert names[name].__annotations__[attribute].__name__ == annotation
