"""Tests of the sample that analyzes a folder: complete, once each, within its limits, after interruptions."""

import argparse
import asyncio
import io
import json
import os
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from signal import SIGINT
from typing import Any, Callable, Dict, Iterator, List

import pytest
from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from azure.core.credentials import AzureKeyCredential
from fake_transport import RESULT, AsyncFakeTransport, Sent, StubResponse
from PIL import Image
from sample_programs import Run, as_process, command, known_result, module, run, service

__all__ = ["run", "service"]

pytest.importorskip("aiolimiter")
pytest.importorskip("tqdm")

NAME = "sample_analyze_folder_async"


@pytest.fixture(scope="module")
def sample() -> Any:
    return module(NAME)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten images in two folders, a file that is no image, and one that only looks like one."""
    root = tmp_path / "images"
    for number in range(10):
        path = root / f"{number % 2}" / f"{number}.PNG"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60 + number, 50)).save(path)
    (root / "broken.jpg").write_bytes(b"not an image")
    (root / "notes.txt").write_bytes(b"not an image")
    return root


def records(path: Path) -> List[Dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def in_folder(name: str) -> str:
    """A path as this system writes it."""
    return name.replace("/", os.sep)


@pytest.mark.slow
def test_writes_a_line_for_each_image(folder: Path, run: Run, tmp_path: Path) -> None:
    out, err, status = run(NAME, str(folder), "--per-second", "500")
    assert (err, status) == ("", 0)
    lines = {record["image"]: record for record in records(tmp_path / "sample_output" / "results.jsonl")}
    assert set(lines) == {in_folder(f"{number % 2}/{number}.PNG") for number in range(10)} | {"broken.jpg"}
    for number in range(10):
        result = ImageAnalysisResult(lines[in_folder(f"{number % 2}/{number}.PNG")]["result"])
        assert (result.metadata.width, result.metadata.height) == (60 + number, 50)
        assert result.tags is not None and result.read is not None and result.caption is None
    error = {"status": 400, "code": "InvalidRequest", "message": "Image format is not valid"}
    assert lines["broken.jpg"] == {"image": "broken.jpg", "error": error}
    assert out.startswith("11 images in ") and ", 1 of them failed." in out


@pytest.mark.slow
def test_second_run_does_only_what_is_missing(folder: Path, run: Run, tmp_path: Path) -> None:
    options = ["--per-second", "500", "--output", str(tmp_path / "results.jsonl")]
    run(NAME, str(folder), *options)
    Image.new("RGB", (99, 99)).save(folder / "new.png")
    Image.new("RGB", (99, 99)).save(folder / "broken.jpg")
    assert run(NAME, str(folder), *options).out.startswith("2 images in ")
    lines = records(tmp_path / "results.jsonl")
    assert {record["image"] for record in lines[11:]} == {"new.png", "broken.jpg"}
    assert all("result" in record for record in lines[11:])
    assert run(NAME, str(folder), *options).out.startswith("0 images in ")


def test_resumes_after_a_truncated_line(folder: Path, run: Run, tmp_path: Path) -> None:
    output = tmp_path / "results.jsonl"
    options = ["--per-second", "500", "--output", str(output)]
    run(NAME, str(folder), *options)
    whole = [line for line in output.read_bytes().splitlines(keepends=True) if b'"result"' in line]
    output.write_bytes(b"".join(whole[:4]) + whole[4][:20])
    assert run(NAME, str(folder), *options).out.startswith("7 images in ")
    assert output.read_bytes().startswith(b"".join(whole[:4]))
    assert len({record["image"] for record in records(output)}) == 11


def test_accepts_a_file_of_urls(run: Run, tmp_path: Path, service: ImageAnalysisEmulator) -> None:
    (tmp_path / "urls.txt").write_text(f"{service.endpoint}/images/sample.jpg\n\n  https://example.org/no.jpg \n")
    assert run(NAME, "urls.txt", "--features", "caption").status == 0
    good, bad = sorted(records(tmp_path / "sample_output" / "results.jsonl"), key=lambda record: "error" in record)
    assert good["image"] == f"{service.endpoint}/images/sample.jpg"
    assert "captionResult" in good["result"] and "tagsResult" not in good["result"]
    assert bad["image"] == "https://example.org/no.jpg"
    assert bad["error"]["message"] == "The provided image url is not accessible."


@pytest.mark.slow
def test_analyzes_the_samples_folder_by_default(run: Run, tmp_path: Path) -> None:
    assert run(NAME).status == 0
    found = {record["image"]: record["result"] for record in records(tmp_path / "sample_output" / "results.jsonl")}
    assert set(found) == {"page.jpg", "sample.jpg"}
    assert found["sample.jpg"]["tagsResult"] == known_result()["tagsResult"]


def test_wrong_key_ends_it(folder: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISION_KEY", "0" * 32)
    _, err, status = run(NAME, str(folder))
    assert status == 1
    assert "Access denied due to invalid subscription key" in err
    assert records(tmp_path / "sample_output" / "results.jsonl") == []


@pytest.mark.parametrize("source", ["nothing", "nothing.txt"])
def test_reports_an_empty_source(source: str, run: Run) -> None:
    _, err, status = run(NAME, source)
    assert status == 1
    assert "No such file or directory" in err


@pytest.mark.parametrize("option", ["--per-second", "--at-once"])
def test_refuses_useless_limits(option: str, run: Run) -> None:
    _, err, status = run(NAME, option, "0")
    assert status == 2
    assert "must be more than 0" in err


def test_records_unreadable_files_and_lost_calls(sample: Any, folder: Path) -> None:
    (folder / "dangling.png").symlink_to(folder / "nothing.png")

    def respond(request: Sent) -> StubResponse:
        return StubResponse(b"<html>") if request.body == b"not an image" else StubResponse()

    transport = AsyncFakeTransport(respond)
    output = analyze_all(sample, folder, transport=transport)
    errors = {record["image"]: record["error"] for record in output if "error" in record}
    assert set(errors) == {"dangling.png", "broken.jpg"}
    assert errors["dangling.png"]["code"] == "FileNotFoundError"
    assert errors["broken.jpg"]["status"] == 200
    assert len(output) == 12


def analyze_all(sample: Any, source: Path, at_once: int = 4, **kwargs: Any) -> List[Dict[str, Any]]:
    """Run the job of the sample with a client of one's own."""
    options = argparse.Namespace(source=source, features=["tags"], at_once=at_once)
    output = io.BytesIO()

    async def work() -> None:
        client = kwargs.get("client") or ImageAnalysisClient(
            "https://example.org", AzureKeyCredential("0" * 32), **kwargs
        )
        async with client:
            assert await sample.Job(options, client, output).run()

    asyncio.run(work())
    return [json.loads(line) for line in output.getvalue().splitlines()]


