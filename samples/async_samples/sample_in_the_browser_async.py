"""Describes an image in a web page: Python runs in the browser (Pyodide), and the client sends with JavaScript's fetch.

A browser has no sockets, so the client gets its own transport. The page loads Pyodide and the wheels: see
docs/how-to/browser.md. Never put a key into a page, where everybody can read it: get a token from your backend.

Run it:
    python sample_in_the_browser_async.py

Packages to install besides the library: none; Python is Pyodide 314 or later, in a browser or under Node.js.

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import asyncio
import os
from json import loads
from typing import Any, AsyncIterator

from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from pyodide.http import pyfetch


# [START transport]
class FetchResponse(AsyncHttpResponse):
    """A response whose body has been read."""

    request: Any = None
    status_code: Any = 0
    reason: Any = ""
    headers: Any = None
    content_type: Any = None
    url: Any = ""
    content: Any = b""
    encoding: Any = None
    is_closed: Any = True
    is_stream_consumed: Any = True

    def text(self, encoding: Any = None) -> str:
        return str(self.content, encoding or self.encoding or "utf-8")

    def json(self) -> Any:
        return loads(self.content)

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise HttpResponseError(response=self)

    async def read(self) -> bytes:
        return bytes(self.content)

    async def iter_bytes(self, **kwargs: Any) -> AsyncIterator[bytes]:
        yield self.content

    iter_raw = iter_bytes

    async def close(self) -> None: ...

    async def __aexit__(self, *args: Any) -> None: ...


class FetchTransport(AsyncHttpTransport[HttpRequest, AsyncHttpResponse]):
    """Sends requests with JavaScript's fetch."""

    async def send(self, request: HttpRequest, **kwargs: Any) -> AsyncHttpResponse:
        fetching = pyfetch(
            request.url,
            method=request.method,
            headers=dict(request.headers),
            body=request.content,
            redirect="error",  # fetch would send the key to other hosts
        )
        # fetch has no time limit. The client knows asyncio's TimeoutError.
        fetched = await asyncio.wait_for(fetching, kwargs.get("read_timeout", 300))
        response = FetchResponse()
        response.request, response.url = request, request.url
        response.status_code, response.reason = fetched.status, fetched.status_text
        response.headers = fetched.headers
        response.content_type = fetched.headers.get("content-type")
        response.content = await fetched.bytes()
        return response

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def __aexit__(self, *args: Any) -> None: ...


# [END transport]


# [START analyze]
async def main() -> None:
    client = ImageAnalysisClient(
        endpoint=os.environ["VISION_ENDPOINT"],
        credential=AzureKeyCredential(os.environ["VISION_KEY"]),
        transport=FetchTransport(),
    )
    url = "https://aka.ms/azsdk/image-analysis/sample.jpg"
    async with client:
        result = await client.analyze_from_url(url, ["caption"])
    print(result.caption)


# [END analyze]


if __name__ == "__main__":
    asyncio.run(main())
