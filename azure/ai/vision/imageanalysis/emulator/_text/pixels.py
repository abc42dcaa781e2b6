"""Brings pictures into the size and position in which text is recognized, and points back."""

from typing import Any, Dict, Tuple, cast

from PIL import Image

from .engine import Point

# Text is read in at most so many pixels: an A4 page at 300 dpi.
_MOST_PIXELS = 8_000_000
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
    """Return an image in RGB, with no more pixels than text is read in."""
    width, height = image.size
    factor = (_MOST_PIXELS / (width * height)) ** 0.5
    # Decodes a JPEG that is not loaded yet at a smaller size.
    image.draft("RGB", (max(1, int(width * factor)), max(1, int(height * factor))))
    image = _reduced(image)
    if image.width * image.height <= _MOST_PIXELS:
        return image
    # By the size before: the whole numbers of the steps above may have changed the shape a little.
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return image.resize(size, Image.Resampling.LANCZOS)


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
        values = image.convert("F")
        _, highest = cast(Tuple[float, float], values.getextrema())
        span = max(255.0, highest) / 255
        return values.point(lambda value: value / span).convert("L").convert("RGB")
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
