"""A mark for tests that need a recent azure-core."""

from importlib.metadata import version

import pytest


def since_azure_core(major: int, minor: int) -> pytest.MarkDecorator:
    """Return a mark that skips a test with an older azure-core."""
    installed = tuple(map(int, version("azure-core").split(".")[:2]))
    return pytest.mark.skipif(installed < (major, minor), reason=f"needs azure-core {major}.{minor}")
