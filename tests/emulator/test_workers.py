"""Tests of worker processes: a late, dead or failing one costs only its own call, a 500; many calls wait for one."""

import calendar
import os
import platform
import random
import subprocess
import sys
import textwrap
import threading
import time
import types
from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest
import worker_operations
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._pictures import pictures
from azure.ai.vision.imageanalysis.emulator._pictures import pool as pools
from azure.ai.vision.imageanalysis.emulator._pictures.pictures import Pictures
from azure.ai.vision.imageanalysis.emulator._pictures.pool import QueueFull, WorkerFailed, WorkerPool
from emulator_calls import call, needs_ocr, picture

pytestmark = pytest.mark.slow

EMULATOR = "azure.ai.vision.imageanalysis.emulator"
OPERATIONS = worker_operations.__name__
SECONDS = 30


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(OPERATIONS, workers=1, waiting=1, seconds=SECONDS)
    yield pool
    pool.close()


@pytest.fixture
def fake_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let emulators have workers that do as the images say."""
    monkeypatch.setattr(pictures, "is_available", lambda: True)
    monkeypatch.setattr(pictures, "WorkerPool", lambda _, **limits: WorkerPool(OPERATIONS, **limits))


def wait_until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def at_once(function: Callable[..., Any], *arguments: Any) -> List[threading.Thread]:
    """Call a function with each argument, each in a thread."""
    threads = [threading.Thread(target=function, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    return threads


def test_one_worker_serves_many_calls(pool: WorkerPool) -> None:
    assert not pool.is_ready
    assert pool.call("process") == pool.call("process") != os.getpid()
    assert pool.is_ready


def test_late_worker_is_ended_and_replaced() -> None:
    pool = WorkerPool(OPERATIONS, workers=1, waiting=0, seconds=0.5)
    process = pool.call("process")
    with pytest.raises(WorkerFailed, match="no result after 0.5 seconds"):
        pool.call("read", b"read: sleep")
    assert pool.call("process") != process
    pool.close()


@pytest.mark.parametrize("image", [b"die", b"hang-up"])
def test_dead_worker_is_replaced(pool: WorkerPool, image: bytes) -> None:
    with pytest.raises(WorkerFailed, match="the worker died"):
        pool.call("inspect", image)
    assert pool.call("read", b"")


def test_failure_names_its_kind_and_place_only(pool: WorkerPool) -> None:
    with pytest.raises(WorkerFailed, match=r"^LookupError in worker_operations.py, line \d+$"):
        pool.call("inspect", b"fail")
    assert pool.call("read", b"")


def test_operations_that_cannot_be_loaded_fail_with_the_reason() -> None:
    pool = WorkerPool("no_such_module", workers=1, waiting=0, seconds=SECONDS)
    with pytest.raises(WorkerFailed, match="at the start: No module named 'no_such_module'"):
        pool.call("read", b"")
    pool.close()


def test_library_that_prints_does_not_disturb_the_reply(pool: WorkerPool) -> None:
    assert pool.call("say", "Loading ...") is None
    assert pool.call("read", b"") == {"blocks": []}


def test_full_queue_says_when_to_retry(pool: WorkerPool, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    threads = at_once(lambda image: pool.call("inspect", image), *[f"wait {gate}".encode()] * 2)
    wait_until(lambda: pool._pending == 2)
    pool._usual_seconds = 4.2
    with pytest.raises(QueueFull) as full:
        pool.call("inspect", b"")
    assert full.value.retry_after == 9
    gate.touch()
    for thread in threads:
        thread.join()
    assert pool.call("read", b"")


def test_closed_pool_ends_running_work(pool: WorkerPool, tmp_path: Path) -> None:
    failed = []

    def work(image: bytes) -> None:
        with pytest.raises(WorkerFailed):
            pool.call("inspect", image)
        failed.append(True)

    (thread,) = at_once(work, f"wait {tmp_path / 'gate'}".encode())
    wait_until((tmp_path / "gate.seen").exists)
    pool.close()
    thread.join(SECONDS)
    assert failed == [True]
    with pytest.raises(WorkerFailed, match="the emulator is stopping"):
        pool.call("inspect", b"")


@pytest.mark.skipif(sys.platform != "linux", reason="Other systems do not enforce this limit.")
def test_memory_is_limited(pool: WorkerPool) -> None:
    assert pool.call("take", 10) == 10 << 20
    with pytest.raises(WorkerFailed, match="MemoryError"):
        pool.call("take", 1024)


# What a worker finds, and what it leaves behind


def test_users_modules_do_not_take_the_place_of_pythons(
    pool: WorkerPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = [types, random, calendar, platform, os]
    for module in modules:
        (tmp_path / f"{module.__name__}.py").write_text("raise ImportError('not Python\\'s')")
    monkeypatch.syspath_prepend(tmp_path)
    assert pool.call("files_of", [module.__name__ for module in modules]) == [str(Path(os.__file__).parent)] * 5


@pytest.mark.parametrize("name", ["plain", pytest.param("a:b", marks=pytest.mark.skipif(os.name == "nt", reason=":"))])
def test_path_is_that_of_the_program_wherever_it_is_now(
    pool: WorkerPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "only_here.py").touch()
    monkeypatch.setattr(pools, "_FOLDER", str(tmp_path))
    monkeypatch.setattr(sys, "path", [name, *sys.path])
    monkeypatch.chdir(os.sep)
    # Neither variable changes what a worker finds.
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "nothing"))
    assert pool.call("files_of", ["only_here"]) == [str(tmp_path / name)]


def test_frozen_program_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(RuntimeError, match="frozen"):
        ImageAnalysisEmulator().start()


@needs_ocr
@pytest.mark.skipif(sys.platform != "linux", reason="Linux shows the environment and the open files of a process.")
def test_text_worker_contacts_nobody_and_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    found = Pictures(ocr=True)
    assert found.text_state == "loading"
    assert found.text(picture(200, 100), b"") == {"blocks": []}
    assert found.text_state == "ready"
    folder = Path(f"/proc/{found._text_workers._workers[0]._process.pid}")
    variables = dict(entry.split(b"=", 1) for entry in (folder / "environ").read_bytes().split(b"\0") if entry)
    assert variables[b"ORT_DISABLE_TELEMETRY"] == b"1"
    opened = {os.readlink(str(link)).split(":")[0] for link in (folder / "fd").iterdir()}
    found.close()
    assert opened <= {"pipe", "/dev/null", "/dev/urandom"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal.")
def test_worker_ends_with_its_parent(tmp_path: Path) -> None:
    program = textwrap.dedent(
        f"""
        import os, signal
        from {EMULATOR}._pictures.pool import WorkerPool
        pool = WorkerPool("._pictures.images", workers=1, waiting=0, seconds=60)
        pool.call("")
        print(pool._workers[0]._process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    ended = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=tmp_path, timeout=60)
    worker = int(ended.stdout)

    def has_ended() -> bool:
        try:
            os.kill(worker, 0)
            return Path(f"/proc/{worker}/stat").read_text().split()[2] == "Z"  # Nobody has waited for it.
        except (ProcessLookupError, FileNotFoundError):
            return True

    wait_until(has_ended)


# In the emulator


@pytest.mark.parametrize(
    "order, logged",
    [
        ("sleep", "no result after 1 seconds"),
        ("die", "the worker died"),
        ("fail", "LookupError in worker_operations.py"),
        ("read: sleep", "no result after 1 seconds"),
        ("read: die", "the worker died"),
    ],
)
def test_failing_worker_gives_the_services_500(
    fake_workers: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, order: str, logged: str
) -> None:
    if "sleep" in order:
        monkeypatch.setattr(pictures, "IMAGE_SECONDS", 1)
        monkeypatch.setattr(pictures, "TEXT_SECONDS", 1)
    with ImageAnalysisEmulator() as emulator:
        response = call(emulator, "features=read", order.encode())
        assert (response.status_code, response.json()["error"]["code"]) == (500, "InternalServerError")
        assert f"An image could not be analyzed: {logged}" in caplog.text
        assert call(emulator, "features=read", b"good").json()["readResult"] == {"blocks": []}
