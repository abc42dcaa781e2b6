"""Tests of how a worker opens pictures: all modes, cut files, and files that keep their decoder busy."""

from typing import Any, List

import pytest
from azure.ai.vision.imageanalysis.emulator._pictures import images
from emulator_calls import SAMPLE, encoded, picture, picture_with_parts
from PIL import Image


@pytest.mark.parametrize(
    "image",
    [
        Image.new("1", (60, 60), 1),
        Image.new("L", (60, 60), 200),
        Image.new("LA", (60, 60), (200, 255)),
        Image.new("P", (60, 60), 3),
        Image.new("RGBA", (60, 60), (1, 2, 3, 128)),
        Image.new("I;16", (60, 60), 40000),
        Image.new("L", (5000, 60)),
        Image.new("P", (5000, 60)),
        Image.new("1", (5000, 60)),
        Image.new("I;16", (5000, 60), 40000),
        Image.new("LA", (5000, 60)),
        Image.new("RGBA", (5000, 60)),
    ],
    ids=lambda image: f"{image.mode} {image.size[0]}",
)
def test_all_modes_are_inspected(image: Image.Image) -> None:
    facts, pixels = images.inspect(encoded(image))
    assert (facts["size"], facts["lossless"]) == (image.size, True)
    width, height = facts["gray_size"]
    assert len(pixels) == width * height + 48


def test_cmyk_and_large_jpegs_are_inspected() -> None:
    for image in (Image.new("CMYK", (60, 60), (10, 20, 30, 40)), Image.new("RGB", (9000, 60))):
        facts, _ = images.inspect(encoded(image, "JPEG"))
        assert (facts["size"], facts["lossless"]) == (image.size, False)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
def test_cut_file_is_no_image(format: str) -> None:
    data = encoded(Image.effect_noise((200, 200), 80).convert("RGB"), format)
    assert "problem" not in images.inspect(data)[0]
    assert images.inspect(data[: len(data) // 2])[0] == {"problem": "format"}


@pytest.mark.parametrize("format, most", [("JPEG", 980), ("PNG", 99_000), ("GIF", 99_000)])
def test_picture_of_too_many_parts_is_no_image(format: str, most: int) -> None:
    assert "problem" not in images.inspect(picture_with_parts(format, most))[0]
    opened: List[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(images.Image, "open", opened.append)
        assert images.inspect(picture_with_parts(format, most + 2000))[0] == {"problem": "format"}
    assert opened == []  # Its parts cost nothing but their count.


@pytest.mark.parametrize("between", [b"\xff", b"\xff\0"])
def test_jpeg_with_padding_is_an_image_but_not_with_much_of_it(between: bytes) -> None:
    assert "problem" not in images.inspect(SAMPLE[:2] + between * 5000 + SAMPLE[2:])[0]
    assert images.inspect(SAMPLE[:2] + between * 200_000 + SAMPLE[2:])[0] == {"problem": "format"}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF"])
def test_what_follows_a_picture_is_not_counted(format: str) -> None:
    assert "problem" not in images.inspect(picture(60, 60, format).ljust(20_000_000, b"\0"))[0]


def test_out_of_memory_is_no_broken_image(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(images, "_decode", fail)
    with pytest.raises(MemoryError):
        images.inspect(SAMPLE)