class Crowd:
    """A client that responds only when as many calls are under way as there may be."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.here = self.most = 0

    async def analyze(self, *args: Any) -> ImageAnalysisResult:
        self.here += 1
        self.most = max(self.most, self.here)
        while self.most < self.size:
            await asyncio.sleep(0)
        # The others may come now, if anything lets them.
        for _ in range(20):
            await asyncio.sleep(0)
        self.here -= 1
        return ImageAnalysisResult(RESULT)

    analyze_from_url = analyze

    async def __aenter__(self) -> "Crowd":
        return self

    async def __aexit__(self, *details: Any) -> None:
        pass


@pytest.mark.parametrize("at_once", [1, 3])
def test_concurrent_calls_are_limited(at_once: int, sample: Any, folder: Path) -> None:
    crowd = Crowd(at_once)
    assert len(analyze_all(sample, folder, at_once, client=crowd)) == 11
    assert crowd.most == at_once


def test_attempts_per_second_are_limited(sample: Any, folder: Path) -> None:
    times: List[float] = []

    def respond(request: Sent) -> StubResponse:
        times.append(time.monotonic())
        # Every third call is retried; a retry counts like any other attempt.
        return StubResponse({}, status=503) if len(times) % 3 == 0 else StubResponse()

    policy = sample.RateLimitPolicy(100)
    output = analyze_all(sample, folder, at_once=8, transport=AsyncFakeTransport(respond), per_retry_policies=[policy])
    assert len(output) == 11 and all("result" in record for record in output)
    assert len(times) > 11
    assert times[-1] - times[0] >= (len(times) - 1) / 100 * 0.95


@pytest.mark.slow
def test_calls_over_the_rate_are_retried(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with ImageAnalysisEmulator(rate=8) as slow:
        for name, value in slow.environment().items():
            monkeypatch.setenv(name, value)
        out = run(NAME, str(folder), "--per-second", "500").out
    assert out.startswith("11 images in ") and ", 1 of them failed." in out


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_images(sample: Any, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        urls = tmp_path / f"{count}.txt"
        urls.write_text("".join(f"https://example.org/images/{number:060d}.jpg\n" for number in range(count)))
        options = argparse.Namespace(source=urls, features=["tags"], at_once=4)

        async def work() -> None:
            # A file, as bytes in memory would grow themselves.
            with (tmp_path / f"{count}.jsonl").open("w+b") as output:
                assert await sample.Job(options, Crowd(1), output).run()

        tracemalloc.start()
        try:
            asyncio.run(work())
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)  # what is made once is made now
    few, many = peak(100), peak(2000)
    assert many < few + 50_000  # a list of so many URLs takes 200,000


@pytest.fixture
def start(service: ImageAnalysisEmulator, tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Start the sample as a process of its own."""
    started = []

    def start_it(*arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, **service.environment(), "NO_PROXY": "127.0.0.1"}
        started.append(subprocess.Popen(command(NAME, *arguments), env=environment, cwd=str(tmp_path), **options))
        return started[-1]

    yield start_it
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_loses_no_results(folder: Path, tmp_path: Path, start: Any, run: Run) -> None:
    output = tmp_path / "results.jsonl"
    options = [str(folder), "--output", str(output)]
    process = start(*options, "--per-second", "4", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not output.exists() or output.read_bytes().count(b"\n") < 2:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Waiting for the calls that are under way" in err and b"Traceback" not in err
    done = len(records(output))
    assert f"{done} images in".encode() in out
    rest = run(NAME, *options, "--per-second", "500")
    assert rest.status == 0
    results = [record["image"] for record in records(output) if "result" in record]
    assert len(results) == len(set(results)) == 10


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_second_ctrl_c_does_not_wait(folder: Path, tmp_path: Path, start: Any) -> None:
    output = tmp_path / "results.jsonl"
    # At this rate the calls that are under way would take minutes.
    process = start(str(folder), "--output", str(output), "--per-second", "0.02", stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not output.exists() or not output.read_bytes():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(SIGINT)
    said = process.stderr.readline()
    assert b"Waiting for the calls that are under way" in said
    process.send_signal(SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert len(records(output)) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no terminals of this kind")
def test_shows_progress_on_a_terminal(folder: Path, start: Any) -> None:
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = start(str(folder), "--per-second", "50", stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while True:
            shown += os.read(ours, 4096)
    except OSError:  # the other side is closed
        pass
    finally:
        os.close(ours)
    assert process.wait(timeout=60) == 0
    assert b"100%" in shown and b"11/11" in shown and b"image/s" in shown and b"errors=1" in shown


@pytest.mark.slow
def test_shows_no_bar_in_a_log(service: ImageAnalysisEmulator, folder: Path, tmp_path: Path) -> None:
    ended = as_process(
        NAME, str(folder), "--output", str(tmp_path / "results.jsonl"), environment=service.environment()
    )
    assert (ended.err, ended.status) == ("", 0)
