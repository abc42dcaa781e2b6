"""Tests of worker processes: a late, dead or failing one costs only its own call, a 500; many calls wait for one."""

import calendar
import concurrent.futures
import os
import random
import signal
import sys
import textwrap
import types
from pathlib import Path
from typing import Any, Iterator, List

import pytest
import worker_operations
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._pictures import pictures
from azure.ai.vision.imageanalysis.emulator._pictures import pool as pools
from azure.ai.vision.imageanalysis.emulator._pictures.pictures import Pictures
from azure.ai.vision.imageanalysis.emulator._pictures.pool import WorkerFailed, WorkerPool
from emulator_calls import MODULE, SECONDS, call, encoded, needs_ocr, run_python, wait_until
from PIL import Image, ImageDraw
from printed_pages import bundled_font, lines_of, printed, texts_of

OPERATIONS = worker_operations.__name__
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="Only Linux shows or limits this of a process.")


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(OPERATIONS, workers=1, waiting=1, seconds=SECONDS)
    yield pool
    pool.close()


@pytest.fixture
def obedient_pools(monkeypatch: pytest.MonkeyPatch) -> List[WorkerPool]:
    """Let images say what workers do, and return the pools of the emulators: for images and for text."""
    pools: List[WorkerPool] = []

    def make(_: str, **limits: Any) -> WorkerPool:
        pools.append(WorkerPool(OPERATIONS, **limits))
        return pools[-1]

    monkeypatch.setattr(pictures, "is_available", lambda: True)
    monkeypatch.setattr(pictures, "WorkerPool", make)
    return pools


@pytest.fixture
def obedient_emulator(obedient_pools: List[WorkerPool]) -> Iterator[ImageAnalysisEmulator]:
    with ImageAnalysisEmulator() as emulator:
        yield emulator


class Gate:
    """Blocks workers until it is opened."""

    def __init__(self, folder: Path) -> None:
        self._file, self._note = folder / "gate", folder / "gate.seen"
        self.order = f"wait {self._file}".encode()
        """The image that makes a worker wait."""

    @property
    def waiting(self) -> int:
        """How many workers have begun to wait."""
        return len(self._note.read_text()) if self._note.exists() else 0

    def open(self) -> None:
        """Let the workers continue."""
        self._file.touch()


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    gate = Gate(tmp_path)
    yield gate
    gate.open()


def test_late_worker_is_ended_and_replaced() -> None:
    pool = WorkerPool(OPERATIONS, workers=1, waiting=0, seconds=1)
    process = pool.call("process")
    assert process == pool.call("process") != os.getpid()
    with pytest.raises(WorkerFailed, match="no result after 1 seconds"):
        pool.call("read", b"read: sleep")
    assert pool.call("process") != process
    pool.close()


def test_dead_worker_is_replaced(pool: WorkerPool) -> None:
    for order in (b"die", b"hang-up"):
        with pytest.raises(WorkerFailed, match="the worker died"):
            pool.call("inspect", order)
    process = pool.call("process")
    (worker,) = pool._workers
    worker._process.kill()
    worker._process.wait()
    assert pool.call("process") != process


def test_operations_that_cannot_be_loaded_fail_with_the_reason() -> None:
    pool = WorkerPool("no_such_module", workers=1, waiting=0, seconds=SECONDS)
    with pytest.raises(WorkerFailed, match="at the start: No module named 'no_such_module'"):
        pool.call("read", b"")
    pool.close()


def test_library_that_prints_does_not_disturb_the_reply(pool: WorkerPool) -> None:
    assert pool.call("say", "Loading ...") is None
    assert pool.call("read", b"") == {"blocks": []}


def test_closed_pool_ends_running_work(pool: WorkerPool, gate: Gate) -> None:
    with concurrent.futures.ThreadPoolExecutor() as threads:
        work = threads.submit(pool.call, "inspect", gate.order)
        wait_until(lambda: gate.waiting)
        pool.close()
        with pytest.raises(WorkerFailed):
            work.result(SECONDS)
    with pytest.raises(WorkerFailed, match="the emulator is stopping"):
        pool.call("inspect", b"")


@on_linux
def test_memory_is_limited(pool: WorkerPool) -> None:
    assert pool.call("take", 10) == 10 << 20
    with pytest.raises(WorkerFailed, match="MemoryError"):
        pool.call("take", 1024)


