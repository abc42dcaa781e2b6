"""The operations of a worker that looks at pictures: checks them by the documented limits, and describes them."""

import contextlib
import io
import math
from typing import Any, Dict, Tuple

from PIL import Image

from .pixels import reduced, turned

# The bound of a worker's address space, in bytes. A picture of 16,000 x 16,000 pixels takes 1 GB.
MEMORY = 3 << 30

SMALLEST_SIDE, LARGEST_SIDE = 50, 16000

# The longest side of a fingerprint: at this size, words of a page still differ, and noise and scaling do not show.
FINGERPRINT_SIDE = 512
COLOUR_SIDE = 4
_VECTOR_SIDE = 32

# What the service takes; Pillow reads MPO files as JPEGs.
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "ICO")
_LOSSY = ("JPEG", "MPO", "WEBP")
# Pictures with sides more than twice as long are made smaller by a whole number first.
_ENOUGH = 2048
_EXIF_ORIENTATION = 0x0112

# The size is judged by the service's limits, not by Pillow's, and the memory of this process is bounded.
Image.MAX_IMAGE_PIXELS = None

Reply = Tuple[Dict[str, Any], bytes]


class Unfit(Exception):
    """The service does not take an image: its "dimension" or its "format" is not valid."""


def inspect(data: bytes) -> Reply:
    """Check an image and compute its fingerprint.

    The size is that of the stored pixels: a turn that Exif asks for is not applied, as boxes count stored pixels.
    """
    try:
        size, lossless, image = load(data)
    except Unfit as unfit:
        return {"problem": str(unfit)}, b""
    gray = image.convert("L")
    if max(size) > FINGERPRINT_SIDE:
        width, height = (max(1, round(side * FINGERPRINT_SIDE / max(size))) for side in size)
        gray = gray.resize((width, height), Image.Resampling.LANCZOS)
    colours = image.resize((COLOUR_SIDE, COLOUR_SIDE), Image.Resampling.BOX)
    return {"size": size, "lossless": lossless, "gray_size": gray.size}, gray.tobytes() + colours.tobytes()


def pixels(data: bytes) -> Reply:
    """Decode an image."""
    try:
        _, _, image = load(data, whole=True)
    except Unfit as unfit:
        return {"problem": str(unfit)}, b""
    return {"size": image.size}, image.tobytes()


def vectorize(data: bytes) -> Reply:
    """Compute a vector of length 1, crude but of the picture: the levels of gray of 32 x 32 parts, less their mean."""
    try:
        _, _, image = load(data)
    except Unfit as unfit:
        return {"problem": str(unfit)}, b""
    levels = list(image.convert("L").resize((_VECTOR_SIDE, _VECTOR_SIDE), Image.Resampling.BOX).tobytes())
    mean = sum(levels) / len(levels)
    length = math.sqrt(sum((level - mean) ** 2 for level in levels))
    if not length:  # A picture of one colour.
        return {"vector": [1.0] + [0.0] * (len(levels) - 1)}, b""
    return {"vector": [round((level - mean) / length, 7) for level in levels]}, b""


def open_picture(data: bytes) -> Tuple[Image.Image, int]:
    """Open an image as it is stored, if possible without decoding its pixels."""
    picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    try:
        orientation = int(picture.getexif().get(_EXIF_ORIENTATION, 1))
    except MemoryError:
        raise
    except Exception:  # Broken Exif data can raise anything.
        orientation = 1
    if picture.format == "TIFF" and orientation != 1:
        picture.load()  # Pillow turns TIFFs itself, and no other format.
        return turned(picture, {6: 8, 8: 6}.get(orientation, orientation)), orientation
    return picture, orientation


def load(data: bytes, whole: bool = False) -> Tuple[Tuple[int, int], bool, Image.Image]:
    """Return the stored size of an image, whether its format is lossless, and a copy in RGB."""
    try:
        picture, _ = open_picture(data)
        with contextlib.closing(picture):
            size, lossless = picture.size, picture.format not in _LOSSY
            if min(size) < SMALLEST_SIDE or max(size) > LARGEST_SIDE:
                raise Unfit("dimension")
            return size, lossless, reduced(picture, 1 if whole else max(size) // _ENOUGH)
    except (MemoryError, Unfit):
        raise
    except Exception:  # A broken file can raise anything: SyntaxError, OSError, struct.error ...
        raise Unfit("format") from None
