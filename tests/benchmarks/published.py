"""Measures the published 1.0.0 at the same work, in a throw-away environment.

The benchmarks use the public API alone, so that they run with either package. 1.0.0 gets all else in the versions that
are in use here.
"""

import json
import subprocess
import sys
import tempfile
import venv
from importlib.metadata import version
from pathlib import Path
from typing import List

from rows import Row

PACKAGE = "azure-ai-vision-imageanalysis==1.0.0"
BESIDE = ["azure-core", "requests", "urllib3", "aiohttp", "pytest", "pytest-benchmark"]


def measure_published(quick: bool) -> List[Row]:
    """Run all benchmarks with 1.0.0.

    :param quick: Whether to measure just enough to see that it runs.
    :return: The rows.
    """
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "Scripts" if sys.platform == "win32" else "bin", "python")
        wanted = [PACKAGE, *(f"{name}=={version(name)}" for name in BESIDE)]
        subprocess.run([str(python), "-m", "pip", "install", "-q", *wanted], check=True, cwd=folder)
        results = Path(folder, "rows.json")
        here = Path(__file__).parent
        # It has no emulator, whose packages are not there either.
        options = ["-q", "-W", "ignore", f"--ignore={here / 'bench_ocr.py'}", f"--rows={results}"]
        command = [str(python), "-m", "pytest", *options, str(here)]
        # From the empty folder: in the project's, python would find the project's package first.
        subprocess.run(command + ["--quick"] * quick, check=True, cwd=folder)
        return [Row(*row) for row in json.loads(results.read_text())]
