"""Tests of the samples that filter, tabulate and save results."""

from pathlib import Path
from typing import Any

import pytest
import sample_filter_by_confidence
import sample_save_and_reload_results
from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from fake_transport import FakeTransport, StubResponse
from full_response import full_response
from sample_programs import Run, run, service

pytestmark = pytest.mark.slow

__all__ = ["run", "service"]


def test_filter_drops_what_is_uncertain(run: Run) -> None:
    out, err, status = run("sample_filter_by_confidence", "--minimum", "0.994")
    assert (err, status) == ("", 0)
    assert out.splitlines()[:3] == ["Tags: ", "People: 0", "To check: Quiet reading room"]


def test_filters_of_an_empty_result() -> None:
    sample, result = sample_filter_by_confidence, ImageAnalysisResult({})
    assert sample.tags_above(result, 0) == sample.objects_above(result, 0) == sample.lines_to_check(result, 0) == []
    assert sample.count_people(result, 0) == 0


def test_pandas_writes_csv_files(run: Run, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    out, err, status = run("sample_results_to_pandas", "--minimum", "0.9")
    assert (err, status) == ("", 0)
    assert "words: 13 rows" in out and "objects: 0 rows" in out
    read = {path.stem: pandas.read_csv(path, encoding="utf-8-sig") for path in (tmp_path / "sample_output").iterdir()}
    assert set(read) == {"words", "tags", "objects", "people"}
    assert list(read["objects"].columns) == ["image", "object", "name", "confidence", "x", "y", "width", "height"]


@pytest.mark.parametrize("response", [{}, full_response()])
def test_pandas_has_a_row_for_each_detection(response: Any) -> None:
    pytest.importorskip("pandas")
    import sample_results_to_pandas

    result = ImageAnalysisResult(response)
    made = sample_results_to_pandas.tables({"a.jpg": result, "b.jpg": result})
    counts = {"words": 4, "tags": 4, "objects": 2, "people": 4} if response else dict.fromkeys(made, 0)
    assert {table: len(frame) for table, frame in made.items()} == counts


def test_image_is_analyzed_once(tmp_path: Path) -> None:
    refused = StubResponse({"error": {"code": "InvalidRequest", "message": "no"}}, 400)
    transport = FakeTransport(refused, *[StubResponse(full_response())] * 5)
    client = ImageAnalysisClient("https://example.org", AzureKeyCredential("0" * 32), transport=transport)

    def analyze(image: bytes, *features: str, **options: Any) -> ImageAnalysisResult:
        return sample_save_and_reload_results.analyze_once(client, tmp_path / "new", image, features, **options)

    with pytest.raises(HttpResponseError):  # a failure is not saved
        analyze(b"image", "caption", "tags")
    first = analyze(b"image", "caption", "tags")
    again = analyze(b"image", "tags", "caption")
    assert again == first == full_response() and again is not first
    assert len(transport.sent) == 2
    analyze(b"other", "caption", "tags")
    analyze(b"image", "caption")
    analyze(b"image", "caption", language="de")
    assert len(transport.sent) == 5
