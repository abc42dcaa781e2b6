"""Tests of what importing the package loads."""

import importlib
import subprocess
import sys
from typing import Any, Set, Tuple

import azure.core
import pytest
from azure.ai.vision import imageanalysis
from project import ROOT

PACKAGE = "azure.ai.vision.imageanalysis"


def loaded_by(statement: str) -> Set[str]:
    """Return the names of the modules that a new Python has loaded after a statement."""
    program = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    command = [sys.executable, "-W", "error", "-c", program]
    return set(subprocess.run(command, stdout=subprocess.PIPE, cwd=ROOT, check=True, text=True).stdout.split())


@pytest.fixture(scope="module", params=[PACKAGE, f"{PACKAGE}.models", f"{PACKAGE}.aio"])
def imported(request: Any) -> Tuple[str, Set[str]]:
    """A module, and all that is loaded with it."""
    return request.param, loaded_by(f"import {request.param}")


@pytest.mark.parametrize("name", ["aiohttp", "azure.identity", "isodate", "opentelemetry", "PIL", "numpy"])
def test_optional_modules_are_not_imported(imported: Tuple[str, Set[str]], name: str) -> None:
    module, loaded = imported
    assert {module, "azure.core"} <= loaded
    assert name not in loaded


def test_import_adds_few_modules_to_those_of_azure_core() -> None:
    # These are expensive, and each was imported by mistake once.
    loaded = loaded_by("import azure.core.pipeline.policies, azure.core.rest")
    added = loaded_by(f"import {PACKAGE}.aio") - loaded
    assert added & {"asyncio", "http.cookiejar", "pickle", "numbers", "tempfile"} == set()


def test_asynchronous_client_is_imported_only_when_asked_for() -> None:
    loaded = loaded_by(f"from {PACKAGE} import ImageAnalysisClient")
    assert f"{PACKAGE}._client" in loaded and f"{PACKAGE}.aio" not in loaded


def test_asynchronous_client_can_be_imported_where_aiohttp_is_missing() -> None:
    statement = f"sys.modules['aiohttp'] = None; from {PACKAGE}.aio import ImageAnalysisClient"
    assert f"{PACKAGE}.aio" in loaded_by(statement)


def test_import_says_which_azure_core_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    # azure-core's older versions lack what the package needs, which would be an obscure error.
    monkeypatch.setattr(azure.core, "__version__", "1.29.7")
    with pytest.raises(ImportError, match="needs azure-core 1.30.0 or later, not 1.29.7"):
        importlib.reload(imageanalysis)
