"""Tests of the emulator's command line: options, variables, what it prints, errors."""

import re
import shlex
import signal
import socket
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, List, Optional, Tuple

import pytest
from azure.ai.vision.imageanalysis import __version__
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator, __main__
from emulator_calls import MODULE, RemoteEmulator, call, run_python, running_command

try:
    import fcntl
except ImportError:  # Windows.
    fcntl = None  # type: ignore[assignment]


def keywords(*arguments: str) -> Dict[str, Any]:
    return __main__._arguments(arguments)


# Each option with its value, if it takes one, and the keyword that it sets.
OPTIONS: Dict[str, Tuple[Optional[str], str, Any]] = {
    "host": ("0.0.0.0", "host", "0.0.0.0"),
    "port": ("5000", "port", 5000),
    "key": ("k", "key", "k"),
    "https": (None, "https", True),
    "rate": ("0.5", "rate", 0.5),
    "no-captions": (None, "captions", False),
    "audience": ("https://x", "audience", "https://x"),
    "no-role": (None, "role", False),
    "no-ocr": (None, "ocr", False),
    "strict": (None, "strict", True),
    "results": ("folder", "results", "folder"),
    "engine": ("people=m:f,tags=n:g", "engines", {"people": "m:f", "tags": "n:g"}),
    "fetch-urls": (None, "fetch_urls", True),
    "allow-host": ("a,b", "allow_host", ["a", "b"]),
    "allow-origin": ("http://a,http://b", "allow_origin", ["http://a", "http://b"]),
}
ALL = {keyword: value for _, keyword, value in OPTIONS.values()}


def variable_of(option: str) -> str:
    return "IMAGE_ANALYSIS_EMULATOR_" + option.upper().replace("-", "_")


def test_options_set_keywords() -> None:
    given = [[f"--{option}"] if text is None else [f"--{option}", text] for option, (text, _, _) in OPTIONS.items()]
    assert keywords(*chain.from_iterable(given)) == ALL


def test_some_options_can_be_repeated() -> None:
    repeated = keywords("--allow-host", "a", "--allow-host", "b,c", "--engine", "people=m:f", "--engine", "tags=n:g")
    assert repeated["allow_host"] == ["a", "b", "c"]
    assert repeated["engines"] == {"people": "m:f", "tags": "n:g"}


def test_variables_set_keywords_and_options_go_before_them(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = keywords()
    for option, (text, _, _) in OPTIONS.items():
        monkeypatch.setenv(variable_of(option), text or "yes")
    assert keywords() == ALL
    options = keywords("--port", "6000", "--engine", "people=o:h")
    assert (options["port"], options["engines"]) == (6000, {"people": "o:h", "tags": "n:g"})
    for option in OPTIONS:
        monkeypatch.setenv(variable_of(option), "0" if option in ("strict", "https") else "")
    assert keywords() == defaults


def test_bad_variable_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for option, value, message in (
        ("port", "http", "argument --port: invalid int value: 'http'"),
        ("engine", "people", "argument --engine: expected FEATURE=MODULE:FUNCTION, not 'people'"),
        ("https", "perhaps", "IMAGE_ANALYSIS_EMULATOR_HTTPS must be 1 or 0, not 'perhaps'"),
    ):
        monkeypatch.setenv(variable_of(option), value)
        with pytest.raises(SystemExit) as ended:
            keywords()
        assert ended.value.code == 2
        assert message in capsys.readouterr().err
        monkeypatch.delenv(variable_of(option))


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--version", "--help"):
        with pytest.raises(SystemExit) as ended:
            __main__.main([option])
        assert ended.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith(f"image-analysis-emulator {__version__}\n")
    for option in OPTIONS:
        assert f"--{option} " in out


@pytest.fixture
def ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(__main__, "_end_on_signals", lambda: None)
    monkeypatch.setattr(__main__, "time", SimpleNamespace(sleep=interrupt))


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


SCRIPT = "import _image_analysis_command; _image_analysis_command.main()"
HTTPS = f"from {MODULE} import ImageAnalysisEmulator; ImageAnalysisEmulator(https=True).start()"
CAUGHT = f"""
try:
    import {MODULE}
except ImportError as error:
    raise SystemExit(f"caught: {{error}}")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "package, arguments, has_traceback",
    [
        ("aiohttp", ["-m", MODULE], False),
        ("PIL", ["-c", SCRIPT], False),
        ("trustme", ["-c", HTTPS], True),
        ("aiohttp", ["-m", "program"], False),
    ],
    ids=["command", "script", "https", "program that catches the error"],
)
def test_missing_package_names_the_extra(
    package: str, arguments: List[str], has_traceback: bool, tmp_path: Path
) -> None:
    (tmp_path / f"{package}.py").write_text(f"raise ModuleNotFoundError('none', name={package!r})")
    (tmp_path / "program.py").write_text(CAUGHT)
    ended = run_python(*arguments, folder=tmp_path)
    assert ended.returncode == 1
    assert ("Traceback" in ended.stderr) is has_traceback
    assert ended.stderr.startswith("caught: ") is ("program" in arguments)
    assert f"The emulator needs {package}. Install the library with its extra: pip install" in ended.stderr
    assert "azure-ai-vision-imageanalysis[emulator]" in ended.stderr.splitlines()[-1]


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
