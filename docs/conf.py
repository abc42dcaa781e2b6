"""Sphinx configuration: ``python -m nox -s docs`` builds the site into docs/_build without a network."""

import builtins
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain

sys.path.insert(0, str(Path(__file__).parents[1]))

from azure.ai.vision.imageanalysis import __version__  # noqa: E402  (it is importable only now)

project = "azure-ai-vision-imageanalysis"
release = version = __version__
copyright = "2026, the azure-ai-vision-imageanalysis authors"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
autodoc_default_options = {"members": True, "imported-members": True, "undoc-members": True}
autodoc_member_order = "bysource"
add_module_names = False
maximum_signature_line_length = 100
toc_object_entries_show_parents = "hide"
exclude_patterns = ["_build"]
# Headings get the anchors that GitHub gives them, so a link works in both places.
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"Image Analysis for Python {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False


class BuiltinsFirst(PythonDomain):
    """Takes the ``list`` of a docstring for Python's, not for the attribute of that name that five models have."""

    def find_obj(self, env: Any, modname: Any, classname: Any, name: str, *options: Any, **named: Any) -> Any:
        return [] if hasattr(builtins, name) else super().find_obj(env, modname, classname, name, *options, **named)


def skip_storage(app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any) -> Any:
    """Leave out the slots that hold the values of attributes: their names, such as ``<tags>``, are no identifiers."""
    return True if name.startswith("<") else None


def setup(app: Sphinx) -> None:
    app.add_domain(BuiltinsFirst, override=True)
    app.connect("autodoc-skip-member", skip_storage)
