"""Tests of the samples that the how-to guides show."""

import base64
import io
import json
import time
from pathlib import Path
from typing import Any, Callable, Dict

import pytest
import sample_keep_what_is_sure
import sample_page_text
import sample_prepare_image
import sample_rate_limit
from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from azure.core.credentials import AzureKeyCredential
from fake_transport import StubResponse
from loopback import Loopback
from PIL import ExifTags, Image
from sample_programs import SAMPLES, Run, known_result, run, service

__all__ = ["run", "service"]

PICTURE = SAMPLES / "sample.jpg"
KNOWN = ImageAnalysisResult(known_result())
WORDS = ["Quiet reading room", "Open daily 9 to 18", "Tea is on the house"]
CALLERS = ["page_text", "prepare_image", "draw_boxes", "keep_what_is_sure", "rate_limit", "other_operations"]


@pytest.mark.parametrize("name", CALLERS)
@pytest.mark.parametrize("variable", ["VISION_ENDPOINT", "VISION_KEY"])
def test_missing_variable_is_named(name: str, variable: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(variable)
    out, err, status = run(f"sample_{name}")
    assert (out, status) == ("", 1) and variable in err


@pytest.mark.parametrize("name", CALLERS)
def test_missing_file_is_named(name: str, run: Run) -> None:
    out, err, status = run(f"sample_{name}", "nothing.jpg")
    assert (out, status) == ("", 1) and "nothing.jpg" in err


# Text


def read_result(*tops: int) -> ImageAnalysisResult:
    """Make a result whose lines begin at these heights; each is 20 pixels high."""
    lines = [
        {"text": f"line {top}", "boundingPolygon": [{"x": x, "y": y} for y in (top, top + 20) for x in (0, 9)]}
        for top in tops
    ]
    return ImageAnalysisResult({"readResult": {"blocks": [{"lines": lines}]}})


def test_page_text_prints_the_lines(run: Run) -> None:
    assert run("sample_page_text") == ("\n".join(WORDS) + "\n", "", 0)


def test_page_text_joins_lines_and_separates_paragraphs() -> None:
    result = read_result(0, 30, 71, 100)
    assert sample_page_text.page_text(result) == "line 0\nline 30\nline 71\nline 100"
    assert sample_page_text.paragraphs(result) == "line 0\nline 30\n\nline 71\nline 100"


@pytest.mark.parametrize("result", [ImageAnalysisResult({}), ImageAnalysisResult({"readResult": {"blocks": []}})])
def test_page_text_without_text_is_empty(result: ImageAnalysisResult) -> None:
    assert sample_page_text.page_text(result) == sample_page_text.paragraphs(result) == ""


# Any input


class Array:
    """What Pillow needs of a NumPy array: 60 rows of 80 red pixels."""

    __array_interface__ = {"shape": (60, 80, 3), "typestr": "|u1", "strides": (240, 3, 1), "version": 3}

    def tobytes(self) -> bytes:
        return b"\xff\0\0" * 60 * 80


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def prepared(source: Any) -> Image.Image:
    """Prepare an image, and check that the outcome is within the limits."""
    data = sample_prepare_image.prepare(source)
    image = Image.open(io.BytesIO(data))
    image.load()
    assert len(data) < 20 * 1024 * 1024
    assert 50 < min(image.size) and max(image.size) < 16_000
    return image


SOURCES: Dict[str, Callable[[Loopback], Any]] = {
    "path": lambda server: PICTURE,
    "str": lambda server: str(PICTURE),
    "bytes": lambda server: PICTURE.read_bytes(),
    "bytearray": lambda server: bytearray(PICTURE.read_bytes()),
    "base64": lambda server: "data:image/jpeg;base64," + base64.b64encode(PICTURE.read_bytes()).decode(),
    "url": lambda server: f"{server.endpoint}/sample.jpg",
}


@pytest.mark.parametrize("source", SOURCES)
def test_prepare_sends_fitting_images_unchanged(source: str) -> None:
    with Loopback(StubResponse(PICTURE.read_bytes(), headers={"Content-Type": "image/jpeg"})) as server:
        assert sample_prepare_image.prepare(SOURCES[source](server)) == PICTURE.read_bytes()


def test_prepare_accepts_pillow_images_and_arrays() -> None:
    assert prepared(Image.new("P", (70, 90))).size == (70, 90)
    image = prepared(Array())
    assert image.size == (80, 60)
    assert image.getpixel((9, 9)) == pytest.approx((255, 0, 0), abs=2)


def test_prepare_turns_upright() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image = prepared(saved(Image.new("RGB", (100, 60)), "JPEG", exif=exif))
    assert image.size == (60, 100)
    assert ExifTags.Base.Orientation not in image.getexif()


def test_prepare_puts_transparent_on_white() -> None:
    assert prepared(Image.new("RGBA", (60, 60), (0, 0, 0, 0))).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("size, wanted", [((10, 30), (51, 51)), ((17_000, 100), (15_999, 94)), ((20_000, 20), None)])
def test_prepare_brings_sides_within_the_limits(size: Any, wanted: Any) -> None:
    image = prepared(saved(Image.new("L", size)))
    assert wanted in (None, image.size)


def test_prepare_shrinks_files_that_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = Image.effect_noise((400, 400), 100)
    data = saved(noise, "BMP")
    monkeypatch.setattr(sample_prepare_image, "MOST_BYTES", 50_000)
    out = sample_prepare_image.prepare(data)
    assert len(out) <= 50_000
    assert Image.open(io.BytesIO(out)).size < noise.size


def test_prepare_converts_formats_that_the_service_does_not_take() -> None:
    assert prepared(saved(Image.new("RGB", (60, 60)), "PPM")).format == "JPEG"


def test_prepare_image_prints_what_is_read(run: Run) -> None:
    out, err, status = run("sample_prepare_image")
    assert (err, status) == ("", 0)
    assert out.splitlines()[1:] == WORDS and "864 x 576" in out


def test_prepare_image_reports_a_non_image(run: Run, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("not an image")
    out, err, status = run("sample_prepare_image", "note.txt")
    assert (out, status) == ("", 1) and "cannot identify image" in err


# Boxes and confidence


def test_draw_boxes_draws_what_is_found(run: Run, tmp_path: Path) -> None:
    out, err, status = run("sample_draw_boxes")
    assert (out, err, status) == ("Wrote boxes.png with 10 outlines\n", "", 0)
    with Image.open(tmp_path / "boxes.png") as written:
        image = written.copy()
    assert KNOWN.objects and KNOWN.people
    laptop, person = KNOWN.objects.list[1].bounding_box, KNOWN.people.list[0].bounding_box
    assert image.getpixel((laptop.x + laptop.width // 2, laptop.y)) == (255, 165, 0)
    assert image.getpixel((person.x, person.y + person.height // 2)) == (0, 0, 255)


def test_keep_what_is_sure_filters_the_rest(run: Run) -> None:
    out, err, status = run("sample_keep_what_is_sure", "--least", "0.994")
    assert (out, err, status) == ("Tags: \nPeople: 0\n" + "".join(f"To check: {line}\n" for line in WORDS), "", 0)
    out, _, _ = run("sample_keep_what_is_sure", "--least", "0.8")
    assert "Object: Laptop at {'x': 288" in out and "cup" not in out and "People: 1\n" in out and "check" not in out


@pytest.mark.parametrize("result", [ImageAnalysisResult({}), KNOWN])
def test_confidence_above_one_keeps_nothing(result: ImageAnalysisResult) -> None:
    sample = sample_keep_what_is_sure
    found = [sample.sure_tags(result, 1.1), sample.sure_objects(result, 1.1), sample.count_people(result, 1.1)]
    assert found == [[], [], 0]


# Calls


def test_rate_limit_spaces_the_requests_out(run: Run, service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    out, err, status = run("sample_rate_limit", "--per-second", "0.5")
    assert (out, err, status) == ("sample.jpg: 17 tags\n" * 3, "", 0)
    assert sorted(waits) == pytest.approx([0, 2, 4], abs=1)


def test_rate_limit_counts_each_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    with Loopback(StubResponse({}, 429, headers={"Retry-After": "0"}), StubResponse({})) as server:
        policy = sample_rate_limit.RateLimitPolicy(0.01)
        credential = AzureKeyCredential("0" * 32)
        with ImageAnalysisClient(server.endpoint, credential, per_retry_policies=[policy]) as client:
            client.analyze(b"image", ["tags"])
    assert len(server.received) == 2
    assert max(waits) == pytest.approx(100, abs=2)


def test_rate_limit_refuses_zero(run: Run) -> None:
    _, err, status = run("sample_rate_limit", "--per-second", "0")
    assert status == 2 and "more than 0" in err


@pytest.mark.parametrize("retired", [False, True])
def test_other_operations_are_called_with_the_clients_key(
    retired: bool, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    vector = StubResponse({"modelVersion": "2023-04-15", "vector": [0.5, -0.25]})
    picture = StubResponse({"error": {"code": "404", "message": "Resource not found"}}, 404)
    if not retired:
        picture = StubResponse(saved(Image.new("RGBA", (9, 9))), headers={"Content-Type": "image/png"})
    with Loopback(vector, picture) as server:
        monkeypatch.setenv("VISION_ENDPOINT", server.endpoint)
        monkeypatch.setenv("VISION_KEY", "0" * 32)
        out, err, status = run("sample_other_operations")
    assert (err, status) == ("", 0)
    assert out.startswith("The embedding has 2 numbers.\n")
    assert [request.target for request in server.received] == [
        "/computervision/retrieval:vectorizeImage?api-version=2024-02-01&model-version=2023-04-15",
        "/computervision/imageanalysis:segment?api-version=2023-02-01-preview&mode=backgroundRemoval",
    ]
    for request in server.received:
        assert request.headers["Ocp-Apim-Subscription-Key"] == "0" * 32
        assert request.body == PICTURE.read_bytes()
    if retired:
        assert out.endswith("There is no imageanalysis:segment at this endpoint.\n")
    else:
        assert out.endswith("Wrote sample_foreground.png\n")
        with Image.open(tmp_path / "sample_foreground.png") as foreground:
            assert foreground.size == (9, 9)


def test_other_operations_report_a_refusal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = {"error": {"code": "401", "message": "Access denied due to invalid subscription key"}}
    with Loopback(StubResponse(json.dumps(refusal).encode(), 401)) as server:
        monkeypatch.setenv("VISION_ENDPOINT", server.endpoint)
        out, err, status = run("sample_other_operations")
    assert (out, status) == ("", 1) and "Access denied" in err
