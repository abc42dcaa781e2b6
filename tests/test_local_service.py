"""Does the local service answer as the contract says, know its own picture only, and stop without a trace?

What is expected is written out here, not taken from the service's own tables.
"""

import gc
import http.client
import io
import json
import logging
import math
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import pytest
import requests
from local_service import LocalService, draw_sample
from local_service.rate import RateLimit
from local_service.scene import Scene
from PIL import Image, ImageChops, ImageStat

SAMPLES = Path(draw_sample.__file__).resolve().parent.parent
SAMPLE = (SAMPLES / "sample.jpg").read_bytes()
SAMPLE_URL = "https://aka.ms/azsdk/image-analysis/sample.jpg"
PATH = "/computervision/imageanalysis:analyze"
ALL = "tags,objects,caption,denseCaptions,read,smartCrops,people"
KEY = "0123456789abcdef0123456789abcdef"
AUDIENCE = "https://cognitiveservices.azure.com"


@pytest.fixture(scope="module")
def service():
    with LocalService(key=KEY) as running:
        yield running


@pytest.fixture(scope="module")
def secure():
    with LocalService(https=True, key=KEY) as running:
        yield running


def call(service, query="features=tags", body=SAMPLE, *, path=PATH, method="POST", version="2023-10-01", **headers):
    """Send one raw request: a dict is sent as JSON, bytes as an image; a header given as None is left out."""
    is_json = isinstance(body, dict)
    sent = {
        "Content-Type": "application/json" if is_json else "application/octet-stream",
        "Ocp-Apim-Subscription-Key": service.key,
    }
    sent.update({name.replace("_", "-"): value for name, value in headers.items()})
    with requests.Session() as session:
        # Neither a proxy nor a .netrc of this machine's user.
        session.trust_env = False
        return session.request(
            method,
            f"{service.endpoint}{path}?api-version={version}&{query}",
            data=json.dumps(body) if is_json else body,
            headers={name: value for name, value in sent.items() if value is not None},
            verify=service.ca_file,
        )


def bearer(token):
    return {"Ocp_Apim_Subscription_Key": None, "Authorization": f"Bearer {token}"}


def get_token(service, resource=AUDIENCE, version="2019-08-01", secret=None):
    variables = service.environment()
    with requests.Session() as session:
        session.trust_env = False
        return session.get(
            variables["IDENTITY_ENDPOINT"],
            params={"api-version": version, "resource": resource},
            headers={"X-IDENTITY-HEADER": variables["IDENTITY_HEADER"] if secret is None else secret},
            verify=service.ca_file,
        )


def name_of(value):
    """Name a case of a table: images are too long for that."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else None


def picture(width, height, format="PNG", **options):
    stream = io.BytesIO()
    Image.new("L" if format != "ICO" else "RGB", (width, height), 200).save(stream, format, **options)
    return stream.getvalue()


def png_head(width, height):
    """A PNG that says how large it is and has hardly any pixels."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


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
def test_what_the_contract_refuses(service, query, body, expected):
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
def test_what_the_contract_leaves_open_is_an_invalid_request_too(service, query, body, inner_code):
    response = call(service, query, body)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "InvalidRequest")
    assert error.get("innererror", {}).get("code") == inner_code


@pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"{", b"\xff\xfe", b"[" * 100_000], ids=name_of)
def test_a_body_that_is_no_json_with_a_url_is_refused(service, body):
    response = call(service, body=body, Content_Type="application/json")
    assert (response.status_code, response.json()["error"]["code"]) == (400, "InvalidRequest")


@pytest.mark.parametrize("feature, name", [("caption", "Caption"), ("tags,denseCaptions", "DenseCaptions")])
def test_a_region_without_captions(feature, name):
    with LocalService(captions=False) as elsewhere:
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
def test_a_wrong_key_or_none(service, headers):
    response = call(service, **headers)
    assert (response.status_code, response.reason) == (401, "PermissionDenied")
    assert response.json() == WRONG_KEY_BODY


def test_a_wrong_key_is_refused_before_the_query_and_the_body_are_looked_at(service):
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
def test_an_unknown_path_version_or_method(service, request_):
    response = call(service, **request_)
    assert (response.status_code, response.reason) == (404, "Not Found")
    assert response.json() == NOT_FOUND_BODY


