"""Tests of the emulator's results: for its own picture and any other, and their crops.

Expected values are written out here, not taken from the emulator's own tables.
"""

import re
from random import Random
from typing import Any, Dict, List, Tuple

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._pictures import analysis
from azure.ai.vision.imageanalysis.emulator._pictures.analysis import Box
from emulator_calls import SAMPLE, SAMPLE_URL, call, encoded, name_of, needs_ocr, picture
from PIL import Image, ImageDraw, ImageFont

ALL = "tags,objects,caption,denseCaptions,read,smartCrops,people"


ORDER = (
    "modelVersion captionResult denseCaptionsResult metadata tagsResult objectsResult readResult smartCropsResult "
    "peopleResult"
).split()


@pytest.fixture(scope="module")
def sample_result(shared_emulator: ImageAnalysisEmulator) -> Any:
    return call(shared_emulator, f"features={ALL}").json()


def test_parts_of_a_result_stand_in_the_recorded_order(sample_result: Any) -> None:
    assert list(sample_result) == ORDER


def test_unrequested_features_are_absent(emulator: ImageAnalysisEmulator, sample_result: Any) -> None:
    for feature in ALL.split(","):
        part = f"{feature}Result"
        result = call(emulator, f"features={feature}").json()
        assert set(result) == {"modelVersion", "metadata", part}
        assert result[part] == sample_result[part]


def test_query_is_read_leniently(emulator: ImageAnalysisEmulator, sample_result: Any) -> None:
    for query in (
        f"FEATURES={ALL.upper()}&Language=EN&Gender-Neutral-Caption=FALSE&Model-Version=Latest",
        f"language=&features={ALL}&model-version=&gender-neutral-caption=&smartcrops-aspect-ratios=&key1=value1",
        f"features=tags,objects&features={ALL}",
    ):
        assert call(emulator, query).json() == sample_result


def test_languages_and_model_versions(emulator: ImageAnalysisEmulator) -> None:
    for query, model_version in (
        ("features=tags&language=fr", "2023-10-01"),
        ("features=read&language=pt-BR&model-version=latest", "2023-10-01"),
        ("features=people&model-version=2023-02-01-preview", "2023-02-01-preview"),
    ):
        assert call(emulator, query).json()["modelVersion"] == model_version


def test_captions_name_a_woman_or_a_person(emulator: ImageAnalysisEmulator, sample_result: Any) -> None:
    neutral = call(emulator, f"features={ALL}&gender-neutral-caption=true").json()

    def texts(result: Any) -> Any:
        return [result["captionResult"]["text"]] + [one["text"] for one in result["denseCaptionsResult"]["values"]]

    assert any("woman" in text for text in texts(sample_result))
    assert [re.sub(r"\bwoman\b", "person", text) for text in texts(sample_result)] == texts(neutral)
    assert {part for part in ORDER if neutral[part] != sample_result[part]} == {"captionResult", "denseCaptionsResult"}


def test_picture_is_known_by_its_addresses_as_by_its_bytes(emulator: ImageAnalysisEmulator, sample_result: Any) -> None:
    port = emulator.endpoint.rsplit(":", 1)[1]
    urls = [SAMPLE_URL, *(f"http://{host}:{port}/images/sample.jpg" for host in ("127.0.0.1", "localhost"))]
    assert [call(emulator, "features=" + ALL, {"url": url}).json() for url in urls] == [sample_result] * 3
    served = call(emulator, path="/images/sample.jpg", method="GET", Ocp_Apim_Subscription_Key=None)
    assert (served.content, served.headers["Content-Type"]) == (SAMPLE, "image/jpeg")


