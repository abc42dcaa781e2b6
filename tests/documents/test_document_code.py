"""Tests of the documents' code: each block is a region of a sample, or is run here."""

import os
import re
import subprocess
import sys
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import azure.identity
import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError
from client_kinds import ENDPOINT, ClientKind, Driver
from snippets import GUIDES, README, ROOT, refreshed, region_of, snippets
from test_documents import TEXTS, blocks

PICTURE = ROOT / "samples" / "sample.jpg"
ALL_TEXT = "\n".join(TEXTS[guide] for guide in GUIDES)

FIRST_CALL = "import os\nfrom azure.ai.vision.imageanalysis import"

# Words that a block contains, and how often the documents show it.
RUN_HERE = {
    FIRST_CALL: 2,
    "VisualFeatures.DENSE_CAPTIONS,": 1,
    "async with ImageAnalysisClient": 1,
    "DefaultAzureCredential())": 1,
    "except HttpResponseError": 2,
    "AZURE_GOVERNMENT": 1,
    "json.loads(stored)": 1,
    "retry_total=0": 1,
    "def test_alt_text": 1,
    "emulator.fail_next": 1,
}

needs_handle = pytest.mark.skipif(not hasattr(ImageAnalysisEmulator, "set_result"), reason="not built yet")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_snippets_are_regions_of_the_samples(guide: Path) -> None:
    text = TEXTS[guide]
    shown = snippets(text)
    assert len(shown) == text.count("<!-- SNIPPET:") == text.count("<!-- END SNIPPET -->")
    for sample, region, code in shown:
        assert code == region_of(sample, region), "run python tests/helpers/snippets.py"
    assert refreshed(text) == text


def test_main_samples_are_shown() -> None:
    names = ("caption_image_file", "caption_image_url", "ocr_image_file", "ocr_image_url")
    assert {snippet.sample for snippet in snippets(ALL_TEXT)} >= {f"samples/sample_{name}.py" for name in names}


def own_blocks() -> List[str]:
    """Find the blocks of Python that are in no sample."""
    shown = [snippet.code for snippet in snippets(ALL_TEXT)]
    return [block for block in blocks(ALL_TEXT, "python") if block not in shown]


def own_block(words: str) -> str:
    """Find a block by its words; where it is shown twice, it is the same."""
    (found,) = {block for block in own_blocks() if words in block}
    return found


def test_every_block_that_is_in_no_sample_is_run() -> None:
    found = own_blocks()
    assert {words: sum(words in block for block in found) for words in RUN_HERE} == RUN_HERE
    assert sum(RUN_HERE.values()) == len(found)


Run = Callable[..., Dict[str, Any]]


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImageAnalysisEmulator]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ImageAnalysisEmulator() as running:
        yield running


@pytest.fixture
def run(client_kind: ClientKind, emulator: ImageAnalysisEmulator) -> Iterator[Run]:
    """Run a block of the documents for each client: its names are defined, and nothing needs ``await``."""
    with ExitStack() as opened:

        def make_client(*arguments: Any, **keywords: Any) -> Driver:
            return opened.enter_context(client_kind.client(*arguments, **keywords))

        def run_block(block: str, key: str = emulator.key, **names: Any) -> Dict[str, Any]:
            image = PICTURE.read_bytes()
            credential = AzureKeyCredential(key)
            client = make_client(emulator.endpoint, credential)
            known: Dict[str, Any] = {"VisualFeatures": VisualFeatures, "ImageAnalysisClient": make_client}
            known.update(client=client, endpoint=emulator.endpoint, credential=credential, image_data=image)
            known.update(AzureKeyCredential=AzureKeyCredential, **names)
            if "result" in block:
                with suppress(ClientAuthenticationError):
                    known["result"] = client.analyze(image, list(VisualFeatures))
            exec(compile(block, "documents", "exec"), known)
            return known

        yield run_block


@pytest.fixture
def in_clone(emulator: ImageAnalysisEmulator, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to the root of the project, with the variables that the emulator prints."""
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ROOT)
    return ROOT


def test_first_call_prints_a_caption(in_clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    block = own_block(FIRST_CALL)
    assert block in TEXTS[README]
    names: Dict[str, Any] = {}
    exec(compile(block, "documents", "exec"), names)
    assert "at a table with a laptop" in capsys.readouterr().out
    names["client"].close()


def test_asynchronous_call_prints_tags(in_clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(own_block("async with ImageAnalysisClient"), "documents", "exec"), {})
    assert "'laptop'" in capsys.readouterr().out


def test_several_features_in_one_call(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run(own_block("VisualFeatures.DENSE_CAPTIONS,"))
    printed = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\d+ x \d+ pixels, model version 2023-10-01", printed[0])
    kinds = [line.partition(":")[0] for line in printed[1:]]
    assert list(dict.fromkeys(kinds)) == ["Caption", "Tag", "Object", "Person", "Crop"]
    assert [line.split()[3] for line in printed if line.startswith("Crop")] == ["0.9", "1.33"]


def test_result_is_stored_and_read_again(run: Run) -> None:
    names = run(own_block("json.loads(stored)"))
    assert names["reloaded"] is not names["result"]


def test_retries_are_set_for_a_client_and_for_a_call(run: Run) -> None:
    names = run(own_block("retry_total=0"))
    assert names["result"].read.blocks


@pytest.mark.parametrize("words", ["AZURE_GOVERNMENT", "DefaultAzureCredential())"])
def test_token_is_requested(words: str, run: Run, client_kind: ClientKind, monkeypatch: pytest.MonkeyPatch) -> None:
    credential, authorities = client_kind.token_credential(), []

    def sign_in(authority: str = "") -> Any:
        authorities.append(authority)
        return credential

    monkeypatch.setattr(azure.identity, "DefaultAzureCredential", sign_in)
    client_of = partial(client_kind.client, transport=client_kind.transport())
    monkeypatch.setenv("VISION_ENDPOINT", ENDPOINT)
    names = run(own_block(words), endpoint=ENDPOINT, ImageAnalysisClient=client_of, os=os)
    with names["client"] as client:
        client.analyze(b"image", [VisualFeatures.TAGS])
    cloud = "us" if words == "AZURE_GOVERNMENT" else "com"
    assert authorities == ["login.microsoftonline.us" if cloud == "us" else ""]
    assert credential.asked[0]["scopes"] == (f"https://cognitiveservices.azure.{cloud}/.default",)


def test_exceptions_are_printed_as_shown(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    (wrong_key, no_image), printed = [
        [block for block in blocks(TEXTS[guide], "") if block.startswith("Status code: ")]
        for guide in (ROOT / "docs" / "troubleshooting.md", README)
    ]
    assert printed == [no_image]
    run(own_block("except HttpResponseError"), key="0" * 32)
    assert capsys.readouterr().out == wrong_key
    run(own_block("except HttpResponseError"))
    assert capsys.readouterr().out == no_image


@pytest.mark.slow
@needs_handle
def test_emulator_fails_on_demand(run: Run) -> None:
    names = run(own_block("emulator.fail_next"))
    assert names["result"].read is not None


@pytest.mark.slow
@needs_handle
def test_pytest_fixture_works_as_shown(tmp_path: Path) -> None:
    test = tmp_path / "test_app.py"
    test.write_text(
        f"from pathlib import Path\nIMAGE = Path({str(PICTURE)!r}).read_bytes()\n" + own_block("def test_alt")
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(test)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"\b1 passed\b", ended.stdout)
