"""Do the documents tell the truth? Their code, their commands, their links, and the names that they mention."""

import ast
import os
import re
import ssl
import urllib.request
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Set

import azure.identity
import pytest
import requests.sessions
from azure.ai.vision.imageanalysis import __version__
from azure.ai.vision.imageanalysis._fields import field
from azure.ai.vision.imageanalysis._model_base import Model
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError
from client_kinds import ENDPOINT, ClientKind, Driver
from snippets import README, ROOT, refreshed, region_of, snippets

PACKAGE = ROOT / "azure" / "ai" / "vision" / "imageanalysis"
TEXT = README.read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

COMMANDS = {
    "run": 'python3 -m venv .venv && .venv/bin/python -m pip install -q -e ".[samples]"'
    " && .venv/bin/python samples/run_all_samples.py",
    "test": 'python3 -m venv .venv && .venv/bin/python -m pip install -q -e ".[dev]" && .venv/bin/python -m pytest',
}


def files_of_the_project() -> Iterator[Path]:
    """All files, without those that builds, tools and environments leave in the project's folder."""
    for folder, inner, names in os.walk(ROOT):
        left = {name for name in inner if name.startswith(".") and name != ".ci" or name.endswith(".egg-info")}
        inner[:] = sorted(set(inner) - left - {"build", "dist", "_build", "__pycache__"})
        yield from (Path(folder, name) for name in sorted(names))


FILES = list(files_of_the_project())
DOCUMENTS = [path for path in FILES if path.suffix == ".md"]

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())


def blocks(text: str, language: str) -> List[str]:
    """The code blocks of a document in one language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [code for its_language, code in found if its_language == language]


def without_code(text: str) -> str:
    return re.sub(r"`[^`]*`", "", re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL))


def mentioned(text: str) -> List[str]:
    """What stands in a document in the type of code, blocks apart."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL))


# Links


def anchors(document: Path) -> Set[str]:
    """Where one can jump to in a document, by the rule that GitHub has for it."""
    found: Set[str] = set()
    for line in re.sub(r"^ *```.*?^ *```$", "", document.read_text("utf-8"), flags=re.M | re.S).splitlines():
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
    text = without_code(document.read_text("utf-8"))
    in_line = re.findall(r"\]\(\s*<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\s*\)", text)
    return in_line + re.findall(r"^\[[^\]]+\]:\s*(\S+)", text, re.M) + re.findall(r"(?:href|src)=\"([^\"]+)\"", text)


@each_document
def test_links_lead_somewhere(document: Path) -> None:
    for link in links(document):
        if re.match(r"[a-z]+:", link):
            assert link.startswith("https://"), f"{link}: neither https nor a place in the project"
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), f"{link}: there is no such file"
        assert target == ROOT or ROOT in target.parents, f"{link}: this is outside the project"
        assert not anchor or anchor in anchors(target), f"{link}: there is no such heading"


def test_the_check_of_links_sees_what_is_wrong(tmp_path: Path) -> None:
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
    endings = r"(py|md|rst|toml|ini|jpg|json|yaml|svg|png|typed)"
    for name in mentioned(document.read_text("utf-8")):
        if re.fullmatch(rf"[\w.][\w./-]*\.{endings}", name):
            assert any(path.as_posix().endswith(f"/{name.lstrip('./')}") for path in FILES), f"{name}: no such file"


@each_document
def test_folders_that_are_mentioned_exist(document: Path) -> None:
    for name in mentioned(document.read_text("utf-8")):
        if re.fullmatch(r"(azure|docs|samples|tests|\.ci)(/[\w.]+)*/?", name) and "." not in name.strip("./"):
            assert (ROOT / name).exists(), f"{name}: no such file or folder"


def known_variables(monkeypatch: pytest.MonkeyPatch) -> Set[str]:
    """The environment variables that the samples, the local service and the libraries below them read."""
    ours = "".join(path.read_text("utf-8") for path in sorted((ROOT / "samples").rglob("*.py")))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert urllib.request.getproxies_environment()["https"] == "http://127.0.0.1:9"
    theirs = Path(requests.sessions.__file__).read_text("utf-8")
    read = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", ours + theirs))
    return read | {ssl.get_default_verify_paths().openssl_cafile_env, "HTTPS_PROXY"}


