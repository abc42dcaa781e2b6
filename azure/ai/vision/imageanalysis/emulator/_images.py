"""How large is an image? Read from the head of its bytes, without decoding a pixel."""

import io
from typing import Tuple

from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.IcoImagePlugin import IcoFile
from PIL.Image import DecompressionBombError
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from ._errors import IMAGE_BYTES, IMAGE_BYTES_LIMIT, IMAGE_DIMENSION, IMAGE_FORMAT, Refused

SMALLEST_SIDE, LARGEST_SIDE = 50, 16000

Size = Tuple[int, int]

# Pillow's readers are called one by one, as Image.open refuses images that the service takes, by their area.
_READERS = (JpegImageFile, PngImageFile, GifImageFile, BmpImageFile, WebPImageFile, TiffImageFile)


def check_image(data: bytes) -> Size:
    """Check an image by the documented limits.

    The size is that of the stored pixels: a turn that Exif asks for is not applied, as boxes count stored pixels.

    :param data: The bytes of a JPEG (or MPO, which begins as one), PNG, GIF, BMP, WEBP, TIFF or ICO file.
    :return: The width and the height.
    :raises Refused: If it is no such file, or is too small or too large.
    """
    if not 0 < len(data) <= IMAGE_BYTES_LIMIT:
        raise Refused(IMAGE_BYTES)
    width, height = _size(data)
    if min(width, height) < SMALLEST_SIDE or max(width, height) > LARGEST_SIDE:
        raise Refused(IMAGE_DIMENSION)
    return width, height


def _size(data: bytes) -> Size:
    for reader in _READERS:
        try:
            return reader(io.BytesIO(data)).size
        except DecompressionBombError:
            # A WEBP only: newer versions of Pillow make room for all its pixels here, and for no more than 179 million.
            raise Refused(IMAGE_DIMENSION) from None
        except Exception:  # A broken head can raise anything: SyntaxError, OSError, struct.error ...
            continue
    try:
        # The reader of Pillow for whole ICO files decodes pixels; this one reads the list of its images.
        return max(IcoFile(io.BytesIO(data)).sizes())
    except Exception:
        raise Refused(IMAGE_FORMAT) from None
