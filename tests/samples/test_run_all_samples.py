"""Tests of the samples' runner: what it runs, where, and how it reports."""

import re
from pathlib import Path
from typing import Callable

import pytest
import run_all_samples

pytestmark = pytest.mark.slow

Samples = Callable[..., None]


@pytest.fixture
def samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Samples:
    """Write the only samples, whose code depends on their names."""
    monkeypatch.setattr(run_all_samples, "SAMPLES", tmp_path)
    monkeypatch.delenv("VISION_ENDPOINT", raising=False)
    monkeypatch.delenv("VISION_KEY", raising=False)

    def write(**programs: str) -> None:
        for name, program in programs.items():
            (tmp_path / f"{name}.py").write_text(program)

    return write


@pytest.fixture
def own_service(samples: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of somebody who has an Azure resource."""
    monkeypatch.setenv("VISION_ENDPOINT", "https://example.org")
    monkeypatch.setenv("VISION_KEY", "the-key")


def test_lists_the_samples(samples: Samples, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples(sample_b="", sample_analyze_all_image_file="", sample_a="", helper="")
    (tmp_path / "async_samples").mkdir()
    (tmp_path / "async_samples" / "sample_a_async.py").touch()
    run_all_samples.main(["--list"])
    listed = capsys.readouterr().out.split()
    assert listed[:3] == ["sample_analyze_all_image_file.py", "sample_a.py", "sample_b.py"]
    assert listed[3:] == ["async_samples/sample_a_async.py"]


@pytest.mark.usefixtures("own_service")
def test_reports_a_failure_with_its_output(samples: Samples, capsys: pytest.CaptureFixture[str]) -> None:
    samples(
        sample_a="print('well done')",
        sample_b="import sys\nprint('before')\nsys.exit('all is lost')",
        sample_c="this cannot be parsed",
    )
    assert run_all_samples.main([]) == 1
    printed = capsys.readouterr().out
    assert "before\nall is lost\n" in printed and "SyntaxError" in printed
    assert re.search(r"failed .* sample_b\.py \(exit status 1\)", printed)
    assert "well done" not in printed
    assert printed.endswith("\n1 passed, 2 failed, 0 skipped\n")


@pytest.mark.usefixtures("own_service")
def test_runs_and_shows_the_named_sample(samples: Samples, capsys: pytest.CaptureFixture[str]) -> None:
    samples(sample_a="print('well done')", sample_b="raise SystemExit(1)")
    assert run_all_samples.main(["samples/sample_a.py"]) == 0
    assert "well done" in capsys.readouterr().out


@pytest.mark.usefixtures("own_service")
def test_ends_a_sample_that_takes_too_long(samples: Samples, capsys: pytest.CaptureFixture[str]) -> None:
    samples(sample_a="import time\nprint('so far', flush=True)\ntime.sleep(600)")
    assert run_all_samples.main(["--timeout", "5"]) == 1
    printed = capsys.readouterr().out
    assert "sample_a.py (stopped after 5 seconds)" in printed and "so far" in printed


@pytest.mark.usefixtures("own_service")
def test_skips_a_sample_without_its_library(samples: Samples, capsys: pytest.CaptureFixture[str]) -> None:
    samples(
        sample_a="def main():\n    from no_such_library.part import thing\n\nmain()",
        sample_b="try:\n    import no_such_library\nexcept ImportError:\n    pass",
        sample_c="import azure.identity",
    )
    assert run_all_samples.main([]) == 0
    printed = capsys.readouterr().out
    assert "needs the library no_such_library" in printed and "ask for it with --entra-id" in printed
    assert printed.endswith("\n1 passed, 0 failed, 2 skipped\n")


@pytest.mark.usefixtures("own_service")
def test_own_service_is_called_in_the_callers_environment(
    samples: Samples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org")
    samples(sample_a="import os\nprint(os.environ['VISION_ENDPOINT'], os.environ['HTTPS_PROXY'])")
    assert run_all_samples.main(["sample_a"]) == 0
    printed = capsys.readouterr().out
    assert "https://example.org http://proxy.example.org" in printed and "the-key" not in printed


def test_emulator_is_called_in_a_clean_environment(
    samples: Samples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "AZURE_CLIENT_ID", "SSL_CERT_FILE", "IDENTITY_ENDPOINT"):
        monkeypatch.setenv(name, "http://example.org")
    samples(
        sample_a="import os\nprint(sorted(os.environ), os.environ['VISION_ENDPOINT'])",
        sample_b="import os, azure.identity\nprint(os.environ['VISION_ENDPOINT'], os.environ['IDENTITY_ENDPOINT'])",
    )
    assert run_all_samples.main(["sample_a", "sample_b"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"'VISION_KEY'.*\] http://127\.0\.0\.1:\d+\n", printed)
    assert re.search(r"https://127\.0\.0\.1:\d+ https://127\.0\.0\.1:\d+/", printed)
    for name in ("HTTP_PROXY", "AZURE_CLIENT_ID", "SSL_CERT_FILE"):
        assert f"'{name}'" not in printed
