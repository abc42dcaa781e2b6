"""Tests of registered pictures: copies are recognized, other pictures are not."""

import io
import random
from typing import Any, List, Tuple

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._pictures.results import scaled
from emulator_calls import SAMPLE, call, emulator, encoded, running
from PIL import Image, ImageDraw, ImageFont

pytestmark = pytest.mark.slow

__all__ = ["emulator", "running"]

WORDS = (
    "the of and fox dog house river letter total amount invoice date paid street number customer order table garden "
    "window small large seven eleven quick brown jumps over lazy 128.40 128.90 March"
).split()
RESULT = {
    "captionResult": {"text": "known", "confidence": 1.0},
    "peopleResult": {"values": [{"boundingBox": {"x": 100, "y": 50, "w": 200, "h": 80}, "confidence": 0.9}]},
}


def page(words: List[str], size: Tuple[int, int] = (1240, 1754), pixels: int = 22) -> Image.Image:
    image = Image.new("RGB", size, (250, 249, 245))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=pixels)
    x, y = 60.0, 60
    for word in words:
        length = font.getlength(word + " ")
        if x + length > size[0] - 60:
            x, y = 60, y + pixels * 8 // 5
        draw.text((x, y), word, font=font, fill=(20, 20, 20))
        x += length
    return image


def resized(image: Image.Image, factor: float) -> Image.Image:
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)


def is_known(emulator: ImageAnalysisEmulator, image: bytes) -> bool:
    return call(emulator, "features=caption", image).json()["captionResult"]["confidence"] == 1.0


PHOTO = Image.open(io.BytesIO(SAMPLE)).convert("RGB")
PICTURES = {
    "photo": PHOTO.crop((0, 0, 800, 540)),
    "page": page(WORDS * 9),
    "small print": page(WORDS * 15, pixels=14),
    "small": page(WORDS[:12], (400, 300), 16),
}


@pytest.mark.parametrize("name", ["photo", "small print", "small"])
def test_copies_are_known(name: str, emulator: ImageAnalysisEmulator) -> None:
    picture = PICTURES[name]
    emulator.set_result(encoded(picture), RESULT)
    copies = {
        "PNG": encoded(picture, optimize=True),
        "JPEG 60": encoded(picture, "JPEG", quality=60),
        "WEBP 80": encoded(picture, "WEBP", quality=80),
        "0.75": encoded(resized(picture, 0.75)),
        "0.5, JPEG 60": encoded(resized(picture, 0.5), "JPEG", quality=60),
        "1.5": encoded(resized(picture, 1.5), "JPEG", quality=90),
    }
    assert [how for how, copy in copies.items() if not is_known(emulator, copy)] == []


def test_coordinates_scale_along(emulator: ImageAnalysisEmulator) -> None:
    emulator.set_result(encoded(PICTURES["photo"]), RESULT)
    response = call(emulator, "features=people", encoded(PICTURES["photo"].resize((1200, 810)))).json()
    assert response["metadata"] == {"width": 1200, "height": 810}
    assert response["peopleResult"]["values"][0]["boundingBox"] == {"x": 150, "y": 75, "w": 300, "h": 120}


def test_sample_is_known_scaled_and_saved_again() -> None:
    with ImageAnalysisEmulator(ocr=False) as emulator:
        half = encoded(PHOTO.resize((432, 288)), "JPEG", quality=60)
        response = call(emulator, "features=read,tags", half).json()
        assert len(response["tagsResult"]["values"]) > 5
        whole = call(emulator, "features=read").json()["readResult"]["blocks"][0]["lines"][0]
        line = response["readResult"]["blocks"][0]["lines"][0]
        assert line["text"] == whole["text"]
        assert line["boundingPolygon"] == scaled(whole["boundingPolygon"], 0.5, 0.5)


