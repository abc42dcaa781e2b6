"""A file that can be read only once."""

import io
from typing import Any


class Pipe(io.RawIOBase):
    """A binary file that can be read only once."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._content.readinto(buffer)
