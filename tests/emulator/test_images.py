"""Tests of how a worker opens pictures: all modes and orientations, and broken files."""

from typing import Any, Dict

import pytest
from azure.ai.vision.imageanalysis.emulator._pictures import images
from azure.ai.vision.imageanalysis.emulator._pictures.pixels import turned
from emulator_calls import encoded
from PIL import Image


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


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_picture_is_opened_as_it_is_stored_in_every_format(format: str, orientation: int) -> None:
    upright = Image.linear_gradient("L").crop((0, 0, 90, 256)).resize((90, 160)).convert("RGB")
    upright.paste("red", (0, 0, 40, 40))
    stored = turned(upright, {6: 8, 8: 6}.get(orientation, orientation))
    picture, found = images.open_picture(encoded(stored, format, **orientation_in(format, orientation)))
    assert (picture.size, found) == (stored.size, orientation)
    small = [image.convert("RGB").resize((20, 20)) for image in (picture, stored)]
    far = max(abs(one - other) for one, other in zip(*(image.tobytes() for image in small)))
    assert far <= 8  # what JPEG changes


def test_size_of_a_turned_tiff_is_that_of_its_stored_pixels() -> None:
    data = encoded(Image.new("RGB", (80, 60)), "TIFF", tiffinfo={0x0112: 6})
    facts, _ = images.inspect(data)
    assert (facts["size"], facts["lossless"], facts["gray_size"]) == ((80, 60), True, (80, 60))


def test_broken_exif_is_no_orientation() -> None:
    assert images.open_picture(encoded(Image.new("L", (60, 60)), "JPEG", exif=b"Exif\0\0broken"))[1] == 1
