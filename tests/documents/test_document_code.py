"""Tests of the documents' code: each block is pasted into an empty file, after those that its page names, and runs."""

import ast
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Set

import pytest
from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator.__main__ import main as emulator_command
from azure.core import __version__ as azure_core_version
from azure.core.credentials import AzureKeyCredential
from pasted_blocks import ALL_BLOCKS, Block
from project import ROOT, SAMPLES
from run_all_samples import can_recognize_text, is_installed
from sample_programs import in_this_process, restored_logging
from snippets import GUIDES, refreshed
from tiny_detector import detector

pytestmark = pytest.mark.slow

Environment = Callable[[Block], Dict[str, str]]

PYTHON = [block for block in ALL_BLOCKS if block.language == "python"]
SHELL = [block for block in ALL_BLOCKS if block.language == "bash"]
IS_TEST = re.compile(r"^def test_|^@pytest", re.MULTILINE)
GOVERNMENT = "https://cognitiveservices.azure.us"


def each(blocks: List[Block]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("block", blocks, ids=[block.name for block in blocks])


@pytest.fixture(scope="session")
def environment_for() -> Iterator[Environment]:
    """Return the variables of an emulator that suits a block; each kind of emulator is started once."""
    running: Dict[str, ImageAnalysisEmulator] = {}
    with ExitStack() as emulators:

        def environment(block: Block) -> Dict[str, str]:
            kind = (
                "key" if "azure.identity" not in block.code else "government" if GOVERNMENT in block.code else "token"
            )
            if kind not in running:
                options: Any = {} if kind == "key" else {"https": True}
                if kind == "government":
                    options["audience"] = GOVERNMENT
                running[kind] = emulators.enter_context(ImageAnalysisEmulator(**options))
            return {**running[kind].environment(), "NO_PROXY": "127.0.0.1,localhost", "PYTHONIOENCODING": "utf-8"}

        yield environment


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a folder that has the samples' files, as the root of a clone has, and a detector of the reader's choice."""
    (tmp_path / "samples").mkdir()
    for file in (*SAMPLES.glob("*.jpg"), SAMPLES / "sample_mcp_server.py"):
        shutil.copy(file, tmp_path / "samples")
    (tmp_path / "detector.onnx").write_bytes(detector())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def imported(program: str) -> List[str]:
    """List the modules that a program imports."""
    names: List[str] = []
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names


def reason_to_skip(block: Block, program: str) -> Optional[str]:
    if not block.runs:
        return "the page says that this block is not run"
    missing = [name for name in imported(program) if not is_installed(name)]
    if missing:
        return f"{missing[0]} is not installed"
    if "opentelemetry" in program and tuple(map(int, azure_core_version.split(".")[:2])) < (1, 33):
        return "this azure-core makes no spans without a plug-in"
    if "pytesseract" in program and not shutil.which("tesseract"):
        return "tesseract is not installed"
    if "page.jpg" in program and not can_recognize_text():
        return "text recognition is not installed"
    return None


def printed_by_a_process(program: str, environment: Dict[str, str]) -> str:
    Path("pasted.py").write_text(program, encoding="utf-8")
    variables = {**os.environ, **environment}
    command = [sys.executable, "pasted.py"]
    ended = subprocess.run(command, env=variables, capture_output=True, encoding="utf-8", timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def printed_here(block: Block) -> str:
    """Run a block in this process after those above it, and return what it prints itself."""
    names: Dict[str, Any] = {"__name__": "__main__"}
    printed = io.StringIO()
    try:
        with restored_logging(), redirect_stdout(printed):
            for code in (*block.above, block.code):
                start = len(printed.getvalue())
                exec(compile(code, block.name, "exec", dont_inherit=True), names)
    finally:
        for value in names.values():
            if isinstance(value, ImageAnalysisClient):  # the end of the program would close it
                value.close()
    return printed.getvalue()[start:]


@each(PYTHON)
def test_block_runs_and_prints_what_is_shown(
    block: Block, environment_for: Environment, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "\n".join([*block.above, block.code])
    compile(program, block.name, "exec", dont_inherit=True)
    reason = reason_to_skip(block, program)
    if reason:
        pytest.skip(reason)
    environment = environment_for(block)
    if IS_TEST.search(block.code):
        name = re.sub(r"\W", "_", f"test_{block.name}") + ".py"  # pytest imports a name once in a process
        (clone / name).write_text(program, encoding="utf-8")
        options = "-q -p no:cacheprovider -p no:asyncio --import-mode=importlib --rootdir . -c"
        assert pytest.main([*options.split(), os.devnull, name]) == 0
        return
    # Tracing is set up once in a process, and aiohttp reads the certificates to trust when it is imported.
    if "opentelemetry" in program or "azure.identity.aio" in program:
        assert_shown(block, printed_by_a_process(program, environment))
        return
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert_shown(block, printed_here(block))


def assert_shown(block: Block, printed: str) -> None:
    shown = block.output or ""
    if not doctest.OutputChecker().check_output(shown, printed, doctest.ELLIPSIS):
        pytest.fail(f"{block.name} prints:\n{printed}\nThe page shows:\n{shown}")


@each(SHELL)
def test_shell_block_runs_as_far_as_it_can(
    block: Block, environment_for: Environment, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["bash", "-n"], input=block.code, check=True, encoding="utf-8")
    for name, value in environment_for(block).items():
        monkeypatch.setenv(name, value)
    for line in block.code.replace("\\\n", " ").splitlines():
        command, *arguments = shlex.split(line, comments=True) or [""]
        if command != "python":
            continue
        if arguments[:2] == ["-m", "azure.ai.vision.imageanalysis.emulator"]:
            unknown = {option for option in arguments if option.startswith("--")} - emulator_options()
            assert not unknown, f"{block.name}: the emulator has no {unknown}"
        elif arguments[0].startswith("samples/sample_"):
            sample, *inputs = arguments
            out, err, status = in_this_process(ROOT / sample, *inputs)
            assert (err, status) == ("", 0)
            assert block.output is None or block.output == out


def emulator_options() -> Set[str]:
    shown = io.StringIO()
    with redirect_stdout(shown), pytest.raises(SystemExit):
        emulator_command(["--help"])
    return set(re.findall(r"--[a-z-]+", shown.getvalue()))


@pytest.mark.parametrize("module", ["my_models", "my_detector"])
def test_models_of_the_guide_serve_as_engines(module: str, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = ROOT / "docs" / "how-to" / "own-models.md"
    function = {"my_models": "read", "my_detector": "find_people"}[module]
    block = next(block for block in PYTHON if block.page == guide and f"def {function}(" in block.code)
    reason = reason_to_skip(block, block.code)
    if reason:
        pytest.skip(reason)
    (clone / f"{module}.py").write_text(block.code, encoding="utf-8")
    monkeypatch.syspath_prepend(str(clone))
    feature = "read" if function == "read" else "people"
    with ImageAnalysisEmulator(engines={feature: f"{module}:{function}"}, ocr=False) as emulator:
        with ImageAnalysisClient(emulator.endpoint, AzureKeyCredential(emulator.key)) as client:
            result = client.analyze((clone / "samples" / "page.jpg").read_bytes(), [feature])
    width, height = result.metadata.width, result.metadata.height
    if result.read is not None:
        assert result.read.blocks[0].lines[0].text == "Harbour Street Library"
    else:
        box = {"x": width // 4, "y": 0, "w": width // 4, "h": height}
        assert result.people is not None
        assert [(person.bounding_box, person.confidence) for person in result.people.list] == [(box, 0.75)]


@pytest.mark.parametrize("page", GUIDES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_snippets_are_regions_of_the_samples(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert refreshed(text) == text, "run python tests/helpers/snippets.py"