@pytest.mark.parametrize("pixels, count", [(14, 15), (22, 9)])
@pytest.mark.parametrize("form", [{"format": "PNG"}, {"format": "JPEG", "quality": 60}], ids=["PNG", "JPEG"])
def test_pages_that_differ_in_one_word_are_two(
    pixels: int, count: int, form: Any, emulator: ImageAnalysisEmulator
) -> None:
    words = WORDS * count
    emulator.set_result(encoded(page(words, pixels=pixels)), RESULT)
    chance = random.Random(pixels)
    for _ in range(4):
        place = chance.randrange(len(words) - len(WORDS))
        others = [word for word in WORDS if word != words[place] and len(word) == len(words[place])]
        changed = list(words)
        changed[place] = chance.choice(others or ["zebra"])
        assert not is_known(emulator, encoded(page(changed, pixels=pixels), **form)), (words[place], changed[place])


def invoice(number: str, width: int = 827, pixels: int = 15) -> Image.Image:
    """A page of 100 dpi in a letter of 11 points, unless another size is asked for."""
    image = Image.new("RGB", (width, width * 2 // 3), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=pixels)
    for row in range(8):
        text = f"Invoice 2026-{number}" if row == 2 else "Rope 12 mm, 40 m at 1.20 EUR    48.00"
        draw.text((width // 10, width // 12 + row * pixels * 2), text, font=font, fill="black")
    return image


def object_on_photo(levels: int) -> Image.Image:
    image = PICTURES["photo"].copy()
    place = (400, 300, 480, 460)
    image.paste(image.crop(place).point(lambda level: max(0, level - levels)), place)
    return image


@pytest.mark.parametrize(
    "registered, other",
    [
        (invoice("0457"), invoice("0467")),
        pytest.param(invoice("5", 3000, 20), invoice("6", 3000, 20), marks=pytest.mark.slow),
        pytest.param(invoice("5", 4800, 60), invoice("6", 4800, 60), marks=pytest.mark.slow),
        (object_on_photo(0), object_on_photo(30)),
    ],
    ids=["one digit", "one small digit", "one digit of a large page", "faint object"],
)
def test_small_difference_makes_another_picture(
    registered: Image.Image, other: Image.Image, emulator: ImageAnalysisEmulator
) -> None:
    emulator.set_result(encoded(registered, "JPEG", quality=85), RESULT)
    assert not is_known(emulator, encoded(other, "JPEG", quality=85))
    assert not is_known(emulator, encoded(resized(other, 0.75)))
    assert is_known(emulator, encoded(registered, "JPEG", quality=60))
    assert is_known(emulator, encoded(resized(registered, 0.75)))


def test_single_colour_pictures_are_distinguished(emulator: ImageAnalysisEmulator) -> None:
    for level in range(0, 10):
        result = {"captionResult": {"text": str(level), "confidence": 1.0}}
        emulator.set_result(encoded(Image.new("RGB", (100, 100), (level, 0, 0))), result)
    for level in range(0, 10):
        image = encoded(Image.new("RGB", (100, 100), (level, 0, 0)), "BMP")
        assert call(emulator, "features=caption", image).json()["captionResult"]["text"] == str(level)
    assert not is_known(emulator, encoded(Image.new("RGB", (100, 100), (0, 200, 0))))
    assert not is_known(emulator, encoded(Image.new("RGB", (100, 100), (10, 0, 0))))


def test_another_shape_or_a_thumbnail_is_another_picture(emulator: ImageAnalysisEmulator) -> None:
    picture = PICTURES["page"]
    emulator.set_result(encoded(picture), RESULT)
    assert not is_known(emulator, encoded(picture.crop((0, 0, 1240, 1700))))
    assert not is_known(emulator, encoded(resized(picture, 0.1)))


def test_later_result_replaces_the_earlier_one(emulator: ImageAnalysisEmulator) -> None:
    picture = PICTURES["small"]
    emulator.set_result(encoded(picture), {"captionResult": {"text": "first", "confidence": 0.5}})
    emulator.set_result(encoded(picture, "BMP"), RESULT)
    assert is_known(emulator, encoded(picture, "TIFF"))
