"""Tests of starting and stopping the emulator, in a program and by command."""

import gc
import os
import re
import signal
import socket
import sys
import threading

import pytest
import requests
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from emulator_calls import KEY, beginning_of_call, by_hand, call, picture, raw_connection, service

pytestmark = pytest.mark.slow

__all__ = ["service"]


@pytest.fixture
def alive(monkeypatch):
    """Tell which of the threads run that the test has started, or these in turn; not those of other emulators."""
    family = [threading.current_thread()]
    start = threading.Thread.start

    def note_and_start(thread):
        if threading.current_thread() in family:
            family.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", note_and_start)
    return lambda: [thread for thread in family[1:] if thread.is_alive()]


@pytest.mark.parametrize("https", [False, True])
def test_stop_with_a_connected_client(https, alive):
    service = ImageAnalysisEmulator(https=https)
    with requests.Session() as session:
        for _ in range(2):
            with service:
                session.get(service.endpoint + "/images/sample.jpg", verify=service.ca_file)
                port = int(service.endpoint.rsplit(":", 1)[1])
                assert alive() != []
            assert alive() == []
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()
            assert service.ca_file is None or not os.path.exists(service.ca_file)
            # A socket or loop that was left open would warn here, and a warning is an error.
            gc.collect()


@pytest.mark.parametrize("https", [False, True])
@pytest.mark.parametrize("key", [KEY, "wrong"])
def test_stop_during_a_request(https, key, caplog, alive):
    with ImageAnalysisEmulator(https=https, key=KEY) as service:
        connection = raw_connection(service)
        connection.sendall(beginning_of_call(key, 1_000_000))
        if key != KEY:
            assert b" 401 " in connection.recv(1000)
    assert alive() == []
    connection.close()
    gc.collect()
    assert caplog.text == ""


@pytest.mark.parametrize("https", [False, True])
def test_stop_with_new_connections(https):
    service = ImageAnalysisEmulator(https=https)
    for _ in range(5):
        with service:
            port = int(service.endpoint.rsplit(":", 1)[1])
            connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
        for connection in connections:
            connection.close()
        gc.collect()


def test_disconnecting_client_is_no_error(service, caplog):
    with raw_connection(service) as connection:
        connection.sendall(beginning_of_call())
    assert call(service).status_code == 200
    assert caplog.text == ""


@pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere 127.0.0.2 need not be an address of the machine.")
def test_listens_on_loopback_only(service):
    host, port = service.endpoint.split("//")[1].split(":")
    assert host == "127.0.0.1"
    with socket.socket() as other:
        # Were it bound to all addresses, this one of the same port would be taken.
        other.bind(("127.0.0.2", int(port)))


def test_stop_after_a_picture_was_looked_at(alive):
    with ImageAnalysisEmulator(ocr=False) as service:
        assert call(service, body=picture(60, 70)).status_code == 200
    assert alive() == []


def test_taken_port_leaves_nothing_behind(service, alive):
    with pytest.raises(OSError):
        with ImageAnalysisEmulator(port=int(service.endpoint.rsplit(":", 1)[1])):
            raise AssertionError("It must not start.")
    assert alive() == []


@pytest.mark.skipif(sys.platform == "win32", reason="A program on Windows cannot be sent one of these signals alone.")
@pytest.mark.parametrize("arguments", [[], ["--https"]])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_prints_its_url_and_stops_on_a_signal(arguments, number):
    with by_hand(*arguments, VISION_KEY="from the environment") as program:
        try:
            first = program.stdout.readline()
            endpoint = re.search(r"https?://127\.0\.0\.1:[0-9]+", first).group()
            # Even while a client is connected.
            with socket.create_connection(("127.0.0.1", int(endpoint.rsplit(":", 1)[1]))):
                program.send_signal(number)
                rest, errors = program.stdout.read(), program.stderr.read()
        finally:
            program.kill()
    assert program.returncode == 0
    assert [line.split("=")[0] for line in rest.splitlines()][:2] == ["export VISION_ENDPOINT", "export VISION_KEY"]
    assert f"export VISION_ENDPOINT={endpoint}\n" in rest
    assert "from the environment" not in first + rest
    assert ("IDENTITY_HEADER" in rest) == bool(arguments)
    assert errors == "" or sys.version_info < (3, 9)  # There, cryptography warns that it will drop this Python.


def test_command_reports_start_errors(service):
    port = service.endpoint.rsplit(":", 1)[1]
    for arguments in (["--port", port], ["--rate", "0"]):
        with by_hand(*arguments) as program:
            output, errors = program.communicate(timeout=60)
        assert (program.returncode, output) == (1, "")
        assert errors.startswith("emulator: ")
        assert "Traceback" not in errors


def test_command_help():
    with by_hand("--help") as program:
        output, _ = program.communicate(timeout=60)
    assert program.returncode == 0
    for option in ("--https", "--port", "--rate", "--no-captions", "--audience", "--no-role"):
        assert option in output
