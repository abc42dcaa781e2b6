"""Tests what samples draw, cut out and write of what was found in a picture."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple
from xml.etree import ElementTree

import pytest
import sample_annotate_image
import sample_ocr_to_text_and_hocr
from azure.ai.vision.imageanalysis import ImageAnalysisClient, aio
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, ImagePoint
from emulator_calls import needs_ocr
from PIL import ExifTags, Image, ImageChops, ImageColor, ImageOps, ImageStat
from printed_pages import wrong_share
from sample_programs import SAMPLES, Run, known_result, run, service, twins

__all__ = ["run", "service"]

Box = Dict[str, int]
Colour = Tuple[int, ...]
ORANGE, BLUE, YELLOW, PINK = map(
    ImageColor.getrgb,
    (
        sample_annotate_image.OBJECT,
        sample_annotate_image.PERSON,
        sample_annotate_image.CAPTION,
        sample_annotate_image.TEXT,
    ),
)
XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture
def picture() -> Image.Image:
    """The sample picture."""
    with Image.open(SAMPLES / "sample.jpg") as image:
        return image.convert("RGB")


@pytest.fixture
def turned(tmp_path: Path, picture: Image.Image) -> Path:
    """The sample picture, stored on its side, with the Exif data that says so."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    path = tmp_path / "turned.jpg"
    picture.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)
    return path


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """An image with nothing in it."""
    path = tmp_path / "blank.png"
    Image.new("RGB", (300, 200), "white").save(path)
    return path


def scaled(part: Any, factor: float) -> Any:
    """A response for the picture in another size."""
    if isinstance(part, list):
        return [scaled(item, factor) for item in part]
    if isinstance(part, dict):
        return {
            name: round(value * factor) if name in ("x", "y", "w", "h", "width", "height") else scaled(value, factor)
            for name, value in part.items()
        }
    return part


def edges(box: Box) -> Iterator[List[Tuple[int, int]]]:
    """The points of each edge of a box, without its corners."""
    left, top, right, bottom = box["x"], box["y"], box["x"] + box["w"], box["y"] + box["h"]
    yield [(x, top) for x in range(left + 5, right - 5)]
    yield [(x, bottom) for x in range(left + 5, right - 5)]
    yield [(left, y) for y in range(top + 5, bottom - 5)]
    yield [(right, y) for y in range(top + 5, bottom - 5)]


def is_boxed(image: Image.Image, box: Box, colour: Colour, reach: int, size: Tuple[int, int]) -> bool:
    """Whether there is a line of this colour near each edge of a box, other lines and labels apart."""
    for points in edges(box):
        near = 0
        for x, y in points:
            around = [(x + step, y) for step in range(-reach, reach + 1)]
            around += [(x, y + step) for step in range(-reach, reach + 1)]
            near += any(
                image.getpixel(point) == colour
                for point in around
                if 0 <= point[0] < size[0] and 0 <= point[1] < size[1]
            )
        if near < len(points) * 0.6:
            return False
    return True


def assert_boxes_are_there(image: Image.Image, response: Dict[str, Any], size: Tuple[int, int]) -> None:
    for detected in response["objectsResult"]["values"]:
        assert is_boxed(image, detected["boundingBox"], ORANGE, 2, size), detected
    sure, unsure = response["peopleResult"]["values"]
    assert is_boxed(image, sure["boundingBox"], BLUE, 5, size)
    assert not is_boxed(image, unsure["boundingBox"], BLUE, 5, size)
    alone = response["denseCaptionsResult"]["values"][4]
    assert is_boxed(image, alone["boundingBox"], YELLOW, 2, size), alone
    for line in response["readResult"]["blocks"][0]["lines"]:
        start, _, end, _ = line["boundingPolygon"]
        box = {"x": start["x"], "y": start["y"], "w": end["x"] - start["x"], "h": end["y"] - start["y"]}
        assert is_boxed(image, box, PINK, 6, size), line


@pytest.mark.slow
@twins("sample_annotate_image")
def test_annotate_draws_boxes_where_things_are(sample: str, run: Run, tmp_path: Path, picture: Image.Image) -> None:
    out, err, status = run(sample)
    assert (err, status) == ("", 0)
    target = tmp_path / "sample_output" / "sample_annotated.png"
    with Image.open(target) as annotated:
        assert annotated.format == "PNG"
        assert f"({annotated.width} x {annotated.height} pixels)" in out
        assert annotated.width == 864 and annotated.height > 576 + 10 * 15  # ten captions below
        assert_boxes_are_there(annotated.convert("RGB"), known_result(), picture.size)
    assert target.stat().st_size < 400_000


