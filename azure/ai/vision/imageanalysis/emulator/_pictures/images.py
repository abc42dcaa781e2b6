"""The operations of a worker that decodes pictures: checks their limits, and describes them."""

import contextlib
import io
import math
from typing import Any, Dict, Tuple

from PIL import Image

from .pixels import reduced, turned

# The limit of the address space of a worker, in bytes. A picture of 16,000 x 16,000 pixels takes 1 GB.
MEMORY = 3 << 30

SMALLEST_SIDE, LARGEST_SIDE = 50, 16000

# The longest side of a fingerprint: at this size, words still differ, but noise and scaling do not matter.
FINGERPRINT_SIDE = 512
COLOR_SIDE = 4
_VECTOR_SIDE = 32

# The formats that the service accepts; Pillow opens MPO files as JPEGs.
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "ICO")
_LOSSY = ("JPEG", "MPO", "WEBP")
# Pictures with a side more than twice as long are first reduced by an integer.
_ENOUGH = 2048
_EXIF_ORIENTATION = 0x0112

# The limits of the service apply instead of Pillow's, and the memory of this process is limited.
Image.MAX_IMAGE_PIXELS = None

Reply = Tuple[Dict[str, Any], bytes]


class InvalidImage(Exception):
    """The service does not accept an image: its "dimension" or its "format" is invalid."""


def inspect(data: bytes) -> Reply:
    """Check an image and compute its fingerprint.

    The size is that of the stored pixels: the Exif orientation is not applied, as boxes refer to stored pixels.
    """
    try:
        size, lossless, image = load(data)
    except InvalidImage as error:
        return {"problem": str(error)}, b""
    gray = image.convert("L")
    if max(size) > FINGERPRINT_SIDE:
        width, height = (max(1, round(side * FINGERPRINT_SIDE / max(size))) for side in size)
        gray = gray.resize((width, height), Image.Resampling.LANCZOS)
    colors = image.resize((COLOR_SIDE, COLOR_SIDE), Image.Resampling.BOX)
    return {"size": size, "lossless": lossless, "gray_size": gray.size}, gray.tobytes() + colors.tobytes()


def pixels(data: bytes) -> Reply:
    """Decode an image."""
    try:
        _, _, image = load(data, whole=True)
    except InvalidImage as error:
        return {"problem": str(error)}, b""
    return {"size": image.size}, image.tobytes()


def vectorize(data: bytes) -> Reply:
    """Compute a simple vector of length 1: the gray levels of 32 x 32 parts, less their mean."""
    try:
        _, _, image = load(data)
    except InvalidImage as error:
        return {"problem": str(error)}, b""
    levels = list(image.convert("L").resize((_VECTOR_SIDE, _VECTOR_SIDE), Image.Resampling.BOX).tobytes())
    mean = sum(levels) / len(levels)
    length = math.sqrt(sum((level - mean) ** 2 for level in levels))
    if not length:  # A picture of one color.
        return {"vector": [1.0] + [0.0] * (len(levels) - 1)}, b""
    return {"vector": [round((level - mean) / length, 7) for level in levels]}, b""


def open_picture(data: bytes) -> Tuple[Image.Image, int]:
    """Open an image with its stored orientation, if possible without decoding its pixels."""
    picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    try:
        orientation = int(picture.getexif().get(_EXIF_ORIENTATION, 1))
    except MemoryError:
        raise
    except Exception:  # Broken Exif data can raise anything.
        orientation = 1
    if picture.format == "TIFF" and orientation != 1:
        picture.load()  # Pillow rotates only TIFFs.
        return turned(picture, {6: 8, 8: 6}.get(orientation, orientation)), orientation
    return picture, orientation


def load(data: bytes, whole: bool = False) -> Tuple[Tuple[int, int], bool, Image.Image]:
    """Return the stored size of an image, whether its format is lossless, and a copy in RGB."""
    try:
        picture, _ = open_picture(data)
        with contextlib.closing(picture):
            size, lossless = picture.size, picture.format not in _LOSSY
            if min(size) < SMALLEST_SIDE or max(size) > LARGEST_SIDE:
                raise InvalidImage("dimension")
            return size, lossless, reduced(picture, 1 if whole else max(size) // _ENOUGH)
    except (MemoryError, InvalidImage):
        raise
    except Exception:  # A broken file can raise anything: SyntaxError, OSError, struct.error ...
        raise InvalidImage("format") from None
