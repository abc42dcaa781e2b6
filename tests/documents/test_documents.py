"""Tests of the documents: links, commands, and the names that they mention."""

import ast
import contextlib
import io
import os
import re
import ssl
import urllib.request
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set

import pytest
import requests.sessions
from azure.ai.vision.imageanalysis import __version__
from azure.ai.vision.imageanalysis._fields import field
from azure.ai.vision.imageanalysis._model_base import Model
from azure.ai.vision.imageanalysis.emulator.__main__ import main as emulator_command
from azure.ai.vision.imageanalysis.models import VisualFeatures
from snippets import GUIDES, README, ROOT

PACKAGE = ROOT / "azure" / "ai" / "vision" / "imageanalysis"
TEXT = README.read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

COMMANDS = {
    "run": 'python3 -m venv .venv && .venv/bin/python -m pip install -q -e ".[samples]"'
    " && .venv/bin/python samples/run_all_samples.py",
    "test": 'python3 -m venv .venv && .venv/bin/python -m pip install -q -e ".[dev]" && .venv/bin/python -m pytest',
}


def files_of_the_project() -> Iterator[Path]:
    """Yield all files but those that builds, tools and environments leave in the project's folder."""
    for folder, inner, names in os.walk(ROOT):
        hidden = {name for name in inner if name.startswith(".")} - {".ci", ".github"}
        built = {name for name in inner if name.endswith(".egg-info")} | {"build", "dist", "_build", "__pycache__"}
        inner[:] = sorted(set(inner) - hidden - built)
        yield from (Path(folder, name) for name in sorted(names))


FILES = list(files_of_the_project())
DOCUMENTS = [path for path in FILES if path.suffix == ".md"]
TEXTS = {path: path.read_text(encoding="utf-8") for path in DOCUMENTS}
ALL_TEXT = "\n".join(TEXTS.values())

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())


def blocks(text: str, language: str) -> List[str]:
    """Return the code blocks of a document in one language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [code for its_language, code in found if its_language == language]


def without_blocks(text: str) -> str:
    """Remove the code blocks; the admonitions and lists of pages that Sphinx writes as blocks stay."""
    return re.sub(r"^ *```(?!\{note\}).*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def mentioned(document: Path) -> List[str]:
    """Find what stands in a document in the type of code, blocks apart."""
    return re.findall(r"`([^`\n]+)`", without_blocks(TEXTS[document]))


# Links


def anchors(document: Path) -> Set[str]:
    """Find the anchors of a document's headings, by the rule of GitHub."""
    found: Set[str] = set()
    for line in without_blocks(document.read_text("utf-8")).splitlines():
        heading = re.match(r"#{1,6} +(.+)", line)
        if heading:
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).strip().lower()
            slug = name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
            number = 0
            while name in found:
                number += 1
                name = f"{slug}-{number}"
            found.add(name)
    return found


def links(document: Path) -> List[str]:
    """Find the targets of all links of a document."""
    text = re.sub(r"`[^`]*`", "", without_blocks(document.read_text("utf-8")))
    in_line = re.findall(r"\]\(\s*<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\s*\)", text)
    return in_line + re.findall(r"^\[[^\]]+\]:\s*(\S+)", text, re.M) + re.findall(r"(?:href|src)=\"([^\"]+)\"", text)


@each_document
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


def test_anchors_and_links_are_found(tmp_path: Path) -> None:
    document = tmp_path / "some.md"
    document.write_text(
        '# One\n## One\n## `two` & [Three](x)!\n[a](b.md#c) ![d](e.png)\n<img src="f.svg">\n'
        "```\n# no\n[g](h)\n```\n`[i](j)`\n"
    )
    assert anchors(document) == {"one", "one-1", "two--three"}
    assert links(document) == ["x", "b.md#c", "e.png", "f.svg"]


# What the documents mention


@each_document
def test_files_that_are_mentioned_exist(document: Path) -> None:
    endings = r"(py|md|rst|toml|ini|jpg|json|ya?ml|svg|png|typed|cff)"
    for name in mentioned(document):
        if re.fullmatch(rf"[\w.][\w./-]*\.{endings}", name):
            assert (ROOT / name).exists() or any(path.as_posix().endswith(f"/{name.lstrip('./')}") for path in FILES), (
                f"{name}: no such file"
            )


@each_document
def test_folders_that_are_mentioned_exist(document: Path) -> None:
    for name in mentioned(document):
        if re.fullmatch(r"(azure|docs|samples|tests|tools|\.ci|\.github)(/[\w.]+)*/?", name) and "." not in name.strip(
            "./"
        ):
            assert (ROOT / name).exists(), f"{name}: no such file or folder"