@pytest.mark.parametrize("content_type", ["image/jpeg", "text/plain", "multipart/form-data; boundary=x"])
def test_an_unknown_content_type(service, content_type):
    response = call(service, Content_Type=content_type)
    assert response.status_code == 415
    assert set(response.json()["error"]) == {"code", "message"}


def test_a_body_beyond_all_bounds_is_refused_before_its_end(service, monkeypatch):
    monkeypatch.setattr("local_service.app._READ_LIMIT", 21_000_000)
    connection = http.client.HTTPConnection(service.endpoint.split("//")[1])
    connection.putrequest("POST", PATH + "?api-version=2023-10-01&features=tags")
    connection.putheader("Ocp-Apim-Subscription-Key", service.key)
    connection.putheader("Content-Length", "1000000000000")
    connection.endheaders(b"x" * 21_000_001)
    with connection.getresponse() as response:
        assert response.status == 400
        assert json.loads(response.read()) == NO_SIZE
    connection.close()


# Headers

GATE_HEADERS = {"apim-request-id", "Content-Type", "Content-Length", "Date"}
SERVICE_HEADERS = GATE_HEADERS | {
    "request-id",
    "x-ms-region",
    "CSP-Billing-Usage",
    "api-supported-versions",
    "x-envoy-upstream-service-time",
    "Strict-Transport-Security",
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
def test_the_headers_are_those_that_were_recorded(service, request_, status, names, content_type):
    response = call(service, **request_)
    assert response.status_code == status
    assert set(response.headers) == names
    assert response.headers["Content-Type"] == content_type


def test_each_answer_has_an_id_of_its_own(service):
    answers = [call(service) for _ in range(3)]
    ids = [answer.headers["apim-request-id"] for answer in answers]
    assert len(set(ids)) == 3
    assert all(re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one) for one in ids)
    assert ids == [answer.headers["request-id"] for answer in answers]


# What is answered

ORDER = [
    "modelVersion",
    "captionResult",
    "denseCaptionsResult",
    "metadata",
    "tagsResult",
    "objectsResult",
    "readResult",
    "smartCropsResult",
    "peopleResult",
]


@pytest.fixture(scope="module")
def sample_answer(service):
    return call(service, "features=" + ALL).json()


def test_the_parts_of_an_answer_stand_in_the_recorded_order(sample_answer):
    assert list(sample_answer) == ORDER


@pytest.mark.parametrize(
    "feature, part",
    [
        ("tags", "tagsResult"),
        ("caption", "captionResult"),
        ("denseCaptions", "denseCaptionsResult"),
        ("objects", "objectsResult"),
        ("read", "readResult"),
        ("smartCrops", "smartCropsResult"),
        ("people", "peopleResult"),
    ],
)
def test_what_was_not_asked_for_is_absent(service, sample_answer, feature, part):
    answer = call(service, "features=" + feature).json()
    assert set(answer) == {"modelVersion", "metadata", part}
    assert answer[part] == sample_answer[part]


@pytest.mark.parametrize(
    "query",
    [
        f"FEATURES={ALL.upper()}&Language=EN&Gender-Neutral-Caption=FALSE&Model-Version=Latest&Smartcrops-Aspect-Ratios=",
        f"language=&features={ALL}&model-version=&gender-neutral-caption=&key1=value1",
        f"features=tags,objects&features={ALL}",
    ],
)
def test_case_empty_values_repeated_keys_and_unknown_keys_do_not_matter(service, sample_answer, query):
    assert call(service, query).json() == sample_answer


@pytest.mark.parametrize(
    "query",
    ["features=tags&language=fr", "features=read&language=pt-BR", "features=read&language=sw", "features=people"],
)
def test_languages_that_a_feature_knows(service, query):
    assert call(service, query).status_code == 200


@pytest.mark.parametrize(
    "version, answered", [("latest", "2023-10-01"), ("2023-02-01-preview",) * 2, ("2023-10-01",) * 2]
)
def test_the_model_version_is_answered(service, version, answered):
    assert call(service, "features=tags&model-version=" + version).json()["modelVersion"] == answered


