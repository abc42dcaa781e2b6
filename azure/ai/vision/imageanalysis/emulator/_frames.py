"""Frames between the emulator and its workers: a head of JSON and a blob of bytes, each with its length before it."""

import json
import struct
from typing import Any, BinaryIO, Dict, Mapping, Tuple

_LENGTHS = struct.Struct(">II")


def write_frame(stream: BinaryIO, head: Mapping[str, Any], blob: bytes = b"") -> None:
    """Write one frame and flush it."""
    packed = json.dumps(head).encode("ascii")
    stream.write(_LENGTHS.pack(len(packed), len(blob)) + packed)
    stream.write(blob)
    stream.flush()


def read_frame(stream: BinaryIO) -> Tuple[Dict[str, Any], bytes]:
    """Read one frame.

    :raises EOFError: If the stream ends before the frame does.
    """
    head_length, blob_length = _LENGTHS.unpack(_read(stream, _LENGTHS.size))
    return json.loads(_read(stream, head_length)), _read(stream, blob_length)


def _read(stream: BinaryIO, length: int) -> bytes:
    """Read so many bytes."""
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data
