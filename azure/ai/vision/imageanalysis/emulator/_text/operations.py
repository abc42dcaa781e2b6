"""The operations of a worker that recognizes text. Loading this module takes seconds."""

import contextlib
from typing import Any, Dict

from .._pictures.images import open_picture
from .recognizer import TextRecognizer

# The limit of the address space of a worker, in bytes. onnxruntime reserves more than it uses.
MEMORY = 8 << 30

_RECOGNIZER = TextRecognizer()


def read(data: bytes) -> Dict[str, Any]:
    """Return the text of an image as the service's ``readResult``."""
    picture, orientation = open_picture(data)
    with contextlib.closing(picture):
        return _RECOGNIZER.read(picture, orientation)
