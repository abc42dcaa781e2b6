"""Tests of the Dask sample on a local cluster."""

import json
import re
from pathlib import Path

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from PIL import Image
from sample_programs import Run, as_process, known_result, run, service

pytestmark = pytest.mark.slow

__all__ = ["run", "service"]

pytest.importorskip("distributed")
pytest.importorskip("pyarrow")
pytest.importorskip("tqdm")

NAME = "sample_analyze_with_dask"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four images in two folders, and a file that is none."""
    root = tmp_path / "images"
    for number in range(4):
        path = root / f"{number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60 + number, 50)).save(path)
    (root / "broken.jpg").write_bytes(b"not an image")
    return root


def test_prints_the_throughput_of_one_and_two_workers(service: ImageAnalysisEmulator, tmp_path: Path) -> None:
    import pyarrow.parquet

    options = ["--output", str(tmp_path), "--per-second", "500"]
    out, err, status = as_process(NAME, *options, environment=service.environment())
    assert status == 0 and "Traceback" not in err
    assert re.findall(r"(\d workers?): 20 images in \S+ s \(\S+ a second\), 0 of them failed", out) == [
        "1 worker",
        "2 workers",
    ]
    for workers in (1, 2):
        assert len(list((tmp_path / f"{workers}_workers").iterdir())) == 10
        rows = pyarrow.parquet.read_table(str(tmp_path / f"{workers}_workers")).to_pylist()
        assert len(rows) == 20
        for row in rows:
            assert (row["width"], row["height"], row["error"]) == (864, 576, None)
            assert row["tags"] == [tag["name"] for tag in known_result()["tagsResult"]["values"]]
            assert row["text"] == "Quiet reading room\nOpen daily 9 to 18\nTea is on the house"


def test_resumes_and_records_failures(service: ImageAnalysisEmulator, folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "rows"
    options = [str(folder), "--workers", "1", "--part", "2", "--format", "jsonl", "--output", str(output)]
    out, err, status = as_process(NAME, *options, environment=service.environment())
    assert status == 0 and "Traceback" not in err
    assert out.startswith("1 worker: 5 images in ") and ", 1 of them failed." in out
    parts = sorted(output.iterdir())
    rows = [json.loads(line) for part in parts for line in part.read_text(encoding="utf-8").splitlines()]
    assert [Path(row["image"]).name for row in rows] == ["0.png", "2.png", "1.png", "3.png", "broken.jpg"]
    assert [(row["width"], row["error"]) for row in rows] == [
        (60, None),
        (62, None),
        (61, None),
        (63, None),
        (None, "Image format is not valid"),
    ]
    parts[1].unlink()
    out, err, status = as_process(NAME, *options, environment=service.environment())
    assert status == 0 and "Traceback" not in err
    assert out.startswith("1 worker: 2 images in ") and ", 0 of them failed." in out
    assert sorted(output.iterdir()) == parts


def test_wrong_key_ends_it(service: ImageAnalysisEmulator, folder: Path, tmp_path: Path) -> None:
    options = [str(folder), "--workers", "1", "--output", str(tmp_path / "rows")]
    ended = as_process(NAME, *options, environment={**service.environment(), "VISION_KEY": "0" * 32})
    assert ended.status == 1
    assert "Not all images were analyzed. The service refuses all calls." in ended.err
    assert "Access denied due to invalid subscription key" in ended.err
    assert list((tmp_path / "rows").iterdir()) == []


@pytest.mark.parametrize("variable", ["VISION_ENDPOINT", "VISION_KEY"])
def test_reports_a_missing_variable(variable: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(variable)
    out, err, status = run(NAME)
    assert (out, status) == ("", 1)
    assert variable in err
