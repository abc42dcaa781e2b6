"""Tests of worker processes: a late, dead or failing one costs only its own call, a 500; bombs hold up no other."""

import io
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._pictures import pictures
from azure.ai.vision.imageanalysis.emulator._pictures import pool as pools
from azure.ai.vision.imageanalysis.emulator._pictures.pool import QueueFull, WorkerFailed, WorkerPool
from azure.ai.vision.imageanalysis.emulator._pictures.worker import read_frame, write_frame
from emulator_calls import call, clean_environment, encoded, needs_ocr, picture, picture_with_parts
from PIL import Image, ImageDraw, ImageFont

EMULATOR = "azure.ai.vision.imageanalysis.emulator"
SECONDS = 30
BAD, GOOD = picture(60, 70), picture(70, 60)

FAKE = """
import os, sys, time
sys.path.insert(0, {folder!r})
from worker import read_frame, write_frame
LOOKED = {{"size": [60, 70], "lossless": True, "gray_size": [1, 1]}}
READ = {{"readResult": {{"blocks": []}}}}
source, target = sys.stdin.buffer, sys.stdout.buffer
while True:
    head, blob = read_frame(source)
    {step}
    write_frame(target, {{"operation": head["operation"], "size": len(blob)}}, blob[:3])
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let workers do what is given for each request before they reply."""

    def use(step: str) -> None:
        script = tmp_path / "fake_worker.py"
        folder = str(Path(pools.__file__).parent)
        script.write_text(FAKE.format(folder=folder, step=textwrap.indent(step, "    ").strip()), encoding="utf-8")
        monkeypatch.setattr(pools, "_START", script)

    return use


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool("images", most=1, waiting=1, seconds=SECONDS)
    yield pool
    pool.close()


def test_worker_result_is_returned(pool: WorkerPool, fake: Any) -> None:
    fake("pass")
    for _ in range(2):
        assert pool.call("look", b"image") == ({"operation": "look", "size": 5}, b"ima")


def test_late_worker_is_ended_and_replaced(pool: WorkerPool, fake: Any) -> None:
    fake("time.sleep(600 if blob == b'slow' else 0)")
    assert pool.call("look", b"fast")[0]["size"] == 4
    pool.seconds = 0.2
    with pytest.raises(WorkerFailed, match="no result after 0.2 seconds"):
        pool.call("look", b"slow")
    pool.seconds = SECONDS
    assert pool.call("look", b"fast")[0]["size"] == 4


@pytest.mark.parametrize("step", ["os._exit(3)", "os.close(0), os.close(1), time.sleep(600)"])
def test_dead_worker_is_replaced(pool: WorkerPool, fake: Any, step: str) -> None:
    fake(f"if blob == b'bad': {step}")
    with pytest.raises(WorkerFailed, match="the worker died"):
        pool.call("look", b"bad")
    assert pool.call("look", b"good")[0]["size"] == 4


def test_worker_that_died_between_two_calls_is_replaced(pool: WorkerPool, fake: Any) -> None:
    fake("pass")
    pool.call("look", b"1")
    (worker,) = pool._idle
    worker._process.kill()
    worker._process.wait()
    assert pool.call("look", b"22")[0]["size"] == 2