def test_users_modules_do_not_take_the_place_of_pythons(
    pool: WorkerPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [module.__name__ for module in (types, random, calendar, os)]
    for name in names:
        (tmp_path / f"{name}.py").write_text("raise ImportError('not Python\\'s')")
    monkeypatch.syspath_prepend(tmp_path)
    assert set(pool.call("files_of", names)) == {str(Path(os.__file__).parent)}


def test_path_is_that_of_the_program_wherever_it_is_now(
    pool: WorkerPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "folder" if os.name == "nt" else "a:b"
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


@pytest.mark.slow
@needs_ocr
@on_linux
def test_text_worker_contacts_nobody_and_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # where nobody listens, so that no model can be fetched
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    reader = Pictures(ocr=True)
    assert reader.text_state == "loading"
    reader.warm_up()
    wait_until(lambda: reader.text_state == "ready")
    assert texts_of(reader.text(encoded(printed(["Fresh bread"], bundled_font(28)).image), b"")) == ["Fresh bread"]
    process = Path(f"/proc/{reader._text_workers._workers[0]._process.pid}")
    variables = dict(entry.split(b"=", 1) for entry in (process / "environ").read_bytes().split(b"\0") if entry)
    opened = {os.readlink(str(link)).split(":")[0] for link in (process / "fd").iterdir()}
    reader.close()
    assert variables[b"ORT_DISABLE_TELEMETRY"] == b"1"
    assert opened <= {"pipe", "/dev/null", "/dev/urandom"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@on_linux
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
    status = Path(f"/proc/{int(ended.stdout)}/status")
    wait_until(lambda: not status.exists() or "zombie" in status.read_text())


@pytest.mark.slow
@needs_ocr
@on_linux
def test_large_picture_is_read_in_bounded_memory_and_its_text_is_where_it_was() -> None:
    image = Image.new("L", (15_000, 15_000), 255)
    ImageDraw.Draw(image).text((3000, 4000), "Grand opening", fill=0, font=bundled_font(600))
    reader = Pictures(ocr=True)
    (line,) = lines_of(reader.text(encoded(image, "JPEG", quality=60), b""))
    status = Path(f"/proc/{reader._text_workers._workers[0]._process.pid}/status").read_text()
    reader.close()
    assert line["text"] == "Grand opening"
    assert line["boundingPolygon"][0]["x"] == pytest.approx(3000, abs=150)
    assert line["boundingPolygon"][0]["y"] == pytest.approx(4100, abs=250)
    most_kilobytes = int(status.split("VmHWM:")[1].split()[0])
    assert most_kilobytes < 2_000_000


@pytest.mark.parametrize("order", [b"fail", b"read: fail"])
def test_failing_worker_gives_the_services_500_and_its_kind_and_place_in_the_log(
    obedient_emulator: ImageAnalysisEmulator, caplog: pytest.LogCaptureFixture, order: bytes
) -> None:
    response = call(obedient_emulator, "features=read", order)
    assert (response.status_code, response.json()["error"]["code"]) == (500, "InternalServerError")
    assert "An image could not be analyzed: LookupError in worker_operations.py" in caplog.text
    assert "text of the image" not in caplog.text
    assert call(obedient_emulator, "features=read", b"good").json()["readResult"] == {"blocks": []}


def test_many_pictures_at_once_wait_for_their_turn(obedient_emulator: ImageAnalysisEmulator) -> None:
    images = [b"picture %d" % number for number in range(30)]
    with concurrent.futures.ThreadPoolExecutor(len(images)) as threads:
        responses = threads.map(lambda image: call(obedient_emulator, "features=read", image), images)
        assert [response.status_code for response in responses] == [200] * len(images)


def test_call_that_finds_the_queue_full_gets_a_retry_after(
    obedient_emulator: ImageAnalysisEmulator, obedient_pools: List[WorkerPool], gate: Gate
) -> None:
    _, text_pool = obedient_pools
    text_pool._limit, text_pool._usual_seconds = 1, 4.2
    with concurrent.futures.ThreadPoolExecutor() as threads:
        reading = threads.submit(call, obedient_emulator, "features=read", b"read: " + gate.order)
        wait_until(lambda: gate.waiting)
        refused = call(obedient_emulator, "features=read", b"another page")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
        gate.open()
        assert reading.result(SECONDS).status_code == 200


def test_others_are_not_held_up_by_those_who_wait_for_the_same_picture(
    obedient_emulator: ImageAnalysisEmulator, gate: Gate
) -> None:
    with concurrent.futures.ThreadPoolExecutor() as threads:
        waiting = [threads.submit(call, obedient_emulator, body=gate.order) for _ in range(5)]
        wait_until(lambda: len(obedient_emulator.requests) == 5 and gate.waiting)
        assert call(obedient_emulator, body=b"another picture").status_code == 200
        assert not any(future.done() for future in waiting)
        gate.open()
        assert [future.result(SECONDS).status_code for future in waiting] == [200] * 5
    assert gate.waiting == 1  # They share one look at it.
