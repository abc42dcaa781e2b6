"""Reads the bodies of requests within bounds of time and memory."""

import asyncio
import contextlib
from typing import List, Tuple

from aiohttp import web

from ._errors import BAD_URL_BODY, IMAGE_BYTES_LIMIT, TIMEOUT, UNAVAILABLE, Refused

BODY_SECONDS = 30.0
URL_BODY_LIMIT = 64 * 1024
# A body that is too large is counted to its end, so that it can be refused in the service's words: but no further than
# this.
COUNT_LIMIT = 64 * 1024 * 1024
# All bodies that are held at one time.
HELD_LIMIT = 256 * 1024 * 1024


class Bodies:
    """The bodies that are held at one time."""

    def __init__(self) -> None:
        self._held = 0

    async def read(self, request: web.Request, is_json: bool) -> Tuple[bytes, int]:
        """Read a body.

        :param request: The request.
        :param is_json: Whether it is JSON, which is never long.
        :return: The body, or nothing if it is too long; and its length.
        :raises Refused: If it does not come in time, is JSON that is too long, or there is no room for it.
        """
        parts: List[bytes] = []
        try:
            size = await asyncio.wait_for(self._collect(request, is_json, parts), BODY_SECONDS)
        except asyncio.TimeoutError:
            raise Refused(TIMEOUT) from None
        finally:
            # From here on the call itself holds it; how many calls there are is limited, too.
            self._held -= sum(map(len, parts))
        return (b"".join(parts) if size <= IMAGE_BYTES_LIMIT else b""), size

    async def _collect(self, request: web.Request, is_json: bool, parts: List[bytes]) -> int:
        """Collect the parts of a body, and return its length."""
        size = 0
        # A client that goes away before its request is complete is no error, and does not get the response.
        with contextlib.suppress(ConnectionError, web.RequestPayloadError):
            async for part in request.content.iter_any():
                size += len(part)
                if is_json and size > URL_BODY_LIMIT:
                    raise Refused(BAD_URL_BODY)
                if size > COUNT_LIMIT:
                    break
                if size <= IMAGE_BYTES_LIMIT:
                    if self._held + len(part) > HELD_LIMIT:
                        raise Refused(UNAVAILABLE, retry_after=1)
                    self._held += len(part)
                    parts.append(part)
        return size