@each_document
def test_environment_variables_that_are_mentioned_exist(document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = known_variables(monkeypatch) | {feature.name for feature in VisualFeatures}
    for name in mentioned(document.read_text("utf-8")):
        assert not re.fullmatch(r"[A-Z]+_[A-Z_]+", name) or name in known, f"{name}: nothing reads this"


def test_all_documents_speak_of_this_version() -> None:
    wheels = re.findall(r"azure_ai_vision_imageanalysis-([\w.]+)-py3", TEXT)
    assert wheels and set(wheels) == {__version__}
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert changelog.startswith("# Release History\n\n## " + __version__ + " (")


def test_the_changelog_has_the_headings_of_azure() -> None:
    release = (ROOT / "CHANGELOG.md").read_text("utf-8").split("\n## ")[1]
    headings = re.findall(r"^### (.+)$", release, re.M)
    assert headings == ["Features Added", "Breaking Changes", "Bugs Fixed", "Other Changes"]


def test_contributing_shows_every_module() -> None:
    (picture,) = [block for block in blocks(CONTRIBUTING, "text") if "_wire" in block]
    files = [path for path in PACKAGE.rglob("*.py") if "emulator" not in path.parts]
    modules = {path.relative_to(PACKAGE).with_suffix("").as_posix() for path in files}
    assert set(re.findall(r"[\w/]*\b_\w+", picture)) == modules


def test_the_field_that_contributing_adds_is_one() -> None:
    declared, row = re.findall(r"^ +```python\n(.*?)^ +```$", CONTRIBUTING, re.M | re.S)[:2]
    names: Dict[str, Any] = {"Model": Model, "field": field, "__name__": __name__}
    exec("class ImageMetadata(Model):\n" + declared, names)
    name, attribute, json_name, annotation = ast.literal_eval(row.strip().rstrip(","))
    made = names[name]({json_name: 6})
    assert (getattr(made, attribute), made.as_dict()) == (6, {json_name: 6})
    assert names[name].__annotations__[attribute].__name__ == annotation


# Commands


@pytest.mark.parametrize("name", COMMANDS)
def test_the_commands_stand_behind_their_marks(name: str) -> None:
    assert re.findall(rf"^<!-- command: {name} -->\n```bash\n(.*?)\n```$", TEXT, re.M | re.S) == [COMMANDS[name]]
    assert TEXT.count(COMMANDS[name]) == 1


def test_extras_that_are_mentioned_exist() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    extras = {name for found in re.findall(r"\.\[([\w,-]+)\]", TEXT + CONTRIBUTING) for name in found.split(",")}
    assert {"aio", "identity", "samples", "dev"} <= extras
    for extra in extras:
        assert re.search(rf"^{extra} = \[", project, re.M), f"{extra}: no such extra"


def test_checks_that_are_mentioned_exist() -> None:
    checks = [name for names in re.findall(r"nox -s ([\w ]+)", TEXT + CONTRIBUTING) for name in names.split()]
    noxfile = (ROOT / "noxfile.py").read_text("utf-8")
    assert checks
    for name in checks:
        assert re.search(rf"^def {name}\(session", noxfile, re.M), f"{name}: no such check"


# Code


def test_snippets_are_regions_of_the_samples() -> None:
    shown = snippets(TEXT)
    assert len(shown) == TEXT.count("<!-- SNIPPET:") == TEXT.count("<!-- END SNIPPET -->")
    for sample, region, code in shown:
        assert code == region_of(sample, region), "to copy the samples into the README: python tests/snippets.py"
    assert refreshed(TEXT) == TEXT
    assert {sample for sample, _, _ in shown} >= {
        f"samples/sample_{name}.py"
        for name in ("caption_image_file", "caption_image_url", "ocr_image_file", "ocr_image_url")
    }


def own_blocks() -> List[str]:
    shown = [snippet.code for snippet in snippets(TEXT)]
    return [block for block in blocks(TEXT, "python") if block not in shown]


def own_block(words: str) -> str:
    (found,) = [block for block in own_blocks() if words in block]
    return found


Run = Callable[..., Dict[str, Any]]


@pytest.fixture
def run(client_kind: ClientKind, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a block of the README for each client: its names mean the README's, and nothing needs ``await``."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ImageAnalysisEmulator() as service, ExitStack() as opened:

        def make_client(*arguments: Any, **keywords: Any) -> Driver:
            return opened.enter_context(client_kind.client(*arguments, **keywords))

        def run_block(block: str, key: str = service.key, **names: Any) -> Dict[str, Any]:
            image = (ROOT / "samples" / "sample.jpg").read_bytes()
            credential = AzureKeyCredential(key)
            client = make_client(service.endpoint, credential)
            known: Dict[str, Any] = {"VisualFeatures": VisualFeatures, "ImageAnalysisClient": make_client}
            known.update(client=client, endpoint=service.endpoint, credential=credential, image_data=image)
            known.update(names)
            if "result" in block:
                with suppress(ClientAuthenticationError):
                    known["result"] = client.analyze(image, list(VisualFeatures))
            exec(compile(block, str(README), "exec"), known)
            return known

        yield run_block


def test_every_block_that_is_in_no_sample_is_run() -> None:
    tested = ["json.loads(stored)", "retry_total=0", "AZURE_GOVERNMENT", "except HttpResponseError"]
    assert [own_block(words) for words in tested] == own_blocks()


def test_a_result_is_stored_and_read_again(run: Run) -> None:
    names = run(own_block("json.loads(stored)"))
    assert names["reloaded"] is not names["result"]


def test_retries_are_chosen_for_a_client_and_for_a_call(run: Run) -> None:
    names = run(own_block("retry_total=0"))
    assert names["result"].read.blocks


def test_a_token_for_a_sovereign_cloud_is_asked_for(
    run: Run, client_kind: ClientKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential, authorities = client_kind.token_credential(), []

    def sign_in(authority: str) -> Any:
        authorities.append(authority)
        return credential

    monkeypatch.setattr(azure.identity, "DefaultAzureCredential", sign_in)
    client_of = partial(client_kind.client, transport=client_kind.transport())
    names = run(own_block("AZURE_GOVERNMENT"), endpoint=ENDPOINT, ImageAnalysisClient=client_of)
    with names["client"] as client:
        client.analyze(b"image", [VisualFeatures.TAGS])
    assert authorities == ["login.microsoftonline.us"]
    assert credential.asked[0]["scopes"] == ("https://cognitiveservices.azure.us/.default",)


def test_the_exceptions_are_printed_as_shown(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    wrong_key, no_image = [block for block in blocks(TEXT, "") if block.startswith("Status code: ")]
    run(own_block("except HttpResponseError"), key="0" * 32)
    assert capsys.readouterr().out == wrong_key
    run(own_block("except HttpResponseError"))
    assert capsys.readouterr().out == no_image
