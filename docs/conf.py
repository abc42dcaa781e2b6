"""Sphinx configuration: ``python -m nox -s docs`` builds the site into docs/_build without a network."""

import builtins
import enum
import html
import os
import re
import sys
from pathlib import Path
from typing import Any, Optional, Tuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from azure.ai.vision.imageanalysis import __version__  # noqa: E402  (needs the path above)

project = "azure-ai-vision-imageanalysis"
release = version = __version__
copyright = "2026, the azure-ai-vision-imageanalysis authors"
repository = "https://github.com/OWNER/REPOSITORY/blob/main"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "_navigation"]
autodoc_default_options = {"members": True, "imported-members": True, "undoc-members": True}
autodoc_member_order = "bysource"
add_module_names = False
maximum_signature_line_length = 100
toc_object_entries_show_parents = "hide"
exclude_patterns = ["_build"]
# Headings get the same anchors as on GitHub, so a link works in both places.
myst_heading_anchors = 3

html_theme = "furo"
html_theme_options = {
    "source_repository": "https://github.com/OWNER/REPOSITORY/",
    "source_branch": "main",
    "source_directory": "docs/",
}
html_baseurl = os.environ.get("PAGES_URL", "")
html_title = f"Image Analysis for Python {version}"
html_favicon = "_static/favicon.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
# In the default style, names in imports look like links.
pygments_dark_style = "github-dark"


class BuiltinsFirst(PythonDomain):
    """Resolves ``list`` in a docstring to the built-in type, not to the attribute of that name in five models."""

    def find_obj(self, env: Any, modname: Any, classname: Any, name: str, *options: Any, **named: Any) -> Any:
        return [] if hasattr(builtins, name) else super().find_obj(env, modname, classname, name, *options, **named)


def link_to_other_libraries(app: Sphinx, env: Any, node: Any, content: Any) -> Optional[nodes.reference]:
    """Link names of azure-core and Python to their documentation, whose URLs follow a pattern: no network is needed."""
    target = re.sub(r"\._\w+", "", node.get("reftarget", ""))
    module, _, name = target.rpartition(".")
    if target.startswith("azure.core."):
        url = f"https://learn.microsoft.com/python/api/azure-core/{target.lower()}"
    elif module in ("datetime", "enum", "os", "typing"):
        url = f"https://docs.python.org/3/library/{module}.html#{target}"
    elif target == "PIL.Image.Image":
        url = f"https://pillow.readthedocs.io/en/stable/reference/Image.html#{target}"
    else:
        return None
    return nodes.reference("", "", content, internal=False, refuri=url)


def fold_constructors(app: Sphinx, what: str, name: str, obj: Any, *arguments: Any) -> Optional[Tuple[str, str]]:
    """Omit the constructors of results and features, which users seldom call."""
    is_model = isinstance(obj, type) and (hasattr(obj, "as_dict") or issubclass(obj, enum.Enum))
    return ("", "") if is_model else None


def describe(app: Sphinx, page: str, template: str, context: Any, doctree: Optional[nodes.document]) -> None:
    """Set the first paragraph of a page as its description for search engines."""
    if doctree is not None:
        paragraph = next((node.astext() for node in doctree.findall(nodes.paragraph)), project)
        text = html.escape(" ".join(paragraph.split())[:300])
        context["metatags"] = context.get("metatags", "") + f'<meta name="description" content="{text}" />\n'


def setup(app: Sphinx) -> None:
    app.add_domain(BuiltinsFirst, override=True)
    app.connect("missing-reference", link_to_other_libraries)
    app.connect("autodoc-process-signature", fold_constructors)
    app.connect("html-page-context", describe)