def test_captions_name_a_woman_or_a_person(service, sample_answer):
    neutral = call(service, f"features={ALL}&gender-neutral-caption=true").json()

    def texts(answer):
        return [answer["captionResult"]["text"]] + [one["text"] for one in answer["denseCaptionsResult"]["values"]]

    assert any("woman" in text for text in texts(sample_answer))
    assert [re.sub(r"\bwoman\b", "person", text) for text in texts(sample_answer)] == texts(neutral)
    assert {part for part in ORDER if neutral[part] != sample_answer[part]} == {"captionResult", "denseCaptionsResult"}


def test_the_picture_is_known_by_its_addresses_as_by_its_bytes(service, sample_answer):
    port = service.endpoint.rsplit(":", 1)[1]
    urls = [SAMPLE_URL, *(f"http://{host}:{port}/images/sample.jpg" for host in ("127.0.0.1", "localhost"))]
    assert [call(service, "features=" + ALL, {"url": url}).json() for url in urls] == [sample_answer] * 3
    served = call(service, path="/images/sample.jpg", method="GET", Ocp_Apim_Subscription_Key=None)
    assert (served.content, served.headers["Content-Type"]) == (SAMPLE, "image/jpeg")


@pytest.mark.parametrize(
    "image, size",
    [
        (picture(70, 60, "JPEG"), (70, 60)),
        (picture(70, 60, "PNG"), (70, 60)),
        (picture(70, 60, "GIF"), (70, 60)),
        (picture(70, 60, "BMP"), (70, 60)),
        (picture(70, 60, "WEBP"), (70, 60)),
        (picture(70, 60, "TIFF"), (70, 60)),
        (picture(256, 256, "ICO", sizes=[(16, 16), (64, 64), (256, 256)]), (256, 256)),
        (picture(70, 60, "MPO", save_all=True, append_images=[Image.new("L", (70, 60))]), (70, 60)),
        (picture(50, 50), (50, 50)),
        (picture(16000, 50), (16000, 50)),
        (png_head(16000, 16000), (16000, 16000)),
        # A turn that Exif asks for is not applied.
        (picture(70, 60, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"), (70, 60)),
        (picture(70, 60).ljust(20_971_520), (70, 60)),
    ],
    ids=name_of,
)
def test_any_other_image_gets_its_true_size_and_an_honest_answer(service, image, size):
    response = call(service, "features=" + ALL + "&smartcrops-aspect-ratios=1", image)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert list(answer) == ORDER
    assert answer["metadata"] == {"width": size[0], "height": size[1]}
    assert answer["captionResult"]["confidence"] == 0.0
    assert "local service" in answer["captionResult"]["text"]
    for part in ("denseCaptionsResult", "tagsResult", "objectsResult", "peopleResult"):
        assert answer[part] == {"values": []}
    assert answer["readResult"] == {"blocks": []}
    side = min(size)
    box = {"x": (size[0] - side) // 2, "y": (size[1] - side) // 2, "w": side, "h": side}
    assert answer["smartCropsResult"]["values"] == [{"aspectRatio": 1.0, "boundingBox": box}]


# Crops


def inside(inner, outer):
    return (
        outer["x"] <= inner["x"]
        and outer["y"] <= inner["y"]
        and inner["x"] + inner["w"] <= outer["x"] + outer["w"]
        and inner["y"] + inner["h"] <= outer["y"] + outer["h"]
    )


RATIOS = [hundredths / 100 for hundredths in range(75, 181)]


@pytest.mark.parametrize(
    "image, size", [(SAMPLE, (864, 576)), (picture(90, 700), (90, 700)), (picture(701, 52), (701, 52))]
)
def test_crops_have_the_asked_ratio_and_lie_in_the_picture(service, image, size):
    query = "features=smartCrops,people&smartcrops-aspect-ratios=" + ",".join(map(str, RATIOS))
    answer = call(service, query, image).json()
    crops = answer["smartCropsResult"]["values"]
    assert [crop["aspectRatio"] for crop in crops] == RATIOS
    for crop in crops:
        box, ratio = crop["boundingBox"], crop["aspectRatio"]
        assert inside(box, {"x": 0, "y": 0, "w": size[0], "h": size[1]})
        # One side is that of the picture, the other the whole number that comes nearest.
        assert box["h"] == size[1] or box["w"] == size[0]
        assert abs(box["w"] - box["h"] * ratio) <= 0.5 or abs(box["h"] - box["w"] / ratio) <= 0.5
        if image is SAMPLE:
            assert inside(answer["peopleResult"]["values"][0]["boundingBox"], box)


@pytest.mark.parametrize(
    "image, ratio", [(SAMPLE, 1.22), (picture(50, 800), 0.5), (picture(800, 50), 2.0)], ids=name_of
)
def test_without_a_ratio_the_service_chooses_one(service, image, ratio):
    (crop,) = call(service, "features=smartCrops", image).json()["smartCropsResult"]["values"]
    assert crop["aspectRatio"] == ratio
    assert math.isclose(crop["boundingBox"]["w"] / crop["boundingBox"]["h"], ratio, abs_tol=0.01)


# The picture and the answer file


def words_of(answer):
    return [word for block in answer["readResult"]["blocks"] for line in block["lines"] for word in line["words"]]


def rectangle(polygon):
    left, top, right, bottom = polygon[0]["x"], polygon[0]["y"], polygon[2]["x"], polygon[2]["y"]
    assert polygon == [{"x": x, "y": y} for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))]
    return left, top, right, bottom


def test_the_text_is_where_the_answer_says(sample_answer):
    image = Image.open(io.BytesIO(SAMPLE)).convert("L")
    dark = image.point([255 if level < 140 else 0 for level in range(256)])
    words = words_of(sample_answer)
    assert len(words) >= 9
    for word in words:
        left, top, right, bottom = rectangle(word["boundingPolygon"])
        around = (left - 3, top - 3, right + 3, bottom + 3)
        ink = dark.crop(around).getbbox()
        assert ink is not None, word["text"]
        # The dark pixels reach every side of the box, and none is beyond it.
        found = (around[0] + ink[0], around[1] + ink[1], around[0] + ink[2], around[1] + ink[3])
        assert all(abs(a - b) <= 1 for a, b in zip(found, (left, top, right, bottom))), word["text"]


def test_lines_are_made_of_their_words(sample_answer):
    (block,) = sample_answer["readResult"]["blocks"]
    assert len(block["lines"]) == 3
    for line in block["lines"]:
        boxes = [rectangle(word["boundingPolygon"]) for word in line["words"]]
        assert len(boxes) > 1
        assert line["text"] == " ".join(word["text"] for word in line["words"])
        assert all(before[2] < after[0] for before, after in zip(boxes, boxes[1:]))
        lefts, tops, rights, bottoms = zip(*boxes)
        assert rectangle(line["boundingPolygon"]) == (min(lefts), min(tops), max(rights), max(bottoms))


def test_the_answer_is_of_the_documented_form(sample_answer):
    assert sample_answer["metadata"] == {"width": 864, "height": 576}
    assert Image.open(io.BytesIO(SAMPLE)).size == (864, 576)
    whole = {"x": 0, "y": 0, "w": 864, "h": 576}
    dense = sample_answer["denseCaptionsResult"]["values"]
    assert 1 < len(dense) <= 10
    assert dense[0] == {**sample_answer["captionResult"], "boundingBox": whole}
    objects = sample_answer["objectsResult"]["values"]
    assert all(len(thing["tags"]) == 1 for thing in objects)
    names = {thing["tags"][0]["name"].lower() for thing in objects}
    assert {"person", "laptop", "houseplant", "dining table"} <= names
    people = sample_answer["peopleResult"]["values"]
    assert people[0]["boundingBox"] in [thing["boundingBox"] for thing in objects]
    assert all(inside(found["boundingBox"], whole) for found in dense + objects + people)
    tags = sample_answer["tagsResult"]["values"]
    assert [tag["confidence"] for tag in tags] == sorted((tag["confidence"] for tag in tags), reverse=True)


@pytest.fixture(scope="module")
def drawn():
    return draw_sample.draw()


def same(left, right):
    """Compare two answers; another version of Pillow may set a box one pixel off."""
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[name], right[name]) for name in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return abs(left - right) <= 1 if isinstance(left, int) else left == right


