"""Tests of the emulator's handle: results to return, failures to come, recorded requests. Both clients."""

import errno
import socket
import threading
from typing import Any, Dict

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from client_kinds import ClientKind
from emulator_calls import SAMPLE, call, emulator, encoded, running
from PIL import Image, ImageDraw

__all__ = ["emulator", "running"]

URL = "https://example.com/cat.png?sig=secret"
CAT = {"captionResult": {"text": "a cat", "confidence": 0.9}, "tagsResult": {"values": []}}


def drawing(text: str = "one", size: int = 300) -> Image.Image:
    image = Image.new("RGB", (size, size), "white")
    ImageDraw.Draw(image).ellipse((size // 5, size // 5, size // 2, size // 2), fill="red")
    ImageDraw.Draw(image).text((size // 2, size // 2), text, fill="black")
    return image


def analyze(kind: ClientKind, emulator: ImageAnalysisEmulator, image: Any, features: Any, **options: Any) -> Any:
    """Call the real client once, without retries, for a URL or for bytes."""
    with kind.client(emulator.endpoint, AzureKeyCredential(emulator.key), retry_total=0) as client:
        method = client.analyze_from_url if isinstance(image, str) else client.analyze
        return method(image, features, **options)


# Results


def test_results_can_be_set_only_while_running() -> None:
    emulator = ImageAnalysisEmulator()
    with pytest.raises(RuntimeError, match="does not run"):
        emulator.set_result(URL, CAT)
    with pytest.raises(RuntimeError, match="not started yet"):
        emulator.environment()


def test_two_emulators_share_nothing(emulator: ImageAnalysisEmulator) -> None:
    with ImageAnalysisEmulator() as other:
        other.set_result(URL, CAT)
        other.fail_next(500)
        assert call(emulator, "features=caption", {"url": URL}).status_code == 400
        assert other.requests == []
        assert other.key != emulator.key


# What Microsoft's pages show

SAMPLE_URL = "https://aka.ms/azsdk/image-analysis/sample.jpg"
PRESENTATION_URL = "https://learn.microsoft.com/azure/ai-services/computer-vision/media/quickstarts/presentation.png"


@pytest.mark.parametrize("url", [SAMPLE_URL, PRESENTATION_URL])
def test_pictures_of_quickstarts_have_all_features(
    client_kind: ClientKind, emulator: ImageAnalysisEmulator, url: str
) -> None:
    options: Dict[str, Any] = {"gender_neutral_caption": True, "smart_crops_aspect_ratios": [0.9, 1.33]}
    result = analyze(client_kind, emulator, url, list(VisualFeatures), language="en", model_version="latest", **options)
    assert "person" in result.caption.text
    assert [crop.aspect_ratio for crop in result.smart_crops.list] == [0.9, 1.33]
    assert all(word.confidence for line in result.read.blocks[0].lines for word in line.words)
    assert all((result.dense_captions.list, result.tags.list, result.objects.list, result.people.list))


# Failures


@pytest.mark.parametrize("status", [400, 401, 404, 408, 415, 429, 500, 503, 418, 599])
def test_next_calls_fail(client_kind: ClientKind, emulator: ImageAnalysisEmulator, status: int) -> None:
    emulator.fail_next(status, times=2, retry_after=3)
    for _ in range(2):
        with pytest.raises(HttpResponseError) as caught:
            analyze(client_kind, emulator, SAMPLE, ["tags"], retry_total=0)
        assert caught.value.status_code == status
        assert caught.value.error is not None and caught.value.error.code
        assert caught.value.response.headers["Retry-After"] == "3"
    assert analyze(client_kind, emulator, SAMPLE, ["tags"]).tags
    assert [request.status for request in emulator.requests] == [status, status, 200]


def test_failures_come_in_their_order_and_are_retried(client_kind: ClientKind, emulator: ImageAnalysisEmulator) -> None:
    emulator.fail_next(503, retry_after=0)
    emulator.disconnect_next()
    emulator.fail_next(429, retry_after=0)
    with client_kind.client(emulator.endpoint, AzureKeyCredential(emulator.key), retry_backoff_factor=0) as client:
        assert client.analyze(SAMPLE, ["tags"]).tags.list
    assert [request.status for request in emulator.requests] == [503, None, 429, 200]


def test_next_calls_lose_their_connection(client_kind: ClientKind, emulator: ImageAnalysisEmulator) -> None:
    emulator.disconnect_next(times=2)
    for _ in range(2):
        with pytest.raises((ServiceRequestError, ServiceResponseError)):
            analyze(client_kind, emulator, SAMPLE, ["tags"], retry_total=0)
    assert analyze(client_kind, emulator, SAMPLE, ["tags"]).tags


def test_failure_without_retry_after_sends_no_header(emulator: ImageAnalysisEmulator) -> None:
    emulator.fail_next(429)
    response = call(emulator)
    assert "Retry-After" not in response.headers
    assert "pricing tier" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "arguments, keywords, message",
    [
        ((200,), {}, "'status' must be a whole number from 400 to 599, not 200"),
        (("500",), {}, "'status'"),
        ((True,), {}, "'status'"),
        ((500,), {"times": 0}, "'times' must be a whole number from 1, not 0"),
        ((500,), {"times": 1.5}, "'times'"),
        ((500,), {"retry_after": -1}, "'retry_after' must be a number of seconds"),
        ((500,), {"retry_after": "soon"}, "'retry_after'"),
        ((500,), {"retry_after": float("nan")}, "'retry_after'"),
    ],
)
def test_bad_failure_is_refused(
    emulator: ImageAnalysisEmulator, arguments: Any, keywords: Dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        emulator.fail_next(*arguments, **keywords)
    assert call(emulator).status_code == 200


# Requests


def test_requests_are_recorded(client_kind: ClientKind, emulator: ImageAnalysisEmulator) -> None:
    emulator.set_result(URL, CAT)
    features = [VisualFeatures.CAPTION, VisualFeatures.TAGS]
    analyze(client_kind, emulator, SAMPLE, features, language="en", gender_neutral_caption=True)
    analyze(client_kind, emulator, URL, [VisualFeatures.CAPTION], headers={"x-mine": "1"})
    first, second = emulator.requests
    assert (first.method, first.path) == ("POST", "/computervision/imageanalysis:analyze")
    assert first.features == ("Caption", "Tags") or [name.lower() for name in first.features] == ["caption", "tags"]
    assert first.options["language"] == "en"
    assert first.options["gender-neutral-caption"] == "true"
    assert (first.body, first.body_size, first.image_url, first.status) == (SAMPLE, len(SAMPLE), None, 200)
    assert (second.image_url, second.headers["x-mine"]) == (URL, "1")
    shown = repr(emulator.requests) + repr(emulator) + repr([request.headers for request in emulator.requests])
    assert emulator.key not in shown
    assert "secret" not in repr(emulator.requests)


def test_refused_requests_are_recorded_and_helpers_are_not(emulator: ImageAnalysisEmulator) -> None:
    call(emulator, Ocp_Apim_Subscription_Key="wrong-key")
    call(emulator, path="/nowhere")
    for path in ("/health", "/images/sample.jpg"):
        assert call(emulator, path=path, method="GET").status_code == 200
    assert [(request.path, request.status) for request in emulator.requests] == [
        ("/computervision/imageanalysis:analyze", 401),
        ("/nowhere", 404),
    ]
    assert "wrong-key" not in repr(emulator.requests) + repr(emulator.requests[0].headers)


@pytest.mark.slow
def test_number_and_bodies_of_requests_are_limited(
    emulator: ImageAnalysisEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("azure.ai.vision.imageanalysis.emulator._control._KEPT_BODIES", 3 * len(SAMPLE))
    for _ in range(4):
        call(emulator)
    call(emulator, body=SAMPLE.ljust(1024 * 1024 + 1))
    bodies = [request.body for request in emulator.requests]
    assert bodies == [None, SAMPLE, SAMPLE, SAMPLE, None]
    assert emulator.requests[-1].body_size == 1024 * 1024 + 1
    for _ in range(1000):
        call(emulator, path="/x", method="GET")
    assert len(emulator.requests) == 1000
    assert {request.path for request in emulator.requests} == {"/x"}


def test_reset_forgets_all(emulator: ImageAnalysisEmulator) -> None:
    emulator.set_result(URL, CAT)
    emulator.fail_next(500, times=5)
    emulator.reset()
    assert call(emulator, "features=caption", {"url": URL}).status_code == 400
    assert len(emulator.requests) == 1
    assert call(emulator).status_code == 200


def test_handle_is_for_many_threads(emulator: ImageAnalysisEmulator) -> None:
    failed = []

    def work(number: int) -> None:
        url = f"https://example.com/{number}"
        for _ in range(10):
            emulator.set_result(url, {"captionResult": {"text": str(number), "confidence": 1.0}})
            result = call(emulator, "features=caption", {"url": url}).json()
            if result["captionResult"]["text"] != str(number):
                failed.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(emulator.requests) == 80


# Start and stop


@pytest.mark.parametrize(
    "keywords, message",
    [
        ({"port": 70000}, "'port' must be a whole number from 0 to 65535, not 70000"),
        ({"port": "80"}, "'port'"),
        ({"key": ""}, "'key'"),
        ({"key": "with blank"}, "'key'"),
        ({"key": "line\n"}, "'key'"),
        ({"rate": "fast"}, "'rate'"),
        ({"allow_host": "name"}, "'allow_host' must be a list"),
        ({"allow_host": ["a:80"]}, "'allow_host' must hold names or addresses of hosts without a port, not 'a:80'"),
        ({"allow_host": [""]}, "'allow_host' must hold"),
        ({"allow_host": ["http://a"]}, "'allow_host' must hold"),
        ({"audience": 5}, "'audience'"),
    ],
)
def test_bad_keywords_are_refused(keywords: Dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        ImageAnalysisEmulator(**keywords)


def test_start_and_stop_by_hand() -> None:
    emulator = ImageAnalysisEmulator(key="known")
    assert emulator.start() is emulator
    with pytest.raises(RuntimeError, match="runs already"):
        emulator.start()
    assert call(emulator).status_code == 200
    emulator.stop()
    emulator.stop()
    assert repr(emulator) == "<ImageAnalysisEmulator not running>"
    assert emulator.endpoint.startswith("http://127.0.0.1:")
    with emulator:
        assert call(emulator).status_code == 200


def test_taken_port_is_named(emulator: ImageAnalysisEmulator) -> None:
    port = int(emulator.endpoint.rsplit(":", 1)[1])
    with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 is taken by another program"):
        ImageAnalysisEmulator(port=port).start()


def test_port_that_is_not_allowed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def bind(*_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(PermissionError, match="port 80 of 127.0.0.1 cannot be opened: Permission denied"):
        ImageAnalysisEmulator(port=80).start()


def test_health(emulator: ImageAnalysisEmulator) -> None:
    response = call(emulator, path="/health", method="GET", Ocp_Apim_Subscription_Key=None)
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


# Features without an engine


@pytest.mark.slow
@pytest.mark.parametrize("feature", ["caption", "denseCaptions", "tags", "objects", "people", "read"])
def test_strict_refuses_what_it_cannot_compute(feature: str) -> None:
    with ImageAnalysisEmulator(strict=True, ocr=False) as strict:
        response = call(strict, f"features={feature}", encoded(drawing()))
        assert response.status_code == 400
        assert response.json()["error"]["innererror"]["code"] == "NotSupportedVisualFeature"
        assert call(strict, f"features={feature},smartCrops").status_code == 200  # The sample is known.


def test_text_is_refused_without_recognition(emulator: ImageAnalysisEmulator) -> None:
    error = call(emulator, "features=read", encoded(drawing())).json()["error"]
    assert "'Read' is not supported" in error["message"]
    assert error["innererror"]["code"] == "NotSupportedVisualFeature"
    assert "extra 'emulator'" in error["innererror"]["message"]


def test_log_names_features_left_empty(emulator: ImageAnalysisEmulator, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "azure.ai.vision.imageanalysis.emulator")
    call(emulator, "features=tags,caption,smartCrops", encoded(drawing()))
    assert "(no engine for tags, caption)" in caplog.text
    assert emulator.key not in caplog.text
