"""Finds files of so many parts that a decoder would walk through them for seconds before it comes to a pixel."""

from itertools import accumulate
from typing import Iterator

_MOST = 100_000
# A JPEG of a camera has a few dozen segments. To join the contents of many takes time that grows with their square.
_SEGMENT = 100


def has_too_many_parts(data: bytes) -> bool:
    """Tell whether a file has more parts than pictures have.

    :param data: The bytes of the file.
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        costs = _png_chunks(data)
    elif data.startswith(b"\xff\xd8"):
        costs = _jpeg_segments(data)
    elif data.startswith(b"GIF8"):
        costs = _gif_blocks(data)
    else:
        return False
    return any(total > _MOST for total in accumulate(costs))


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
            yield _SEGMENT
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
