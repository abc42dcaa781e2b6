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
from pathlib import Path
from typing import Any, Callable, List

import pytest
import requests
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from emulator_calls import (
    KEY,
    MODULE,
    SECONDS,
    RemoteEmulator,
    beginning_of_call,
    call,
    picture,
    raw_connection,
    run_python,
    running_command,
    wait_until,
)

Alive = Callable[[], List[threading.Thread]]


@pytest.fixture
def alive() -> Alive:
    """Return which threads run that did not run before the test."""
    before = threading.enumerate()
    return lambda: [thread for thread in threading.enumerate() if thread not in before]


def port_of(emulator: ImageAnalysisEmulator) -> int:
    return int(emulator.endpoint.rsplit(":", 1)[1])


def test_start_and_stop_by_hand() -> None:
    emulator = ImageAnalysisEmulator(key="known", ocr=False)
    with pytest.raises(RuntimeError, match="not been started yet"):
        emulator.environment()
    with pytest.raises(RuntimeError, match="is not running"):
        emulator.set_result("https://example.com", {})
    assert emulator.start() is emulator
    with pytest.raises(RuntimeError, match="is already running"):
        emulator.start()
    assert call(emulator).status_code == 200
    emulator.stop()
    emulator.stop()
    assert repr(emulator) == "<ImageAnalysisEmulator not running>"
    with emulator:
        assert call(emulator).status_code == 200


@pytest.mark.parametrize("https", [False, True])
def test_stop_with_a_connected_client_leaves_nothing_behind(https: bool, alive: Alive) -> None:
    emulator = ImageAnalysisEmulator(https=https, ocr=False)
    with requests.Session() as session:
        for _ in range(2):
            with emulator:
                session.get(emulator.endpoint + "/images/sample.jpg", verify=emulator.ca_file)
            assert alive() == []
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port_of(emulator))).close()
            assert emulator.ca_file is None or not os.path.exists(emulator.ca_file)
            # A socket or loop that was left open would warn here, and a warning is an error.
            gc.collect()


@pytest.mark.parametrize("https", [False, True])
def test_stop_during_requests_and_connects(https: bool, caplog: pytest.LogCaptureFixture, alive: Alive) -> None:
    with ImageAnalysisEmulator(https=https, key=KEY, ocr=False) as emulator:
        sending, refused = raw_connection(emulator), raw_connection(emulator)
        sending.sendall(beginning_of_call(KEY, 1_000_000))
        refused.sendall(beginning_of_call("wrong", 1_000_000))
        assert b" 401 " in refused.recv(1000)
        connecting = [socket.create_connection(("127.0.0.1", port_of(emulator))) for _ in range(5)]
    assert alive() == []
    for connection in (sending, refused, *connecting):
        connection.close()
    gc.collect()
    assert caplog.text == ""


def test_stop_does_not_wait_for_a_late_response(alive: Alive) -> None:
    with ImageAnalysisEmulator(key=KEY, ocr=False) as emulator:
        emulator.delay_next(600)
        with raw_connection(emulator) as connection:
            connection.sendall(beginning_of_call(length=1))
            wait_until(lambda: emulator.requests)
            stopping = threading.Thread(target=emulator.stop)
            stopping.start()
            stopping.join(SECONDS)
            assert not stopping.is_alive()
    assert alive() == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="This system cannot fork.")
def test_fork_leaves_the_emulator_alone(tmp_path: Path) -> None:
    program = f"""
        import os, sys, warnings
        warnings.simplefilter("ignore")
        from {MODULE} import ImageAnalysisEmulator
        emulator = ImageAnalysisEmulator(https=True, ocr=False).start()
        child = os.fork()
        if child == 0:
            emulator.stop()
            sys.exit(7)
        print(os.WEXITSTATUS(os.waitpid(child, 0)[1]), os.path.exists(emulator.ca_file))
        print(emulator.ca_file)
    """
    first, ca_file = run_python("-c", textwrap.dedent(program), folder=tmp_path).stdout.splitlines()
    assert first == "7 True"
    assert not os.path.exists(ca_file)  # It is removed at the end, though nobody has stopped the emulator.


@pytest.mark.slow
def test_program_without_a_main_guard_runs_once_and_ends_without_a_stop(tmp_path: Path) -> None:
    program = f"""
        print("here")
        import sys
        from azure.ai.vision.imageanalysis import ImageAnalysisClient
        from azure.core.credentials import AzureKeyCredential
        from {MODULE} import ImageAnalysisEmulator
        emulator = ImageAnalysisEmulator().start()
        client = ImageAnalysisClient(emulator.endpoint, AzureKeyCredential(emulator.key))
        print(client.analyze({picture(60, 70)!r}, ["tags"]).metadata.width)
        print([name for name in ("cv2", "numpy", "onnxruntime", "rapidocr") if name in sys.modules])
    """
    (tmp_path / "program.py").write_text(textwrap.dedent(program), encoding="utf-8")
    ended = run_python("program.py", folder=tmp_path)
    assert (ended.stdout.splitlines(), ended.returncode) == (["here", "60", "[]"], 0)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="A program on Windows cannot be sent one of these signals alone.")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_stop_the_command_while_it_works(name: str) -> None:
    number = getattr(signal, name)
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("This run was started to ignore the signal, as nohup does, and so is what it starts.")
    with running_command("--https", "--no-ocr", "--key", KEY, VISION_KEY="from the environment") as program:
        head = program.stdout.readline()
        values = dict(program.stdout.readline()[7:].strip().split("=", 1) for _ in range(7))
        assert f"Listening on {values['VISION_ENDPOINT']} (stop with Ctrl-C)" in head
        assert values["VISION_KEY"] == KEY
        remote = RemoteEmulator(values["VISION_ENDPOINT"], KEY, values["REQUESTS_CA_BUNDLE"])
        with raw_connection(remote), raw_connection(remote) as sending:
            sending.sendall(beginning_of_call(KEY))
            program.send_signal(number)
            _, errors = program.communicate(timeout=SECONDS)
    assert program.returncode == 0
    assert not os.path.exists(values["REQUESTS_CA_BUNDLE"])
    assert errors == "" or sys.version_info < (3, 9)  # There, cryptography warns that it will drop this Python.


def test_broken_connections_are_not_in_the_log(
    secure: ImageAnalysisEmulator, capfd: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with raw_connection(secure) as leaving:
        leaving.sendall(beginning_of_call(secure.key))
    with socket.create_connection(("127.0.0.1", port_of(secure))) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while plain.recv(1000):
                pass
    assert call(secure).status_code == 200
    assert caplog.text + "".join(capfd.readouterr()) == ""


def test_internal_error_is_a_500_without_its_text(
    emulator: ImageAnalysisEmulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise LookupError(emulator.key)

    monkeypatch.setattr(f"{MODULE}._http.app.Analysis", fail)
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


def test_refused_image_is_freed_without_the_garbage_collector(emulator: ImageAnalysisEmulator) -> None:
    def refusals() -> List[Any]:
        return [one for one in gc.get_objects() if isinstance(one, Exception) and "_errors" in type(one).__module__]

    gc.collect()
    gc.disable()
    try:
        for body in (b"not an image", picture(40, 40), b"x" * 300_000):
            assert call(emulator, body=body).status_code == 400
        wait_until(lambda: refusals() == [])  # The thread that looked at the image ends after the response.
    finally:
        gc.enable()
