"""Lets aiohttp send a large body in chunks, any number of times."""

from functools import lru_cache
from typing import Any

from azure.core.rest import HttpRequest

_THRESHOLD = 1024 * 1024
_CHUNK_SIZE = 64 * 1024


class LargeBody(bytes):
    """Bytes that aiohttp writes in chunks. It writes plain bytes at once, which blocks the event loop, and warns.

    For anything else, such as a session that records requests, they are ordinary bytes.
    """

    def __reduce__(self) -> Any:
        return bytes, (bytes(self),)


def with_large_body(request: HttpRequest) -> HttpRequest:
    """Return a request whose body, if large, aiohttp writes in chunks."""
    content: Any = getattr(request, "content", None)
    if not isinstance(content, bytes) or isinstance(content, LargeBody) or len(content) <= _THRESHOLD:
        return request
    _register_payload()
    return HttpRequest(request.method, request.url, headers=request.headers, content=LargeBody(content))


@lru_cache(maxsize=None)
def _register_payload() -> None:
    """Register how aiohttp sends a :class:`LargeBody`. Only this function imports aiohttp."""
    from aiohttp import payload

    class LargePayload(payload.Payload):
        """A body that is written in chunks."""

        def __init__(self, value: LargeBody, **kwargs: Any) -> None:
            super().__init__(value, **kwargs)
            self._bytes = value

        @property
        def size(self) -> int:
            """The number of bytes."""
            return len(self._bytes)

        def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
            """Return the body as text."""
            return self._bytes.decode(encoding, errors)

        async def as_bytes(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
            """Return the body unchanged."""
            return self._bytes

        async def write(self, writer: Any) -> None:
            """Write the body; the writer waits for a slow connection."""
            for start in range(0, len(self._bytes), _CHUNK_SIZE):
                await writer.write(self._bytes[start : start + _CHUNK_SIZE])

    payload.PAYLOAD_REGISTRY.register(LargePayload, LargeBody, order=payload.Order.try_first)