def test_the_script_draws_the_picture_and_its_answer(drawn):
    image, answer = drawn
    committed = Image.open(io.BytesIO(SAMPLE))
    assert image.size == committed.size
    assert max(ImageStat.Stat(ImageChops.difference(image, committed)).mean) < 2
    assert same(json.loads((SAMPLES / "local_service" / "sample_answer.json").read_text("utf-8")), answer)


def test_the_script_writes_both_files(drawn, tmp_path, monkeypatch):
    monkeypatch.setattr(draw_sample, "SAMPLE_FILE", tmp_path / "picture.jpg")
    monkeypatch.setattr(draw_sample, "ANSWER_FILE", tmp_path / "answer.json")
    draw_sample.main()
    assert json.loads((tmp_path / "answer.json").read_text("utf-8")) == drawn[1]
    with Image.open(tmp_path / "picture.jpg") as written:
        assert (written.format, written.size) == ("JPEG", (864, 576))


def test_a_scene_measures_what_is_painted_and_no_shadow():
    scene = Scene()
    with scene.thing("two squares"):
        scene.paint([(10, 20), (30, 20), (30, 40), (10, 40)], (255, 0, 0))
        scene.glow([(0, 0), (200, 0), (200, 200), (0, 200)], (0, 0, 0), 0.5, 5)
        scene.paint([(50, 30), (70, 30), (70, 60), (50, 60)], (255, 0, 0))
    scene.paint([(100, 100), (200, 100), (200, 200), (100, 200)], (255, 0, 0))
    box = scene.boxes["two squares"].as_bounding_box()
    assert same({"x": 10, "y": 20, "w": 60, "h": 40}, box)
    assert scene.finish().getpixel((20, 30))[0] > 100


