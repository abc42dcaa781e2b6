"""Tests of slow, silent and hostile clients, web pages and floods: the emulator stays available."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from typing import Any, List

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._http import listener
from azure.ai.vision.imageanalysis.emulator._http.access import Guard
from emulator_calls import (
    KEY,
    SAMPLE,
    Remote,
    beginning_of_call,
    by_hand,
    call,
    clean_environment,
    raw_connection,
    secure,
    service,
)

__all__ = ["secure", "service"]

EMULATOR = "azure.ai.vision.imageanalysis.emulator"
SECONDS = 30
# The limit is 2; it takes 0.1 on a machine that does nothing else, and 10 if it waits for a worker.
STOP_SECONDS = 5


def closed_after(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    connection.settimeout(SECONDS)
    parts: List[bytes] = []
    with contextlib.suppress(ConnectionError):
        while True:
            part = connection.recv(65536)
            if not part:
                break
            parts.append(part)
    return b"".join(parts)


# Slow clients


@pytest.mark.slow
@pytest.mark.parametrize("https", [False, True])
@pytest.mark.parametrize("sent", [b"", b"POST / HT"])
def test_head_has_a_deadline(monkeypatch: pytest.MonkeyPatch, https: bool, sent: bytes) -> None:
    monkeypatch.setattr(listener, "HEAD_SECONDS", 0.2)
    with ImageAnalysisEmulator(https=https) as emulator:
        with raw_connection(emulator) as connection:
            connection.sendall(sent)
            started = time.monotonic()
            closed_after(connection)
            assert time.monotonic() - started < 10
        monkeypatch.setattr(listener, "HEAD_SECONDS", SECONDS)  # On a busy machine, a whole call may take longer.
        assert call(emulator).status_code == 200


@pytest.mark.slow
def test_silent_client_of_tls_has_the_same_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "HEAD_SECONDS", 0.2)
    with ImageAnalysisEmulator(https=True) as emulator:
        port = int(emulator.endpoint.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            assert closed_after(connection) == b""


def test_body_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{EMULATOR}._http.requests.BODY_SECONDS", 0.2)
    with ImageAnalysisEmulator(key=KEY) as emulator:
        with raw_connection(emulator) as connection:
            connection.sendall(beginning_of_call())
            assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
        monkeypatch.setattr(f"{EMULATOR}._http.requests.BODY_SECONDS", SECONDS)
        assert call(emulator).status_code == 200


@pytest.mark.slow
def test_idle_connection_between_calls_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with ImageAnalysisEmulator() as emulator, raw_connection(emulator) as connection:
        for _ in range(2):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            response = b""
            while not response.endswith(b"}"):  # it may come in pieces
                received = connection.recv(65536)
                assert received, "closed"
                response += received
            assert b"200 OK" in response
            monkeypatch.setattr(listener, "HEAD_SECONDS", 0.1)
            time.sleep(1.3)  # Longer than the deadline, and than the time between two looks at it.


# Many clients


def test_silent_connections_are_closed_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_MOST_CONNECTIONS", 10)
    with ImageAnalysisEmulator() as emulator, contextlib.ExitStack() as opened:
        for _ in range(50):
            opened.enter_context(raw_connection(emulator))
        assert call(emulator).status_code == 200


def test_connection_beyond_the_limit_is_closed_when_all_are_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_MOST_CONNECTIONS", 8)
    with ImageAnalysisEmulator(key=KEY) as emulator, contextlib.ExitStack() as opened:
        for number in range(8):
            connection = opened.enter_context(raw_connection(emulator))
            connection.sendall(beginning_of_call())
            _wait_for(lambda number=number: len(emulator.requests) == number + 1)
        assert closed_after(opened.enter_context(raw_connection(emulator))) == b""


def _wait_for(condition: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


FEW_DESCRIPTORS = """
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from {emulator} import ImageAnalysisEmulator
with ImageAnalysisEmulator(key={key!r}) as emulator:
    print(emulator.endpoint, flush=True)
    sys.stdin.read()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit.")
