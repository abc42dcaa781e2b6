"""Runs samples as their users do, and imports their functions."""

import importlib.util
import json
import logging
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Dict, Iterator, List, NamedTuple

import pytest
from azure.ai.vision.imageanalysis import emulator
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from project import SAMPLES


class Ended(NamedTuple):
    """The output of a program, and its exit status."""

    out: str
    err: str
    status: int


Run = Callable[..., Ended]


def path_of(name: str) -> Path:
    """The file of a sample, by its name without ending."""
    (path,) = SAMPLES.rglob(f"{name}.py")
    return path


def both(*names: str) -> pytest.MarkDecorator:
    """Run a test for the synchronous and the asynchronous form of samples, whose names it gets as ``sample``."""
    return pytest.mark.parametrize("sample", [f"sample_{name}{form}" for name in names for form in ("", "_async")])


def module(name: str) -> ModuleType:
    """Load a sample without running its main function."""
    spec = importlib.util.spec_from_file_location(name, path_of(name))
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def known_result() -> Dict[str, Any]:
    """The result for the sample picture, with gender-neutral captions."""
    (file,) = Path(emulator.__file__).parent.rglob("sample_result.json")
    known = json.loads(file.read_text(encoding="utf-8"))
    return {**known["genderNeutral"], **known["results"]}


def as_process(name: str, *arguments: str, environment: Dict[str, str], timeout: float = 120) -> Ended:
    """Run a sample as a process of its own."""
    ended = subprocess.run(
        command(name, *arguments),
        env={**os.environ, "NO_PROXY": "127.0.0.1", "PYTHONIOENCODING": "utf-8", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
    )
    return Ended(ended.stdout, ended.stderr, ended.returncode)


def command(name: str, *arguments: str) -> List[str]:
    """The command that runs a sample."""
    return [sys.executable, str(path_of(name)), *arguments]


@pytest.fixture(scope="module")
def service() -> Iterator[ImageAnalysisEmulator]:
    """An emulator for the tests of a file."""
    with ImageAnalysisEmulator() as running:
        yield running


@pytest.fixture
def run(
    service: ImageAnalysisEmulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Run]:
    """Run a sample in this process as if it were a program, from an empty folder."""
    for name, value in {**service.environment(), "NO_PROXY": "127.0.0.1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", list(sys.path))
    azure = logging.getLogger("azure")
    handlers, level = list(azure.handlers), azure.level

    def run_sample(name: str, *arguments: str) -> Ended:
        monkeypatch.setattr("sys.argv", [str(path_of(name)), *arguments])
        capsys.readouterr()
        said, status = "", 0
        try:
            runpy.run_path(str(path_of(name)), run_name="__main__")
        except SystemExit as end:
            if isinstance(end.code, str):  # the interpreter prints a text, and ends with 1
                said, status = end.code, 1
            else:
                status = end.code or 0
        printed = capsys.readouterr()
        return Ended(printed.out, printed.err + said, status)

    yield run_sample
    azure.handlers[:] = handlers
    azure.setLevel(level)
