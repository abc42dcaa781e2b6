"""Tests of what importing the package loads."""

import subprocess
import sys
from typing import Set

import pytest
from project import ROOT

pytestmark = pytest.mark.slow

PACKAGE = "azure.ai.vision.imageanalysis"


def loaded_by(statement: str) -> Set[str]:
    """Return the names of the modules that a new Python has loaded after a statement."""
    program = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    command = [sys.executable, "-W", "error", "-c", program]
    return set(subprocess.run(command, stdout=subprocess.PIPE, cwd=ROOT, check=True, text=True).stdout.split())


@pytest.mark.parametrize("module", [PACKAGE, f"{PACKAGE}.aio"])
def test_client_imports_little_besides_azure_core(module: str) -> None:
    added = loaded_by(f"from {module} import ImageAnalysisClient")
    added -= loaded_by("import azure.core.pipeline.policies, azure.core.rest")
    assert {f"{PACKAGE}._wire", f"{PACKAGE}.models"} <= added
    optional = {"aiohttp", "azure.identity", "isodate", "opentelemetry", "PIL", "numpy"}
    # These are expensive, and each was imported by mistake once.
    expensive = {"asyncio", "http.cookiejar", "pickle", "numbers", "tempfile"}
    assert added & (optional | expensive) == set()
    assert (f"{PACKAGE}.aio" in added) is (module == f"{PACKAGE}.aio")


def test_asynchronous_client_can_be_imported_where_aiohttp_is_missing() -> None:
    statement = f"sys.modules['aiohttp'] = None; from {PACKAGE}.aio import ImageAnalysisClient"
    assert f"{PACKAGE}.aio" in loaded_by(statement)
