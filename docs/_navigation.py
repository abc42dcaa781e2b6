"""A Sphinx extension for what GitHub cannot show: the navigation, the API reference and a page for each sample.

The pages of this folder are plain Markdown, which is also readable on GitHub. This extension adds the directives
of Sphinx when it reads them.
"""

import posixpath
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

from azure.ai.vision.imageanalysis import models
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
PACKAGE = "azure.ai.vision.imageanalysis"

NAVIGATION = {
    "Start": ["get-started", "concepts", "emulator", "faq"],
    "How to": ["how-to/index"],
    "Run in production": ["retries", "security", "frameworks", "environment", "troubleshooting", "performance"],
    "Reference": ["api/index", "types", "differences", "support", "retirement", "changelog"],
}
API = ["api/client", "api/aio", "api/models", "api/emulator"]

MODELS = {
    "Features": ["VisualFeatures"],
    "The result": ["ImageAnalysisResult", "ImageMetadata"],
    "Captions": ["CaptionResult", "DenseCaptionsResult", "DenseCaption"],
    "Tags": ["TagsResult", "DetectedTag"],
    "Objects": ["ObjectsResult", "DetectedObject"],
    "People": ["PeopleResult", "DetectedPerson"],
    "Text": ["ReadResult", "DetectedTextBlock", "DetectedTextLine", "DetectedTextWord"],
    "Smart crops": ["SmartCropsResult", "CropRegion"],
    "Positions": ["ImageBoundingBox", "ImagePoint"],
}


def toctree(pages: List[str], caption: str = "") -> str:
    options = ":hidden:\n" + (f":caption: {caption}\n" if caption else "")
    return f"\n```{{toctree}}\n{options}\n" + "\n".join(pages) + "\n```\n"


def reference(*directives: str) -> str:
    return "\n```{eval-rst}\n" + "\n".join(directives) + "\n```\n"


def client_reference(module: str) -> str:
    methods = [f"   .. automethod:: {name}" for name in ("analyze", "analyze_from_url", "send_request", "close")]
    return reference(f".. autoclass:: {module}.ImageAnalysisClient\n   :no-members:\n", *methods)


def models_reference() -> str:
    """List the models in the order of a reader; each name is in one group."""
    assert sorted(sum(MODELS.values(), [])) == sorted(models.__all__)
    return "".join(
        f"\n## {title}\n" + reference(*(f".. autoclass:: {PACKAGE}.models.{name}" for name in names))
        for title, names in MODELS.items()
    )


def guides() -> List[str]:
    """Find the guides, in the order in which their overview links to them."""
    text = (ROOT / "docs" / "how-to" / "index.md").read_text(encoding="utf-8")
    return list(dict.fromkeys(re.findall(r"\]\(([\w-]+)\.md\)", text)))


def add_directives(app: Sphinx, page: str, source: List[str]) -> None:
    """Add to a page what GitHub cannot show, and link documents outside the site to the repository."""
    source[0] = re.sub(r"\]\((?:\.\./)+((?:samples/)?[A-Z_]+\.md)", rf"]({app.config.repository}/\1", source[0])
    if page == "index":
        source[0] += "".join(toctree(pages, caption) for caption, pages in NAVIGATION.items())
    elif page == "how-to/index":
        source[0] += toctree(guides())
    elif page == "api/index":
        source[0] += toctree([posixpath.basename(name) for name in API])
    elif page == "api/client":
        source[0] += client_reference(PACKAGE)
    elif page == "api/aio":
        source[0] += client_reference(f"{PACKAGE}.aio")
    elif page == "api/models":
        source[0] += models_reference()
    elif page == "api/emulator":
        source[0] += reference(f".. automodule:: {PACKAGE}.emulator")
    elif page == "changelog":
        source[0] = "```{include} ../CHANGELOG.md\n:relative-docs: docs/\n```\n"


def link_out_of_the_folder(app: Sphinx, doctree: nodes.document) -> None:
    """Link to the page of a sample, or to any other file in the repository, instead of a download."""
    page = app.env.docname
    for node in list(doctree.findall(addnodes.download_reference)):
        path = (ROOT / "docs" / page).parent.joinpath(node["reftarget"]).resolve()
        if not path.exists():
            continue  # Sphinx warns of it
        name = path.relative_to(ROOT).as_posix()
        is_sample = name.startswith("samples/") and path.suffix == ".py"
        target = app.builder.get_relative_uri(page, name[:-3]) if is_sample else f"{app.config.repository}/{name}"
        node.replace_self(nodes.reference("", "", *node.children, internal=is_sample, refuri=target))


def sample_pages(app: Sphinx) -> Iterator[Tuple[str, Dict[str, Any], str]]:
    """Show each sample on a page of the site."""
    for path in sorted((ROOT / "samples").rglob("*.py")):
        code = app.builder.highlighter.highlight_block(path.read_text(encoding="utf-8"), "python")  # type: ignore[attr-defined]
        name = path.relative_to(ROOT).as_posix()
        yield name[:-3], {"title": path.name, "body": f"<h1>{path.name}</h1>\n{code}"}, "page.html"


def setup(app: Sphinx) -> Dict[str, Any]:
    app.add_config_value("repository", "", "env")
    app.connect("source-read", add_directives)
    app.connect("doctree-read", link_out_of_the_folder, priority=400)  # before Sphinx copies downloads
    app.connect("html-collect-pages", sample_pages)
    return {"parallel_read_safe": True}
