"""Opens pictures in the worker: checks them by the documented limits, decodes them, and computes fingerprints."""

import contextlib
import io
from itertools import accumulate
from typing import Any, Dict, Iterator, Tuple

from PIL import Image

SMALLEST_SIDE, LARGEST_SIDE = 50, 16000

# The longest side of a fingerprint: at this size words of a page still differ, and noise and scaling hardly show.
FINGERPRINT_SIDE = 512
COLOUR_SIDE = 4

# What the service takes; Pillow reads MPO files as JPEGs.
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "ICO")
_LOSSLESS = frozenset({"PNG", "GIF", "BMP", "TIFF", "ICO"})
# A file of more parts keeps its decoder busy for seconds before it comes to a pixel.
_MOST_PARTS = 100_000
# A JPEG of a camera has a few dozen segments. To join many takes time that grows with their square, so each counts for:
_SEGMENT_PARTS = 100
# Pictures with sides more than twice as long are made smaller by a whole number first, JPEGs while they are decoded.
_ENOUGH = 2048
_EXIF_ORIENTATION = 0x0112

# The size is judged by the service's limits, not by Pillow's, and the memory of this process is bounded.
Image.MAX_IMAGE_PIXELS = None


class Unfit(Exception):
    """The service does not take an image.

    :param problem: Why not.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.reply: Tuple[Dict[str, Any], bytes] = {"problem": problem}, b""


def open_picture(data: bytes) -> Image.Image:
    """Open an image without decoding its pixels.

    :param data: The bytes of a file.
    :return: The image.
    :raises Unfit: If the file is made to keep its reader busy.
    """
    if _has_too_many_parts(data):
        raise Unfit("format")
    return Image.open(io.BytesIO(data), formats=_FORMATS)


def orientation_of(picture: Image.Image) -> int:
    """Return the turn that Exif asks for, 1 to 8; 1 if the data are broken.

    :param picture: An image as :func:`open_picture` returns it.
    """
    try:
        return int(picture.getexif().get(_EXIF_ORIENTATION, 1))
    except MemoryError:
        raise
    except Exception:  # Broken Exif data can raise anything.
        return 1


def inspect(data: bytes) -> Tuple[Dict[str, Any], bytes]:
    """Check an image and compute its fingerprint.

    The size is that of the stored pixels: a turn that Exif asks for is not applied, as boxes count stored pixels.

    :param data: The bytes of a file.
    :return: What is wrong with the image, or its size and fingerprint.
    """
    try:
        size, lossless, image = load(data)
    except Unfit as unfit:
        return unfit.reply
    gray = image.convert("L")
    if max(size) > FINGERPRINT_SIDE:
        width, height = (max(1, round(side * FINGERPRINT_SIDE / max(size))) for side in size)
        gray = gray.resize((width, height), Image.Resampling.LANCZOS)
    colours = image.resize((COLOUR_SIDE, COLOUR_SIDE), Image.Resampling.BOX)
    return {"size": size, "lossless": lossless, "gray_size": gray.size}, gray.tobytes() + colours.tobytes()


def pixels(data: bytes) -> Tuple[Dict[str, Any], bytes]:
    """Decode an image.

    :param data: The bytes of a file.
    :return: What is wrong with the image, or its size and its pixels in RGB, as they are stored.
    """
    try:
        _, _, image = load(data, whole=True)
    except Unfit as unfit:
        return unfit.reply
    return {"size": image.size}, image.tobytes()


def load(data: bytes, whole: bool = False) -> Tuple[Tuple[int, int], bool, Image.Image]:
    """Decode an image, at a smaller size if it is large.

    :param data: The bytes of a file.
    :param whole: Whether to decode a large one at its own size, too.
    :return: The size as it is stored, whether the format keeps pixels as they are, and the image in RGB.
    :raises Unfit: If it is no image that the service takes.
    """
    try:
        with contextlib.closing(open_picture(data)) as picture:
            size, lossless = picture.size, picture.format in _LOSSLESS
            if min(size) < SMALLEST_SIDE or max(size) > LARGEST_SIDE:
                raise Unfit("dimension")
            return size, lossless, _flat(picture if whole else _decode(picture))
    except (MemoryError, Unfit):
        raise
    except Exception:  # A broken file can raise anything: SyntaxError, OSError, struct.error ...
        raise Unfit("format") from None


def _decode(picture: Image.Image) -> Image.Image:
    """Decode an image and, if it is large, make it smaller by a whole number."""
    factor = max(picture.size) // _ENOUGH
    if factor > 1:
        picture.draft(picture.mode, (picture.width // factor, picture.height // factor))
    picture.load()
    factor = max(picture.size) // _ENOUGH
    if factor < 2:
        return picture
    # Some modes cannot be averaged.
    if picture.mode == "1":
        picture = picture.convert("L")
    elif picture.mode.startswith("I;16"):
        picture = picture.convert("I")
    elif picture.mode in ("P", "PA"):
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    return picture.reduce(factor)


def _flat(image: Image.Image) -> Image.Image:
    """Return an image in RGB: what is transparent on white, 16 bits as 8."""
    if image.mode == "F" or image.mode.startswith("I"):
        image = image.convert("F").point(lambda level: level * (1 / 256) + 0.0).convert("L")
    if image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image.convert("RGB")


def _has_too_many_parts(data: bytes) -> bool:
    """Tell whether a file has more parts than pictures have."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        costs = _png_chunks(data)
    elif data.startswith(b"\xff\xd8"):
        costs = _jpeg_segments(data)
    elif data.startswith(b"GIF8"):
        costs = _gif_blocks(data)
    else:
        return False
    return any(total > _MOST_PARTS for total in accumulate(costs))


def _png_chunks(data: bytes) -> Iterator[int]:
    """Yield the cost of each chunk up to the last, which something else may follow."""
    at = 8
    while at < len(data) and data[at + 4 : at + 8] != b"IEND":
        yield 1
        at += 12 + int.from_bytes(data[at : at + 4], "big")


def _jpeg_segments(data: bytes) -> Iterator[int]:
    """Yield the cost of each segment, and of each byte between them, up to the first scan."""
    at = 2
    while at + 1 < len(data):
        marker = data[at + 1]
        if data[at] != 0xFF or marker == 0xFF:
            yield 1
            at += 1
        elif marker == 0:
            yield 1
            at += 2
        elif marker == 0xDA:
            return
        else:
            yield _SEGMENT_PARTS
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))


def _gif_blocks(data: bytes) -> Iterator[int]:
    """Yield the cost of each block, and of each byte between them, up to the first picture."""
    at = 13
    if len(data) > 10 and data[10] & 0x80:
        at += 3 << ((data[10] & 7) + 1)
    while at < len(data) and data[at] not in b",;":
        yield 1
        if data[at] != ord("!"):
            at += 1
            continue
        at += 2
        while at < len(data) and data[at]:
            yield 1
            at += 1 + data[at]
        at += 1
