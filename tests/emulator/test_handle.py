"""Tests of the emulator's handle: its keywords, recorded requests, what is logged, and features without an engine."""

from datetime import timezone
from typing import Any, Dict, Iterator, List

import pytest
from azure.ai.vision.imageanalysis import __version__
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._recorder import new_record
from azure.ai.vision.imageanalysis.models import VisualFeatures
from emulator_calls import MODULE, PATH, SAMPLE, analyze, call, picture

URL = "https://example.com/cat.png?sig=secret"
CAT = {"captionResult": {"text": "a cat", "confidence": 0.9}, "tagsResult": {"values": []}}
TOO_LARGE_TO_KEEP = 1_048_577
PRESENTATION_URL = "https://learn.microsoft.com/azure/ai-services/computer-vision/media/quickstarts/presentation.png"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The emulator's log, with a line for each request."""
    caplog.set_level("INFO", MODULE)
    return caplog


def lines_in(log: pytest.LogCaptureFixture) -> List[str]:
    return [record.getMessage() for record in log.records]


def test_second_picture_of_quickstarts_has_all_features(emulator: ImageAnalysisEmulator) -> None:
    result: Any = analyze(emulator, PRESENTATION_URL, list(VisualFeatures), smart_crops_aspect_ratios=[0.9, 1.33])
    assert [crop.aspect_ratio for crop in result.smart_crops.list] == [0.9, 1.33]
    assert all(word.confidence for line in result.read.blocks[0].lines for word in line.words)
    assert all((result.dense_captions.list, result.tags.list, result.objects.list, result.people.list))


def test_requests_are_recorded(emulator: ImageAnalysisEmulator) -> None:
    emulator.set_result(URL, CAT)
    features = [VisualFeatures.CAPTION, VisualFeatures.TAGS]
    analyze(emulator, SAMPLE, features, language="en", gender_neutral_caption=True)
    analyze(emulator, URL, [VisualFeatures.CAPTION], headers={"x-mine": "1"})
    first, second = emulator.requests
    assert (first.method, first.path, first.features) == ("POST", PATH, ("caption", "tags"))
    assert (first.options["language"], first.options["gender-neutral-caption"]) == ("en", "true")
    assert (first.body, first.body_size, first.image_url, first.status) == (SAMPLE, len(SAMPLE), None, 200)
    assert (second.image_url, second.headers["x-mine"]) == (URL, "1")
    assert first.time.tzinfo is second.time.tzinfo is timezone.utc


def test_recorded_requests_show_no_secret(emulator: ImageAnalysisEmulator) -> None:
    call(emulator, body={"url": URL})
    call(emulator, Ocp_Apim_Subscription_Key="wrong-key")
    shown = repr(emulator) + repr(emulator.requests) + repr([request.headers for request in emulator.requests])
    for secret in (emulator.key, "wrong-key"):
        assert secret not in shown
    assert "sig=secret" not in repr(emulator.requests)


def test_requests_beside_the_service_are_not_recorded(emulator: ImageAnalysisEmulator) -> None:
    call(emulator, path="/nowhere")
    for path in ("/health", "/images/sample.jpg"):
        assert call(emulator, path=path, method="GET").status_code == 200
    assert [(request.path, request.status) for request in emulator.requests] == [("/nowhere", 404)]