# Rate


def test_calls_over_the_rate_are_told_when_to_come_again():
    with LocalService(rate=0.01) as slow:
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


def test_a_rate_is_so_many_calls_a_second(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("local_service.rate.time.monotonic", lambda: now[0])
    limit = RateLimit(2)
    limit.check()
    limit.check()
    with pytest.raises(Exception, match="S1 pricing tier. Please retry after 1 second.") as caught:
        limit.check()
    assert caught.value.retry_after == 1
    now[0] += 0.5
    limit.check()
    with pytest.raises(Exception, match="retry after"):
        limit.check()
    now[0] += 3600
    limit.check()
    limit.check()
    with pytest.raises(Exception, match="retry after"):
        limit.check()


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ValueError, match="rate"):
        LocalService(rate=rate)


# https and tokens


def test_https_takes_the_key_under_both_names(secure):
    assert secure.endpoint.startswith("https://127.0.0.1:")
    assert call(secure).status_code == 200
    response = requests.get(
        secure.endpoint.replace("127.0.0.1", "localhost") + "/images/sample.jpg", verify=secure.ca_file
    )
    assert response.content == SAMPLE
    url = secure.endpoint.replace("127.0.0.1", "localhost") + "/images/sample.jpg"
    assert call(secure, body={"url": url}).status_code == 200


def test_the_identity_issues_tokens_that_let_in(secure):
    answer = get_token(secure).json()
    assert set(answer) == {"access_token", "expires_on", "resource", "token_type"}
    assert (answer["resource"], answer["token_type"]) == (AUDIENCE, "Bearer")
    assert call(secure, **bearer(answer["access_token"])).status_code == 200
    with_slash = get_token(secure, AUDIENCE + "/").json()["access_token"]
    assert with_slash != answer["access_token"]
    assert call(secure, **bearer(with_slash)).status_code == 200


@pytest.mark.parametrize(
    "request_, status",
    [({"secret": "wrong"}, 401), ({"secret": b"\xff"}, 401), ({"version": "2017-09-01"}, 400), ({"resource": ""}, 400)],
)
def test_the_identity_refuses(secure, request_, status):
    response = get_token(secure, **request_)
    assert (response.status_code, response.json()["statusCode"]) == (status, status)
    assert "access_token" not in response.text


def flat_401(audience):
    return {
        "statusCode": 401,
        "message": "Unauthorized. Access token is missing, invalid, audience is incorrect "
        f"({audience}), or have expired.",
    }


def test_a_token_that_was_not_issued_here(secure):
    response = call(secure, **bearer("eyJ0eXAiOiJKV1QifQ.e30."))
    assert (response.status_code, response.reason) == (401, "Unauthorized")
    assert response.json() == flat_401(AUDIENCE)
    assert set(response.headers) == GATE_HEADERS


def test_a_token_that_has_expired(secure, monkeypatch):
    monkeypatch.setattr("local_service.identity.TOKEN_SECONDS", 0)
    assert call(secure, **bearer(get_token(secure).json()["access_token"])).json() == flat_401(AUDIENCE)


