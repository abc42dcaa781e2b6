"""Tests of the emulator's contract: requests it accepts and refuses, headers, rate limit.

Expected values are written out here, not taken from the emulator's own tables.
"""

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from emulator_calls import GATE_HEADERS, KEY, SAMPLE, call, name_of, picture, service

__all__ = ["service"]

# The error table

WRONG_KEY_BODY = {
    "error": {
        "code": "401",
        "message": "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid "
        "key for an active subscription and use a correct regional API endpoint for your resource.",
    }
}
NOT_FOUND_BODY = {"error": {"code": "404", "message": "Resource not found"}}
DIMENSION = "The image dimension is not allowed to be smaller than 50 and larger than 16000."


def invalid(message, inner_code=None, inner_message=None):
    error = {"code": "InvalidRequest", "message": message}
    if inner_code:
        error["innererror"] = {"code": inner_code, "message": inner_message}
    return {"error": error}


def invalid_query(inner_code, inner_message):
    return invalid("Analyze query is invalid.", inner_code, inner_message)


NOT_ACCESSIBLE = invalid("The provided image url is not accessible.")
NO_SIZE = invalid("The image size is not allowed to be zero or larger than 20971520 bytes.")
NO_DIMENSION = invalid(DIMENSION, "InvalidImageSize", DIMENSION)
NO_FORMAT = invalid("Image format is not valid", "InvalidImageFormat", "Image format is not valid.")
NO_FEATURE = invalid("Either 'features' or 'model-name' needs to be specified in the query parameter.")
BAD_FEATURE = invalid_query("NotSupportedVisualFeature", "Specified feature type is not valid")
BAD_LANGUAGE = invalid_query("NotSupportedLanguage", "The input language is not supported.")
BAD_RATIO = invalid_query(
    "BadArgument", "'smartcrops-aspect-ratios' aspect ratio is not in allowed range [0.75 to 1.8]"
)


@pytest.mark.parametrize(
    "query, body, expected",
    [
        ("features=tags", {"url": "https://www.this.is.a.bad.url.com/for/sure.jpg"}, NOT_ACCESSIBLE),
        ("features=tags", {"url": "http://127.0.0.1:1/images/sample.jpg"}, NOT_ACCESSIBLE),
        ("features=tags", {"url": "no address at all"}, NOT_ACCESSIBLE),
        ("features=tags", {"url": ["a", "list"]}, NOT_ACCESSIBLE),
        ("features=tags", b"", NO_SIZE),
        ("features=tags", SAMPLE.ljust(20_971_521), NO_SIZE),
        ("features=tags", picture(49, 60), NO_DIMENSION),
        ("features=tags", picture(60, 49), NO_DIMENSION),
        ("features=tags", picture(16001, 50), NO_DIMENSION),
        ("features=tags", picture(50, 16001), NO_DIMENSION),
        ("features=tags", b"These bytes are no image.", NO_FORMAT),
        ("features=tags", SAMPLE[:20], NO_FORMAT),
        ("features=tags", b"BM", NO_FORMAT),
        ("features=tags", b"\0\0\1\0\1\0", NO_FORMAT),
        ("features=tags", picture(60, 60, "PPM"), NO_FORMAT),
        ("", SAMPLE, NO_FEATURE),
        ("features=", SAMPLE, NO_FEATURE),
        ("features=tags,colors", SAMPLE, BAD_FEATURE),
        ("features=tags,", SAMPLE, BAD_FEATURE),
        ("features=tags&language=xx", SAMPLE, BAD_LANGUAGE),
        ("features=caption&language=fr", SAMPLE, BAD_LANGUAGE),
        ("features=tags,objects&language=fr", SAMPLE, BAD_LANGUAGE),
        ("features=smartCrops&smartcrops-aspect-ratios=0.74", SAMPLE, BAD_RATIO),
        ("features=smartCrops&smartcrops-aspect-ratios=1,1.81", SAMPLE, BAD_RATIO),
        ("features=smartCrops&smartcrops-aspect-ratios=nan", SAMPLE, BAD_RATIO),
        ("features=smartCrops&smartcrops-aspect-ratios=wide", SAMPLE, BAD_RATIO),
    ],
    ids=name_of,
)
def test_contract_refusals(service, query, body, expected):
    response = call(service, query, body)
    assert (response.status_code, response.reason) == (400, "Bad Request")
    assert response.json() == expected
    assert response.headers["x-ms-error-code"] == "InvalidRequest"


@pytest.mark.parametrize(
    "query, body, inner_code",
    [
        ("features=tags&model-version=newest", SAMPLE, "BadArgument"),
        ("features=tags&model-version=2023-10-01-beta", SAMPLE, "BadArgument"),
        ("features=caption&gender-neutral-caption=yes", SAMPLE, "BadArgument"),
        ("features=tags", {"address": "x"}, None),
        ("features=tags", {}, None),
    ],
    ids=name_of,
)
def test_unspecified_mistakes_are_invalid_requests(service, query, body, inner_code):
    response = call(service, query, body)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "InvalidRequest")
    assert error.get("innererror", {}).get("code") == inner_code


@pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"{", b"\xff\xfe", b"[" * 100_000], ids=name_of)
def test_invalid_url_body_is_refused(service, body):
    response = call(service, body=body, Content_Type="application/json")
    assert (response.status_code, response.json()["error"]["code"]) == (400, "InvalidRequest")


@pytest.mark.parametrize("feature, name", [("caption", "Caption"), ("tags,denseCaptions", "DenseCaptions")])
def test_region_without_captions(feature, name):
    with ImageAnalysisEmulator(captions=False) as elsewhere:
        response = call(elsewhere, "features=" + feature)
        assert response.status_code == 400
        assert response.json() == invalid(f"The feature '{name}' is not supported in this region.")
        assert call(elsewhere, "features=tags,objects,read,smartCrops,people").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Ocp_Apim_Subscription_Key": None},
        {"Ocp_Apim_Subscription_Key": ""},
        {"Ocp_Apim_Subscription_Key": KEY[:-1]},
        {"Ocp_Apim_Subscription_Key": b"\xff\xfe"},
        {"Ocp_Apim_Subscription_Key": None, "Authorization": "Bearer anything"},
        {"Ocp_Apim_Subscription_Key": None, "Authorization": "Basic " + KEY},
    ],
)
def test_wrong_or_missing_key(service, headers):
    response = call(service, **headers)
    assert (response.status_code, response.reason) == (401, "PermissionDenied")
    assert response.json() == WRONG_KEY_BODY


def test_key_is_checked_before_query_and_body(service):
    response = call(service, "features=colors", b"x" * 30_000_000, Ocp_Apim_Subscription_Key="wrong")
    assert response.json() == WRONG_KEY_BODY


@pytest.mark.parametrize(
    "request_",
    [
        {"path": "/"},
        {"path": "/computervision"},
        {"path": "/computervision/imageanalysis:segment"},
        {"path": "/msi/token", "method": "GET"},
        {"version": "2024-01-01"},
        {"version": ""},
        {"method": "GET"},
        {"method": "PUT"},
        {"method": "DELETE"},
    ],
)
def test_unknown_path_version_or_method(service, request_):
    response = call(service, **request_)
    assert (response.status_code, response.reason) == (404, "Not Found")
    assert response.json() == NOT_FOUND_BODY


def test_oversized_body_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr("azure.ai.vision.imageanalysis.emulator._http.app.BODY_LIMIT", 1000)
    with ImageAnalysisEmulator(ocr=False) as limited:
        assert call(limited, body=b"x" * 2000).json() == NO_SIZE


# Headers

SERVICE_HEADERS = GATE_HEADERS | {
    "request-id",
    "x-ms-region",
    "CSP-Billing-Usage",
    "api-supported-versions",
    "x-envoy-upstream-service-time",
    "X-Content-Type-Options",
}


@pytest.mark.parametrize(
    "request_, status, names, content_type",
    [
        (
            {},
            200,
            SERVICE_HEADERS | {"ms-vision-response-time-input-received", "ms-vision-response-time-input-processed"},
            "application/json; charset=utf-8",
        ),
        ({"body": b""}, 400, SERVICE_HEADERS | {"x-ms-error-code"}, "application/json; charset=utf-8"),
        ({"Ocp_Apim_Subscription_Key": "wrong"}, 401, GATE_HEADERS, "application/json"),
        ({"version": "x"}, 404, GATE_HEADERS, "application/json"),
    ],
)
def test_headers_match_the_recording(service, request_, status, names, content_type):
    response = call(service, **request_)
    assert response.status_code == status
    assert set(response.headers) == names
    assert response.headers["Content-Type"] == content_type


# Rate


def test_calls_over_the_rate_get_retry_after():
    with ImageAnalysisEmulator(rate=0.01) as slow:
        assert call(slow, Ocp_Apim_Subscription_Key="wrong").status_code == 401
        assert call(slow).status_code == 200
        response = call(slow)
        assert (response.status_code, response.reason) == (429, "Too Many Requests")
        seconds = int(response.headers["Retry-After"])
        assert 50 < seconds <= 100
        error = response.json()["error"]
        assert error["code"] == "429"
        assert "F0 pricing tier" in error["message"]
        assert f"retry after {seconds} seconds" in error["message"]
        assert set(response.headers) == GATE_HEADERS | {"Retry-After"}


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_invalid_rate_is_refused(rate):
    with pytest.raises(ValueError, match="rate"):
        ImageAnalysisEmulator(rate=rate)