def test_number_and_bodies_of_recorded_requests_are_limited(
    emulator: ImageAnalysisEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{MODULE}._recorder._KEPT_BODIES", 3 * len(SAMPLE))
    for _ in range(4):
        call(emulator)
    call(emulator, body=SAMPLE.ljust(TOO_LARGE_TO_KEEP))
    assert [request.body for request in emulator.requests] == [None, SAMPLE, SAMPLE, SAMPLE, None]
    assert emulator.requests[-1].body_size == TOO_LARGE_TO_KEEP
    for _ in range(1000):
        emulator._recorder.add(new_record("GET", "/x", {}, {}))
    assert [request.path for request in emulator.requests] == ["/x"] * 1000


def test_source_of_each_feature_is_recorded_and_logged(
    emulator: ImageAnalysisEmulator, log: pytest.LogCaptureFixture
) -> None:
    image = picture(61, 62)
    emulator.set_result(image, {"peopleResult": {"values": []}})
    call(emulator, "features=tags,People,smartCrops", image)
    assert emulator.requests[0].source == {"tags": "none", "people": "registered", "smartCrops": "computed"}
    assert "(none: tags; registered: people; computed: smartCrops)" in log.text
    assert emulator.key not in log.text


def test_log_has_the_reason_of_a_refusal(emulator: ImageAnalysisEmulator, log: pytest.LogCaptureFixture) -> None:
    call(emulator, Content_Type="text/plain")
    call(emulator, Host="example.com")
    assert [line.partition(" ms ")[2] for line in lines_in(log)] == [
        "(The content type is neither application/json nor application/octet-stream.)",
        "(The Host header 'example.com' names neither this machine nor a host of 'allow_host'.)",
    ]


def test_request_cannot_write_lines_of_its_own_into_the_log(
    emulator: ImageAnalysisEmulator, log: pytest.LogCaptureFixture
) -> None:
    call(emulator, "features=tags%0aforged%1b[31m")
    call(emulator, path="/a%0Aforged%1B[31m%C3%A9" + "x" * 5000)
    lines = lines_in(log)
    assert len(lines) == 2
    assert all("forged" in line and line.isprintable() and line.isascii() and len(line) < 2000 for line in lines)


def test_reset_forgets_results_faults_and_requests(emulator: ImageAnalysisEmulator) -> None:
    emulator.set_result(URL, CAT)
    emulator.fail_next(500, times=5)
    call(emulator)
    emulator.reset()
    assert emulator.requests == []
    assert call(emulator).status_code == 200
    assert call(emulator, "features=caption", {"url": URL}).status_code == 400


@pytest.mark.parametrize(
    "keywords, message",
    [
        ({"port": 70000}, "'port' must be a whole number from 0 to 65535, not 70000"),
        ({"key": "with blank"}, "'key'"),
        ({"rate": 0}, "'rate'"),
        ({"allow_host": "name"}, "'allow_host' must be a list"),
        ({"allow_host": ["a:80"]}, "'allow_host' must hold names or addresses of hosts without a port, not 'a:80'"),
        ({"audience": 5}, "'audience'"),
        ({"allow_origin": ["http://a/"]}, "'allow_origin' must hold origins such as http://localhost:3000, not 'ht"),
        ({"host": ""}, "'host' must be the name or address of a network interface, not ''"),
        ({"host": "0.0.0.0"}, "'host': other machines can reach 0.0.0.0, so it requires a 'key' and, in 'allow_host'"),
        ({"host": "10.0.0.1", "allow_host": ["a"]}, "'host'"),
    ],
    ids=str,
)
def test_bad_keywords_are_refused(keywords: Dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        ImageAnalysisEmulator(**keywords)


def test_health(emulator: ImageAnalysisEmulator) -> None:
    response = call(emulator, path="/health", method="GET", Ocp_Apim_Subscription_Key=None)
    assert (response.status_code, response.json()) == (200, {"status": "ready", "version": __version__, "text": "off"})
    assert call(emulator, path="/health", method="HEAD").status_code == 200


@pytest.fixture(scope="module")
def strict() -> Iterator[ImageAnalysisEmulator]:
    with ImageAnalysisEmulator(strict=True, ocr=False) as emulator:
        yield emulator


@pytest.mark.parametrize("feature", ["caption", "denseCaptions", "tags", "objects", "people", "read"])
def test_strict_emulator_refuses_what_it_cannot_compute(strict: ImageAnalysisEmulator, feature: str) -> None:
    response = call(strict, f"features={feature}", picture(60, 70))
    assert response.status_code == 400
    assert response.json()["error"]["innererror"]["code"] == "NotSupportedVisualFeature"
    assert call(strict, f"features={feature},smartCrops").status_code == 200  # The sample is known.


def test_text_is_refused_without_recognition(emulator: ImageAnalysisEmulator) -> None:
    error = call(emulator, "features=read", picture(60, 70)).json()["error"]
    assert "'Read' is not supported" in error["message"]
    assert error["innererror"]["code"] == "NotSupportedVisualFeature"
    assert "extra 'emulator'" in error["innererror"]["message"]
