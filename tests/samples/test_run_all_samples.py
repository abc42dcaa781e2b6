"""Tests of the samples' runner: what it runs, where, and how it reports."""

import re
from pathlib import Path
from typing import Callable, Dict

import pytest
import run_all_samples

pytestmark = pytest.mark.slow

Write = Callable[..., None]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of samples."""
    (tmp_path / "async_samples").mkdir()
    monkeypatch.setattr(run_all_samples, "SAMPLES", tmp_path)
    return tmp_path


@pytest.fixture
def own_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of somebody who has an Azure resource."""
    monkeypatch.setenv("VISION_ENDPOINT", "https://example.org")
    monkeypatch.setenv("VISION_KEY", "the-key")


@pytest.fixture(autouse=True)
def no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of somebody who has none."""
    monkeypatch.delenv("VISION_ENDPOINT", raising=False)
    monkeypatch.delenv("VISION_KEY", raising=False)


def results(printed: str) -> Dict[str, str]:
    """Return the outcome of each sample from the output of the runner."""
    return {
        name: word for word, name in re.findall(r"^(passed|failed|skipped) .*?  ([\w/]+\.py)", printed, re.MULTILINE)
    }


def test_finds_a_new_sample(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "sample_b.py").touch()
    (folder / "sample_analyze_all_image_file.py").touch()
    (folder / "sample_a.py").touch()
    (folder / "async_samples" / "sample_a_async.py").touch()
    (folder / "helper.py").touch()
    run_all_samples.main(["--list"])
    assert capsys.readouterr().out.split() == [
        "sample_analyze_all_image_file.py",
        "sample_a.py",
        "sample_b.py",
        "async_samples/sample_a_async.py",
    ]


@pytest.mark.usefixtures("own_service")
def test_reports_a_failure_with_its_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "sample_a.py").write_text("print('well done')")
    (folder / "sample_b.py").write_text("import sys\nprint('before')\nsys.exit('all is lost')")
    (folder / "sample_c.py").write_text("this is no Python")
    assert run_all_samples.main([]) == 1
    printed = capsys.readouterr().out
    assert results(printed) == {"sample_a.py": "passed", "sample_b.py": "failed", "sample_c.py": "failed"}
    assert "before\nall is lost\n" in printed
    assert "sample_b.py (exit status 1)" in printed
    assert "SyntaxError" in printed
    assert "well done" not in printed
    assert printed.endswith("\n1 passed, 2 failed, 0 skipped\n")


@pytest.mark.usefixtures("own_service")
def test_runs_and_shows_the_named_sample(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "sample_a.py").write_text("print('well done')")
    (folder / "sample_b.py").write_text("raise SystemExit(1)")
    assert run_all_samples.main(["samples/sample_a.py"]) == 0
    printed = capsys.readouterr().out
    assert results(printed) == {"sample_a.py": "passed"}
    assert "well done" in printed


@pytest.mark.usefixtures("own_service")
def test_ends_a_sample_that_takes_too_long(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "sample_a.py").write_text("import time\nprint('so far', flush=True)\ntime.sleep(600)")
    assert run_all_samples.main(["--timeout", "0.5"]) == 1
    printed = capsys.readouterr().out
    assert "sample_a.py (stopped after 0.5 seconds)" in printed
    assert "so far" in printed


@pytest.mark.usefixtures("own_service")
def test_skips_a_sample_without_its_library(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "sample_a.py").write_text("def main():\n    from no_such_library.part import thing\n\nmain()")
    (folder / "sample_b.py").write_text("try:\n    import no_such_library\nexcept ImportError:\n    pass")
    (folder / "sample_c.py").write_text("import azure.identity")
    assert run_all_samples.main([]) == 0
    printed = capsys.readouterr().out
    assert "needs the library no_such_library" in printed and "ask for it with --entra-id" in printed
    assert printed.endswith("\n1 passed, 0 failed, 2 skipped\n")


@pytest.mark.usefixtures("own_service")
def test_your_own_service_is_called_in_your_own_environment(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org")
    (folder / "sample_a.py").write_text(
        "import os\nprint(os.environ['VISION_ENDPOINT'], len(os.environ['VISION_KEY']), os.environ['HTTPS_PROXY'])"
    )
    assert run_all_samples.main(["sample_a"]) == 0
    printed = capsys.readouterr().out
    assert "https://example.org 7 http://proxy.example.org" in printed
    assert "the-key" not in printed


def test_emulator_is_called_in_a_clean_environment(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "AZURE_CLIENT_ID", "SSL_CERT_FILE", "IDENTITY_ENDPOINT"):
        monkeypatch.setenv(name, "http://example.org")
    (folder / "sample_a.py").write_text("import os\nprint(sorted(os.environ), os.environ['VISION_ENDPOINT'])")
    (folder / "sample_b.py").write_text(
        "import os\nimport azure.identity\nprint(os.environ['VISION_ENDPOINT'], os.environ['IDENTITY_ENDPOINT'])"
    )
    assert run_all_samples.main(["sample_a", "sample_b"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"'VISION_KEY'.*\] http://127\.0\.0\.1:\d+\n", printed)
    assert re.search(r"https://127\.0\.0\.1:\d+ https://127\.0\.0\.1:\d+/", printed)
    for name in ("HTTP_PROXY", "AZURE_CLIENT_ID", "SSL_CERT_FILE"):
        assert f"'{name}'" not in printed
