"""Tests of the emulator's command line: options, variables, what it prints, errors."""

import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest
from azure.ai.vision.imageanalysis import __version__
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator, __main__
from emulator_calls import MODULE, RemoteEmulator, call, clean_environment, running_command

try:
    import fcntl
except ImportError:  # Windows.
    fcntl = None  # type: ignore[assignment]


def keywords(*arguments: str) -> Dict[str, Any]:
    return __main__._arguments(arguments)


ALL = {
    "host": "0.0.0.0",
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
    "engines": {"people": "m:f", "tags": "n:g"},
    "fetch_urls": True,
    "allow_host": ["a", "b", "c"],
    "allow_origin": ["http://a", "http://b"],
}


def test_options() -> None:
    given = keywords(
        *("--host", "0.0.0.0", "--port", "5000", "--key", "k", "--https", "--rate", "0.5", "--no-captions"),
        *("--audience", "https://x", "--no-role", "--no-ocr", "--strict", "--results", "folder", "--fetch-urls"),
        *("--engine", "people=m:f", "--engine", "tags=n:g", "--allow-host", "a,b", "--allow-host", "c"),
        *("--allow-origin", "http://a", "--allow-origin", "http://b"),
    )
    assert given == ALL


VARIABLES = {
    "HOST": "0.0.0.0",
    "PORT": "5000",
    "KEY": "k",
    "HTTPS": "1",
    "RATE": "0.5",
    "NO_CAPTIONS": "yes",
    "AUDIENCE": "https://x",
    "NO_ROLE": "True",
    "NO_OCR": "on",
    "STRICT": "1",
    "RESULTS": "folder",
    "ENGINE": "people=m:f,tags=n:g",
    "FETCH_URLS": "on",
    "ALLOW_HOST": "a,b c",
    "ALLOW_ORIGIN": "http://a,http://b",
}


def test_variables_and_precedence_of_options(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = keywords()
    for name, value in VARIABLES.items():
        monkeypatch.setenv("IMAGE_ANALYSIS_EMULATOR_" + name, value)
    assert keywords() == ALL
    assert keywords("--port", "6000", "--engine", "people=o:h") == {
        **ALL,
        "port": 6000,
        "engines": {"people": "o:h", "tags": "n:g"},
    }
    for name in VARIABLES:
        monkeypatch.setenv("IMAGE_ANALYSIS_EMULATOR_" + name, "0" if name in ("STRICT", "HTTPS") else "")
    assert keywords() == defaults
    assert ImageAnalysisEmulator(**defaults)


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("HTTPS", "perhaps", "IMAGE_ANALYSIS_EMULATOR_HTTPS must be 1 or 0, not 'perhaps'"),
        ("PORT", "http", "argument --port: invalid int value: 'http'"),
        ("ENGINE", "people", "argument --engine: expected FEATURE=MODULE:FUNCTION, not 'people'"),
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


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--version", "--help"):
        with pytest.raises(SystemExit) as ended:
            __main__.main([option])
        assert ended.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith(f"image-analysis-emulator {__version__}\n")
    for name in VARIABLES:
        assert f"--{name.lower().replace('_', '-')} " in out


@pytest.fixture
def ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(__main__, "_end_on_signals", lambda: None)
    monkeypatch.setattr(__main__.time, "sleep", interrupt)


@pytest.mark.usefixtures("ends_at_once")
def test_lines_set_the_variables(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["--key", "my-own-key", "--no-ocr"]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    endpoint = re.search(r"http://127\.0\.0\.1:[0-9]+", first)
    assert endpoint is not None
    assert lines == [
        f"export VISION_ENDPOINT={endpoint.group()}",
        "export VISION_KEY=my-own-key",
        "export NO_PROXY=127.0.0.1,localhost",
    ]


def test_lines_on_windows_are_those_of_powershell(monkeypatch: pytest.MonkeyPatch) -> None:
    with ImageAnalysisEmulator(key="my-own-key", ocr=False) as emulator:
        monkeypatch.setattr(__main__.os, "name", "nt")
        assert "$env:VISION_KEY = 'my-own-key'" in list(__main__._lines(emulator))
        monkeypatch.undo()


@pytest.mark.usefixtures("ends_at_once")
def test_errors_of_the_start_are_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "a.png.json").write_text("{")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments, message in (
            (["--port", port], f"port {port} of 127.0.0.1 is taken by another program"),
            (["--host", "192.0.2.1", "--key", "k", "--allow-host", "a"], "of 192.0.2.1 cannot be opened: "),
            (["--host", "0.0.0.0"], "'host': other machines can reach 0.0.0.0"),
            (["--rate", "0"], "'rate' must be"),
            (["--results", str(tmp_path)], "a.png.json: "),
        ):
            assert __main__.main(arguments) == 1
            out, err = capsys.readouterr()
            assert (out, err.startswith("image-analysis-emulator: "), "Traceback" in err) == ("", True, False)
            assert message in err


# Without the extra

IMPORT = f"import {MODULE}"
SCRIPT = "import _image_analysis_command; _image_analysis_command.main()"
HTTPS = f"from {MODULE} import ImageAnalysisEmulator; ImageAnalysisEmulator(https=True).start()"


@pytest.mark.slow
@pytest.mark.parametrize(
    "package, arguments, has_traceback",
    [
        ("aiohttp", ["-m", MODULE], False),
        ("PIL", ["-c", SCRIPT], False),
        ("aiohttp", ["-m", "program"], True),
        ("trustme", ["-c", HTTPS], True),
    ],
    ids=["command", "script", "import", "https"],
)
def test_missing_package_names_the_extra(
    package: str, arguments: List[str], has_traceback: bool, tmp_path: Path
) -> None:
    (tmp_path / f"{package}.py").write_text(f"raise ModuleNotFoundError('none', name={package!r})")
    # An import never ends a program: it raises an error that the program can catch.
    (tmp_path / "program").mkdir()
    caught = f"try:\n    {IMPORT}\nexcept ImportError as error:\n    print('caught')\n    raise\n"
    (tmp_path / "program" / "__init__.py").write_text(caught)
    ended = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        env={**clean_environment(), "PYTHONPATH": str(tmp_path)},
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ("Traceback" in ended.stderr) is has_traceback
    assert ended.stdout == ("caught\n" if "program" in arguments else "")
    last = ended.stderr.strip().splitlines()[-1]
    assert f"The emulator needs {package}. Install the library with its extra: pip install" in last
    assert "azure-ai-vision-imageanalysis[emulator]" in last


# A running command


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="A full pipe takes many calls where its size is fixed.")
def test_one_line_a_request_which_nobody_need_read() -> None:
    with running_command("--no-ocr", "--key", "k") as program:
        printed = [program.stdout.readline() for _ in range(4)]
        remote = RemoteEmulator(shlex.split(printed[1])[1].partition("=")[2], "k")
        assert call(remote, "features=tags,read").status_code == 200
        assert re.fullmatch(
            r"\d\d:\d\d:\d\d 200 POST /computervision/imageanalysis:analyze tags,read, \d+ bytes, \d+ ms "
            r"\(registered: tags, read\)\n",
            program.stdout.readline(),
        )
        fcntl.fcntl(program.stdout, fcntl.F_SETPIPE_SZ, 4096)
        for _ in range(60):
            assert call(remote, body=b"").status_code == 400
        program.stdout.close()
        for _ in range(3):
            assert call(remote).status_code == 200
        program.send_signal(signal.SIGTERM)
        assert program.stderr.read() == ""
        assert program.wait(60) == 0
