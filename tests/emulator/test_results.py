"""Tests of the emulator's results: for its own picture and any other, and their crops.

Expected values are written out here, not taken from the emulator's own tables.
"""

import io
import re
from pathlib import Path

import pytest
from azure.ai.vision.imageanalysis import emulator
from emulator_calls import SAMPLE, call, encoded, name_of, needs_ocr, picture, service
from PIL import Image, ImageDraw, ImageFont

__all__ = ["service"]

EMULATOR = Path(emulator.__file__).parent
SAMPLE_URL = "https://aka.ms/azsdk/image-analysis/sample.jpg"
ALL = "tags,objects,caption,denseCaptions,read,smartCrops,people"


# What is found

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
def sample_result(service):
    return call(service, "features=" + ALL).json()


def test_parts_of_a_result_stand_in_the_recorded_order(sample_result):
    assert list(sample_result) == ORDER


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
def test_unrequested_features_are_absent(service, sample_result, feature, part):
    result = call(service, "features=" + feature).json()
    assert set(result) == {"modelVersion", "metadata", part}
    assert result[part] == sample_result[part]


@pytest.mark.parametrize(
    "query",
    [
        f"FEATURES={ALL.upper()}&Language=EN&Gender-Neutral-Caption=FALSE&Model-Version=Latest&Smartcrops-Aspect-Ratios=",
        f"language=&features={ALL}&model-version=&gender-neutral-caption=&key1=value1",
        f"features=tags,objects&features={ALL}",
    ],
)
def test_query_parsing_is_lenient(service, sample_result, query):
    assert call(service, query).json() == sample_result


@pytest.mark.parametrize(
    "query",
    ["features=tags&language=fr", "features=read&language=pt-BR", "features=read&language=sw", "features=people"],
)
def test_supported_languages(service, query):
    assert call(service, query).status_code == 200


@pytest.mark.parametrize(
    "version, returned", [("latest", "2023-10-01"), ("2023-02-01-preview",) * 2, ("2023-10-01",) * 2]
)
def test_model_version_is_returned(service, version, returned):
    assert call(service, "features=tags&model-version=" + version).json()["modelVersion"] == returned


def test_captions_name_a_woman_or_a_person(service, sample_result):
    neutral = call(service, f"features={ALL}&gender-neutral-caption=true").json()

    def texts(result):
        return [result["captionResult"]["text"]] + [one["text"] for one in result["denseCaptionsResult"]["values"]]

    assert any("woman" in text for text in texts(sample_result))
    assert [re.sub(r"\bwoman\b", "person", text) for text in texts(sample_result)] == texts(neutral)
    assert {part for part in ORDER if neutral[part] != sample_result[part]} == {"captionResult", "denseCaptionsResult"}


def test_picture_is_known_by_its_addresses_as_by_its_bytes(service, sample_result):
    port = service.endpoint.rsplit(":", 1)[1]
    urls = [SAMPLE_URL, *(f"http://{host}:{port}/images/sample.jpg" for host in ("127.0.0.1", "localhost"))]
    assert [call(service, "features=" + ALL, {"url": url}).json() for url in urls] == [sample_result] * 3
    served = call(service, path="/images/sample.jpg", method="GET", Ocp_Apim_Subscription_Key=None)
    assert (served.content, served.headers["Content-Type"]) == (SAMPLE, "image/jpeg")


@pytest.mark.slow
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
        # A turn that Exif asks for is not applied.
        (picture(70, 60, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"), (70, 60)),
        (picture(70, 60).ljust(20_971_520), (70, 60)),
    ],
    ids=name_of,
)
@needs_ocr
def test_unknown_image_gets_its_size_and_empty_results(service, image, size):
    response = call(service, "features=" + ALL + "&smartcrops-aspect-ratios=1", image)
    assert response.status_code == 200, response.text
    result = response.json()
    assert list(result) == ORDER
    assert result["metadata"] == {"width": size[0], "height": size[1]}
    assert result["captionResult"]["confidence"] == 0.0
    assert "emulator" in result["captionResult"]["text"]
    for part in ("denseCaptionsResult", "tagsResult", "objectsResult", "peopleResult"):
        assert result[part] == {"values": []}
    assert result["readResult"] == {"blocks": []}
    side = min(size)
    box = {"x": (size[0] - side) // 2, "y": (size[1] - side) // 2, "w": side, "h": side}
    assert result["smartCropsResult"]["values"] == [{"aspectRatio": 1.0, "boundingBox": box}]


# Crops


def inside(inner, outer):
    return (
        outer["x"] <= inner["x"]
        and outer["y"] <= inner["y"]
        and inner["x"] + inner["w"] <= outer["x"] + outer["w"]
        and inner["y"] + inner["h"] <= outer["y"] + outer["h"]
    )


RATIOS = [hundredths / 100 for hundredths in range(75, 181)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "image, size", [(SAMPLE, (864, 576)), (picture(90, 700), (90, 700)), (picture(701, 52), (701, 52))]
)
def test_crops_have_the_asked_ratio_and_lie_in_the_picture(service, image, size):
    query = "features=smartCrops,people&smartcrops-aspect-ratios=" + ",".join(map(str, RATIOS))
    result = call(service, query, image).json()
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


# The picture and the file of its result


def test_result_has_the_documented_shape(sample_result):
    assert sample_result["metadata"] == {"width": 864, "height": 576}
    assert Image.open(io.BytesIO(SAMPLE)).size == (864, 576)
    whole = {"x": 0, "y": 0, "w": 864, "h": 576}
    dense = sample_result["denseCaptionsResult"]["values"]
    assert 1 < len(dense) <= 10
    assert dense[0] == {**sample_result["captionResult"], "boundingBox": whole}
    objects = sample_result["objectsResult"]["values"]
    assert all(len(thing["tags"]) == 1 for thing in objects)
    names = {thing["tags"][0]["name"].lower() for thing in objects}
    assert {"person", "laptop", "houseplant", "dining table"} <= names
    people = sample_result["peopleResult"]["values"]
    assert people[0]["boundingBox"] in [thing["boundingBox"] for thing in objects]
    assert all(inside(found["boundingBox"], whole) for found in dense + objects + people)
    tags = sample_result["tagsResult"]["values"]
    assert [tag["confidence"] for tag in tags] == sorted((tag["confidence"] for tag in tags), reverse=True)


def test_samples_have_the_emulators_picture():
    assert (EMULATOR / "sample.jpg").read_bytes() == (EMULATOR.parents[4] / "samples" / "sample.jpg").read_bytes()


@pytest.mark.slow
@needs_ocr
def test_crops_of_an_unknown_picture_hold_its_text(service):
    image = Image.new("RGB", (1200, 400), "white")
    ImageDraw.Draw(image).text((820, 150), "Hello reader", fill="black", font=ImageFont.load_default(size=48))
    query = "features=read,smartCrops&smartcrops-aspect-ratios=1"
    result = call(service, query, encoded(image)).json()
    (line,) = result["readResult"]["blocks"][0]["lines"]
    assert line["text"] == "Hello reader"
    crop_box = result["smartCropsResult"]["values"][0]["boundingBox"]
    xs = [point["x"] for point in line["boundingPolygon"]]
    assert crop_box["x"] <= min(xs) and max(xs) <= crop_box["x"] + crop_box["w"]
