"""Reads an image to its end, so that each attempt of a call can send it whole."""

from array import array
from collections import abc
from inspect import isawaitable, iscoroutine, iscoroutinefunction, signature
from io import TextIOBase
from os import PathLike
from typing import Any, AsyncIterable, Awaitable, Callable, Iterable, Iterator, Protocol, Union

_BYTES: Any = (bytes, bytearray, memoryview)
_ARRAY: Any = array
_PIECE = 1024 * 1024


class BinaryReader(Protocol):
    """A file, a stream or a response whose ``read`` gives bytes."""

    def read(self) -> bytes:
        """Read all that is left."""
        ...


class AsyncBinaryReader(Protocol):
    """The same, with an asynchronous ``read``."""

    def read(self) -> Awaitable[bytes]:
        """Read all that is left."""
        ...


ImageSource = Union[bytes, bytearray, memoryview, BinaryReader, Iterable[bytes]]
"""What the synchronous client takes for an image."""

AsyncImageSource = Union[ImageSource, AsyncBinaryReader, AsyncIterable[bytes]]
"""What the asynchronous client takes for an image."""


def read_image(image_data: Any) -> bytes:
    """Read an image."""
    content = _open(image_data)
    if isawaitable(content) or (hasattr(content, "__aiter__") and not hasattr(content, "__iter__")):
        if iscoroutine(content):
            content.close()  # Python warns of a coroutine that nobody awaits
        raise _refusal(
            image_data, "That is asynchronous: give await file.read(), or use azure.ai.vision.imageanalysis.aio."
        )
    return _join(image_data, content)


async def read_image_async(image_data: Any) -> bytes:
    """Read an image, from a source that may be asynchronous."""
    content = _open(image_data)
    if isawaitable(content):
        content = await content
    elif hasattr(content, "__aiter__"):
        content = [chunk async for chunk in content]
    return _join(image_data, content)


def _open(source: Any) -> Any:
    """Give a source's bytes, or what they can be awaited or iterated from."""
    if isinstance(source, _BYTES):
        return source
    if isinstance(source, _ARRAY) and source.itemsize == 1:
        return source.tobytes()
    if isinstance(source, TextIOBase):
        raise _refusal(source, "Open the file in binary mode, 'rb'.")
    read = getattr(source, "read", None)
    if read is not None:
        check_open("image_data", source)
        return b"".join(_pieces(read)) if _needs_size(read) and not iscoroutinefunction(read) else read()
    advice = _advice(source)
    if advice or not (hasattr(source, "__iter__") or hasattr(source, "__aiter__")):
        raise _refusal(source, advice)
    return source


def check_open(argument: str, source: Any) -> None:
    """Refuse a closed file."""
    # A response of aiohttp calls itself closed once its body is there.
    if getattr(source, "closed", False) is True and not iscoroutinefunction(getattr(source, "read", None)):
        raise ValueError(f"{argument}: expected an open file, got a closed one")


def _needs_size(read: Callable[..., Any]) -> bool:
    """Tell whether a method ``read`` cannot be called without a size."""
    try:
        signature(read).bind()
    except TypeError:
        return True
    except ValueError:  # of a method written in C
        pass
    return False


def _pieces(read: Callable[[int], Any]) -> Iterator[bytes]:
    """Read piece by piece, as long as there are bytes."""
    piece = read(_PIECE)
    while piece and isinstance(piece, _BYTES):
        yield piece
        piece = read(_PIECE)


def _join(source: Any, content: Any) -> bytes:
    """Give the bytes that a source has given, or raise what is wrong with them."""
    chunks = [content] if hasattr(source, "read") or isinstance(content, _BYTES) else list(content)
    for chunk in chunks:
        if not isinstance(chunk, _BYTES):
            raise _refusal(
                source, f"It gives {type(chunk).__name__} where bytes are needed; open a file in binary mode, 'rb'."
            )
    image = b"".join(map(bytes, chunks))
    if not image and not isinstance(source, _BYTES):
        raise ValueError(
            f"image_data: expected an image, got a {type(source).__name__} that has no bytes left. "
            "If it was written or read before, go back to its start with seek(0)."
        )
    return image


def _refusal(source: Any, advice: str) -> TypeError:
    """Make the exception for what is not a source of an image."""
    given: str = type(source).__name__
    return TypeError(
        f"image_data: expected bytes, a binary file or an iterable of bytes, got {given}. {advice}".strip()
    )


def _advice(source: Any) -> str:
    """Say what to do with an object that holds an image, but does not give it."""
    if isinstance(source, (str, PathLike)):
        return "Open a path with open(path, 'rb'); give a URL to analyze_from_url()."
    if isinstance(source, abc.Mapping):
        return "Give the URL of an image to analyze_from_url()."
    if isawaitable(source):
        return "Await it first."
    if hasattr(source, "iter_content"):  # a response of requests
        return "Give its .content."
    if hasattr(source, "tobytes"):
        if hasattr(source, "save"):  # an image of Pillow
            return "Save it into an io.BytesIO, and give getvalue() of that."
        return "Encode it as PNG or JPEG; tobytes() gives pixels, which are no image file."
    if hasattr(source, "human_repr") or hasattr(source, "unicode_string"):  # a URL of yarl or of pydantic
        return "Give str(url) to analyze_from_url()."
    return ""
