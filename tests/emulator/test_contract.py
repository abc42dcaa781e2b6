"""Tests of the emulator's contract: requests it accepts and refuses, headers, rate limit.

Expected values are written out here, not taken from the emulator's own tables.
"""

import http.client
import re
from types import SimpleNamespace
from typing import Any, Dict, List

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._http.access import RateLimit
from emulator_calls import GATE_HEADERS, MODULE, PATH, SAMPLE, call, name_of, picture

WRONG_KEY_BODY = {
    "error": {
        "code": "401",
        "message": "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid "
        "key for an active subscription and use a correct regional API endpoint for your resource.",
    }
}
NOT_FOUND_BODY = {"error": {"code": "404", "message": "Resource not found"}}
DIMENSION = "The image dimension is not allowed to be smaller than 50 and larger than 16000."


def invalid(message: str, *inner: str) -> Dict[str, Any]:
    inner_error = {"innererror": dict(zip(("code", "message"), inner))} if inner else {}
    return {"error": {"code": "InvalidRequest", "message": message, **inner_error}}


NOT_ACCESSIBLE = invalid("The provided image url is not accessible.")
NO_SIZE = invalid("The image size is not allowed to be zero or larger than 20971520 bytes.")
NO_DIMENSION = invalid(DIMENSION, "InvalidImageSize", DIMENSION)
NO_FORMAT = invalid("Image format is not valid", "InvalidImageFormat", "Image format is not valid.")
NO_FEATURE = invalid("Either 'features' or 'model-name' needs to be specified in the query parameter.")
BAD_QUERY = "Analyze query is invalid."
BAD_FEATURE = invalid(BAD_QUERY, "NotSupportedVisualFeature", "Specified feature type is not valid")
BAD_LANGUAGE = invalid(BAD_QUERY, "NotSupportedLanguage", "The input language is not supported.")
RATIO_RANGE = "'smartcrops-aspect-ratios' aspect ratio is not in allowed range [0.75 to 1.8]"
BAD_RATIO = invalid(BAD_QUERY, "BadArgument", RATIO_RANGE)


@pytest.mark.parametrize(
    "query, body, expected",
    [
        ("features=tags", {"url": "https://www.this.is.a.bad.url.com/for/sure.jpg"}, NOT_ACCESSIBLE),
        ("features=tags", {"url": ["a", "list"]}, NOT_ACCESSIBLE),
        ("features=tags", b"", NO_SIZE),
        ("features=tags", SAMPLE.ljust(20_971_521), NO_SIZE),
        ("features=tags", picture(49, 60), NO_DIMENSION),
        ("features=tags", picture(50, 16001), NO_DIMENSION),
        ("features=tags", b"These bytes are not an image.", NO_FORMAT),
        ("features=tags", picture(60, 60, "PPM"), NO_FORMAT),
        ("features=", SAMPLE, NO_FEATURE),
        ("features=tags,colors", SAMPLE, BAD_FEATURE),
        ("features=tags&language=xx", SAMPLE, BAD_LANGUAGE),
        ("features=tags,objects&language=fr", SAMPLE, BAD_LANGUAGE),
        ("features=smartCrops&smartcrops-aspect-ratios=0.74", SAMPLE, BAD_RATIO),
        ("features=smartCrops&smartcrops-aspect-ratios=1,1.81", SAMPLE, BAD_RATIO),
        ("features=smartCrops&smartcrops-aspect-ratios=wide", SAMPLE, BAD_RATIO),
    ],
    ids=name_of,
)
def test_invalid_request_is_refused_as_the_service_does(
    emulator: ImageAnalysisEmulator, query: str, body: Any, expected: Dict[str, Any]
) -> None:
    response = call(emulator, query, body)
    assert (response.status_code, response.reason) == (400, "Bad Request")
    assert response.json() == expected
    assert response.headers["x-ms-error-code"] == "InvalidRequest"


def test_mistakes_without_documented_words_are_invalid_requests(emulator: ImageAnalysisEmulator) -> None:
    for query in ("features=tags&model-version=newest", "features=caption&gender-neutral-caption=yes"):
        response = call(emulator, query)
        assert response.status_code == 400
        assert response.json()["error"]["innererror"]["code"] == "BadArgument"
    for body in (b"", b"[]", b"\xff\xfe", b'{"address": "x"}'):
        response = call(emulator, body=body, Content_Type="application/json")
        assert (response.status_code, response.json()["error"]["code"]) == (400, "InvalidRequest")


def test_region_without_captions_refuses_them_only() -> None:
    with ImageAnalysisEmulator(captions=False, ocr=False) as elsewhere:
        for features, name in (("caption", "Caption"), ("tags,denseCaptions", "DenseCaptions")):
            response = call(elsewhere, f"features={features}")
            assert response.status_code == 400
            assert response.json() == invalid(f"The feature '{name}' is not supported in this region.")
        assert call(elsewhere, "features=tags,objects,read,smartCrops,people").status_code == 200


