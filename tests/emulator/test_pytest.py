"""Tests of the pytest fixtures, in test runs of a small project."""

from importlib import metadata
from pathlib import Path
from typing import Any, List

import pytest
from emulator_calls import run_python


def is_installed() -> bool:
    """Return whether the distribution is installed, and with it the entry point for pytest."""
    points: Any = metadata.entry_points()
    found = points.select(group="pytest11") if hasattr(points, "select") else points.get("pytest11", [])
    return "_image_analysis_pytest" in {point.value for point in found}


PROJECT = """
import pytest
from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.core.credentials import AzureKeyCredential

URL = "https://example.com/cat.png"

@pytest.fixture(scope="session")
def image_analysis_emulator_options():
    return {"key": "my-key"}

def call(emulator, url):
    assert emulator.key == "my-key"
    with ImageAnalysisClient(emulator.endpoint, AzureKeyCredential(emulator.key)) as client:
        return client.analyze_from_url(url, ["caption"]).caption.text

def test_result(image_analysis_emulator):
    image_analysis_emulator.set_result(URL, {"captionResult": {"text": "a cat", "confidence": 0.9}})
    assert call(image_analysis_emulator, URL) == "a cat"
    image_analysis_emulator.fail_next(500, times=100)

def test_fixture_is_reset(image_analysis_emulator, image_analysis_emulator_session):
    assert image_analysis_emulator is image_analysis_emulator_session
    assert image_analysis_emulator.requests == []
    assert "woman" in call(image_analysis_emulator, "https://aka.ms/azsdk/image-analysis/sample.jpg")
"""

# What a test run must not load, as it costs time, until a test asks for the fixture.
NOTHING_LOADED = """
import sys

def test_plugin_alone_loads_nothing():
    heavy = ("azure.core", "azure.ai.vision.imageanalysis", "aiohttp", "PIL", "onnxruntime", "rapidocr", "trustme")
    assert [name for name in heavy if name in sys.modules] == []
    assert "_image_analysis_pytest" in sys.modules
"""


def run_pytest(folder: Path, *arguments: str) -> str:
    # Other plugins of this environment are not those of a user, and load what they like.
    quiet = [part for name in ("asyncio", "pytest_cov", "hypothesispytest") for part in ("-p", f"no:{name}")]
    ended = run_python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", *quiet, *arguments, folder=folder)
    return ended.stdout + ended.stderr


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_installed(), reason="The tests run from the source tree alone; nothing is installed."),
]


@pytest.mark.parametrize("arguments", [[], ["-n", "1"]], ids=["alone", "xdist"])
def test_fixtures_serve_a_project(tmp_path: Path, arguments: List[str]) -> None:
    (tmp_path / "test_project.py").write_text(PROJECT)
    printed = run_pytest(tmp_path, *arguments)
    assert "2 passed" in printed, printed


def test_folder_azure_of_a_project_hides_nothing_that_a_run_needs(tmp_path: Path) -> None:
    (tmp_path / "azure").mkdir()
    (tmp_path / "azure" / "__init__.py").touch()
    (tmp_path / "test_nothing.py").write_text(NOTHING_LOADED)
    printed = run_pytest(tmp_path)
    assert "1 passed" in printed, printed


def test_without_the_extra_the_fixture_names_it(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("import sys\n\nsys.modules['aiohttp'] = None\n")
    (tmp_path / "test_project.py").write_text(PROJECT + "\ndef test_other():\n    pass\n")
    printed = run_pytest(tmp_path)
    assert "1 passed, 2 errors" in printed, printed
    assert "azure-ai-vision-imageanalysis[emulator]" in printed
