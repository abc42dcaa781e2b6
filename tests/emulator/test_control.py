"""Tests of the control interface over HTTP, for other languages and processes."""

import base64
import contextlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest
import requests
from azure.ai.vision.imageanalysis import __version__
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from emulator_calls import SAMPLE, call, clean_environment, encoded
from PIL import Image

URL = "https://example.com/cat.png"
CAT = {"captionResult": {"text": "a cat", "confidence": 0.9}}
NODE = Path(__file__).with_name("node")


def control(emulator: ImageAnalysisEmulator, name: str, data: Any = None, **headers: Any) -> requests.Response:
    """Send a GET or, with data, a POST to the control interface."""
    body = data if isinstance(data, (bytes, dict)) else b""
    return call(emulator, "bodies=1", body, path=f"/_emulator/{name}", method="POST" if data else "GET", **headers)


def test_info_counts_registered_results_and_pending_faults(emulator: ImageAnalysisEmulator) -> None:
    emulator.set_result(URL, CAT)
    emulator.disconnect_next(times=3)
    assert control(emulator, "info").json() == {"version": __version__, "text": "off", "registered": 1, "pending": 3}


def test_results_are_registered_by_image_and_by_url(emulator: ImageAnalysisEmulator) -> None:
    image = encoded(Image.new("RGB", (60, 80), "blue"))
    for named in ({"url": URL}, {"image": base64.b64encode(image).decode()}):
        response = control(emulator, "results", {**named, "result": CAT})
        assert (response.status_code, response.json()) == (200, {})
    for body in ({"url": URL}, image):
        assert call(emulator, "features=caption", body).json()["captionResult"] == CAT["captionResult"]


def test_faults_are_arranged(emulator: ImageAnalysisEmulator) -> None:
    faults: List[Tuple[Dict[str, Any], Optional[int]]] = [
        ({"status": 429, "retryAfter": 2}, 429),
        ({"status": 502, "body": "<h1>", "headers": {"Content-Type": "text/html"}}, 502),
        ({"status": 500, "times": 1, "features": ["tags"], "body": {"a": 1}}, 500),
        ({"delay": 0.01}, 200),
        ({"disconnect": True}, None),
        ({"truncate": 5}, 200),
    ]
    for fault, _ in faults:
        assert control(emulator, "faults", fault).json() == {}
    assert emulator.pending == len(faults)
    for _ in faults:
        with contextlib.suppress(requests.exceptions.RequestException):
            call(emulator)
    assert [request.status for request in emulator.requests] == [status for _, status in faults]
    assert emulator.pending == 0


def test_requests_are_listed(emulator: ImageAnalysisEmulator) -> None:
    call(emulator, "features=tags,read&language=en")
    call(emulator, body={"url": URL})
    first, second = control(emulator, "requests").json()["requests"]
    assert base64.b64decode(first.pop("body")) == SAMPLE
    assert first.pop("time").endswith("+00:00")
    assert first.pop("headers")["content-type"] == "application/octet-stream"
    assert first == {
        "method": "POST",
        "path": "/computervision/imageanalysis:analyze",
        "features": ["tags", "read"],
        "options": {"api-version": "2023-10-01", "language": "en"},
        "bodySize": len(SAMPLE),
        "imageUrl": None,
        "status": 200,
        "source": {"tags": "registered", "read": "registered"},
    }
    assert (second["imageUrl"], second["status"], second["source"]) == (URL, 400, {})
    without = call(emulator, path="/_emulator/requests", method="GET").json()["requests"]
    assert "body" not in without[0]


def test_reset_forgets_all(emulator: ImageAnalysisEmulator) -> None:
    emulator.set_result(URL, CAT)
    emulator.fail_next(500)
    call(emulator, path="/x")
    assert control(emulator, "reset", b"{}").json() == {}
    assert control(emulator, "info").json()["registered"] == emulator.pending == len(emulator.requests) == 0


def test_bad_request_has_the_text_of_pythons_error(emulator: ImageAnalysisEmulator) -> None:
    bad_requests: List[Tuple[str, Any, str]] = [
        ("results", {"result": CAT}, "Either 'image' (in base64) or 'url' is required."),
        ("results", {"image": "not base64", "result": CAT}, "'image' must be an image file in base64."),
        ("results", {"url": "/etc/passwd", "result": CAT}, "'url' must be an http(s) URL, not '/etc/passwd'."),
        ("results", {"url": URL, "results": CAT}, "'results' is not known here; the names are image, url, result."),
        ("faults", {"times": 2}, "A fault requires one of the names status, disconnect, delay, truncate."),
        ("faults", {"status": 200}, "'status' must be a whole number from 400 to 599, not 200."),
        ("faults", {"disconnect": False}, "'disconnect' must be true."),
        ("faults", {"delay": 1, "retryAfter": 1}, "got an unexpected keyword argument 'retry_after'"),
        ("faults", b"[]", "The body must be a JSON object."),
        ("reset", b"{", "The body is not JSON: Expecting property name"),
    ]
    for name, data, message in bad_requests:
        response = control(emulator, name, data)
        assert response.status_code == 400
        assert message in response.json()["error"]["message"]
    assert emulator.requests == []


def test_key_is_required_and_other_paths_are_not_found(emulator: ImageAnalysisEmulator) -> None:
    for key in (None, "wrong"):
        assert control(emulator, "info", Ocp_Apim_Subscription_Key=key).status_code == 401
        assert control(emulator, "reset", b"{}", Ocp_Apim_Subscription_Key=key).status_code == 401
    assert control(emulator, "info", b"{}").status_code == 404
    assert control(emulator, "reset").status_code == 404
    assert control(emulator, "nothing").status_code == 404


@pytest.fixture
def node_project(pytestconfig: pytest.Config) -> Path:
    """A folder with the tests in JavaScript, and Microsoft's client for it, which CI installs if it can."""
    if shutil.which("node") is None:
        pytest.skip("Node is not installed.")
    if (NODE / "node_modules").is_dir():
        return NODE
    npm = shutil.which("npm")
    if not os.environ.get("CI") or npm is None:
        pytest.skip(f"The packages for the tests in JavaScript are not installed: run npm install in {NODE}.")
    folder = Path(pytestconfig.cache.mkdir("node")) if pytestconfig.cache else NODE
    for file in NODE.iterdir():
        shutil.copy(file, folder)
    try:
        install = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock"]
        subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"npm cannot install the packages for the tests in JavaScript: {error}")
    return folder


@pytest.mark.slow
def test_microsofts_client_for_javascript(emulator: ImageAnalysisEmulator, node_project: Path) -> None:
    ended = subprocess.run(
        ["node", "--test"],
        cwd=node_project,
        env={**clean_environment(), **emulator.environment()},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stdout
    assert len(emulator.requests) == 1  # Those of the last test.