@pytest.mark.parametrize("cloud", ["us", "cn"])
def test_a_token_for_another_cloud(secure, cloud):
    audience = "https://cognitiveservices.azure." + cloud
    foreign = get_token(secure, audience).json()["access_token"]
    assert call(secure, **bearer(foreign)).json() == flat_401(AUDIENCE)
    with LocalService(https=True, audience=audience) as sovereign:
        assert call(sovereign, **bearer(get_token(sovereign, audience).json()["access_token"])).status_code == 200
        public = get_token(sovereign).json()["access_token"]
        assert call(sovereign, **bearer(public)).json() == flat_401(audience)


def test_a_token_without_the_role():
    with LocalService(https=True, role=False) as strict:
        response = call(strict, **bearer(get_token(strict).json()["access_token"]))
        assert response.status_code == 401
        assert response.json() == {
            "error": {"code": "PermissionDenied", "message": "Principal does not have access to API/Operation."}
        }
        assert call(strict).status_code == 200


DEFAULT_CREDENTIAL_PROGRAM = """
import asyncio, json
from azure.identity import DefaultAzureCredential
from azure.identity.aio import DefaultAzureCredential as AsyncDefaultAzureCredential

SCOPE = "https://cognitiveservices.azure.com/.default"

async def get_token():
    async with AsyncDefaultAzureCredential() as credential:
        return await credential.get_token(SCOPE)

with DefaultAzureCredential() as credential:
    tokens = [credential.get_token(SCOPE).token, asyncio.run(get_token()).token]
print(json.dumps(tokens))
"""


