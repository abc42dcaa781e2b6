"""Brings pictures into the size and position in which text is recognized, and points back."""

from typing import Any, Dict, Tuple

from PIL import Image

from ._ocr_engine import Point

# Text is looked for in at most so many pixels, and pictures with fewer are doubled.
_MOST_PIXELS, _FEW_PIXELS = 4_000_000, 400_000
# Memory: a large picture is reduced in bands of about so many pixels.
_BAND_PIXELS = 4_000_000

_TURNS: Dict[int, Any] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def scaled(image: Image.Image) -> Image.Image:
    """Return an image in RGB, and in a size in which text is found."""
    width, height = image.size
    # Decodes a JPEG that is not loaded yet at a smaller size.
    factor = (_MOST_PIXELS / (width * height)) ** 0.5
    image.draft("RGB", (max(1, int(width * factor)), max(1, int(height * factor))))
    image = _reduced(image)
    width, height = image.size
    if width * height > _MOST_PIXELS:
        factor = (_MOST_PIXELS / (width * height)) ** 0.5
    elif width * height < _FEW_PIXELS:
        factor = 2.0
    else:
        return image
    return image.resize((max(1, round(width * factor)), max(1, round(height * factor))), Image.Resampling.LANCZOS)


def _reduced(image: Image.Image) -> Image.Image:
    """Return an image in RGB, made smaller by a whole number as far as it has more than four times too many pixels."""
    width, height = image.size
    factor = max(1, int((width * height / _MOST_PIXELS) ** 0.5))
    if factor == 1:
        return _rgb(image)
    small = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    rows = max(1, _BAND_PIXELS // width // factor) * factor
    for top in range(0, height, rows):
        band = image.crop((0, top, width, min(top + rows, height)))
        small.paste(_rgb(band).reduce(factor), (0, top // factor))
    return small


def _rgb(image: Image.Image) -> Image.Image:
    """Return an image in RGB; where it is transparent, white."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        # Pillow would cut values off at 255.
        lowest, highest = image.convert("F").getextrema()
        span = max(255.0, float(highest)) / 255.0
        image = image.convert("F").point(lambda value: value / span).convert("L")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """Return an image turned as an Exif orientation, 1 to 8, asks for."""
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def turned_back(point: Point, size: Tuple[int, int], orientation: int) -> Point:
    """Return where a point of the turned image was in the image before, which had this size."""
    (x, y), (width, height) = point, size
    return {
        2: (width - x, y),
        3: (width - x, height - y),
        4: (x, height - y),
        5: (y, x),
        6: (y, height - x),
        7: (width - y, height - x),
        8: (width - y, x),
    }.get(orientation, point)
