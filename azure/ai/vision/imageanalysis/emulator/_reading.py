"""The worker's operation on text: recognizes it in a picture."""

import contextlib
from typing import Any, Callable, Dict, Tuple

from ._images import open_picture, orientation_of
from ._ocr import TextRecognizer


def load_text_operations() -> Dict[str, Callable[..., Tuple[Dict[str, Any], bytes]]]:
    """Load the recognizer, which takes seconds, and return what it can do."""
    recognizer = TextRecognizer()

    def read(data: bytes) -> Tuple[Dict[str, Any], bytes]:
        with contextlib.closing(open_picture(data)) as picture:
            return {"readResult": recognizer.read(picture, orientation_of(picture))}, b""

    return {"read": read}
