"""Tests an application that uses this library, without the service.

There are three ways:
1. Results made by hand, for code that reads results. The models take their attributes as keywords.
2. A fake transport, for code that calls the client: the whole client runs, and no request leaves the process. It
   returns any response, including errors and lost connections, and shows what was sent.
3. The emulator of the library, for a whole application. It checks each request as the service does.

This is a file of tests. It runs them if it is run as a program.

Run it:
    python sample_test_your_app_offline.py
or with pytest:
    pytest sample_test_your_app_offline.py

Packages to install besides the library: pytest; for the third way the library's extra "emulator".

No environment variables are needed.
"""

import json
import os
import sys
from typing import Any, Dict, Iterator, List
from unittest import mock

import pytest
from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.models import CaptionResult, ImageAnalysisResult, ImageMetadata, VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest, HttpResponse

# [START app]
# The application: it writes the alternative text of an image for a web page.


def alt_text(result: ImageAnalysisResult) -> str:
    """Describe an image, unless the confidence is too low."""
    if result.caption is None or result.caption.confidence < 0.5:
        return f"Image of {result.metadata.width} x {result.metadata.height} pixels"
    return result.caption.text.capitalize()


def alt_text_of(client: ImageAnalysisClient, image_data: bytes) -> str:
    """Describe an image file, or return an empty text for any other file."""
    try:
        return alt_text(client.analyze(image_data, [VisualFeatures.CAPTION], gender_neutral_caption=True))
    except HttpResponseError as error:
        if error.status_code == 400:
            return ""
        raise


# [END app]


# [START models_by_keyword]
@pytest.mark.parametrize("confidence, expected", [(0.9, "Two boats on a lake"), (0.1, "Image of 640 x 480 pixels")])
def test_1_models_by_keyword(confidence: float, expected: str) -> None:
    result = ImageAnalysisResult(
        caption=CaptionResult(text="two boats on a lake", confidence=confidence),
        metadata=ImageMetadata(width=640, height=480),
        model_version="2023-10-01",
    )
    assert alt_text(result) == expected


# [END models_by_keyword]


# [START fake_transport]
class FakeTransport(HttpTransport[HttpRequest, HttpResponse]):
    """Returns responses or raises exceptions in turn, and records the requests."""

    def __init__(self, *responses: Any) -> None:
        self.responses = list(responses)
        self.requests: List[HttpRequest] = []

    def send(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.requests.append(request)
        planned = self.responses.pop(0)
        if isinstance(planned, Exception):
            raise planned
        response: HttpResponse = planned
        return response

    def sleep(self, duration: float) -> None:
        """Do not wait before retries."""

    def open(self) -> None: ...

    def close(self) -> None: ...

    def __exit__(self, *args: Any) -> None: ...


def response_of(status: int, body: Dict[str, Any], kind: Any = HttpResponse) -> Any:
    """Create a response of the service."""
    response = mock.Mock(spec=kind, status_code=status, reason="", content_type="application/json")
    response.headers = {"Content-Type": "application/json"}
    response.text.return_value = json.dumps(body)
    return response


CAPTION = {
    "captionResult": {"text": "two boats on a lake", "confidence": 0.9},
    "metadata": {"width": 640, "height": 480},
    "modelVersion": "2023-10-01",
}
REFUSED = {"error": {"code": "InvalidRequest", "message": "Image format is not valid"}}
THROTTLED = {"error": {"code": "429", "message": "Too many calls"}}


def fake_client(transport: FakeTransport) -> ImageAnalysisClient:
    return ImageAnalysisClient("https://example.org", AzureKeyCredential("0" * 32), transport=transport)


def test_2_fake_transport_shows_what_is_sent() -> None:
    transport = FakeTransport(response_of(200, CAPTION))
    assert alt_text_of(fake_client(transport), b"an image") == "Two boats on a lake"
    assert transport.requests[0].content == b"an image"
    assert "features=caption&gender-neutral-caption=true" in transport.requests[0].url


def test_2_fake_transport_gives_errors() -> None:
    assert alt_text_of(fake_client(FakeTransport(response_of(400, REFUSED))), b"a text") == ""


def test_2_fake_transport_loses_connections() -> None:
    transport = FakeTransport(ServiceRequestError("no route"), response_of(429, THROTTLED), response_of(200, CAPTION))
    assert alt_text_of(fake_client(transport), b"an image") == "Two boats on a lake"
    assert len(transport.requests) == 3


# [END fake_transport]


# [START emulator]
@pytest.fixture(scope="session")
def service() -> Iterator[ImageAnalysisEmulator]:
    """The emulator, once for all tests. With a ``rate``, you see your application throttled."""
    with ImageAnalysisEmulator() as running:
        yield running


def test_3_emulator(service: ImageAnalysisEmulator) -> None:
    with ImageAnalysisClient(service.endpoint, AzureKeyCredential(service.key)) as client:
        assert alt_text_of(client, b"not an image") == ""


# [END emulator]


if __name__ == "__main__":
    # Ignore the settings of a project around this file, and installed plugins.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.exit(pytest.main([__file__, "-v", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider"]))
