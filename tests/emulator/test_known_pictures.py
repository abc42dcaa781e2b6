"""Tests of registered pictures: copies are recognized, other pictures are not."""

import io
from typing import Any

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._pictures.results import scaled
from emulator_calls import SAMPLE, call, encoded
from PIL import Image, ImageDraw, ImageFont
from printed_pages import bundled_font, printed

WORDS = [
    "the of and fox dog house river letter total amount invoice date paid street number customer order table garden",
    "window small large seven eleven quick brown jumps over lazy 128.40 128.90 March dear sirs please find below our",
    "charges for the last month: rope 12 mm, 40 m at 1.20 EUR, two crates of fish, one ship to Hamburg and back again",
]


def captioned(text: str) -> Any:
    return {"captionResult": {"text": text, "confidence": 1.0}}


RESULT = captioned("known")


def resized(image: Image.Image, factor: float) -> Image.Image:
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)


def caption_of(emulator: ImageAnalysisEmulator, image: bytes) -> Any:
    return call(emulator, "features=caption", image).json()["captionResult"]


def is_known(emulator: ImageAnalysisEmulator, image: bytes) -> bool:
    return bool(caption_of(emulator, image)["confidence"] == 1.0)


PHOTO = Image.open(io.BytesIO(SAMPLE)).convert("RGB")
PICTURES = {
    "photo": PHOTO.crop((0, 0, 800, 540)),
    "small print": printed(WORDS * 5, bundled_font(14), margin=300).image,
    "small": printed(WORDS[:1], bundled_font(16)).image,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["photo", "small print", "small"])
def test_copies_are_known(name: str, emulator: ImageAnalysisEmulator) -> None:
    original = PICTURES[name]
    emulator.set_result(encoded(original), RESULT)
    copies = {
        "PNG": encoded(original, compress_level=1),
        "JPEG 60": encoded(original, "JPEG", quality=60),
        "WEBP 80": encoded(original, "WEBP", quality=80, method=0),
        "0.75": encoded(resized(original, 0.75)),
        "0.5, JPEG 60": encoded(resized(original, 0.5), "JPEG", quality=60),
        "1.5": encoded(resized(original, 1.5), "JPEG", quality=90),
    }
    assert [how for how, copy in copies.items() if not is_known(emulator, copy)] == []


def test_sample_is_known_at_another_size_and_its_coordinates_scale_along(emulator: ImageAnalysisEmulator) -> None:
    half = call(emulator, "features=read,tags", encoded(PHOTO.resize((432, 288)), "JPEG", quality=60)).json()
    whole = call(emulator, "features=read,tags").json()
    assert half["metadata"] == {"width": 432, "height": 288}
    assert half["tagsResult"] == whole["tagsResult"]
    assert half["readResult"] == scaled(whole["readResult"], 0.5, 0.5)


def invoice(number: str, width: int = 827, pixels: int = 15) -> Image.Image:
    """Draw a page of 100 dpi in a letter of 11 points, unless another size is asked for."""
    image = Image.new("RGB", (width, width * 2 // 3), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=pixels)
    for row in range(8):
        text = f"Invoice 2026-{number}" if row == 2 else "Rope 12 mm, 40 m at 1.20 EUR    48.00"
        draw.text((width // 10, width // 12 + row * pixels * 2), text, font=font, fill="black")
    return image


def assert_two_pictures(emulator: ImageAnalysisEmulator, registered: Image.Image, other: Image.Image) -> None:
    emulator.set_result(encoded(registered, "JPEG", quality=85), RESULT)
    assert not is_known(emulator, encoded(other, "JPEG", quality=85))
    assert not is_known(emulator, encoded(resized(other, 0.75), compress_level=1))
    assert is_known(emulator, encoded(registered, "JPEG", quality=60))


def test_digit_makes_another_picture(emulator: ImageAnalysisEmulator) -> None:
    assert_two_pictures(emulator, invoice("0457"), invoice("0467"))


@pytest.mark.slow
@pytest.mark.parametrize("width, pixels", [(3000, 20), (4800, 60)])
def test_digit_makes_another_large_picture(emulator: ImageAnalysisEmulator, width: int, pixels: int) -> None:
    assert_two_pictures(emulator, invoice("5", width, pixels), invoice("6", width, pixels))


def test_faint_object_makes_another_picture(emulator: ImageAnalysisEmulator) -> None:
    photo = PICTURES["photo"]
    place = (600, 50, 680, 210)
    with_object = photo.copy()
    with_object.paste(photo.crop(place).point(lambda level: max(0, level - 22)), place)
    assert_two_pictures(emulator, photo, with_object)


def test_copy_of_one_of_two_similar_pictures_gets_its_result_or_none(
    emulator: ImageAnalysisEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    invoices = {number: invoice(number) for number in ("0457", "0467")}
    for number, image in invoices.items():
        emulator.set_result(encoded(image), captioned(number))
    for number, image in invoices.items():
        for copy in (encoded(image), encoded(image, "JPEG", quality=60)):
            assert caption_of(emulator, copy)["text"] == number
    # At this size, no one can tell which of them it is.
    assert not is_known(emulator, encoded(resized(invoices["0457"], 0.45), "JPEG", quality=50))
    assert "looks like two registered pictures" in caplog.text


def test_colors_tell_pictures_apart(emulator: ImageAnalysisEmulator) -> None:
    colors = [(200, 0, 0), (0, 102, 0), *((level, 0, 0) for level in range(5))]
    for color in colors:
        emulator.set_result(encoded(Image.new("RGB", (100, 100), color)), captioned(str(color)))
    for color in colors:
        assert caption_of(emulator, encoded(Image.new("RGB", (100, 100), color), "BMP"))["text"] == str(color)
    assert not is_known(emulator, encoded(Image.new("RGB", (100, 100), (5, 0, 0))))
    assert not is_known(emulator, encoded(Image.new("RGB", (100, 100), (0, 0, 102)), "JPEG"))


def test_another_shape_or_a_thumbnail_is_another_picture(emulator: ImageAnalysisEmulator) -> None:
    original = PICTURES["photo"]
    emulator.set_result(encoded(original), RESULT)
    assert not is_known(emulator, encoded(original.crop((0, 0, 800, 500))))
    assert not is_known(emulator, encoded(resized(original, 0.1)))


def test_later_result_replaces_the_earlier_one(emulator: ImageAnalysisEmulator) -> None:
    picture = PICTURES["small"]
    emulator.set_result(encoded(picture), captioned("first"))
    emulator.set_result(encoded(picture, "BMP"), RESULT)
    assert caption_of(emulator, encoded(picture, "TIFF")) == RESULT["captionResult"]
