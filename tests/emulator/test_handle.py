"""Tests of the emulator's handle: results to return, recorded requests, what is logged, start and stop."""

from datetime import datetime, timedelta, timezone
from typing import Any, Dict

import pytest
from azure.ai.vision.imageanalysis import __version__
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._recorder import new_record
from azure.ai.vision.imageanalysis.models import VisualFeatures
from client_kinds import ClientKind
from emulator_calls import SAMPLE, analyze, call, emulator, encoded, running
from PIL import Image, ImageDraw

__all__ = ["emulator", "running"]

URL = "https://example.com/cat.png?sig=secret"
CAT = {"captionResult": {"text": "a cat", "confidence": 0.9}, "tagsResult": {"values": []}}
BOX = {"x": 10, "y": 20, "w": 30, "h": 40}
PEOPLE = {"peopleResult": {"values": [{"boundingBox": BOX, "confidence": 0.5}]}}


def drawing(text: str = "one", size: int = 300) -> Image.Image:
    image = Image.new("RGB", (size, size), "white")
    ImageDraw.Draw(image).ellipse((size // 5, size // 5, size // 2, size // 2), fill="red")
    ImageDraw.Draw(image).text((size // 2, size // 2), text, fill="black")
    return image


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


# Requests


def test_requests_are_recorded(client_kind: ClientKind, emulator: ImageAnalysisEmulator) -> None:
    emulator.set_result(URL, CAT)
    features = [VisualFeatures.CAPTION, VisualFeatures.TAGS]
    analyze(client_kind, emulator, SAMPLE, features, language="en", gender_neutral_caption=True)
    analyze(client_kind, emulator, URL, [VisualFeatures.CAPTION], headers={"x-mine": "1"})
    first, second = emulator.requests
    assert (first.method, first.path) == ("POST", "/computervision/imageanalysis:analyze")
    assert first.features == ("caption", "tags")
    assert first.options["language"] == "en"
    assert first.options["gender-neutral-caption"] == "true"
    assert (first.body, first.body_size, first.image_url, first.status) == (SAMPLE, len(SAMPLE), None, 200)
    assert (second.image_url, second.headers["x-mine"]) == (URL, "1")
    assert timedelta() <= second.time - first.time <= datetime.now(timezone.utc) - first.time
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


def test_number_and_bodies_of_requests_are_limited(
    emulator: ImageAnalysisEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("azure.ai.vision.imageanalysis.emulator._recorder._KEPT_BODIES", 3 * len(SAMPLE))
    for _ in range(4):
        call(emulator)
    call(emulator, body=SAMPLE.ljust(1024 * 1024 + 1))
    assert [request.body for request in emulator.requests] == [None, SAMPLE, SAMPLE, SAMPLE, None]
    assert emulator.requests[-1].body_size == 1024 * 1024 + 1
    record = emulator._recorder
    for _ in range(1000):
        record.add(new_record("GET", "/x", {}, {}))
    assert {request.path for request in emulator.requests} == {"/x"}
    assert len(emulator.requests) == 1000


def test_source_of_each_feature_is_recorded_and_logged(
    emulator: ImageAnalysisEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "azure.ai.vision.imageanalysis.emulator")
    image = encoded(drawing("sources"))
    emulator.set_result(image, PEOPLE)
    call(emulator, "features=tags,People,smartCrops", image)
    sources = {"tags": "none", "people": "registered", "smartCrops": "computed"}
    assert emulator.requests[0].source == sources
    assert "(none: tags; registered: people; computed: smartCrops)" in caplog.text
    assert emulator.key not in caplog.text


def test_log_has_the_reason_of_a_refusal(emulator: ImageAnalysisEmulator, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "azure.ai.vision.imageanalysis.emulator")
    call(emulator, Content_Type="text/plain")
    call(emulator, Host="example.com")
    reasons = [record.getMessage().partition(" ms ")[2] for record in caplog.records]
    assert reasons == [
        "(The content type is neither application/json nor application/octet-stream.)",
        "(The Host header 'example.com' names neither this machine nor a host of 'allow_host'.)",
    ]


def test_request_cannot_write_lines_of_its_own_into_the_log(
    emulator: ImageAnalysisEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "azure.ai.vision.imageanalysis.emulator")
    assert call(emulator, "features=tags%0aforged%1b[31m").status_code == 400
    assert call(emulator, path="/a%0Aforged%1B[31m%C3%A9" + "x" * 5000).status_code == 404
    assert emulator.requests[0].features == ("tags\nforged\x1b[31m",)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert all("forged" in line and line.isprintable() and line.isascii() and len(line) < 2000 for line in lines)


def test_reset_forgets_all(emulator: ImageAnalysisEmulator) -> None:
    emulator.set_result(URL, CAT)
    emulator.fail_next(500, times=5)
    emulator.reset()
    assert call(emulator, "features=caption", {"url": URL}).status_code == 400
    assert len(emulator.requests) == 1
    assert call(emulator).status_code == 200


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
        (
            {"allow_origin": ["http://a/"]},
            "'allow_origin' must hold origins such as http://localhost:3000, not 'http:/",
        ),
        ({"host": ""}, "'host' must be the name or address of a network interface, not ''"),
        ({"host": "0.0.0.0"}, "'host': other machines can reach 0.0.0.0, so it requires a 'key' and, in 'allow_host'"),
        ({"host": "::", "key": "k"}, "'host'"),
        ({"host": "10.0.0.1", "allow_host": ["a"]}, "'host'"),
    ],
)
def test_bad_keywords_are_refused(keywords: Dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        ImageAnalysisEmulator(**keywords)


def test_health(emulator: ImageAnalysisEmulator) -> None:
    response = call(emulator, path="/health", method="GET", Ocp_Apim_Subscription_Key=None)
    assert (response.status_code, response.json()) == (200, {"status": "ready", "version": __version__, "text": "off"})
    assert call(emulator, path="/health", method="HEAD").status_code == 200


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
