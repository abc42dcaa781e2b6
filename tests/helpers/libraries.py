"""The versions of the libraries below the package, for tests of what older versions do differently."""

import sys
from importlib.metadata import version
from typing import Tuple

import pytest


def _version(library: str) -> Tuple[int, ...]:
    return tuple(int(part) for part in version(library).split(".")[:3] if part.isdigit())


AZURE_CORE = _version("azure-core")
AIOHTTP = _version("aiohttp")

LEAVES_TRANSPORTS_OPEN = sys.version_info < (3, 11) or AIOHTTP < (3, 12)
"""Whether asyncio or aiohttp closes a connection only some time after its session."""


def since_azure_core(*least: int) -> pytest.MarkDecorator:
    """Skip a test with an older azure-core.

    :param int least: The version that a test needs.
    :return: The mark.
    """
    return pytest.mark.skipif(AZURE_CORE < least, reason=f"needs azure-core {'.'.join(map(str, least))}")
