"""Tests of worker processes: a late, dead or failing one costs only its own call, a 500; many calls wait for one."""

import calendar
import os
import platform
import random
import signal
import sys
import textwrap
import types
from pathlib import Path
from typing import Dict, Iterator, List

import pytest
import worker_operations
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._pictures import pictures
from azure.ai.vision.imageanalysis.emulator._pictures import pool as pools
from azure.ai.vision.imageanalysis.emulator._pictures.pictures import Pictures
from azure.ai.vision.imageanalysis.emulator._pictures.pool import QueueFull, WorkerFailed, WorkerPool
from emulator_calls import (
    MODULE,
    SECONDS,
    call,
    encoded,
    needs_ocr,
    picture,
    run_python,
    start_threads,
    wait_until,
)
from PIL import Image, ImageDraw, ImageFont

OPERATIONS = worker_operations.__name__
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="Only Linux shows or limits this of a process.")


@pytest.fixture(scope="module")
def shared_pool() -> Iterator[WorkerPool]:
    """A pool for tests that leave it usable."""
    pool = WorkerPool(OPERATIONS, workers=1, waiting=1, seconds=SECONDS)
    yield pool
    pool.close()


@pytest.fixture
def new_pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(OPERATIONS, workers=1, waiting=1, seconds=SECONDS)
    yield pool
    pool.close()


@pytest.fixture
def obedient_emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImageAnalysisEmulator]:
    """An emulator whose workers do as the images say."""
    monkeypatch.setattr(pictures, "is_available", lambda: True)
    monkeypatch.setattr(pictures, "WorkerPool", lambda _, **limits: WorkerPool(OPERATIONS, **limits))
    with ImageAnalysisEmulator() as emulator:
        yield emulator


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """A file for which workers wait when an image orders it; beside it, they note that they have seen the image."""
    gate = tmp_path / "gate"
    yield gate
    gate.touch()


def order_to_wait(gate: Path) -> bytes:
    return f"wait {gate}".encode()


def orders_seen(gate: Path) -> int:
    note = gate.with_name("gate.seen")
    return len(note.read_text()) if note.exists() else 0


# What becomes of an operation


def test_one_worker_serves_many_calls(new_pool: WorkerPool) -> None:
    assert not new_pool.is_ready
    assert new_pool.call("process") == new_pool.call("process") != os.getpid()
    assert new_pool.is_ready


def test_late_worker_is_ended_and_replaced() -> None:
    pool = WorkerPool(OPERATIONS, workers=1, waiting=0, seconds=0.2)
    process = pool.call("process")
    with pytest.raises(WorkerFailed, match="no result after 0.2 seconds"):
        pool.call("read", b"read: sleep")
    assert pool.call("process") != process
    pool.close()


@pytest.mark.parametrize("order", [b"die", b"hang-up"])
def test_dead_worker_is_replaced(shared_pool: WorkerPool, order: bytes) -> None:
    with pytest.raises(WorkerFailed, match="the worker died"):
        shared_pool.call("inspect", order)
    assert shared_pool.call("read", b"")


def test_worker_that_died_between_two_calls_is_replaced(shared_pool: WorkerPool) -> None:
    process = shared_pool.call("process")
    (worker,) = shared_pool._workers
    worker._process.kill()
    worker._process.wait()
    assert shared_pool.call("process") != process


def test_failure_names_its_kind_and_place_only(shared_pool: WorkerPool) -> None:
    with pytest.raises(WorkerFailed, match=r"^LookupError in worker_operations.py, line \d+$"):
        shared_pool.call("inspect", b"fail")
    assert shared_pool.call("read", b"")


def test_operations_that_cannot_be_loaded_fail_with_the_reason() -> None:
    pool = WorkerPool("no_such_module", workers=1, waiting=0, seconds=SECONDS)
    with pytest.raises(WorkerFailed, match="at the start: No module named 'no_such_module'"):
        pool.call("read", b"")
    pool.close()


def test_library_that_prints_does_not_disturb_the_reply(shared_pool: WorkerPool) -> None:
    assert shared_pool.call("say", "Loading ...") is None
    assert shared_pool.call("read", b"") == {"blocks": []}


def test_call_that_finds_the_queue_full_is_told_when_to_retry(new_pool: WorkerPool, gate: Path) -> None:
    threads = start_threads(lambda image: new_pool.call("inspect", image), [order_to_wait(gate)] * 2)
    wait_until(lambda: new_pool._pending == 2)
    new_pool._usual_seconds = 4.2
    with pytest.raises(QueueFull) as full:
        new_pool.call("inspect", b"")
    assert full.value.retry_after == 9
    gate.touch()
    for thread in threads:
        thread.join()
    assert new_pool.call("read", b"")


def test_closed_pool_ends_running_work(new_pool: WorkerPool, gate: Path) -> None:
    failures: List[WorkerFailed] = []

    def work(image: bytes) -> None:
        try:
            new_pool.call("inspect", image)
        except WorkerFailed as failure:
            failures.append(failure)

    (thread,) = start_threads(work, [order_to_wait(gate)])
    wait_until(lambda: orders_seen(gate))
    new_pool.close()
    thread.join(SECONDS)
    assert len(failures) == 1
    with pytest.raises(WorkerFailed, match="the emulator stops"):
        new_pool.call("inspect", b"")


@on_linux
def test_memory_is_limited(shared_pool: WorkerPool) -> None:
    assert shared_pool.call("take", 10) == 10 << 20
    with pytest.raises(WorkerFailed, match="MemoryError"):
        shared_pool.call("take", 1024)


# What a worker finds, and what it leaves behind


