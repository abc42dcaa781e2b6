"""Tests of the distribution: its dependencies, and that its namespaces are open to other distributions."""

import importlib
from importlib import metadata

import pytest
from azure.ai.vision.imageanalysis._version import VERSION
from project import ROOT


def test_distribution_needs_three_libraries() -> None:
    try:
        installed = metadata.distribution("azure-ai-vision-imageanalysis")
    except metadata.PackageNotFoundError:
        pytest.skip("the tests run from the source tree alone; nothing is installed")
    assert (installed.version, installed.metadata["Requires-Python"]) == (VERSION, ">=3.8")
    required = {line for line in installed.requires or [] if "extra ==" not in line}
    assert required == {"azure-core>=1.30.0", "isodate>=0.6.1", "typing-extensions>=4.6.0"}


@pytest.mark.parametrize("folder", ["azure", "azure/ai", "azure/ai/vision"])
def test_namespaces_are_implicit(folder: str) -> None:
    assert not (ROOT / folder / "__init__.py").exists()
    assert getattr(importlib.import_module(folder.replace("/", ".")), "__file__", None) is None
