"""Tests of the samples that make tables of results and save them."""

import copy
from pathlib import Path
from typing import Any, List

import pytest
from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from fake_transport import FakeTransport, StubResponse
from sample_programs import Run, known_result, module, run, service

__all__ = ["run", "service"]


@pytest.fixture
def tables() -> Any:
    pytest.importorskip("pandas")
    return module("sample_results_to_pandas").tables


def test_one_row_per_detection(tables: Any) -> None:
    response = known_result()
    made = tables({"a.jpg": ImageAnalysisResult(response), "b.jpg": ImageAnalysisResult(response)})
    assert set(made) == {"words", "tags", "objects", "people"}
    for table, count in (("words", 13), ("tags", 17), ("objects", 6), ("people", 2)):
        assert list(made[table]["image"]) == ["a.jpg"] * count + ["b.jpg"] * count

    words = made["words"][made["words"]["image"] == "b.jpg"]
    expected = [
        [number, position, word["text"], word["confidence"], *(word["boundingPolygon"][2][axis] for axis in "xy")]
        for number, line in enumerate(response["readResult"]["blocks"][0]["lines"])
        for position, word in enumerate(line["words"])
    ]
    assert words[["line", "word", "text", "confidence", "x3", "y3"]].values.tolist() == expected
    assert set(words["block"]) == {0}

    tags = response["tagsResult"]["values"]
    assert made["tags"].iloc[:17, 1:].values.tolist() == [[tag["name"], tag["confidence"]] for tag in tags]

    objects = made["objects"].iloc[:6]
    boxes = [list(detected["boundingBox"].values()) for detected in response["objectsResult"]["values"]]
    assert objects[["x", "y", "width", "height"]].values.tolist() == boxes
    assert list(objects["name"]) == [item["tags"][0]["name"] for item in response["objectsResult"]["values"]]
    people = made["people"].iloc[:2]
    boxes = [list(person["boundingBox"].values()) for person in response["peopleResult"]["values"]]
    assert people[["x", "y", "width", "height"]].values.tolist() == boxes


def test_rows_above_the_confidence(tables: Any) -> None:
    made = tables({"a.jpg": ImageAnalysisResult(known_result())}, least=0.9)
    assert {table: len(frame) for table, frame in made.items()} == {"words": 13, "tags": 8, "objects": 0, "people": 1}
    assert all((frame["confidence"] >= 0.9).all() for frame in made.values())


@pytest.mark.parametrize("response", [{}, {"readResult": {"blocks": []}, "tagsResult": {"values": []}}])
def test_empty_tables_have_columns(response: Any, tables: Any) -> None:
    for results in ({}, {"a.jpg": ImageAnalysisResult(response)}):
        made = tables(results)
        assert all(len(frame) == 0 for frame in made.values())
        assert list(made["people"].columns) == ["image", "person", "confidence", "x", "y", "width", "height"]
        assert made["words"].shape[1] == 6 + 8


def test_pandas_sample_writes_csv_files(run: Run, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    out, err, status = run("sample_results_to_pandas", "--least", "0.9")
    assert (err, status) == ("", 0)
    assert "words: 13 rows" in out and "objects: 0 rows" in out
    read = {path.stem: pandas.read_csv(path, encoding="utf-8-sig") for path in (tmp_path / "sample_output").iterdir()}
    assert set(read) == {"words", "tags", "objects", "people"}
    text = known_result()["readResult"]["blocks"][0]["lines"]
    assert " ".join(read["words"]["text"]) == " ".join(line["text"] for line in text)
    assert list(read["objects"].columns) == ["image", "object", "name", "confidence", "x", "y", "width", "height"]


CAPTION, TAGS = [VisualFeatures.CAPTION], [VisualFeatures.TAGS]


class Counted:
    """A client that gives the sample's response, and counts."""

    def __init__(self) -> None:
        self.transport = FakeTransport(StubResponse(known_result()))
        self.client = ImageAnalysisClient("https://example.org", AzureKeyCredential("0" * 32), transport=self.transport)

    @property
    def calls(self) -> int:
        return len(self.transport.sent)


def test_image_is_analyzed_once(tmp_path: Path) -> None:
    sample, counted = module("sample_save_and_reload_results"), Counted()
    folder = tmp_path / "made" / "here"
    first = sample.Cache(counted.client, folder).analyze(b"an image", CAPTION, language="en")
    again = sample.Cache(counted.client, folder).analyze(b"an image", ["caption"], language="en")
    assert counted.calls == 1
    assert isinstance(again, ImageAnalysisResult) and again is not first
    assert again == first == known_result()
    assert again.read is not None and again.read.blocks[0].lines[2].words[0].text == "Tea"
    (file,) = folder.iterdir()
    assert sample.reload(file) == first


@pytest.mark.parametrize(
    "image, features, options",
    [
        (b"another image", CAPTION, {"language": "en"}),
        (b"an image", TAGS, {"language": "en"}),
        (b"an image", CAPTION + TAGS, {"language": "en"}),
        (b"an image", CAPTION, {"language": "de"}),
        (b"an image", CAPTION, {}),
        (b"an image", CAPTION, {"language": "en", "model_version": "2023-10-01"}),
    ],
)
def test_other_options_make_a_new_call(image: bytes, features: List[Any], options: Any, tmp_path: Path) -> None:
    sample, counted = module("sample_save_and_reload_results"), Counted()
    cache = sample.Cache(counted.client, tmp_path)
    cache.analyze(b"an image", CAPTION, language="en")
    cache.analyze(image, features, **copy.copy(options))
    assert counted.calls == 2
    assert len(list(tmp_path.iterdir())) == 2


def test_order_of_the_features_does_not_matter(tmp_path: Path) -> None:
    sample, counted = module("sample_save_and_reload_results"), Counted()
    cache = sample.Cache(counted.client, tmp_path)
    cache.analyze(b"an image", CAPTION + TAGS)
    cache.analyze(b"an image", TAGS + CAPTION)
    assert counted.calls == 1


def test_failure_is_not_saved(tmp_path: Path) -> None:
    sample = module("sample_save_and_reload_results")
    transport = FakeTransport(StubResponse({"error": {"code": "InvalidRequest", "message": "no"}}, 400), StubResponse())
    client = ImageAnalysisClient("https://example.org", AzureKeyCredential("0" * 32), transport=transport)
    cache = sample.Cache(client, tmp_path)
    with pytest.raises(HttpResponseError):
        cache.analyze(b"an image", CAPTION)
    assert list(tmp_path.iterdir()) == []
    assert cache.analyze(b"an image", CAPTION).caption.text == "two boats on a lake"


def test_save_and_reload_sample_calls_once(run: Run, tmp_path: Path) -> None:
    out, err, status = run("sample_save_and_reload_results")
    assert (err, status) == ("", 0)
    (file,) = (tmp_path / "sample_output").iterdir()
    first, second = out.splitlines()
    text = known_result()["captionResult"]["text"]
    assert first == f"'{text}' (analyzed, saved in {file.relative_to(tmp_path)})"
    assert second == f"'{text}' (read from {file.relative_to(tmp_path)})"
