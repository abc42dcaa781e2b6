"""Tests of the samples about pictures and pages: any image is prepared, thumbnails fit, text is turned and saved."""

import base64
import io
from pathlib import Path
from typing import Any, Dict, List, Tuple
from xml.etree import ElementTree

import pytest
import sample_ocr_to_text_and_hocr
import sample_page_text
import sample_prepare_image
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, ImagePoint
from PIL import ExifTags, Image
from project import SAMPLES
from sample_programs import Run, run, service

pytestmark = pytest.mark.slow

__all__ = ["run", "service"]

PICTURE = SAMPLES / "sample.jpg"


def test_thumbnails_have_their_sizes(run: Run, tmp_path: Path) -> None:
    out, err, status = run("sample_smart_crop_thumbnails", "--size", "180x100", "64x64")
    assert (err, status) == ("", 0)
    assert out.splitlines()[0] == f"Wrote {Path('sample_output', 'sample_180x100.jpg')}"
    for width, height in ((180, 100), (64, 64)):
        with Image.open(tmp_path / "sample_output" / f"sample_{width}x{height}.jpg") as thumbnail:
            assert thumbnail.size == (width, height)


# Any input


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def prepared(source: Any) -> Image.Image:
    return Image.open(io.BytesIO(sample_prepare_image.prepare(source)))


SOURCES: Dict[str, Any] = {
    "path": PICTURE,
    "str": str(PICTURE),
    "bytearray": bytearray(PICTURE.read_bytes()),
    "base64": "data:image/jpeg;base64," + base64.b64encode(PICTURE.read_bytes()).decode(),
}


@pytest.mark.parametrize("source", SOURCES)
def test_prepare_leaves_fitting_images_unchanged(source: str) -> None:
    assert sample_prepare_image.prepare(SOURCES[source]) == PICTURE.read_bytes()


def test_prepare_turns_upright() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image = prepared(encoded(Image.new("RGB", (90, 60)), "JPEG", exif=exif))
    assert image.size == (60, 90) and ExifTags.Base.Orientation not in image.getexif()


@pytest.mark.parametrize("size, wanted", [((10, 30), (51, 51)), ((17_000, 100), (15_999, 94))])
def test_prepare_brings_sides_within_the_limits(size: Any, wanted: Any) -> None:
    assert prepared(encoded(Image.new("L", size))).size == wanted


def test_prepare_shrinks_files_that_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_prepare_image, "MAX_BYTES", 50_000)
    noise = encoded(Image.effect_noise((400, 400), 100), "BMP")
    assert len(sample_prepare_image.prepare(noise)) <= 50_000


def test_prepare_names_what_opens_heic() -> None:
    with pytest.raises(OSError, match="install pillow-heif"):
        sample_prepare_image.prepare(b"\0\0\0\x18ftypnone\0\0\0\0")


def test_prepare_opens_heic() -> None:
    pytest.importorskip("pillow_heif")
    assert prepared(encoded(Image.new("RGB", (90, 60), "red"), "HEIF")).format == "JPEG"


# Text


def outline(*points: Tuple[int, int]) -> List[Dict[str, int]]:
    return [{"x": x, "y": y} for x, y in points]


LINES = {
    0: outline((10, 10), (110, 10), (110, 30), (10, 30)),
    90: outline((10, 110), (10, 10), (30, 10), (30, 110)),  # from bottom to top
    180: outline((110, 30), (10, 30), (10, 10), (110, 10)),  # upside down
    -45: outline((0, 0), (100, 100), (90, 110), (-10, 10)),
}


@pytest.mark.parametrize("degrees", LINES)
def test_angle_of_text(degrees: int) -> None:
    line = {"text": "word", "boundingPolygon": LINES[degrees]}
    result = ImageAnalysisResult({"readResult": {"blocks": [{"lines": [line]}]}})
    assert sample_page_text.text_angle(result) == pytest.approx(degrees)
    points = [ImagePoint(point) for point in LINES[degrees]]
    assert sample_ocr_to_text_and_hocr.angle(points) == pytest.approx(degrees)


def test_ocr_writes_text_and_hocr(run: Run, tmp_path: Path) -> None:
    assert run("sample_ocr_to_text_and_hocr", str(PICTURE)).status == 0
    text = (tmp_path / "sample_output" / "sample.txt").read_text(encoding="utf-8")
    assert text.splitlines() == ["Quiet reading room", "Open daily 9 to 18", "Tea is on the house"]
    hocr = (tmp_path / "sample_output" / "sample.hocr").read_text(encoding="utf-8")
    words = [part.text for part in ElementTree.fromstring(hocr).iter("{http://www.w3.org/1999/xhtml}span") if part.text]
    assert [word for word in words if word.strip()] == text.split()
    assert "bbox 68 85 122 103; x_wconf 99" in hocr
