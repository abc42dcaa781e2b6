"""Importing the package on top of azure-core's pipeline. Each sample takes a new interpreter."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest
from rows import Row

CHILD = """
import json, sys, time
times = [time.process_time()]
import azure.core.credentials, azure.core.pipeline.policies, azure.core.rest
times.append(time.process_time())
import {module}
times.append(time.process_time())
heavy = [name for name in ("aiohttp", "azure.identity") if name in sys.modules]
print(json.dumps([times, heavy]))
"""


@pytest.mark.parametrize("module", ["azure.ai.vision.imageanalysis", "azure.ai.vision.imageanalysis.aio"])
def test_import(module: str, rows: List[Row], quick: bool, tmp_path: Path) -> None:
    # Byte code is kept here, whatever the caller's settings say of it; the first interpreter writes it.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    ours, floor, heavy = [], [], set()
    for _ in range(1 + (3 if quick else 31)):
        command = [sys.executable, "-c", CHILD.format(module=module)]
        (start, middle, end), imported = json.loads(subprocess.check_output(command, env=environment))
        floor.append((middle - start) * 1000)
        ours.append((end - middle) * 1000)
        heavy.update(imported)
    burden = f"with {' and '.join(sorted(heavy))}" if heavy else "without aiohttp and azure.identity"
    short = module[len("azure.ai.vision.") :]
    work = f"import {short} in addition to azure-core's pipeline, its floor, {burden}"
    rows.append(Row(work, "ms", ours[1:], floor[1:], bound=0.12))