def clean_environment():
    """This process's environment without what could lead a program to Azure or to a proxy."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("AZURE_", "IDENTITY_", "MSI_")) and not name.upper().endswith("_PROXY")
    }


def test_azure_identity_gets_its_tokens_here(secure):
    program = subprocess.run(
        [sys.executable, "-c", DEFAULT_CREDENTIAL_PROGRAM],
        env={**clean_environment(), **secure.environment()},
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    tokens = json.loads(program.stdout)
    assert [call(secure, **bearer(token)).status_code for token in tokens] == [200, 200]


def test_the_environment_names_what_a_sample_needs(service, secure):
    assert service.environment() == {"VISION_ENDPOINT": service.endpoint, "VISION_KEY": service.key}
    assert service.ca_file is None
    variables = secure.environment()
    assert set(variables) == {
        "VISION_ENDPOINT",
        "VISION_KEY",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
    }
    assert variables["SSL_CERT_FILE"] == variables["REQUESTS_CA_BUNDLE"] == secure.ca_file


def test_each_service_makes_a_key_of_its_own():
    keys = {LocalService().key for _ in range(3)}
    assert len(keys) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", key) for key in keys)


def raw_connection(service):
    """Connect as a client that says nothing by itself, over TLS if the service does."""
    host, port = service.endpoint.split("//")[1].split(":")
    connection = socket.create_connection((host, int(port)), timeout=60)
    if service.ca_file is None:
        return connection
    return ssl.create_default_context(cafile=service.ca_file).wrap_socket(connection, server_hostname=host)


def test_no_secret_is_logged(secure, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    token = get_token(secure).json()["access_token"]
    call(secure)
    call(secure, body=b"")
    call(secure, **bearer(token))
    # aiohttp quotes what it cannot read.
    with raw_connection(secure) as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nOcp-Apim-Subscription-Key: {secure.key}\0\r\n\r\n".encode())
        assert b" 400 " in connection.recv(1000)
    output = "".join(capfd.readouterr()) + caplog.text + repr(secure)
    for secret in (secure.key, token, secure.environment()["IDENTITY_HEADER"]):
        assert secret not in output


# Start and stop


@pytest.mark.parametrize("https", [False, True])
def test_it_stops_without_a_trace_while_a_client_is_still_connected(https):
    threads = threading.enumerate()
    service = LocalService(https=https)
    with requests.Session() as session:
        for _ in range(2):
            with service:
                session.get(service.endpoint + "/images/sample.jpg", verify=service.ca_file)
                port = int(service.endpoint.rsplit(":", 1)[1])
                assert threading.enumerate() != threads
            assert threading.enumerate() == threads
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()
            assert service.ca_file is None or not os.path.exists(service.ca_file)
            # A socket or loop that was left open would warn here, and a warning is an error.
            gc.collect()


@pytest.mark.parametrize("https", [False, True])
@pytest.mark.parametrize("key", [KEY, "wrong"])
def test_it_stops_in_the_middle_of_a_request(https, key, caplog):
    threads = threading.enumerate()
    with LocalService(https=https, key=KEY) as service:
        connection = raw_connection(service)
        head = f"POST {PATH}?api-version=2023-10-01&features=tags HTTP/1.1\r\nHost: localhost\r\n"
        head += f"Ocp-Apim-Subscription-Key: {key}\r\nContent-Length: 1000000\r\n\r\n"
        connection.sendall(head.encode() + b"x" * 1000)
        if key != KEY:
            assert b" 401 " in connection.recv(1000)
    assert threading.enumerate() == threads
    connection.close()
    gc.collect()
    assert caplog.text == ""


@pytest.mark.parametrize("https", [False, True])
def test_it_stops_while_clients_have_only_just_connected(https):
    service = LocalService(https=https)
    for _ in range(5):
        with service:
            port = int(service.endpoint.rsplit(":", 1)[1])
            connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
        for connection in connections:
            connection.close()
        gc.collect()


def test_a_client_that_goes_away_is_no_error(service, caplog):
    with raw_connection(service) as connection:
        head = f"POST {PATH}?api-version=2023-10-01&features=tags HTTP/1.1\r\nHost: localhost\r\n"
        connection.sendall(f"{head}Ocp-Apim-Subscription-Key: {KEY}\r\nContent-Length: 1000\r\n\r\nx".encode())
    assert call(service).status_code == 200
    assert caplog.text == ""


@pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere 127.0.0.2 need not be an address of the machine.")
def test_it_listens_on_one_loopback_address_only(service):
    host, port = service.endpoint.split("//")[1].split(":")
    assert host == "127.0.0.1"
    with socket.socket() as other:
        # Were it bound to all addresses, this one of the same port would be taken.
        other.bind(("127.0.0.2", int(port)))


def test_a_port_that_is_taken_leaves_nothing_behind(service):
    threads = threading.enumerate()
    with pytest.raises(OSError):
        with LocalService(port=int(service.endpoint.rsplit(":", 1)[1])):
            raise AssertionError("It must not start.")
    assert threading.enumerate() == threads


def run_by_hand(*arguments, **variables):
    return subprocess.Popen(
        [sys.executable, "-m", "local_service", *arguments],
        cwd=SAMPLES,
        env={**clean_environment(), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="A program on Windows cannot be sent one of these signals alone.")
@pytest.mark.parametrize("arguments", [[], ["--https"]])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_by_hand_it_prints_where_it_is_and_stops_on_a_signal(arguments, number):
    with run_by_hand(*arguments, VISION_KEY="from the environment") as program:
        try:
            first = program.stdout.readline()
            endpoint = re.search(r"https?://127\.0\.0\.1:[0-9]+", first).group()
            # Even while a client is connected.
            with socket.create_connection(("127.0.0.1", int(endpoint.rsplit(":", 1)[1]))):
                program.send_signal(number)
                rest, errors = program.stdout.read(), program.stderr.read()
        finally:
            program.kill()
    assert program.returncode == 0
    assert [line.split("=")[0] for line in rest.splitlines()][:2] == ["export VISION_ENDPOINT", "export VISION_KEY"]
    assert f"export VISION_ENDPOINT={endpoint}\n" in rest
    assert "from the environment" not in first + rest
    assert ("IDENTITY_HEADER" in rest) == bool(arguments)
    assert errors == "" or sys.version_info < (3, 9)  # There, cryptography warns that it will drop this Python.


def test_by_hand_it_says_why_it_cannot_start(service):
    port = service.endpoint.rsplit(":", 1)[1]
    for arguments in (["--port", port], ["--rate", "0"]):
        with run_by_hand(*arguments) as program:
            output, errors = program.communicate(timeout=60)
        assert (program.returncode, output) == (1, "")
        assert errors.startswith("local_service: ")
        assert "Traceback" not in errors


def test_by_hand_it_explains_itself():
    with run_by_hand("--help") as program:
        output, _ = program.communicate(timeout=60)
    assert program.returncode == 0
    for option in ("--https", "--port", "--rate", "--no-captions", "--audience", "--no-role"):
        assert option in output
