"""Describes an image in a web page: Python runs in the browser (Pyodide), and the client sends with JavaScript's fetch.

A browser has no sockets, so the client gets its own transport. The page sample_in_the_browser.html, beside this file,
loads Pyodide, the library and this file: see docs/how-to/browser.md. Never put a key into a page, where everybody can
read it: get a token from your backend.

Run it:
    python sample_in_the_browser_async.py
    in Pyodide under Node.js; in a browser, the page calls describe()

Packages to install besides the library: none; Python is Pyodide 314 or later.

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import asyncio
import json
import os
import sys
from typing import Any, AsyncIterator, Union

from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError, ServiceResponseTimeoutError
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.core.utils import case_insensitive_dict
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
        return json.loads(self.content)

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
        # fetch has no time limit. The client knows asyncio's TimeoutError.
        seconds = kwargs.get("read_timeout", 300)
        return await asyncio.wait_for(self._fetch(request), seconds)

    async def _fetch(self, request: HttpRequest) -> AsyncHttpResponse:
        fetched = await pyfetch(
            request.url,
            method=request.method,
            headers=dict(request.headers),
            body=request.content,
            redirect="error",  # fetch would send the key to other hosts
        )
        response = FetchResponse()
        response.request, response.url = request, request.url
        response.status_code, response.reason = fetched.status, fetched.status_text
        response.headers = case_insensitive_dict(fetched.headers)
        response.content_type = response.headers.get("Content-Type")
        response.content = await fetched.bytes()
        return response

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def __aexit__(self, *args: Any) -> None: ...


# [END transport]


# [START credential]
class BackendCredential(AsyncTokenCredential):
    """Gets tokens from the page's own backend, in the shape of an AccessToken."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        response = await pyfetch(self._url, method="POST")
        response.raise_for_status()
        token = await response.json()
        return AccessToken(token["token"], token["expires_on"])

    async def close(self) -> None: ...

    async def __aexit__(self, *args: Any) -> None: ...


# [END credential]


# [START describe]
async def describe(
    endpoint: str,
    credential: Union[AzureKeyCredential, AsyncTokenCredential],
    image_data: bytes,
    **options: Any,
) -> str:
    """Return a caption of an image, or the reason why there is none."""
    client = ImageAnalysisClient(endpoint, credential, transport=FetchTransport())
    try:
        async with client:
            result = await client.analyze(image_data, ["caption"], **options)
        return result.caption.text if result.caption is not None else ""
    except HttpResponseError as error:
        reason = error.error.message if error.error else error
        return f"The service refused the call. {reason}"
    except ServiceResponseTimeoutError:
        return "The response did not come in time."
    except ServiceRequestError as error:
        # The console of the browser says whether it is CORS. fetch does not.
        return f"The service does not respond, or not to this page (CORS). {error}"
    except (AzureError, OSError) as error:  # an OSError: the backend issued no token
        return f"The image was not analyzed. {error}"


# [END describe]


async def describe_for_page(endpoint: str, key: str, token_url: str, image: Any) -> str:
    """Describe the image that is in a Uint8Array, with the key that the user typed or with tokens of the backend."""
    credential = AzureKeyCredential(key) if key else BackendCredential(token_url)
    return await describe(endpoint, credential, image.to_bytes())


async def main() -> None:
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")
    with open(os.path.join(os.path.dirname(__file__), "..", "sample.jpg"), "rb") as file:
        print(await describe(endpoint, AzureKeyCredential(key), file.read()))


if __name__ == "__main__":
    asyncio.run(main())
