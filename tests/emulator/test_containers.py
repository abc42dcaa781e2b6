"""Tests of the examples for containers and CI, as far as that is possible without a container engine."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest
from emulator_calls import RemoteEmulator, call, clean_environment
from project import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("bash") is None or sys.platform == "win32", reason="The examples are for Linux."),
]
yaml: Any = pytest.importorskip("yaml")

EXAMPLES = ROOT / "docs" / "emulator-examples"


def example(name: str, port: int) -> str:
    """Return an example, with a port of the test's own."""
    return (EXAMPLES / name).read_text("utf-8").replace("5000", str(port))


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def environment(tmp_path: Path) -> Dict[str, str]:
    """The environment of a machine on which the console script and ``python`` are those of this test run."""
    for name, arguments in {
        "python": '"$@"',
        "image-analysis-emulator": '-c "import _image_analysis_command as c; c.main()" "$@"',
    }.items():
        script = tmp_path / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}\n')
        script.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    return {**clean_environment(), "PATH": path, "PYTHONPATH": str(ROOT)}


def test_container_is_healthy_and_serves_its_network(port: int, environment: Dict[str, str], tmp_path: Path) -> None:
    dockerfile = example("Dockerfile", port)
    variables = dict(re.findall(r"(IMAGE_ANALYSIS_EMULATOR_\w+)=(\S+)", dockerfile))
    command: List[str] = json.loads(re.findall(r"^CMD (.+)$", dockerfile, re.M)[0])
    services = yaml.safe_load(example("compose.yaml", port))["services"]
    variables.update(services["emulator"]["environment"])
    check = services["emulator"]["healthcheck"]["test"][1:]
    # A user without a home, as in the container.
    environment.update(variables, HOME="/nonexistent")
    with subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as container:
        try:
            assert container.stdout is not None and "Listening on" in container.stdout.readline()
            assert subprocess.run(check, env=environment, timeout=60).returncode == 0
            application = services["application"]["environment"]
            remote = RemoteEmulator(f"http://127.0.0.1:{port}", application["VISION_KEY"])
            host = application["VISION_ENDPOINT"].partition("//")[2]
            assert call(remote, Host=host).status_code == 200
        finally:
            container.terminate()
    assert container.returncode == 0
    assert subprocess.run(check, env=environment, timeout=60, stderr=subprocess.DEVNULL).returncode != 0


def test_step_of_github_actions_starts_it(port: int, environment: Dict[str, str], tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed.")
    start, test = yaml.safe_load(example("github-actions.yaml", port))["steps"]
    script = start["run"] + "kill %1\nwait\n"
    ended = subprocess.run(
        ["bash", "-e", "-m", "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert json.loads(ended.stdout)["status"] == "ready", ended.stderr
    log = (tmp_path / "emulator.log").read_text()
    assert all(f"export {name}={value}\n" in log for name, value in test["env"].items())