def test_low_descriptor_limit(tmp_path: Any) -> None:
    program = FEW_DESCRIPTORS.format(emulator=EMULATOR, key=KEY)
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
        cwd=tmp_path,
    ) as process, contextlib.ExitStack() as opened:
        try:
            endpoint = process.stdout.readline().decode().strip()
            remote = Remote(endpoint, KEY)
            for _ in range(150):
                opened.enter_context(raw_connection(remote))
            assert call(remote).status_code == 200
            process.stdin.close()
            assert len(process.stderr.read()) < 2000
            process.wait(SECONDS)
        finally:
            process.kill()


def test_exhausted_descriptors_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    door = listener.Listener("127.0.0.1", 0)
    with door:

        def fail(self: Any) -> Any:
            raise OSError(errno.EMFILE, "none left")

        monkeypatch.setattr(socket.socket, "accept", fail)
        with pytest.raises(BlockingIOError):
            door.accept()


def test_calls_beyond_the_limit_get_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{EMULATOR}._http.app.MOST_CALLS", 1)
    with ImageAnalysisEmulator(key=KEY) as emulator, raw_connection(emulator) as connection:
        connection.sendall(beginning_of_call())
        _wait_for(lambda: emulator.requests)
        response = call(emulator)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
        assert response.json()["error"]["code"] == "ServiceUnavailable"


def test_bodies_beyond_the_memory_get_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{EMULATOR}._http.requests.HELD_LIMIT", 1000)
    with ImageAnalysisEmulator() as emulator:
        assert call(emulator).status_code == 503
        assert call(emulator, body=b"x" * 999).status_code == 400
        assert call(emulator, body=b"x" * 999).status_code == 400


def test_long_json_is_refused(service: ImageAnalysisEmulator) -> None:
    response = call(service, body={"url": "https://example.com/" + "x" * 70_000})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "InvalidRequest")
    assert service.requests[-1].body is None


# Web pages


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:5000", "[::1]", "127.1.2.3:80", "LOCALHOST"])
def test_own_hosts(service: ImageAnalysisEmulator, host: str) -> None:
    assert call(service, Host=host).status_code == 200


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1.example.com", "10.0.0.1", "[", "0.0.0.0", "localhost@evil"])
def test_other_hosts_are_refused(service: ImageAnalysisEmulator, host: str) -> None:
    response = call(service, Host=host)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "403")


def test_allowed_host() -> None:
    with ImageAnalysisEmulator(allow_host=["vision.test"]) as emulator:
        assert call(emulator, Host="vision.test:8080").status_code == 200
        assert call(emulator, Host="vision.test", Origin="http://vision.test").status_code == 200
        assert call(emulator, Host="other.test").status_code == 403


def test_origins(service: ImageAnalysisEmulator) -> None:
    assert call(service, Origin=service.endpoint).status_code == 200
    for origin in ("https://example.com", "null", "http://127.0.0.1:1", "http://localhost", "http://["):
        assert call(service, Origin=origin).status_code == 403
        assert call(service, path="/health", method="GET", Origin=origin).status_code == 403


def test_request_without_a_host_is_no_web_page() -> None:
    Guard([], 80).check({})


def test_no_hsts_over_http(service: ImageAnalysisEmulator, secure: ImageAnalysisEmulator) -> None:
    assert "Strict-Transport-Security" not in call(service).headers
    assert "Strict-Transport-Security" in call(secure).headers


# Quiet