def test_queue_is_bounded(pool: WorkerPool, fake: Any, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    fake(f"while not os.path.exists({str(gate)!r}): time.sleep(0.01)")
    done = []
    threads = [threading.Thread(target=lambda: done.append(pool.call("look", b""))) for _ in range(2)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + SECONDS
    while pool._pending < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(QueueFull):
        pool.call("look", b"")
    gate.touch()
    for thread in threads:
        thread.join()
    assert len(done) == 2


def test_closed_pool_ends_running_work(pool: WorkerPool, fake: Any) -> None:
    fake("time.sleep(600)")
    failed = []

    def work() -> None:
        with pytest.raises(WorkerFailed):
            pool.call("look", b"")
        failed.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    deadline = time.monotonic() + SECONDS
    while not pool._all and time.monotonic() < deadline:
        time.sleep(0.01)
    pool.close()
    thread.join(SECONDS)
    assert failed == [True]
    with pytest.raises(WorkerFailed, match="the emulator stops"):
        pool.call("look", b"")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal.")
def test_worker_ends_with_its_parent(tmp_path: Path) -> None:
    program = textwrap.dedent(
        f"""
        import os, signal, threading
        from {EMULATOR}._pictures.pool import WorkerPool
        pool = WorkerPool("images", most=1, waiting=0, seconds=60)
        pool.warm_up()
        print(pool._idle[0]._process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    ended = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=tmp_path, timeout=60)
    worker = int(ended.stdout)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            os.kill(worker, 0)
            if Path(f"/proc/{worker}/stat").read_text().split()[2] == "Z":  # Nobody has waited for it.
                return
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.02)
    raise AssertionError("The worker still runs.")


@pytest.mark.slow
def test_program_without_a_main_guard_runs_once(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            f"""
            print("here")
            from {EMULATOR} import ImageAnalysisEmulator
            import urllib.request
            emulator = ImageAnalysisEmulator(ocr=False).start()
            request = urllib.request.Request(
                emulator.endpoint + "/computervision/imageanalysis:analyze?api-version=2023-10-01&features=smartCrops",
                {picture(60, 70)!r},
                {{"Ocp-Apim-Subscription-Key": emulator.key, "Content-Type": "application/octet-stream"}},
            )
            print(urllib.request.urlopen(request).status)
            """
        ),
        encoding="utf-8",
    )
    # It is never stopped, and ends all the same.
    ended = subprocess.run(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        env=clean_environment(),
        cwd=tmp_path,
        text=True,
        timeout=60,
    )
    assert (ended.stdout.split(), ended.returncode) == (["here", "200"], 0)


# In the emulator


@pytest.mark.slow
@pytest.mark.parametrize(
    "step, logged",
    [
        ("time.sleep(600)", "no result after 0.5 seconds"),
        ("os._exit(1)", "the worker died"),
        ("write_frame(target, {'failed': 'MemoryError'}); continue", "MemoryError"),
    ],
)
def test_failing_worker_gives_the_services_500(
    fake: Any, caplog: pytest.LogCaptureFixture, step: str, logged: str
) -> None:
    fake(f"if blob == {BAD!r}: {step}\nwrite_frame(target, {{'problem': 'format'}}); continue")
    with ImageAnalysisEmulator(ocr=False) as emulator:
        pool = emulator._started().pictures._lookers
        pool.seconds = 0.5 if "sleep" in step else SECONDS
        response = call(emulator, body=BAD)
        pool.seconds = SECONDS
        assert (response.status_code, response.json()["error"]["code"]) == (500, "InternalServerError")
        assert response.headers["x-ms-error-code"] == "InternalServerError"
        assert f"An image could not be analyzed: {logged}." in caplog.text
        assert call(emulator, body=GOOD).status_code == 400
        assert [request.status for request in emulator.requests] == [500, 400]


def test_full_queue_gives_429(fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{EMULATOR}._text.recognizer.is_available", lambda: True)
    with ImageAnalysisEmulator() as emulator:
        image = picture(60, 70)
        assert call(emulator, body=image).status_code == 200
        monkeypatch.setattr(emulator._started().pictures._reader, "_waiting", -1)
        response = call(emulator, "features=read", image)
        assert (response.status_code, response.headers["Retry-After"]) == (429, "1")


@pytest.mark.parametrize(
    "step, logged", [("time.sleep(600)", "no result after 0.5 seconds"), ("os._exit(1)", "the worker died")]
)
def test_failing_recognizer_gives_the_services_500(
    fake: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, step: str, logged: str
) -> None:
    monkeypatch.setattr(f"{EMULATOR}._text.recognizer.is_available", lambda: True)
    fake(
        f"if head['operation'] == 'read' and blob == {BAD!r}: {step}\n"
        "write_frame(target, READ if head['operation'] == 'read' else LOOKED, bytes(49)); continue"
    )
    with ImageAnalysisEmulator() as emulator:
        pool = emulator._started().pictures._reader
        pool.seconds = 0.5 if "sleep" in step else SECONDS
        response = call(emulator, "features=read", BAD)
        pool.seconds = SECONDS
        assert (response.status_code, response.json()["error"]["code"]) == (500, "InternalServerError")
        assert f"An image could not be analyzed: {logged}." in caplog.text
        assert call(emulator, "features=read", GOOD).json()["readResult"] == {"blocks": []}


def test_picture_that_many_ask_for_at_once_is_looked_at_once(fake: Any, tmp_path: Path) -> None:
    gate, looks = tmp_path / "gate", tmp_path / "looks"
    fake(
        f"open({str(looks)!r}, 'a').write('x')\n"
        f"while not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
        "write_frame(target, LOOKED, bytes(49)); continue"
    )
    with ImageAnalysisEmulator(ocr=False) as emulator:
        statuses: List[int] = []
        threads = [
            threading.Thread(target=lambda: statuses.append(call(emulator, body=GOOD).status_code)) for _ in range(5)
        ]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + SECONDS
        while len(emulator.requests) < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
        gate.touch()
        for thread in threads:
            thread.join(SECONDS)
        assert statuses == [200] * 5
        assert looks.read_text() == "x"


def test_value_that_cannot_be_made_is_not_remembered() -> None:
    memory = pictures.Memory()
    with pytest.raises(LookupError):
        memory.get(b"key", lambda: {}["none"])
    assert memory.get(b"key", lambda: 1) == memory.get(b"key", lambda: 2) == 1


def test_small_calls_go_on_while_a_picture_is_looked_at(fake: Any, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    fake(
        f"while not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
        "write_frame(target, {'problem': 'format'}); continue"
    )
    with ImageAnalysisEmulator(ocr=False) as emulator:
        statuses = []
        thread = threading.Thread(target=lambda: statuses.append(call(emulator, body=picture(60, 70)).status_code))
        thread.start()
        for _ in range(20):
            assert call(emulator).status_code == 200
        assert statuses == []
        gate.touch()
        thread.join(SECONDS)
        assert statuses == [400]


@pytest.mark.slow
@pytest.mark.parametrize(
    "bomb",
    [
        picture_with_parts("JPEG", 2_000_000),
        picture_with_parts("PNG", 1_700_000),
        picture_with_parts("GIF", 10_000_000),
        picture(16000, 16000, compress_level=9),
    ],
    ids=["Exif segments", "PNG chunks", "GIF comments", "pixels"],
)
def test_decompression_bombs_block_no_other_call(bomb: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{EMULATOR}._pictures.pictures.LOOK_SECONDS", 3.0)
    with ImageAnalysisEmulator(ocr=False) as emulator:
        ended = []
        thread = threading.Thread(target=lambda: ended.append(call(emulator, body=bomb).status_code))
        thread.start()
        longest = 0.0
        while thread.is_alive():
            started = time.monotonic()
            assert call(emulator).status_code == 200
            longest = max(longest, time.monotonic() - started)
        assert ended[0] in (200, 400, 500)
        assert longest < 2.5
        started = time.monotonic()
    assert time.monotonic() - started < 2.5


# The worker's own parts


def test_frames() -> None:
    stream = io.BytesIO()
    write_frame(stream, {"a": "\u00e9"}, b"blob")
    write_frame(stream, {})
    stream.seek(0)
    assert read_frame(stream) == ({"a": "\u00e9"}, b"blob")
    assert read_frame(stream) == ({}, b"")
    with pytest.raises(EOFError):
        read_frame(stream)


def test_failure_names_its_kind_and_place_only() -> None:
    def fail(blob: bytes) -> Any:
        raise LookupError("text of the image")

    reply, blob = workers.handle({"look": fail}, {"operation": "look", "arguments": []}, b"")
    assert reply["failed"].startswith("LookupError in test_workers.py, line ")
    assert workers.handle({}, {"operation": "none", "arguments": []}, b"")[0]["failed"].startswith("KeyError")
    assert blob == b""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Other systems do not enforce this limit.")
def test_memory_is_limited(tmp_path: Path) -> None:
    program = (
        f"from {EMULATOR}._pictures.worker import limit_memory\nlimit_memory(1 << 30)\n"
        "try:\n    bytearray(2 << 30)\nexcept MemoryError:\n    print('refused')"
    )
    ended = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=tmp_path, timeout=60)
    assert ended.stdout.split() == [b"refused"]


@pytest.mark.slow
@needs_ocr
@pytest.mark.skipif(sys.platform != "linux", reason="The most memory that a process had is read as Linux tells it.")
def test_large_picture_is_read_in_bounded_memory() -> None:
    image = Image.new("L", (15_000, 15_000), 255)
    ImageDraw.Draw(image).text((3000, 4000), "Grand opening", fill=0, font=ImageFont.load_default(600))
    with ImageAnalysisEmulator() as emulator:
        (block,) = call(emulator, "features=read", encoded(image, "JPEG", quality=60)).json()["readResult"]["blocks"]
        assert [line["text"] for line in block["lines"]] == ["Grand opening"]
        (worker,) = emulator._started().pictures._reader._idle
        status = Path(f"/proc/{worker._process.pid}/status").read_text()
        assert int(status.split("VmHWM:")[1].split()[0]) < 2_000_000  # kB


@pytest.mark.slow
@needs_ocr
def test_dead_recognizer_is_replaced() -> None:
    with ImageAnalysisEmulator() as emulator:
        page = picture(200, 100)
        reader = emulator._started().pictures._reader
        emulator.warm_up()
        (worker,) = reader._idle
        worker._process.kill()
        assert call(emulator, "features=read", page).status_code == 200
