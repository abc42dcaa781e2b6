"""Converts pictures to RGB, scales and turns them."""

from typing import Any, Dict, Tuple, cast

from PIL import Image

Point = Tuple[float, float]

# The maximum size for text recognition: an A4 page at 300 dpi.
_PIXEL_LIMIT = 8_000_000

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
    """Return an image in RGB, reduced to the maximum size for text recognition."""
    width, height = image.size
    factor = max(1.0, (width * height / _PIXEL_LIMIT) ** 0.5)
    small = reduced(image, factor)
    if small.width * small.height <= _PIXEL_LIMIT:
        return small
    return small.resize((max(1, round(width / factor)), max(1, round(height / factor))), Image.Resampling.LANCZOS)


def reduced(image: Image.Image, factor: float) -> Image.Image:
    """Return an image in RGB, reduced by an integer up to a factor. JPEGs are decoded at the smaller size."""
    width, height = image.size
    if factor >= 2:
        image.draft(image.mode, (int(width / factor), int(height / factor)))
    image.load()
    remaining = int(factor * image.width / width)
    if remaining >= 2:
        # Palettes, single bits and 16-bit levels cannot be averaged.
        image = (image if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr") else _rgb(image)).reduce(remaining)
    return _rgb(image)


def _rgb(image: Image.Image) -> Image.Image:
    """Return an image in RGB; where it is transparent, white."""
    if image.mode == "F" or image.mode.startswith("I"):
        # Pillow would clip values at 255.
        values = image.convert("F")
        _, highest = cast(Tuple[float, float], values.getextrema())
        span = max(255.0, highest) / 255
        image = values.point(lambda value: value / span).convert("L")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image.convert("RGB")


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """Return an image rotated or mirrored by its Exif orientation, 1 to 8."""
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def turned_back(point: Point, size: Tuple[int, int], orientation: int) -> Point:
    """Return the point in the original image, of this size, for a point in the turned one."""
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