def test_damaged_tls_is_no_traceback(capfd: Any, caplog: pytest.LogCaptureFixture) -> None:
    with ImageAnalysisEmulator(https=True, key=KEY) as emulator:
        port = int(emulator.endpoint.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
            closed_after(plain)
        with raw_connection(emulator) as connection:
            # Behind the back of TLS: a record that cannot be decrypted.
            os.write(connection.fileno(), b"\x17\x03\x03\x00\x20" + b"x" * 32)
            with contextlib.suppress(OSError):
                closed_after(connection)
        assert call(emulator).status_code == 200
    assert "Traceback" not in caplog.text + "".join(capfd.readouterr())


def test_internal_error_is_a_500_without_text(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise LookupError(KEY)

    with ImageAnalysisEmulator(key=KEY) as emulator:
        monkeypatch.setattr(f"{EMULATOR}._http.app.Analysis", fail)
        assert call(emulator).status_code == 500
    assert "LookupError in test_hostile.py" in caplog.text
    assert KEY not in caplog.text


@pytest.mark.slow
def test_warnings_of_pillow_stay_inside(tmp_path: Any) -> None:
    program = textwrap.dedent(
        f"""
        import io, urllib.request
        from PIL import Image
        from {EMULATOR} import ImageAnalysisEmulator, _pictures
        _pictures.LOOK_SECONDS = {SECONDS * 2}  # for a busy machine
        stream = io.BytesIO()
        Image.new("P", (10000, 9000)).save(stream, "PNG", transparency=bytes(5))
        with ImageAnalysisEmulator(ocr=False) as emulator:
            request = urllib.request.Request(
                emulator.endpoint + "/computervision/imageanalysis:analyze?api-version=2023-10-01&features=tags",
                stream.getvalue(),
                {{"Ocp-Apim-Subscription-Key": emulator.key, "Content-Type": "application/octet-stream"}},
            )
            with urllib.request.urlopen(request) as response:
                print(response.status)
        """
    )
    variables = {**clean_environment(), "PYTHONWARNINGS": "error" if sys.version_info >= (3, 9) else "default"}
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        env=variables,
        cwd=tmp_path,
        timeout=120,
    )
    assert ended.stdout.split() == [b"200"]
    assert ended.stderr == b"" or sys.version_info < (3, 9)


def test_expired_tokens_are_forgotten(secure: ImageAnalysisEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    identity = secure._identity
    variables = secure.environment()

    def issue() -> None:
        requests.get(
            variables["IDENTITY_ENDPOINT"] + "?api-version=2019-08-01&resource=x",
            headers={"X-IDENTITY-HEADER": variables["IDENTITY_HEADER"]},
            verify=secure.ca_file,
        ).raise_for_status()

    monkeypatch.setattr(f"{EMULATOR}._http.access.TOKEN_SECONDS", -1)
    for _ in range(5):
        issue()
    assert len(identity._issued) <= 2


# Forks


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="This system cannot fork.")
@pytest.mark.parametrize("https", [False, True])
def test_stop_in_a_forked_child_returns(tmp_path: Any, https: bool) -> None:
    program = textwrap.dedent(
        f"""
        import os, warnings
        warnings.simplefilter("ignore")
        from {EMULATOR} import ImageAnalysisEmulator
        import urllib.request
        emulator = ImageAnalysisEmulator(https={https}).start()
        child = os.fork()
        if child == 0:
            emulator.stop()
            os._exit(7)
        print(os.WEXITSTATUS(os.waitpid(child, 0)[1]))
        if emulator.ca_file is None:
            print(urllib.request.urlopen(emulator.endpoint + "/health").status)
        else:
            print(200 if os.path.exists(emulator.ca_file) else "gone")
        emulator.stop()
        """
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env=clean_environment(), cwd=tmp_path, timeout=60
    )
    assert ended.stdout.split() == [b"7", b"200"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals.")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_stop_it_within_two_seconds(number: str) -> None:
    if signal.getsignal(getattr(signal, number)) is signal.SIG_IGN:
        pytest.skip("This run was started to ignore the signal, as nohup does, and so is what it starts.")
    with by_hand("--https") as program:
        lines = [program.stdout.readline() for _ in range(7)]
        values = dict(line.replace("export ", "").strip().split("=", 1) for line in lines if line.startswith("export"))
        remote = Remote(values["VISION_ENDPOINT"], values["VISION_KEY"], values["REQUESTS_CA_BUNDLE"])
        chunk = b"\0\0\0\0teSt\xe5\x8a\x4e\x5d"
        thread = threading.Thread(target=_call_quietly, args=(remote, SAMPLE[:2] + chunk * 500_000))
        thread.start()
        time.sleep(0.2)
        started = time.monotonic()
        program.send_signal(getattr(signal, number))
        _, errors = program.communicate(timeout=SECONDS)
        assert time.monotonic() - started < STOP_SECONDS
        thread.join()
    assert program.returncode == 0
    assert not os.path.exists(values["REQUESTS_CA_BUNDLE"])
    assert "Traceback" not in errors


def _call_quietly(remote: Any, body: bytes) -> None:
    import requests

    with contextlib.suppress(requests.RequestException):
        call(remote, body=body)


def test_responses_are_json_with_a_length(service: ImageAnalysisEmulator) -> None:
    with raw_connection(service) as connection:
        connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        head, _, body = closed_after(connection).partition(b"\r\n\r\n")
        assert b"200 OK" in head
        assert json.loads(body) == {"status": "ready"}