@pytest.mark.slow
def test_documents_show_what_annotate_writes(run: Run, tmp_path: Path) -> None:
    shown = SAMPLES.parent / "docs" / "images" / "annotated_sample.png"
    run("sample_annotate_image")
    with Image.open(shown) as old, Image.open(tmp_path / "sample_output" / "sample_annotated.png") as new:
        assert old.size == new.size, f"copy sample_output/sample_annotated.png to {shown}"
        # Decoders of JPEG differ a little.
        difference = ImageStat.Stat(ImageChops.difference(old.convert("RGB"), new.convert("RGB")))
        assert max(difference.mean) < 1, f"copy sample_output/sample_annotated.png to {shown}"


@pytest.mark.slow
@twins("sample_annotate_image")
def test_annotate_turns_an_image_upright_before_it_is_analyzed(
    sample: str, run: Run, tmp_path: Path, turned: Path, picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []

    def analyze(self: Any, image_data: bytes, visual_features: Any, **options: Any) -> ImageAnalysisResult:
        sent.append(image_data)
        return ImageAnalysisResult(known_result())

    async def analyze_async(*args: Any, **options: Any) -> ImageAnalysisResult:
        return analyze(*args, **options)

    monkeypatch.setattr(ImageAnalysisClient, "analyze", analyze)
    monkeypatch.setattr(aio.ImageAnalysisClient, "analyze", analyze_async)
    assert run(sample, str(turned), "--output", str(tmp_path)).status == 0
    (tmp_path / "analyzed").write_bytes(sent[0])
    with Image.open(tmp_path / "analyzed") as analyzed:
        assert analyzed.size == picture.size
        assert ExifTags.Base.Orientation not in analyzed.getexif()
        difference = ImageStat.Stat(ImageChops.difference(analyzed.convert("RGB"), picture))
        assert max(difference.mean) < 3
    with Image.open(tmp_path / "turned_annotated.png") as annotated:
        assert_boxes_are_there(annotated.convert("RGB"), known_result(), picture.size)


@pytest.mark.parametrize("width", [120, 864, 2000])
def test_annotate_hides_no_label_and_no_text(width: int, picture: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    labels: Dict[str, Tuple[float, float, float, float]] = {}
    draw_label = sample_annotate_image.draw_label

    def remember(draw: Any, place: Any, text: str, *style: Any) -> None:
        labels.setdefault(text, place)  # the number of a caption comes again below the image
        draw_label(draw, place, text, *style)

    monkeypatch.setattr(sample_annotate_image, "draw_label", remember)
    factor = width / picture.width
    response = scaled(known_result(), factor)
    image = picture.resize((width, round(picture.height * factor)))
    annotated = sample_annotate_image.annotate(image, ImageAnalysisResult(response))
    shown = annotated.width / width
    assert annotated.width == max(width, 800)
    assert {"person 96%", "Laptop 85%", "Quiet reading room 99%", "1", "10"} <= set(labels)
    assert len(labels) == 10 + 1 + 6 + 3
    places = list(labels.values())
    for number, place in enumerate(places):
        assert 0 <= place[0] < place[2] < annotated.width and 0 <= place[1] < place[3] < picture.height * factor * shown
        assert place[3] - place[1] >= 14
        for other in places[number + 1 :]:
            assert sample_annotate_image.overlap(place, other) == 0
        for line in response["readResult"]["blocks"][0]["lines"]:
            start, _, end, _ = line["boundingPolygon"]
            text = (start["x"] * shown, start["y"] * shown, end["x"] * shown, end["y"] * shown)
            assert sample_annotate_image.overlap(place, text) == 0


def test_annotate_omits_low_confidence(picture: Image.Image) -> None:
    result = ImageAnalysisResult(known_result())
    assert {finding.label for finding in sample_annotate_image.findings(result, 0.95)} == {
        "person 96%",
        "Quiet reading room 99%",
        "Open daily 9 to 18 98%",
        "Tea is on the house 99%",
    }
    nothing = sample_annotate_image.annotate(picture, result, least=1.1)
    assert ImageChops.difference(nothing, picture).getbbox() is None


def test_annotate_breaks_a_caption_that_is_too_long_for_the_image() -> None:
    image = Image.new("RGB", (800, 100))
    captions = {"values": [{"text": "word " * 60, "confidence": 0.9, "boundingBox": {"x": 0, "y": 0, "w": 9, "h": 9}}]}
    annotated = sample_annotate_image.annotate(image, ImageAnalysisResult({"denseCaptionsResult": captions}))
    below = annotated.crop((0, 100, 800, annotated.height)).convert("L")
    assert ImageOps.invert(below).getbbox()[2] < 800
    assert below.height > 4 * 14


@pytest.mark.slow
@needs_ocr
@twins("sample_annotate_image")
def test_annotate_copies_an_image_without_anything(sample: str, run: Run, blank: Path, tmp_path: Path) -> None:
    assert run(sample, str(blank), "--output", str(tmp_path)).status == 0
    with Image.open(tmp_path / "blank_annotated.png") as annotated:
        assert annotated.convert("RGB").getcolors() == [(annotated.width * annotated.height, (255, 255, 255))]


@twins("sample_annotate_image")
def test_annotate_reports_a_non_image(sample: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("not an image")
    _, err, status = run(sample, "note.txt")
    assert status == 1
    assert "cannot identify image file" in err


def test_thumbnails_have_their_size_and_show_the_person(run: Run, tmp_path: Path, turned: Path) -> None:
    out, err, status = run("sample_smart_crop_thumbnails", "--size", "180x100", "64x64", "150x200", "128x128")
    assert (err, status) == ("", 0)
    for size in ((180, 100), (64, 64), (150, 200), (128, 128)):
        file = tmp_path / "sample_output" / f"sample_{size[0]}x{size[1]}.jpg"
        assert str(file.relative_to(tmp_path)) in out
        with Image.open(file) as thumbnail:
            assert thumbnail.size == size
            # The person is in the middle: her sweater is red, as wide as the image is and as high.
            red, green, blue = thumbnail.convert("RGB").getpixel((int(size[0] * 0.53), int(size[1] * 0.6)))
            assert red > 1.5 * green and red > 1.5 * blue


def test_thumbnails_are_not_distorted_and_upright(run: Run, tmp_path: Path, turned: Path, picture: Image.Image) -> None:
    assert run("sample_smart_crop_thumbnails", str(turned), "--size", "150x100").status == 0
    with Image.open(tmp_path / "sample_output" / "turned_150x100.jpg") as thumbnail:
        # The ratio of the picture: its smart crop is all of it.
        difference = ImageChops.difference(thumbnail.convert("RGB"), picture.resize((150, 100)))
        assert max(ImageStat.Stat(difference).mean) < 5


@pytest.mark.parametrize("size", ["200x100", "100x200", "0x0", "large", "1x2x3"])
def test_thumbnails_refuse_an_impossible_size(size: str, run: Run) -> None:
    _, err, status = run("sample_smart_crop_thumbnails", "--size", size)
    assert status == 2
    assert "invalid size value" in err


def words(hocr: bytes) -> List[Tuple[str, str]]:
    """The words of an hOCR document, each with its title."""
    return [
        (part.text or "", part.get("title", ""))
        for part in ElementTree.fromstring(hocr).iter(f"{XHTML}span")
        if part.get("class") == "ocrx_word"
    ]


def test_ocr_writes_text_and_hocr(run: Run, tmp_path: Path) -> None:
    out, err, status = run("sample_ocr_to_text_and_hocr", str(SAMPLES / "sample.jpg"))
    assert (err, status) == ("", 0)
    lines = known_result()["readResult"]["blocks"][0]["lines"]
    text = (tmp_path / "sample_output" / "sample.txt").read_text(encoding="utf-8")
    assert text.splitlines() == [line["text"] for line in lines]
    assert all(f"'{line['text']}', turned by 0.0 degrees" in out for line in lines)
    expected = []
    for line in lines:
        for word in line["words"]:
            start, _, end, _ = word["boundingPolygon"]
            box = f"bbox {start['x']} {start['y']} {end['x']} {end['y']}"
            expected.append((word["text"], f"{box}; x_wconf {word['confidence'] * 100:.0f}"))
    assert words((tmp_path / "sample_output" / "sample.hocr").read_bytes()) == expected


@pytest.mark.slow
@needs_ocr
def test_ocr_writes_the_text_of_a_page(run: Run, tmp_path: Path) -> None:
    assert run("sample_ocr_to_text_and_hocr").status == 0
    text = (tmp_path / "sample_output" / "page.txt").read_text(encoding="utf-8")
    truth = (SAMPLES / "page.txt").read_text(encoding="utf-8")
    assert wrong_share(truth.splitlines(), text.splitlines()) < 0.02


@needs_ocr
def test_ocr_of_an_image_without_text_is_empty(run: Run, blank: Path, tmp_path: Path) -> None:
    assert run("sample_ocr_to_text_and_hocr", str(blank), "--output", str(tmp_path)).status == 0
    assert (tmp_path / "blank.txt").read_text() == ""
    assert words((tmp_path / "blank.hocr").read_bytes()) == []
    assert b"bbox 0 0 300 200" in (tmp_path / "blank.hocr").read_bytes()


def polygon(*points: Tuple[int, int]) -> List[Dict[str, int]]:
    return [{"x": x, "y": y} for x, y in points]


LINES = {
    0: polygon((10, 10), (110, 10), (110, 30), (10, 30)),
    90: polygon((10, 110), (10, 10), (30, 10), (30, 110)),  # from bottom to top
    -90: polygon((30, 10), (30, 110), (10, 110), (10, 10)),  # from top to bottom
    180: polygon((110, 30), (10, 30), (10, 10), (110, 10)),  # upside down
    45: polygon((0, 100), (100, 0), (110, 10), (10, 110)),
}


@pytest.mark.parametrize("degrees", LINES)
def test_ocr_gives_the_angle_of_a_line(degrees: int) -> None:
    points = [ImagePoint(point) for point in LINES[degrees]]
    assert sample_ocr_to_text_and_hocr.angle(points) == pytest.approx(degrees)


def strange_result() -> ImageAnalysisResult:
    """Turned lines in two blocks and an empty one, with characters that HTML knows."""

    def line(text: str, outline: Any) -> Dict[str, Any]:
        word = {"text": text, "boundingPolygon": outline, "confidence": 0.5}
        return {"text": text, "boundingPolygon": outline, "words": [word]}

    blocks = [
        {"lines": [line('<b> & "quotes"', LINES[0])]},
        {"lines": []},
        {"lines": [line("früher 今日", polygon((200, 150), (200, 120), (220, 120), (220, 150)))]},
    ]
    response = {
        "modelVersion": "2023-10-01",
        "metadata": {"width": 300, "height": 200},
        "readResult": {"blocks": blocks},
    }
    return ImageAnalysisResult(response)


@pytest.fixture(params=["the sample", "no text", "strange text"])
def hocr_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An hOCR document, of different kinds."""
    responses = {
        "the sample": ImageAnalysisResult({**known_result(), "modelVersion": "2023-10-01"}),
        "no text": ImageAnalysisResult(
            {"modelVersion": "2023-10-01", "metadata": {"width": 90, "height": 60}, "readResult": {"blocks": []}}
        ),
        "strange text": strange_result(),
    }
    path = tmp_path / "page.hocr"
    path.write_bytes(sample_ocr_to_text_and_hocr.hocr(responses[request.param], 'a "page" & more.jpg'))
    return path


def test_hocr_follows_its_specification(hocr_file: Path) -> None:
    root = ElementTree.fromstring(hocr_file.read_bytes())
    meta = {item.get("name"): item.get("content", "") for item in root.iter(f"{XHTML}meta")}
    assert meta["ocr-system"] == "Azure Image Analysis 2023-10-01"
    kinds = [part.get("class", "") for part in root.iter() if part.get("class")]
    assert set(kinds) <= set(meta["ocr-capabilities"].split())
    (page,) = (part for part in root.iter() if part.get("class") == "ocr_page")
    assert (page.get("title") or "").startswith("image \"a 'page' & more.jpg\"; bbox 0 0 ")
    # Each kind of part stands in the kind above it.
    order = ["ocr_page", "ocr_carea", "ocr_par", "ocr_line", "ocrx_word"]
    for part in root.iter():
        for child in part:
            if child.get("class") and part.get("class"):
                assert order.index(child.get("class", "")) == order.index(part.get("class", "")) + 1


@pytest.mark.slow
def test_public_tools_accept_the_hocr(hocr_file: Path) -> None:
    if importlib.util.find_spec("hocr_spec") is None:
        pytest.skip("the validator hocr-spec is not installed")
    check = [sys.executable, "-W", "ignore", "-m", "hocr_spec.cli", str(hocr_file)]
    validated = subprocess.run(check, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    assert validated.returncode == 0, validated.stdout
    assert "ERROR" not in validated.stdout and "Document is valid" in validated.stdout
    hocr_check = shutil.which("hocr-check", path=str(Path(sys.executable).parent))
    if hocr_check is not None:
        checked = subprocess.run(
            [sys.executable, "-W", "ignore", hocr_check, str(hocr_file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        assert checked.returncode == 0, checked.stdout
        assert "not ok" not in checked.stdout and "has a page" in checked.stdout


def test_hocr_keeps_every_character() -> None:
    found = words(sample_ocr_to_text_and_hocr.hocr(strange_result(), "page.jpg"))
    assert [text for text, _ in found] == ['<b> & "quotes"', "früher 今日"]
