"""Tests of how a worker opens pictures: modes, orientations, and broken files."""

from typing import Any, Dict, Tuple

import pytest
from azure.ai.vision.imageanalysis.emulator._pictures import images
from azure.ai.vision.imageanalysis.emulator._pictures.pixels import turned, turned_back
from emulator_calls import encoded
from PIL import Image

# Stored images look upright when they are turned in the other direction than by these orientations.
INVERSE = {6: 8, 8: 6}
CLEAR_GIF = encoded(Image.new("P", (60, 70), 0), "GIF", transparency=0)


@pytest.mark.parametrize(
    "data, color",
    [
        pytest.param(encoded(Image.new("RGBA", (60, 70), (0, 0, 0, 0))), (255, 255, 255), id="transparent"),
        pytest.param(encoded(Image.new("LA", (60, 70), (0, 0))), (255, 255, 255), id="transparent gray"),
        pytest.param(CLEAR_GIF, (255, 255, 255), id="transparent palette"),
        pytest.param(encoded(Image.new("CMYK", (60, 70), (0, 0, 0, 0)), "JPEG"), (255, 255, 255), id="CMYK"),
        pytest.param(encoded(Image.new("I;16", (60, 70), 20_000)), (255, 255, 255), id="16 bits"),
        pytest.param(encoded(Image.new("I;16", (60, 70), 100)), (100, 100, 100), id="16 bits, dark"),
    ],
)
def test_picture_of_any_mode_is_decoded_to_rgb_on_white(data: bytes, color: Tuple[int, int, int]) -> None:
    facts, pixels = images.pixels(data)
    image = Image.frombytes("RGB", facts["size"], pixels)
    assert image.getpixel((30, 30)) == color


@pytest.mark.parametrize("mode", ["P", "LA", "I;16", "CMYK"])
def test_large_picture_of_any_mode_is_inspected(mode: str) -> None:
    image = Image.new(mode, (9000, 60))
    facts, pixels = images.inspect(encoded(image, "JPEG" if mode == "CMYK" else "PNG"))
    assert (facts["size"], facts["lossless"]) == ((9000, 60), mode != "CMYK")
    gray_width, gray_height = facts["gray_size"]
    assert gray_width == 512
    assert len(pixels) == gray_width * gray_height + 4 * 4 * len("RGB")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
def test_cut_file_is_not_an_image(format: str) -> None:
    data = encoded(Image.effect_noise((200, 200), 80).convert("RGB"), format)
    assert "problem" not in images.inspect(data)[0]
    assert images.inspect(data[: len(data) // 2])[0] == {"problem": "format"}


def orientation_in(format: str, orientation: int) -> Dict[str, Any]:
    """Return what makes Pillow save an image with an orientation."""
    if format == "TIFF":
        return {"tiffinfo": {0x0112: orientation}, "compression": "tiff_lzw"}
    exif = Image.Exif()
    exif[0x0112] = orientation
    return {"exif": exif, "quality": 95, "lossless": True}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_picture_is_opened_as_it_is_stored_in_every_format(format: str) -> None:
    upright = Image.linear_gradient("L").crop((0, 0, 90, 256)).resize((90, 160)).convert("RGB")
    upright.paste("red", (0, 0, 40, 40))
    for orientation in range(1, 9):
        stored = turned(upright, INVERSE.get(orientation, orientation))
        data = encoded(stored, format, **orientation_in(format, orientation))
        picture, found = images.open_picture(data)
        assert (picture.size, found) == (stored.size, orientation)
        assert images.inspect(data)[0]["size"] == stored.size
        small = [image.convert("RGB").resize((20, 20)) for image in (picture, stored)]
        difference = max(abs(one - other) for one, other in zip(*(image.tobytes() for image in small)))
        assert difference <= 8, orientation  # JPEG changes that much.


def test_each_turn_of_pixels_is_undone_for_points() -> None:
    image = Image.new("L", (7, 4))
    image.putpixel((5, 1), 255)
    for orientation in range(1, 9):
        after = turned(image, orientation)
        left, top, right, bottom = after.getbbox() or (0, 0, 0, 0)
        middle = (left + right) / 2, (top + bottom) / 2
        assert turned_back(middle, image.size, orientation) == (5.5, 1.5), orientation


def test_broken_exif_is_ignored() -> None:
    assert images.open_picture(encoded(Image.new("L", (60, 60)), "JPEG", exif=b"Exif\0\0broken"))[1] == 1
