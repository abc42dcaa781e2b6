"""Tests of starting and stopping the emulator, of what it leaves behind, and of errors inside it."""

import contextlib
import errno
import gc
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from typing import Any, Callable, List

import pytest
import requests
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from emulator_calls import (
    KEY,
    SAMPLE,
    Remote,
    beginning_of_call,
    by_hand,
    call,
    clean_environment,
    emulator,
    picture,
    raw_connection,
    running,
)

__all__ = ["emulator", "running"]

EMULATOR = "azure.ai.vision.imageanalysis.emulator"

Alive = Callable[[], List[threading.Thread]]


@pytest.fixture
def alive(monkeypatch: pytest.MonkeyPatch) -> Alive:
    """Return which of the threads run that the test has started, or these in turn; not those of other emulators."""
    family = [threading.current_thread()]
    start = threading.Thread.start

    def note_and_start(thread: threading.Thread) -> None:
        if threading.current_thread() in family:
            family.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", note_and_start)
    return lambda: [thread for thread in family[1:] if thread.is_alive()]


def port_of(emulator: ImageAnalysisEmulator) -> int:
    return int(emulator.endpoint.rsplit(":", 1)[1])


# Start


def test_start_and_stop_by_hand() -> None:
    emulator = ImageAnalysisEmulator(key="known", ocr=False)
    with pytest.raises(RuntimeError, match="not been started"):
        emulator.environment()
    with pytest.raises(RuntimeError, match="is not running"):
        emulator.set_result("https://example.com", {})
    assert emulator.start() is emulator
    with pytest.raises(RuntimeError, match="already running"):
        emulator.start()
    assert call(emulator).status_code == 200
    emulator.stop()
    emulator.stop()
    assert repr(emulator) == "<ImageAnalysisEmulator not running>"
    assert emulator.endpoint.startswith("http://127.0.0.1:")
    with emulator:
        assert call(emulator).status_code == 200


def test_two_emulators_share_nothing(emulator: ImageAnalysisEmulator) -> None:
    with ImageAnalysisEmulator(ocr=False) as other:
        other.set_result("https://example.com", {})
        other.fail_next(500)
        assert call(emulator, body={"url": "https://example.com"}).status_code == 400
        assert other.requests == []
        assert other.key != emulator.key


def test_taken_port_is_named_and_leaves_nothing_behind(emulator: ImageAnalysisEmulator, alive: Alive) -> None:
    port = port_of(emulator)
    with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 is taken by another program"):
        ImageAnalysisEmulator(port=port).start()
    assert alive() == []


# Stop


@pytest.mark.parametrize("https", [False, True])
def test_stop_with_a_connected_client(https: bool, alive: Alive) -> None:
    emulator = ImageAnalysisEmulator(https=https, ocr=False)
    with requests.Session() as session:
        for _ in range(2):
            with emulator:
                session.get(emulator.endpoint + "/images/sample.jpg", verify=emulator.ca_file)
                assert alive() != []
            assert alive() == []
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port_of(emulator))).close()
            assert emulator.ca_file is None or not os.path.exists(emulator.ca_file)
            # A socket or loop that was left open would warn here, and a warning is an error.
            gc.collect()


@pytest.mark.parametrize("https", [False, True])
@pytest.mark.parametrize("key", [KEY, "wrong"])
def test_stop_during_a_request(https: bool, key: str, caplog: pytest.LogCaptureFixture, alive: Alive) -> None:
    with ImageAnalysisEmulator(https=https, key=KEY) as emulator:
        connection = raw_connection(emulator)
        connection.sendall(beginning_of_call(key, 1_000_000))
        if key != KEY:
            assert b" 401 " in connection.recv(1000)
    assert alive() == []
    connection.close()
    gc.collect()
    assert caplog.text == ""


def test_stop_does_not_wait_for_a_late_response(alive: Alive) -> None:
    with ImageAnalysisEmulator(key=KEY, ocr=False) as emulator:
        emulator.delay_next(60)
        with raw_connection(emulator) as connection:
            connection.sendall(beginning_of_call(length=1))
            while not emulator.requests:
                time.sleep(0.01)
            stopping = threading.Thread(target=emulator.stop)
            stopping.start()
            stopping.join(30)
            assert not stopping.is_alive()
    assert alive() == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="This system cannot fork.")
def test_fork_leaves_the_emulator_alone(tmp_path: Any) -> None:
    program = f"""
        import os, sys, warnings
        warnings.simplefilter("ignore")
        from {EMULATOR} import ImageAnalysisEmulator
        emulator = ImageAnalysisEmulator(https=True, ocr=False).start()
        child = os.fork()
        if child == 0:
            emulator.stop()
            sys.exit(7)
        print(os.WEXITSTATUS(os.waitpid(child, 0)[1]), os.path.exists(emulator.ca_file))
        print(emulator.ca_file)
    """
    ended = run_program(program, tmp_path)
    first, ca_file = ended.stdout.splitlines()
    assert first == "7 True"
    assert not os.path.exists(ca_file)  # It is removed at the end, though nobody has stopped the emulator.


def run_program(program: str, folder: Any) -> "subprocess.CompletedProcess[str]":
    arguments = [sys.executable, "-c", textwrap.dedent(program)]
    return subprocess.run(arguments, capture_output=True, env=clean_environment(), cwd=folder, text=True, timeout=60)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="A program on Windows cannot be sent one of these signals alone.")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_stop_the_command(name: str) -> None:
    number = getattr(signal, name)
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("This run was started to ignore the signal, as nohup does, and so is what it starts.")
    with by_hand("--https", "--key", KEY, VISION_KEY="from the environment") as program:
        head = program.stdout.readline()
        values = dict(program.stdout.readline()[7:].strip().split("=", 1) for _ in range(7))
        assert f"Listening on {values['VISION_ENDPOINT']} (stop with Ctrl-C)" in head
        assert values["VISION_KEY"] == KEY
        remote = Remote(values["VISION_ENDPOINT"], KEY, values["REQUESTS_CA_BUNDLE"])
        chunk = b"\0\0\0\0teSt\xe5\x8a\x4e\x5d"
        thread = threading.Thread(target=call_quietly, args=(remote, SAMPLE[:2] + chunk * 500_000))
        thread.start()
        with raw_connection(remote):
            program.send_signal(number)
            _, errors = program.communicate(timeout=30)
        thread.join()
    assert program.returncode == 0
    assert not os.path.exists(values["REQUESTS_CA_BUNDLE"])
    assert errors == "" or sys.version_info < (3, 9)  # There, cryptography warns that it will drop this Python.


def call_quietly(remote: Remote, body: bytes) -> None:
    with contextlib.suppress(requests.RequestException):
        call(remote, body=body)


# Errors


def test_internal_error_is_a_500_without_text(
    emulator: ImageAnalysisEmulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise LookupError(emulator.key)

    monkeypatch.setattr(f"{EMULATOR}._http.app.Analysis", fail)
    response = call(emulator)
    assert response.status_code == 500
    assert "LookupError in test_lifecycle.py" in caplog.text
    assert emulator.key not in caplog.text + response.text


def test_worker_that_cannot_start_is_named(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(errno.EBADF, "Bad file descriptor")  # As in a test that fakes the file system.

    with ImageAnalysisEmulator(ocr=False) as emulator:
        monkeypatch.setattr(subprocess, "Popen", fail)
        response = call(emulator, body=picture(60, 70))
    reason = "a worker process cannot be started: [Errno 9] Bad file descriptor"
    assert (response.status_code, reason in response.json()["error"]["message"]) == (500, True)
    assert reason in caplog.text
