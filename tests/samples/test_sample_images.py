"""Tests of the samples about pictures and pages: they run, and write what the documents show."""

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
from emulator_calls import needs_ocr
from PIL import ExifTags, Image, ImageChops, ImageStat
from project import ROOT, SAMPLES
from sample_programs import Run, both, known_result, run, service

pytestmark = pytest.mark.slow

__all__ = ["run", "service"]

PICTURE = SAMPLES / "sample.jpg"
WORDS = ["Quiet reading room", "Open daily 9 to 18", "Tea is on the house"]


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def sideways() -> bytes:
    """The sample picture, stored on its side, with the Exif data that says so."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    with Image.open(PICTURE) as picture:
        return saved(picture.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)


def assert_same(shown: Path, written: Path) -> None:
    """Compare a picture of the documents with what a sample writes; decoders of JPEG differ a little."""
    with Image.open(shown) as old, Image.open(written) as new:
        assert old.size == new.size, f"copy {written.name} to {shown}"
        difference = ImageStat.Stat(ImageChops.difference(old.convert("RGB"), new.convert("RGB")))
        assert max(difference.mean) < 1, f"copy {written.name} to {shown}"


@both("annotate_image")
def test_annotate_writes_the_picture_of_the_documents(sample: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "sample.jpg").write_bytes(sideways())
    for image in (PICTURE, tmp_path / "sample.jpg"):  # a photo that is turned upright gives the same
        out, err, status = run(sample, str(image))
        assert (err, status) == ("", 0)
        assert out.startswith(f"Wrote {Path('sample_output', 'sample_annotated.png')}")
        if image == PICTURE:
            assert_same(ROOT / "docs/images/annotated_sample.png", tmp_path / "sample_output/sample_annotated.png")


def test_draw_boxes_writes_the_picture_of_the_documents(run: Run, tmp_path: Path) -> None:
    assert run("sample_draw_boxes") == ("Wrote boxes.png\n", "", 0)
    assert_same(ROOT / "docs/images/boxes.png", tmp_path / "boxes.png")


def test_thumbnails_have_their_sizes(run: Run, tmp_path: Path) -> None:
    out, err, status = run("sample_smart_crop_thumbnails", "--size", "180x100", "64x64", "128x128")
    assert (err, status) == ("", 0)
    assert out.splitlines()[0] == f"Wrote {Path('sample_output', 'sample_180x100.jpg')}"
    sizes = []
    for file in (tmp_path / "sample_output").iterdir():
        with Image.open(file) as thumbnail:
            sizes.append(thumbnail.size)
    assert sorted(sizes) == [(64, 64), (128, 128), (180, 100)]


@pytest.mark.parametrize("sample", ["annotate_image", "draw_boxes", "prepare_image", "smart_crop_thumbnails"])
def test_file_that_is_not_an_image_is_reported(sample: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("not an image")
    out, err, status = run(f"sample_{sample}", "note.txt")
    assert (out, status) == ("", 1) and "cannot identify image" in err


# Any input


def prepared(source: Any) -> Image.Image:
    """Prepare an image, and check that the outcome is within the limits."""
    data = sample_prepare_image.prepare(source)
    image = Image.open(io.BytesIO(data))
    image.load()
    assert len(data) < 20 * 1024 * 1024
    assert 50 < min(image.size) and max(image.size) < 16_000
    return image


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
    image = prepared(sideways())
    assert image.size == (864, 576) and ExifTags.Base.Orientation not in image.getexif()


@pytest.mark.parametrize("size, wanted", [((10, 30), (51, 51)), ((17_000, 100), (15_999, 94)), ((20_000, 20), None)])
def test_prepare_brings_sides_within_the_limits(size: Any, wanted: Any) -> None:
    assert wanted in (None, prepared(saved(Image.new("L", size))).size)


def test_prepare_shrinks_files_that_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_prepare_image, "MAX_BYTES", 50_000)
    assert len(sample_prepare_image.prepare(saved(Image.effect_noise((400, 400), 100), "BMP"))) <= 50_000


def test_prepare_names_what_opens_heic() -> None:
    with pytest.raises(OSError, match="install pillow-heif"):
        sample_prepare_image.prepare(b"\0\0\0\x18ftypnone\0\0\0\0")


def test_prepare_opens_heic() -> None:
    pytest.importorskip("pillow_heif")
    assert prepared(saved(Image.new("RGB", (90, 60), "red"), "HEIF")).format == "JPEG"


def test_prepare_image_prints_what_is_read(run: Run) -> None:
    out, err, status = run("sample_prepare_image")
    assert (err, status) == ("", 0)
    assert out.splitlines()[1:] == WORDS and "864 x 576" in out


# Text


@needs_ocr
def test_page_text_prints_the_paragraphs_of_the_page(run: Run) -> None:
    out, err, status = run("sample_page_text")
    assert (err, status) == ("", 0)
    page, _, angle = out.rpartition("\n\n")
    truth = (SAMPLES / "page.txt").read_text("utf-8").splitlines()
    # As the page has it, and the head and the foot of the letter, whose lines are further apart.
    first_words = [paragraph.split()[0] for paragraph in page.split("\n\n")]
    assert first_words == "Harbour 12 14 Dear Thank Your A The We Yours Jonas Head".split()
    assert len(page.replace("\n\n", "\n").splitlines()) == len(truth)
    assert angle == "The text is turned by 1.2 degrees.\n"


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


XHTML = "{http://www.w3.org/1999/xhtml}"


def words(hocr: bytes) -> List[str]:
    return [part.text or "" for part in ElementTree.fromstring(hocr).iter(f"{XHTML}span") if part.text]


def test_ocr_writes_text_and_hocr(run: Run, tmp_path: Path) -> None:
    out, err, status = run("sample_ocr_to_text_and_hocr", str(PICTURE))
    assert (err, status) == ("", 0)
    assert out.splitlines()[0] == "'Quiet reading room', turned by 0.0 degrees"
    assert (tmp_path / "sample_output" / "sample.txt").read_text(encoding="utf-8").splitlines() == WORDS
    hocr = (tmp_path / "sample_output" / "sample.hocr").read_bytes()
    assert words(hocr) == " ".join(WORDS).split()
    first = known_result()["readResult"]["blocks"][0]["lines"][0]["words"][0]
    start, _, end, _ = first["boundingPolygon"]
    assert f"bbox {start['x']} {start['y']} {end['x']} {end['y']}; x_wconf 99" in hocr.decode()
