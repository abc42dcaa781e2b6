"""Tests of the service's other operations: vectors of images, and their foreground."""

import io
import math

import pytest
from emulator_calls import SAMPLE, call, encoded, picture, service
from PIL import Image, ImageDraw

__all__ = ["service"]

VECTORIZE = "/computervision/retrieval:vectorizeImage"
SEGMENT = "/computervision/imageanalysis:segment"
SAMPLE_URL = "https://aka.ms/azsdk/image-analysis/sample.jpg"


def vector(service, body):
    response = call(service, "model-version=2023-04-15", body, path=VECTORIZE, version="2024-02-01")
    assert response.status_code == 200, response.text
    assert response.json()["modelVersion"] == "2023-04-15"
    return response.json()["vector"]


def cosine(one, other):
    return sum(a * b for a, b in zip(one, other))


def test_vectors(service):
    sample = vector(service, SAMPLE)
    assert len(sample) == 1024
    assert math.isclose(cosine(sample, sample), 1, abs_tol=1e-5)
    assert vector(service, {"url": SAMPLE_URL}) == sample
    smaller = Image.open(io.BytesIO(SAMPLE)).resize((400, 300))
    assert cosine(sample, vector(service, encoded(smaller))) > 0.99
    assert vector(service, picture(60, 60)) == [1.0] + [0.0] * 1023


def segmented(service, body, mode):
    response = call(service, f"mode={mode}", body, path=SEGMENT, version="2023-02-01-preview")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/png")
    return Image.open(io.BytesIO(response.content))


def test_foreground(service):
    image = Image.new("RGB", (120, 80), "white")
    ImageDraw.Draw(image).rectangle((30, 20, 59, 49), fill="red")
    matte = segmented(service, encoded(image), "foregroundMatting")
    assert (matte.mode, matte.size, matte.getbbox()) == ("L", (120, 80), (30, 20, 60, 50))
    cut = segmented(service, encoded(image), "backgroundRemoval")
    assert (cut.mode, cut.size) == ("RGBA", (120, 80))
    assert (cut.getpixel((40, 30)), cut.getpixel((5, 5))[3]) == ((255, 0, 0, 255), 0)


@pytest.mark.parametrize("path, version", [(VECTORIZE, "2024-02-01"), (SEGMENT, "2023-02-01-preview")])
def test_refusals_are_those_of_analyze(service, path, version):
    query = "mode=foregroundMatting"
    assert call(service, query, path=path, version="2023-10-01").status_code == 404
    assert call(service, query, path=path, version=version, Ocp_Apim_Subscription_Key="wrong").status_code == 401
    for body in (b"", b"no image", picture(40, 40), {"url": "https://example.com/other.png"}):
        response = call(service, query, body, path=path, version=version)
        assert (response.status_code, response.json()["error"]["code"]) == (400, "InvalidRequest")
    assert call(service, query, path=path, version=version, Content_Type="text/plain").status_code == 415


@pytest.mark.parametrize("query", ["", "mode=all"])
def test_segment_needs_a_mode(service, query):
    response = call(service, query, path=SEGMENT, version="2023-02-01-preview")
    assert response.json()["error"]["innererror"]["code"] == "BadArgument"