def known_variables(monkeypatch: pytest.MonkeyPatch) -> Set[str]:
    """Find the variables that the samples, the emulator, the workflows and the libraries below them read."""
    sources = [*(ROOT / "samples").rglob("*.py"), *(PACKAGE / "emulator").rglob("*.py"), *ROOT.glob(".github/*/*.yml")]
    ours = "".join(path.read_text("utf-8") for path in sorted(sources))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert urllib.request.getproxies_environment()["https"] == "http://127.0.0.1:9"
    theirs = Path(requests.sessions.__file__).read_text("utf-8")
    read = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", ours + theirs))
    options = {f"IMAGE_ANALYSIS_EMULATOR_{name.upper().replace('-', '_')}" for name in emulator_options()}
    return read | options | {ssl.get_default_verify_paths().openssl_cafile_env, "HTTPS_PROXY"}


def emulator_options() -> Set[str]:
    """Find the options of the emulator's command line, each of which is a variable as well."""
    with contextlib.redirect_stdout(io.StringIO()) as shown, pytest.raises(SystemExit):
        emulator_command(["--help"])
    return set(re.findall(r"--([a-z-]+)", shown.getvalue()))


@each_document
def test_environment_variables_that_are_mentioned_exist(document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = known_variables(monkeypatch) | {feature.name for feature in VisualFeatures}
    for name in mentioned(document):
        assert not re.fullmatch(r"[A-Z]+_[A-Z_]+", name) or name in known, f"{name}: nothing reads this"


def test_documents_name_this_version() -> None:
    wheels = re.findall(r"azure_ai_vision_imageanalysis-([\w.]+)-py3", "".join(map(TEXTS.__getitem__, GUIDES)))
    assert len(wheels) >= 2 and set(wheels) == {__version__}
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert changelog.startswith("# Release History\n\n## " + __version__ + " (")


def test_changelog_has_the_headings_of_azure() -> None:
    release = (ROOT / "CHANGELOG.md").read_text("utf-8").split("\n## ")[1]
    headings = re.findall(r"^### (.+)$", release, re.M)
    assert headings == ["Features Added", "Breaking Changes", "Bugs Fixed", "Other Changes"]


def test_contributing_shows_every_module() -> None:
    (picture,) = [block for block in blocks(CONTRIBUTING, "text") if "_wire" in block]
    paths = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if "emulator" not in path.parts]
    modules = {path.with_suffix("").as_posix() for path in paths}
    assert set(re.findall(r"[\w/]*\b_\w+", picture)) == modules


def test_field_that_contributing_adds_is_one() -> None:
    declared, row = re.findall(r"^ +```python\n(.*?)^ +```$", CONTRIBUTING, re.M | re.S)[:2]
    names: Dict[str, Any] = {"Model": Model, "field": field, "__name__": __name__}
    exec("class ImageMetadata(Model):\n" + declared, names)
    name, attribute, json_name, annotation = ast.literal_eval(row.strip().rstrip(","))
    made = names[name]({json_name: 6})
    assert (getattr(made, attribute), made.as_dict()) == (6, {json_name: 6})
    assert names[name].__annotations__[attribute].__name__ == annotation


# Commands


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_are_marked(name: str) -> None:
    assert re.findall(rf"^<!-- command: {name} -->\n```bash\n(.*?)\n```$", TEXT, re.M | re.S) == [COMMANDS[name]]
    assert TEXT.count(COMMANDS[name]) == 1


def test_extras_that_are_mentioned_exist() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    extras = {name for found in re.findall(r"\.\[([\w,-]+)\]", ALL_TEXT) for name in found.split(",")}
    assert {"aio", "identity", "samples", "dev"} <= extras
    for extra in extras:
        assert re.search(rf"^{extra} = \[", project, re.M), f"{extra}: no such extra"


def test_checks_that_are_mentioned_exist() -> None:
    checks = [name for names in re.findall(r"nox -s ([a-z ]+)", ALL_TEXT) for name in names.split()]
    noxfile = (ROOT / "noxfile.py").read_text("utf-8")
    assert checks
    for name in checks:
        assert re.search(rf"^def {name}\(session", noxfile, re.M), f"{name}: no such check"


def test_make_targets_that_are_mentioned_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    mentions = set(re.findall(r"(?:^|`)make ([a-z]+)", ALL_TEXT, re.M))
    assert mentions and mentions <= targets


# The size of the README


def test_readme_stays_short() -> None:
    assert len(TEXT.splitlines()) <= 260
    assert len(TEXT.encode()) <= 10_000
