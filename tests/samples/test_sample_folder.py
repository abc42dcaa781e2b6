"""Tests of the samples that analyze many images: all of them, once each, within the limits, after interruptions."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from signal import SIGINT
from typing import Any, Dict, List

import pytest
import sample_rate_limit
from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from azure.core.credentials import AzureKeyCredential
from fake_transport import FakeTransport, StubResponse
from PIL import Image
from sample_programs import Run, as_process, command, run, service

pytestmark = pytest.mark.slow

__all__ = ["run", "service"]

FOLDER, DASK = "sample_analyze_folder_async", "sample_analyze_with_dask"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six images in two folders, a file that is not an image despite its name, and another file."""
    root = tmp_path / "images"
    for number in range(6):
        path = root / f"{number % 2}" / f"{number}.PNG"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60 + number, 50)).save(path)
    (root / "broken.jpg").write_bytes(b"not an image")
    (root / "notes.txt").write_bytes(b"not an image")
    return root


def records(path: Path) -> List[Dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("aiolimiter", "tqdm"))), reason="aiolimiter or tqdm is not installed"
)
class TestFolder:
    def test_second_run_does_only_what_is_missing(self, folder: Path, run: Run, tmp_path: Path) -> None:
        options = ["--per-second", "500", "--features", "tags", "--output", str(tmp_path / "results.jsonl")]
        out, err, status = run(FOLDER, str(folder), *options)
        assert (err, status) == ("", 0)
        assert out.startswith("7 images in ") and ", 1 of them failed." in out
        lines = {record["image"]: record for record in records(tmp_path / "results.jsonl")}
        assert set(lines) == {os.path.join(str(n % 2), f"{n}.PNG") for n in range(6)} | {"broken.jpg"}
        assert ImageAnalysisResult(lines[os.path.join("1", "5.PNG")]["result"]).metadata.width == 65
        error = {"status": 400, "code": "InvalidRequest", "message": "Image format is not valid"}
        assert lines["broken.jpg"]["error"] == error
        Image.new("RGB", (99, 99)).save(folder / "broken.jpg")
        assert run(FOLDER, str(folder), *options).out.startswith("1 images in ")
        # A run that was killed has left half a line.
        whole = (tmp_path / "results.jsonl").read_bytes()
        (tmp_path / "results.jsonl").write_bytes(whole[:-20])
        assert run(FOLDER, str(folder), *options).out.startswith("1 images in ")
        assert len({record["image"] for record in records(tmp_path / "results.jsonl")}) == 7

    def test_accepts_a_file_of_urls(self, run: Run, tmp_path: Path, service: ImageAnalysisEmulator) -> None:
        (tmp_path / "urls.txt").write_text(f"{service.endpoint}/images/sample.jpg\n\n  https://example.org/no.jpg \n")
        assert run(FOLDER, "urls.txt", "--features", "caption").status == 0
        found = {record["image"]: record for record in records(tmp_path / "sample_output" / "results.jsonl")}
        good, bad = found[f"{service.endpoint}/images/sample.jpg"], found["https://example.org/no.jpg"]
        assert "captionResult" in good["result"] and "tagsResult" not in good["result"]
        assert bad["error"]["message"] == "The provided image url is not accessible."

    def test_wrong_key_ends_it(self, folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("VISION_KEY", "0" * 32)
        _, err, status = run(FOLDER, str(folder))
        assert status == 1 and "Access denied due to invalid subscription key" in err

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
    def test_ctrl_c_loses_no_results(
        self, folder: Path, tmp_path: Path, run: Run, service: ImageAnalysisEmulator
    ) -> None:
        output = tmp_path / "results.jsonl"
        options = [str(folder), "--features", "tags", "--output", str(output)]
        with subprocess.Popen(
            command(FOLDER, *options, "--per-second", "1"),
            env={**os.environ, **service.environment(), "NO_PROXY": "127.0.0.1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            deadline = time.monotonic() + 60
            while not output.exists() or output.read_bytes().count(b"\n") < 2:
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.02)
            process.send_signal(SIGINT)
            out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert b"Waiting for the calls that are under way" in err and b"Traceback" not in err
        assert f"{len(records(output))} images in".encode() in out
        assert run(FOLDER, *options, "--per-second", "500").status == 0
        results = [record["image"] for record in records(output) if "result" in record]
        assert len(results) == len(set(results)) == 6


def test_rate_limit_spaces_the_requests_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: List[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    out, err, status = run("sample_rate_limit", "--per-second", "0.01")
    assert (out, err, status) == ("sample.jpg: 17 tags\n" * 3, "", 0)
    assert sorted(waits) == pytest.approx([0, 100, 200], abs=50)


def test_rate_limit_counts_each_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: List[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    transport = FakeTransport(StubResponse({}, 429, headers={"Retry-After": "0"}), StubResponse())
    options: Any = {"transport": transport, "per_retry_policies": [sample_rate_limit.RateLimitPolicy(0.01)]}
    with ImageAnalysisClient("https://example.org", AzureKeyCredential("0" * 32), **options) as client:
        client.analyze(b"image", ["tags"])
    assert len(transport.sent) == 2 and max(waits) == pytest.approx(100, abs=50)


@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("distributed", "pyarrow", "tqdm"))), reason="dask's libraries are missing"
)
def test_dask_resumes_and_records_failures(service: ImageAnalysisEmulator, folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "rows"
    options = [str(folder), "--workers", "1", "--part", "2", "--format", "jsonl", "--output", str(output)]
    ended = as_process(DASK, *options, environment=service.environment())
    assert ended.status == 0 and "Traceback" not in ended.err
    assert ended.out.startswith("1 worker: 7 images in ") and ", 1 of them failed." in ended.out
    parts = sorted(output.iterdir())
    rows = [row for part in parts for row in records(part)]
    assert [row["width"] for row in rows] == [60, 62, 64, 61, 63, 65, None]
    assert rows[-1]["error"] == "Image format is not valid"
    parts[1].unlink()
    ended = as_process(DASK, *options, environment=service.environment())
    assert ended.out.startswith("1 worker: 2 images in ") and sorted(output.iterdir()) == parts
