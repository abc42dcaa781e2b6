"""Tests of faults that a test arranges: failures, lost connections, late and partial responses."""

from typing import Any, Dict

import pytest
import requests
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError, ServiceResponseError
from client_kinds import ClientKind
from emulator_calls import SAMPLE, analyze, call


@pytest.mark.parametrize("status", [400, 401, 404, 408, 415, 418, 429, 500, 503])
def test_next_calls_fail_with_the_error_of_the_service(emulator: ImageAnalysisEmulator, status: int) -> None:
    emulator.fail_next(status, times=2, retry_after=3)
    for _ in range(2):
        with pytest.raises(HttpResponseError) as caught:
            analyze(emulator, SAMPLE, ["tags"])
        assert caught.value.status_code == status
        assert caught.value.error is not None and caught.value.error.code
        assert caught.value.response is not None and caught.value.response.headers["Retry-After"] == "3"
    assert analyze(emulator, SAMPLE, ["tags"]).tags
    assert [request.status for request in emulator.requests] == [status, status, 200]


def test_faults_come_in_their_order_and_are_retried(client_kind: ClientKind, emulator: ImageAnalysisEmulator) -> None:
    emulator.fail_next(503, retry_after=0)
    emulator.disconnect_next()
    emulator.fail_next(429, 1, 0)
    assert emulator.pending == 3
    with client_kind.client(emulator.endpoint, AzureKeyCredential(emulator.key), retry_backoff_factor=0) as client:
        assert client.analyze(SAMPLE, ["tags"]).tags.list
    assert [request.status for request in emulator.requests] == [503, None, 429, 200]
    assert emulator.pending == 0


def test_late_response_meets_the_time_limit_of_the_client(emulator: ImageAnalysisEmulator) -> None:
    large = SAMPLE.ljust(8_000_000)  # A client that still sends does not wait for the response yet.
    for image in (SAMPLE, large):
        emulator.delay_next(30)
        with pytest.raises(ServiceResponseError):
            analyze(emulator, image, ["tags"], read_timeout=0.5)


@pytest.mark.parametrize("size", [0, 100])
def test_response_breaks_off(emulator: ImageAnalysisEmulator, size: int) -> None:
    emulator.truncate_next(size, times=2)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match=rf"IncompleteRead\({size} bytes read"):
        call(emulator)
    with pytest.raises(AzureError):
        analyze(emulator, SAMPLE, ["tags"])
    assert [request.status for request in emulator.requests] == [200, 200]


def test_fault_waits_for_a_call_with_one_of_its_features(emulator: ImageAnalysisEmulator) -> None:
    emulator.fail_next(500, features=["caption", "DENSECAPTIONS"])
    emulator.fail_next(404, features=[VisualFeatures.CAPTION])
    assert call(emulator, "features=tags,smartCrops").status_code == 200
    assert emulator.pending == 2
    assert call(emulator, "features=denseCaptions").status_code == 500
    assert call(emulator, "features=tags,caption").status_code == 404
    assert emulator.pending == 0


@pytest.mark.parametrize(
    "body, headers, sent, content_type",
    [
        ("<h1>Bad Gateway é</h1>", {"content-type": "text/html"}, "<h1>Bad Gateway é</h1>".encode(), "text/html"),
        ("text", {}, b"text", "text/plain; charset=utf-8"),
        (b"\0\xff", {}, b"\0\xff", "application/octet-stream"),
        ({"error": {"code": "x"}}, {}, b'{"error": {"code": "x"}}', "application/json"),
    ],
    ids=["html", "text", "bytes", "json"],
)
def test_failure_with_a_body_of_ones_own(
    emulator: ImageAnalysisEmulator, body: Any, headers: Dict[str, str], sent: bytes, content_type: str
) -> None:
    date = "Wed, 21 Oct 2026 07:28:00 GMT"
    emulator.fail_next(502, retry_after=1, body=body, headers={**headers, "Retry-After": date})
    response = call(emulator)
    assert (response.status_code, response.content) == (502, sent)
    assert (response.headers["Content-Type"], response.headers["Retry-After"]) == (content_type, date)
    assert "apim-request-id" not in response.headers


def test_headers_are_added_to_those_of_the_service(emulator: ImageAnalysisEmulator) -> None:
    emulator.fail_next(429, headers={"x-mine": "1"})
    response = call(emulator)
    assert response.headers["x-mine"] == "1"
    assert "apim-request-id" in response.headers and "Retry-After" not in response.headers
    assert "pricing tier" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "method, arguments, keywords, message",
    [
        ("fail_next", (200,), {}, "'status' must be a whole number from 400 to 599, not 200"),
        ("fail_next", (500,), {"times": 0}, "'times' must be a whole number from 1 to 1000000, not 0"),
        ("fail_next", (500,), {"retry_after": -1}, "'retry_after' must be a number of seconds"),
        ("fail_next", (500,), {"body": object()}, "'body' must be text, bytes or JSON: "),
        ("fail_next", (500,), {"headers": {"a": "b\nc"}}, "'headers' must be a mapping of names to values"),
        ("disconnect_next", (), {"features": ["colors"]}, "'features': 'colors' is unknown; the names are tags, cap"),
        ("disconnect_next", (), {"features": "caption"}, "'features' must be a list of names, not 'caption'"),
        ("delay_next", ("soon",), {}, "'seconds' must be a number of seconds from 0, not 'soon'"),
        ("truncate_next", (-1,), {}, "'size' must be a whole number from 0, not -1"),
    ],
)
def test_impossible_fault_is_refused(
    emulator: ImageAnalysisEmulator, method: str, arguments: Any, keywords: Dict[str, Any], message: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        getattr(emulator, method)(*arguments, **keywords)
    assert emulator.pending == 0