def test_key_is_checked_before_query_and_body(emulator: ImageAnalysisEmulator) -> None:
    token: Dict[str, Any] = {"Ocp_Apim_Subscription_Key": None, "Authorization": "Bearer anything"}
    for headers in (token, *({"Ocp_Apim_Subscription_Key": key} for key in (None, "wrong", b"\xff\xfe"))):
        response = call(emulator, "features=colors", b"", **headers)
        assert (response.status_code, response.reason) == (401, "PermissionDenied")
        assert response.json() == WRONG_KEY_BODY


def test_unknown_path_version_or_method_is_not_found(emulator: ImageAnalysisEmulator) -> None:
    requests: List[Dict[str, Any]] = [
        {"path": "/computervision/imageanalysis:segment"},
        {"path": "/msi/token", "method": "GET"},
        {"version": "2024-01-01"},
        {"method": "GET"},
    ]
    for request in requests:
        response = call(emulator, **request)
        assert (response.status_code, response.reason) == (404, "Not Found")
        assert response.json() == NOT_FOUND_BODY


def test_leading_slashes_count_as_one(emulator: ImageAnalysisEmulator) -> None:
    # A client of 1.0.0 whose endpoint ends in a slash sends two.
    connection = http.client.HTTPConnection(emulator.endpoint.split("//")[1])
    headers = {"Ocp-Apim-Subscription-Key": emulator.key, "Content-Type": "application/octet-stream"}
    connection.request("POST", f"/{PATH}?api-version=2023-10-01&features=tags", SAMPLE, headers)
    with connection.getresponse() as response:
        assert response.status == 200
        assert response.read()
    connection.close()


def test_body_far_over_the_limit_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("azure.ai.vision.imageanalysis.emulator._http.app.BODY_LIMIT", 1000)
    with ImageAnalysisEmulator(ocr=False) as limited:
        assert call(limited, body=b"x" * 2000).json() == NO_SIZE


SERVICE_HEADERS = GATE_HEADERS.union(
    ("request-id", "x-ms-region", "CSP-Billing-Usage", "api-supported-versions", "x-envoy-upstream-service-time"),
    ("X-Content-Type-Options",),
)
TIMES = {"ms-vision-response-time-input-received", "ms-vision-response-time-input-processed"}
JSON = "application/json; charset=utf-8"


@pytest.mark.parametrize(
    "request_, status, names, content_type",
    [
        ({}, 200, SERVICE_HEADERS | TIMES, JSON),
        ({"body": b""}, 400, SERVICE_HEADERS | {"x-ms-error-code"}, JSON),
        ({"Ocp_Apim_Subscription_Key": "wrong"}, 401, GATE_HEADERS, "application/json"),
        ({"version": "x"}, 404, GATE_HEADERS, "application/json"),
    ],
    ids=["result", "refusal", "wrong key", "not found"],
)
def test_headers_are_those_of_the_service(
    emulator: ImageAnalysisEmulator, request_: Any, status: int, names: Any, content_type: str
) -> None:
    response = call(emulator, **request_)
    assert response.status_code == status
    assert set(response.headers) == names
    assert response.headers["Content-Type"] == content_type


def test_each_response_has_an_id_of_its_own(emulator: ImageAnalysisEmulator) -> None:
    first, second = (call(emulator).headers for _ in range(2))
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first["apim-request-id"])
    assert first["request-id"] == first["apim-request-id"] != second["apim-request-id"]


def test_call_over_the_rate_gets_a_retry_after() -> None:
    with ImageAnalysisEmulator(rate=0.01, ocr=False) as slow:
        assert call(slow, Ocp_Apim_Subscription_Key="wrong").status_code == 401
        assert call(slow).status_code == 200
        response = call(slow)
    assert (response.status_code, response.reason) == (429, "Too Many Requests")
    seconds = int(response.headers["Retry-After"])
    assert 50 < seconds <= 100
    error = response.json()["error"]
    assert error["code"] == "429"
    assert f"F0 pricing tier. Please retry after {seconds} seconds." in error["message"]
    assert set(response.headers) == GATE_HEADERS | {"Retry-After"}


def test_rate_is_calls_per_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(f"{MODULE}._http.access.time", SimpleNamespace(monotonic=lambda: now[0]))
    limit = RateLimit(2)

    def allowed() -> int:
        count = 0
        with pytest.raises(Exception, match="S1 pricing tier. Please retry after 1 second."):
            while True:
                limit.check()
                count += 1
        return count

    assert allowed() == 2
    now[0] += 0.5
    assert allowed() == 1
    now[0] += 3600
    assert allowed() == 2
