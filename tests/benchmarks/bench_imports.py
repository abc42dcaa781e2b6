"""What does importing the package cost, on top of azure-core's pipeline? Each sample is taken in a fresh interpreter."""

import json
import subprocess
import sys
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
def test_import(module: str, rows: List[Row], quick: bool) -> None:
    ours, floor, heavy = [], [], set()
    for _ in range(1 + (3 if quick else 31)):  # the first one writes the byte code, perhaps
        command = [sys.executable, "-c", CHILD.format(module=module)]
        (start, middle, end), imported = json.loads(subprocess.check_output(command, universal_newlines=True))
        floor.append((middle - start) * 1000)
        ours.append((end - middle) * 1000)
        heavy.update(imported)
    burden = f"imports {' and '.join(sorted(heavy))}" if heavy else "imports neither aiohttp nor azure.identity"
    short = module[len("azure.ai.vision.") :]
    rows.append(Row(f"import {short} ({burden})", "ms", ours[1:], floor[1:], bound=8, bounds_ratio=False))
