"""Tests of the emulator's command line: options, variables, errors."""

import contextlib
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator, __main__
from emulator_calls import Remote, by_hand, call, clean_environment

try:
    import fcntl
except ImportError:  # Windows.
    fcntl = None  # type: ignore[assignment]

MODULE = "azure.ai.vision.imageanalysis.emulator"


def keywords(*arguments: str) -> Dict[str, Any]:
    return __main__._arguments(arguments)


DEFAULTS = {
    "https": False,
    "captions": True,
    "role": True,
    "ocr": True,
    "strict": False,
    "fetch_urls": False,
}


def test_defaults() -> None:
    assert keywords() == DEFAULTS
    assert ImageAnalysisEmulator(**keywords())


def test_options() -> None:
    given = keywords(
        *("--port", "5000", "--key", "k", "--https", "--rate", "0.5", "--no-captions", "--audience", "https://x"),
        *("--no-role", "--no-ocr", "--strict", "--results", "folder", "--fetch-urls", "--allow-host", "a,b c"),
    )
    assert given == {
        "port": 5000,
        "key": "k",
        "https": True,
        "rate": 0.5,
        "captions": False,
        "audience": "https://x",
        "role": False,
        "ocr": False,
        "strict": True,
        "results": "folder",
        "fetch_urls": True,
        "allow_host": ["a", "b", "c"],
    }


def test_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PORT": "5000",
        "KEY": "k",
        "HTTPS": "1",
        "RATE": "2",
        "NO_CAPTIONS": "yes",
        "AUDIENCE": "",
        "NO_ROLE": "0",
        "NO_OCR": "True",
        "STRICT": "",
        "RESULTS": "folder",
        "FETCH_URLS": "on",
        "ALLOW_HOST": "a",
    }.items():
        monkeypatch.setenv("IMAGE_ANALYSIS_EMULATOR_" + name, value)
    assert keywords("--port", "6000") == {
        "port": 6000,
        "key": "k",
        "https": True,
        "rate": 2.0,
        "captions": False,
        "role": True,
        "ocr": False,
        "strict": False,
        "results": "folder",
        "fetch_urls": True,
        "allow_host": ["a"],
    }


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("HTTPS", "perhaps", "IMAGE_ANALYSIS_EMULATOR_HTTPS must be 1 or 0, not 'perhaps'"),
        ("PORT", "http", "argument --port: invalid int value: 'http'"),
    ],
)
def test_bad_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, message: str
) -> None:
    monkeypatch.setenv("IMAGE_ANALYSIS_EMULATOR_" + name, value)
    with pytest.raises(SystemExit) as ended:
        keywords()
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.fixture
def ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()
    end.set()
    monkeypatch.setattr(__main__, "_end_on_signals", lambda ready: end)


@pytest.mark.usefixtures("ends_at_once")
def test_given_key_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["--key", "my-own-key", "--no-ocr"]) == 0
    out = capsys.readouterr().out
    assert "my-own-key" not in out
    assert "# VISION_KEY is the key that was given" in out
    assert __main__.main(["--no-ocr"]) == 0
    assert re.search(r"^export VISION_KEY=[0-9a-f]{32}$", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.usefixtures("ends_at_once")
def test_errors_are_clear(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "a.png.json").write_text("{")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments, message in (
            (["--port", port], f"port {port} of 127.0.0.1 is taken by another program"),
            (["--port", "99999"], "'port' must be"),
            (["--rate", "0"], "'rate' must be"),
            (["--results", str(tmp_path / "none")], "is not a folder"),
            (["--results", ""], "'results': '' is not a folder"),
            (["--results", str(tmp_path)], "a.png.json: not JSON in UTF-8: Expecting"),
        ):
            assert __main__.main(arguments) == 1
            out, err = capsys.readouterr()
            assert (out, err.startswith("emulator: "), "Traceback" in err) == ("", True, False)
            assert message in err


WITHOUT_PACKAGE = """
import sys
sys.modules[{package!r}] = None
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
with ImageAnalysisEmulator({options}):
    pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("package, options", [("aiohttp", ""), ("trustme", "https=True")])
def test_missing_package_names_the_extra(package: str, options: str, tmp_path: Path) -> None:
    program = WITHOUT_PACKAGE.format(package=package, options=options)
    ended = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, cwd=tmp_path, timeout=60)
    assert ended.returncode == 1
    last = ended.stderr.decode().strip().splitlines()[-1]
    assert f"The emulator needs {package}. Install the library with its extra: pip install" in last
    assert "azure-ai-vision-imageanalysis[emulator]" in last


@pytest.mark.slow
@pytest.mark.parametrize("package", ["aiohttp", "PIL"])
def test_command_without_the_extra_prints_one_line(package: str, tmp_path: Path) -> None:
    (tmp_path / f"{package}.py").write_text(f"raise ModuleNotFoundError('none', name={package!r})")
    ended = subprocess.run(
        [sys.executable, "-m", MODULE],
        capture_output=True,
        env={**clean_environment(), "PYTHONPATH": str(tmp_path)},
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"emulator: The emulator needs {package}. Install the library with its extra: "
        'pip install "azure-ai-vision-imageanalysis[emulator]"\n'
    )


@contextlib.contextmanager
def command() -> Iterator[Tuple[Any, Remote]]:
    """Run the command, and give its process and what calls it."""
    with by_hand("--no-ocr", "--key", "k") as program:
        lines = [program.stdout.readline() for _ in range(3)]
        yield program, Remote(lines[1].split("=")[1].strip(), "k")


@pytest.mark.slow
def test_one_line_a_request() -> None:
    with command() as (program, remote):
        assert call(remote, "features=tags,read").status_code == 200
        assert re.fullmatch(
            r"\d\d:\d\d:\d\d 200 POST /computervision/imageanalysis:analyze tags,read, \d+ bytes, \d+ ms\n",
            program.stdout.readline(),
        )


@pytest.mark.slow
def test_long_line_is_cut() -> None:
    with command() as (program, remote):
        assert call(remote, path="/" + "x" * 5000).status_code == 404
        assert 1000 < len(program.stdout.readline()) < 2500


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="A program on Windows cannot be sent this signal alone.")
def test_nobody_need_read_what_it_prints() -> None:
    with command() as (program, remote):
        program.stdout.close()
        for _ in range(3):
            assert call(remote).status_code == 200
        program.send_signal(signal.SIGTERM)
        assert program.stderr.read() == ""
        assert program.wait(60) == 0


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="A full pipe takes many calls where its size is fixed.")
def test_full_pipe_holds_up_no_request() -> None:
    with command() as (program, remote):
        fcntl.fcntl(program.stdout, fcntl.F_SETPIPE_SZ, 4096)
        for _ in range(100):
            assert call(remote, body=b"").status_code == 400
        program.send_signal(signal.SIGTERM)
        assert program.wait(60) == 0


@pytest.mark.usefixtures("ends_at_once")
def test_command_without_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert __main__.main(["--no-ocr"]) == 0