def test_users_modules_do_not_take_the_place_of_pythons(
    new_pool: WorkerPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [module.__name__ for module in (types, random, calendar, platform, os)]
    for name in names:
        (tmp_path / f"{name}.py").write_text("raise ImportError('not Python\\'s')")
    monkeypatch.syspath_prepend(tmp_path)
    assert set(new_pool.call("files_of", names)) == {str(Path(os.__file__).parent)}


@pytest.mark.parametrize("name", ["plain", pytest.param("a:b", marks=pytest.mark.skipif(os.name == "nt", reason=":"))])
def test_path_is_that_of_the_program_wherever_it_is_now(
    new_pool: WorkerPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "only_here.py").touch()
    monkeypatch.setattr(pools, "_FOLDER", str(tmp_path))
    monkeypatch.setattr(sys, "path", [name, *sys.path])
    monkeypatch.chdir(os.sep)
    # Neither variable changes what a worker finds.
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "nothing"))
    assert new_pool.call("files_of", ["only_here"]) == [str(tmp_path / name)]


def test_frozen_program_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(RuntimeError, match="frozen"):
        ImageAnalysisEmulator().start()


@pytest.mark.slow
@needs_ocr
@on_linux
def test_text_worker_contacts_nobody_and_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    reader = Pictures(ocr=True)
    assert reader.text_state == "loading"
    reader.warm_up()
    wait_until(lambda: reader.text_state == "ready")
    assert reader.text(picture(200, 100), b"") == {"blocks": []}
    process = Path(f"/proc/{reader._reader._workers[0]._process.pid}")
    variables = dict(entry.split(b"=", 1) for entry in (process / "environ").read_bytes().split(b"\0") if entry)
    opened = {os.readlink(str(link)).split(":")[0] for link in (process / "fd").iterdir()}
    reader.close()
    assert variables[b"ORT_DISABLE_TELEMETRY"] == b"1"
    assert opened <= {"pipe", "/dev/null", "/dev/urandom"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal.")
def test_worker_ends_with_its_parent(tmp_path: Path) -> None:
    program = f"""
        import os, signal
        from {MODULE}._pictures.pool import WorkerPool
        pool = WorkerPool("._pictures.images", workers=1, waiting=0, seconds=60)
        pool.call("")
        print(pool._workers[0]._process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    ended = run_python("-c", textwrap.dedent(program), folder=tmp_path)
    assert ended.returncode == -signal.SIGKILL
    worker = int(ended.stdout)

    def has_ended() -> bool:
        try:
            os.kill(worker, 0)
            return Path(f"/proc/{worker}/stat").read_text().split()[2] == "Z"  # Nobody has waited for it.
        except (ProcessLookupError, FileNotFoundError):
            return True

    wait_until(has_ended)


@pytest.mark.slow
@needs_ocr
@on_linux
def test_large_picture_is_read_in_bounded_memory_and_its_text_is_where_it_was() -> None:
    image = Image.new("L", (15_000, 15_000), 255)
    ImageDraw.Draw(image).text((3000, 4000), "Grand opening", fill=0, font=ImageFont.load_default(600))
    reader = Pictures(ocr=True)
    (block,) = reader.text(encoded(image, "JPEG", quality=60), b"")["blocks"]
    status = Path(f"/proc/{reader._reader._workers[0]._process.pid}/status").read_text()
    reader.close()
    (line,) = block["lines"]
    assert line["text"] == "Grand opening"
    assert line["boundingPolygon"][0]["x"] == pytest.approx(3000, abs=150)
    assert line["boundingPolygon"][0]["y"] == pytest.approx(4100, abs=250)
    most_kilobytes = int(status.split("VmHWM:")[1].split()[0])
    assert most_kilobytes < 2_000_000


# In the emulator


@pytest.mark.parametrize(
    "order, logged",
    [
        ("fail", "LookupError in worker_operations.py"),
        ("read: fail", "LookupError in worker_operations.py"),
        ("read: die", "the worker died"),
    ],
)
def test_failing_worker_gives_the_services_500(
    obedient_emulator: ImageAnalysisEmulator, caplog: pytest.LogCaptureFixture, order: str, logged: str
) -> None:
    response = call(obedient_emulator, "features=read", order.encode())
    assert (response.status_code, response.json()["error"]["code"]) == (500, "InternalServerError")
    assert f"An image could not be analyzed: {logged}" in caplog.text
    assert call(obedient_emulator, "features=read", b"good").json()["readResult"] == {"blocks": []}


def test_many_pictures_at_once_wait_for_their_turn(obedient_emulator: ImageAnalysisEmulator) -> None:
    statuses: Dict[bytes, int] = {}

    def read(image: bytes) -> None:
        statuses[image] = call(obedient_emulator, "features=read", image).status_code

    images = [b"picture %d" % number for number in range(30)]
    for thread in start_threads(read, images):
        thread.join()
    assert statuses == dict.fromkeys(images, 200)


def test_others_are_not_held_up_by_those_who_wait_for_the_same_picture(
    obedient_emulator: ImageAnalysisEmulator, gate: Path
) -> None:
    statuses: List[int] = []

    def look(image: bytes) -> None:
        statuses.append(call(obedient_emulator, body=image).status_code)

    threads = start_threads(look, [order_to_wait(gate)] * 5)
    wait_until(lambda: len(obedient_emulator.requests) == 5 and orders_seen(gate))
    assert call(obedient_emulator, body=b"another picture").status_code == 200
    assert statuses == []
    gate.touch()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 5
    assert orders_seen(gate) == 1  # They share one look at it.
