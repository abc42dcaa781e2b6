"""Tests an application that uses this library, without the service (asynchronous client).

A fake transport and the emulator, as in sample_test_your_app_offline.py. Results that are made by hand need no client,
so their tests are only there. This is a file of tests. It runs them if it is run as a program.

Run it:
    python sample_test_your_app_offline_async.py
or with pytest:
    pytest sample_test_your_app_offline_async.py
With pytest-asyncio, tests can be asynchronous; without it, use asyncio.run() in a test.

Packages to install besides the library: aiohttp, pytest; for the emulator the library's extra "emulator".

No environment variables are needed.
"""

import asyncio
import os
import sys
from typing import Any, List

import pytest
from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from sample_test_your_app_offline import CAPTION, REFUSED, THROTTLED, alt_text, response_of, service

__all__ = ["service"]  # a fixture

# [START app]
# The application: it writes the alternative text of an image for a web page.


async def alt_text_of(client: ImageAnalysisClient, image_data: bytes) -> str:
    """Describe an image file, or return an empty text for any other file."""
    try:
        result = await client.analyze(image_data, [VisualFeatures.CAPTION], gender_neutral_caption=True)
    except HttpResponseError as error:
        if error.status_code == 400:
            return ""
        raise
    return alt_text(result)


# [END app]


# [START fake_transport]
class FakeTransport(AsyncHttpTransport[HttpRequest, AsyncHttpResponse]):
    """Returns responses or raises exceptions in turn, and records the requests."""

    def __init__(self, *responses: Any) -> None:
        self.responses = list(responses)
        self.requests: List[HttpRequest] = []

    async def send(self, request: HttpRequest, **kwargs: Any) -> AsyncHttpResponse:
        self.requests.append(request)
        planned = self.responses.pop(0)
        if isinstance(planned, Exception):
            raise planned
        response: AsyncHttpResponse = planned
        return response

    async def sleep(self, duration: float) -> None:
        """Do not wait before retries."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def __aexit__(self, *args: Any) -> None: ...


def alt_text_by(transport: FakeTransport, image_data: bytes) -> str:
    client = ImageAnalysisClient("https://example.org", AzureKeyCredential("0" * 32), transport=transport)
    return asyncio.run(alt_text_of(client, image_data))


def test_2_fake_transport_shows_what_is_sent() -> None:
    transport = FakeTransport(response_of(200, CAPTION, AsyncHttpResponse))
    assert alt_text_by(transport, b"an image") == "Two boats on a lake"
    assert transport.requests[0].content == b"an image"
    assert "features=caption&gender-neutral-caption=true" in transport.requests[0].url


def test_2_fake_transport_gives_errors() -> None:
    assert alt_text_by(FakeTransport(response_of(400, REFUSED, AsyncHttpResponse)), b"a text") == ""


def test_2_fake_transport_loses_connections() -> None:
    transport = FakeTransport(
        ServiceRequestError("no route"),
        response_of(429, THROTTLED, AsyncHttpResponse),
        response_of(200, CAPTION, AsyncHttpResponse),
    )
    assert alt_text_by(transport, b"an image") == "Two boats on a lake"
    assert len(transport.requests) == 3


# [END fake_transport]


# [START emulator]
def test_3_emulator(service: ImageAnalysisEmulator) -> None:
    async def use_the_app() -> str:
        async with ImageAnalysisClient(service.endpoint, AzureKeyCredential(service.key)) as client:
            return await alt_text_of(client, b"not an image")

    assert asyncio.run(use_the_app()) == ""


# [END emulator]


if __name__ == "__main__":
    # Ignore the settings of a project around this file, and installed plugins.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.exit(pytest.main([__file__, "-v", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider"]))
