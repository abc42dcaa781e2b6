"""Tests of the service's other operation: vectors of images."""

import io
import math
from typing import Any, List

from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from emulator_calls import SAMPLE, SAMPLE_URL, call, encoded, picture
from PIL import Image

VECTORIZE = "/computervision/retrieval:vectorizeImage"


def vector(emulator: ImageAnalysisEmulator, body: Any) -> List[float]:
    response = call(emulator, "model-version=2023-04-15", body, path=VECTORIZE, version="2024-02-01")
    assert response.status_code == 200, response.text
    assert response.json()["modelVersion"] == "2023-04-15"
    return response.json()["vector"]


def cosine(one: List[float], other: List[float]) -> float:
    return sum(a * b for a, b in zip(one, other))


def test_vectors_are_near_for_alike_pictures(emulator: ImageAnalysisEmulator) -> None:
    sample = vector(emulator, SAMPLE)
    assert len(sample) == 1024
    assert math.isclose(cosine(sample, sample), 1, abs_tol=1e-5)
    assert vector(emulator, {"url": SAMPLE_URL}) == sample
    smaller = Image.open(io.BytesIO(SAMPLE)).resize((400, 300))
    assert cosine(sample, vector(emulator, encoded(smaller))) > 0.99
    assert vector(emulator, picture(60, 60)) == [1.0] + [0.0] * 1023


def test_refusals_are_those_of_analyze(emulator: ImageAnalysisEmulator) -> None:
    request = {"path": VECTORIZE, "version": "2024-02-01"}
    assert call(emulator, path=VECTORIZE, version="2023-10-01").status_code == 404
    assert call(emulator, **request, Ocp_Apim_Subscription_Key="wrong").status_code == 401
    for body in (b"", b"no image", picture(40, 40), {"url": "https://example.com/other.png"}):
        response = call(emulator, body=body, **request)
        assert (response.status_code, response.json()["error"]["code"]) == (400, "InvalidRequest")
    assert call(emulator, **request, Content_Type="text/plain").status_code == 415
