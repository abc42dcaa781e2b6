"""Starts a worker process, without importing the client library and aiohttp, which it has no use for.

This file is run by its path. The folder that it lies in becomes a package of another name, so that the modules in it
can import each other.
"""

import importlib
import sys
import types
from pathlib import Path

_NAME = "image_analysis_emulator_worker"

if __name__ == "__main__":
    del sys.path[0]  # This folder, which is no place for modules of the top level.
    package = types.ModuleType(_NAME)
    package.__path__ = [str(Path(__file__).resolve().parent)]
    sys.modules[_NAME] = package
    importlib.import_module(_NAME + "._worker").main(*sys.argv[1:])
