"""Reads an image to its end, so that each attempt of a call can send all of it."""

from array import array
from collections import abc
from inspect import isawaitable, iscoroutine, iscoroutinefunction
from io import TextIOBase
from os import PathLike
from typing import TYPE_CHECKING, Any, AsyncIterable, Awaitable, Iterable, Protocol, Union

_BYTES: Any = (bytes, bytearray, memoryview, array)

if TYPE_CHECKING:

    class BinaryReader(Protocol):
        """A file, a stream or a response whose ``read`` returns bytes."""

        def read(self) -> bytes: ...

    class AsyncBinaryReader(Protocol):
        """A file, a stream or a response whose ``read`` is asynchronous."""

        def read(self) -> Awaitable[bytes]: ...

    ImageSource = Union[bytes, bytearray, memoryview, BinaryReader, Iterable[bytes]]
    AsyncImageSource = Union[ImageSource, AsyncBinaryReader, AsyncIterable[bytes]]
else:
    # Libraries that derive a schema from a signature, such as pydantic, know bytes, but not protocols.
    ImageSource = AsyncImageSource = bytes

_ADVICE = (
    "Open a path with open(path, 'rb'); pass a URL to analyze_from_url(); encode pixels as PNG; await a coroutine."
)


def read_image(image_data: object) -> bytes:
    """Read an image to its end."""
    content = _content_of(image_data)
    if isawaitable(content) or (hasattr(content, "__aiter__") and not hasattr(content, "__iter__")):
        if iscoroutine(content):
            content.close()  # Python warns of a coroutine that is never awaited
        raise _refusal(
            image_data, "It is asynchronous: pass await file.read(), or use azure.ai.vision.imageanalysis.aio."
        )
    return _join(image_data, content)


async def read_image_async(image_data: object) -> bytes:
    """Read an image to its end, from a source that may be asynchronous."""
    content = _content_of(image_data)
    if isawaitable(content):
        content = await content
    elif hasattr(content, "__aiter__"):
        content = [chunk async for chunk in content]
    return _join(image_data, content)


def _content_of(source: Any) -> Any:
    """Return the bytes of a source, or an awaitable or iterable of them."""
    if isinstance(source, _BYTES):
        return source
    if isinstance(source, TextIOBase):
        raise _refusal(source, "Open the file in binary mode, 'rb'.")
    read = getattr(source, "read", None)
    if read is not None:
        # aiohttp marks a response as closed once its body has been read.
        if getattr(source, "closed", False) is True and not iscoroutinefunction(read):
            raise ValueError("image_data: expected an open file, got a closed one")
        return read()
    is_iterable = hasattr(source, "__iter__") or hasattr(source, "__aiter__")
    if not is_iterable or isinstance(source, (str, PathLike, abc.Mapping)) or hasattr(source, "tobytes"):
        raise _refusal(source, _ADVICE)
    return source


def _join(source: object, content: Any) -> bytes:
    """Join the content of a source. Anything but bytes raises TypeError, an exhausted source ValueError."""
    chunks = [content] if hasattr(source, "read") or isinstance(content, _BYTES) else list(content)
    for chunk in chunks:
        if not isinstance(chunk, _BYTES):
            raise _refusal(source, f"It gives {type(chunk).__name__} instead of bytes. {_ADVICE}")
    image = b"".join(map(bytes, chunks))
    if not image and not isinstance(source, _BYTES):
        raise ValueError(
            f"image_data: expected an image, got an exhausted {type(source).__name__}. "
            "If it was already read, rewind it with seek(0)."
        )
    return image


def _refusal(source: Any, advice: str) -> TypeError:
    """Return the exception for an unsupported source."""
    return TypeError(
        f"image_data: expected bytes, a binary file or an iterable of bytes, got {type(source).__name__}. {advice}"
    )
