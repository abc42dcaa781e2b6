"""Shows regions of the samples in the documents, with the imports and constants that they use.

``python tests/helpers/snippets.py`` copies the regions into the documents as they are now.
"""

import ast
import re
import textwrap
from typing import List, Set, Union

from project import ROOT

GUIDES = [ROOT / "README.md", *sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)]

_SNIPPET = re.compile(
    r"^<!-- SNIPPET: (?P<sample>\S+) (?P<region>\w+) -->\n(?:.*?\n)??<!-- END SNIPPET -->$", re.MULTILINE | re.DOTALL
)


def refreshed(text: str) -> str:
    """Return a document with the current regions."""

    def fresh(found: "re.Match[str]") -> str:
        opening = f"<!-- SNIPPET: {found['sample']} {found['region']} -->"
        return f"{opening}\n\n```python\n{shown(found['sample'], found['region'])}```\n\n<!-- END SNIPPET -->"

    return _SNIPPET.sub(fresh, text)


def shown(sample: str, region: str) -> str:
    """Return a region of a sample, dedented, below what it needs, so that it can be pasted into an empty file."""
    text = (ROOT / sample).read_text(encoding="utf-8")
    found = re.search(rf"^ *# \[START {region}\]\n(.*?)^ *# \[END {region}\]$", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise LookupError(f"{sample} has no region {region}")
    code = textwrap.dedent(found[1]).strip("\n") + "\n"
    above = _needed(ast.parse(text), text, code)
    # Two empty lines before a function or a class, one before other code, as ruff has it.
    gap = "\n\n" if re.match(r"(async )?def |class |@", code) else "\n"
    return above + gap * bool(above) + code


def _needed(module: ast.Module, text: str, code: str) -> str:
    """Write the imports and the constants of a module that code uses and does not make itself."""
    wanted = _names(code)
    constants = ""
    for node in module.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            source = ast.get_source_segment(text, node) or ""
            if wanted & _bound(node):
                constants += f"{source}\n"
    wanted |= _names(constants)
    imports, end, is_apart = "", 0, False
    for node in module.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            is_apart |= node.lineno > end + 1  # groups of imports stay apart
            end = node.end_lineno or 0
            names = [alias.name for alias in node.names if alias.name.partition(".")[0] in wanted]
            if names:
                imports += "\n" * bool(imports and is_apart) + _import(node, names)
                is_apart = False
    return imports + "\n" * bool(imports and constants) + constants


def _import(node: Union[ast.Import, ast.ImportFrom], names: List[str]) -> str:
    """Return an import as ruff formats it, in 88 columns."""
    if isinstance(node, ast.Import):
        return f"import {names[0]}\n"
    line = f"from {node.module} import {', '.join(names)}\n"
    if len(line) <= 89:
        return line
    return f"from {node.module} import (\n" + "".join(f"    {name},\n" for name in names) + ")\n"


def _bound(node: ast.AST) -> Set[str]:
    """Find the names that are assigned to below a node."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _names(code: str) -> Set[str]:
    """Find the names that code reads but does not bind."""
    tree = compile(code, "", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    bound = _bound(tree)
    read: Set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            read.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound.update(alias.name for alias in node.names)
    return read - bound


if __name__ == "__main__":
    for guide in GUIDES:
        guide.write_text(refreshed(guide.read_text(encoding="utf-8")), encoding="utf-8")
