"""Runs samples as their users do, in this process or in one of their own."""

import logging
import os
import runpy
import subprocess
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib.util import module_from_spec, spec_from_file_location
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Dict, Iterator, List, NamedTuple

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from project import SAMPLES


class Ended(NamedTuple):
    """The output of a program, and its exit status."""

    out: str
    err: str
    status: int


Run = Callable[..., Ended]


def path_of(name: str) -> Path:
    """Return the file of a sample, by its name without ending."""
    (path,) = SAMPLES.rglob(f"{name}.py")
    return path


def both(*names: str) -> pytest.MarkDecorator:
    """Run a test for the synchronous and the asynchronous form of samples, whose names it gets as ``sample``."""
    return pytest.mark.parametrize("sample", [f"sample_{name}{form}" for name in names for form in ("", "_async")])


def module(name: str) -> ModuleType:
    """Load a sample without running its main function."""
    spec: Any = spec_from_file_location(name, path_of(name))
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def command(name: str, *arguments: str) -> List[str]:
    """Return the command that runs a sample."""
    return [sys.executable, str(path_of(name)), *arguments]


def as_process(name: str, *arguments: str, environment: Dict[str, str]) -> Ended:
    """Run a sample as a process of its own."""
    ended = subprocess.run(
        command(name, *arguments),
        env={**os.environ, "NO_PROXY": "127.0.0.1", "PYTHONIOENCODING": "utf-8", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    return Ended(ended.stdout, ended.stderr, ended.returncode)


@contextmanager
def restored_logging() -> Iterator[None]:
    """Restore the logger that the documents show how to set up."""
    logger = logging.getLogger("azure")
    handlers, level = list(logger.handlers), logger.level
    try:
        yield
    finally:
        logger.handlers[:] = handlers
        logger.setLevel(level)


def in_this_process(program: Path, *arguments: str) -> Ended:
    """Run a program in this process as if it were one of its own."""
    out, err = StringIO(), StringIO()
    status: Any = 0
    with pytest.MonkeyPatch.context() as patch, restored_logging(), redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", [str(program), *arguments])
        patch.setattr(sys, "path", list(sys.path))
        try:
            runpy.run_path(str(program), run_name="__main__")
        except SystemExit as end:
            status = end.code or 0
    if isinstance(status, str):  # the interpreter prints a text, and ends with 1
        return Ended(out.getvalue(), err.getvalue() + status, 1)
    return Ended(out.getvalue(), err.getvalue(), status)


@pytest.fixture(scope="module")
def service() -> Iterator[ImageAnalysisEmulator]:
    """An emulator for the tests of a file."""
    with ImageAnalysisEmulator() as running:
        yield running


@pytest.fixture
def run(service: ImageAnalysisEmulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a sample, by its name, in this process and in an empty folder; it calls the emulator."""
    for name, value in {**service.environment(), "NO_PROXY": "127.0.0.1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return lambda name, *arguments: in_this_process(path_of(name), *arguments)
