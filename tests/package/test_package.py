"""Checks the distribution: name, version, licence, dependencies, extras, files."""

import importlib
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Dict, Set

import pytest
from azure.ai.vision.imageanalysis._version import VERSION
from project import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NAME = "azure-ai-vision-imageanalysis"
PACKAGE_NAME = "azure.ai.vision.imageanalysis"
PACKAGE = ROOT / "azure" / "ai" / "vision" / "imageanalysis"
DEPENDENCIES = {"azure-core>=1.30.0", "isodate>=0.6.1", "typing-extensions>=4.6.0"}


@pytest.fixture(scope="module")
def project() -> Dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return dict(tomllib.load(file)["project"])


@pytest.fixture(scope="module")
def installed() -> metadata.Distribution:
    try:
        return metadata.distribution(NAME)
    except metadata.PackageNotFoundError:
        pytest.skip("the tests run from the source tree alone; nothing is installed")


def test_installed_metadata_matches(project: Dict[str, Any], installed: metadata.Distribution) -> None:
    stated = installed.metadata
    assert stated["Name"] == NAME
    assert stated["Version"] == VERSION
    assert stated["License"] == "MIT"
    assert stated["Requires-Python"] == ">=3.8"
    assert stated["Summary"] == project["description"]
    assert set(stated.get_all("Provides-Extra") or []) == set(project["optional-dependencies"])
    assert {line for line in installed.requires or [] if "extra ==" not in line} == DEPENDENCIES


def test_namespaces_are_implicit() -> None:
    for folder in ("azure", "azure/ai", "azure/ai/vision"):
        assert not (ROOT / folder / "__init__.py").exists()
        assert getattr(importlib.import_module(folder.replace("/", ".")), "__file__", None) is None


@pytest.mark.slow
@pytest.mark.parametrize("folder", [ROOT, ROOT / "samples"], ids=["from the root", "from elsewhere"])
def test_other_azure_packages_import_beside_it(folder: Path) -> None:
    program = f"import sys; sys.path.append({str(ROOT)!r}); import {PACKAGE_NAME}, azure.core, azure.identity"
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True)


def test_sdist_holds_the_whole_project() -> None:
    rules: Dict[str, Set[str]] = {}
    for line in (ROOT / "MANIFEST.in").read_text("utf-8").splitlines():
        rule, *names = line.split()
        rules.setdefault(rule, set()).update(names)
    assert [name for name in rules["include"] if not (ROOT / name).is_file()] == []
    assert [name for name in rules["graft"] if not (ROOT / name).is_dir()] == []
    assert {".ci", "azure", "docs", "samples", "tests"} <= rules["graft"]
    assert {path.name for path in ROOT.glob("*.md")} <= rules["include"]
