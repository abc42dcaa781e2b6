"""The operations of a worker that recognizes text. Loading this module takes seconds."""

import contextlib
from typing import Any, Dict

from .._pictures.images import open_picture
from .recognizer import TextRecognizer

# The bound of a worker's address space, in bytes. onnxruntime reserves more than it uses.
MEMORY = 8 << 30

_RECOGNIZER = TextRecognizer()


def read(data: bytes) -> Dict[str, Any]:
    """Return the text of an image as the service's ``readResult``.

    :param data: The bytes of a file that the service takes.
    """
    picture, orientation = open_picture(data)
    with contextlib.closing(picture):
        return _RECOGNIZER.read(picture, orientation)