@pytest.mark.slow
@pytest.mark.parametrize(
    "image, size",
    [
        *((picture(70, 60, format), (70, 60)) for format in ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")),
        (picture(256, 256, "ICO", sizes=[(16, 16), (64, 64), (256, 256)]), (256, 256)),
        (picture(70, 60, "MPO", save_all=True, append_images=[Image.new("L", (70, 60))]), (70, 60)),
        (picture(50, 50), (50, 50)),
        (picture(16000, 50), (16000, 50)),
        (picture(70, 60).ljust(20_971_520), (70, 60)),
    ],
    ids=name_of,
)
@needs_ocr
def test_unknown_image_gets_its_size_and_empty_results(
    reading_emulator: ImageAnalysisEmulator, image: bytes, size: Tuple[int, int]
) -> None:
    response = call(reading_emulator, f"features={ALL}", image)
    assert response.status_code == 200, response.text
    result = response.json()
    assert list(result) == ORDER
    assert result["metadata"] == {"width": size[0], "height": size[1]}
    assert result["captionResult"]["confidence"] == 0.0
    assert "emulator" in result["captionResult"]["text"]
    for part in ("denseCaptionsResult", "tagsResult", "objectsResult", "peopleResult"):
        assert result[part] == {"values": []}
    assert result["readResult"] == {"blocks": []}


def inside(inner: Dict[str, int], outer: Dict[str, int]) -> bool:
    return all(
        outer[start] <= inner[start] and inner[start] + inner[size] <= outer[start] + outer[size]
        for start, size in ("xw", "yh")
    )


RATIOS = [0.75, 0.9, 1.0, 1.33, 1.5, 1.77, 1.8]


@pytest.mark.parametrize("image, size", [(SAMPLE, (864, 576)), (picture(90, 700), (90, 700))], ids=["sample", "strip"])
def test_crops_have_the_asked_ratio_and_lie_in_the_picture(
    emulator: ImageAnalysisEmulator, image: bytes, size: Tuple[int, int]
) -> None:
    query = "features=smartCrops,people&smartcrops-aspect-ratios=" + ",".join(map(str, RATIOS))
    result = call(emulator, query, image).json()
    crops = result["smartCropsResult"]["values"]
    assert [crop["aspectRatio"] for crop in crops] == RATIOS
    for crop in crops:
        box, ratio = crop["boundingBox"], crop["aspectRatio"]
        assert inside(box, {"x": 0, "y": 0, "w": size[0], "h": size[1]})
        # One side is that of the picture, the other the whole number that comes nearest.
        assert box["h"] == size[1] or box["w"] == size[0]
        assert abs(box["w"] - box["h"] * ratio) <= 0.5 or abs(box["h"] - box["w"] / ratio) <= 0.5
        if image is SAMPLE:
            assert inside(result["peopleResult"]["values"][0]["boundingBox"], box)


def test_default_crop_ratio(emulator: ImageAnalysisEmulator) -> None:
    for image, ratio in ((SAMPLE, 1.22), (picture(50, 800), 0.5), (picture(800, 50), 2.0)):
        (crop,) = call(emulator, "features=smartCrops", image).json()["smartCropsResult"]["values"]
        assert crop["aspectRatio"] == ratio
        assert crop["boundingBox"]["w"] / crop["boundingBox"]["h"] == pytest.approx(ratio, abs=0.01)


def test_crops_show_as_much_as_any_other_part() -> None:
    for seed in range(20):
        random = Random(seed)
        boxes = [Box(random.randrange(250), random.randrange(60), random.randrange(1, 90), 20) for _ in range(12)]

        def shown(left: int, boxes: List[Box] = boxes) -> int:
            return sum(box.w * box.h for box in boxes if left <= box.x and box.x + box.w <= left + 80)

        found = analysis.crop((340, 80), boxes, 1.0)
        assert (found.w, found.h, found.y) == (80, 80, 0)
        assert shown(found.x) == max(map(shown, range(261)))


@pytest.mark.slow
@needs_ocr
def test_crops_of_an_unknown_picture_hold_its_text(reading_emulator: ImageAnalysisEmulator) -> None:
    image = Image.new("RGB", (1200, 400), "white")
    ImageDraw.Draw(image).text((820, 150), "Hello reader", fill="black", font=ImageFont.load_default(size=48))
    query = "features=read,smartCrops&smartcrops-aspect-ratios=1"
    result = call(reading_emulator, query, encoded(image)).json()
    (line,) = result["readResult"]["blocks"][0]["lines"]
    assert line["text"] == "Hello reader"
    crop = result["smartCropsResult"]["values"][0]["boundingBox"]
    assert all(crop["x"] <= point["x"] <= crop["x"] + crop["w"] for point in line["boundingPolygon"])
