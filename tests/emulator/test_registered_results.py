"""Tests of registered results: what is checked, how a picture can be given, and folders of results."""

import fractions
import io
import json
import os
from pathlib import Path
from types import MappingProxyType
from typing import Any, Dict, Iterator, List, Tuple

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._pictures.results import parse_result
from azure.ai.vision.imageanalysis.models import CaptionResult, ImageAnalysisResult, ImageMetadata
from emulator_calls import MODULE, analyze, call, encoded
from full_response import full_response
from PIL import Image

URL = "https://example.com/cat.png"
CAT = {"captionResult": {"text": "a cat", "confidence": 0.9}, "tagsResult": {"values": []}}
PERSON = {"boundingBox": {"x": 10, "y": 20, "w": 30, "h": 40}, "confidence": 0.5}


def drawing() -> Image.Image:
    image = Image.new("RGB", (300, 300), "white")
    image.paste("red", (60, 60, 150, 150))
    return image


def caption(emulator: ImageAnalysisEmulator, image: Any) -> str:
    body = {"url": image} if isinstance(image, str) else image
    return str(call(emulator, "features=caption", body).json()["captionResult"]["text"])


def places_in(value: Any, path: str = "") -> Iterator[Tuple[Any, Any, str]]:
    """Yield each container in JSON with each of its keys, and the path to what is there."""
    for key in value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0):
        inner = f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}".lstrip(".")
        yield value, key, inner
        yield from places_in(value[key], inner)


def error_of(result: Any) -> str:
    with pytest.raises((ValueError, TypeError)) as caught:
        parse_result(result)
    return str(caught.value)


def test_responses_of_the_service_are_taken(emulator: ImageAnalysisEmulator) -> None:
    of_the_emulator = call(emulator, "features=tags,objects,caption,denseCaptions,read,smartCrops,people").json()
    for response in (full_response(), of_the_emulator):
        assert parse_result(response) == response
        assert parse_result(ImageAnalysisResult(response)) == response


def test_each_name_and_value_is_checked_and_each_error_names_the_place() -> None:
    for number, (_, _, path) in enumerate(places_in(full_response())):
        result = full_response()
        container, key, _ = list(places_in(result))[number]
        value = container[key]
        for wrong in (True, [{}], {"x": {}}, "5"):
            if not isinstance(value, type(wrong)):
                container[key] = wrong
                assert error_of(result).startswith(path), wrong
        if isinstance(key, str):
            del container[key]
            assert container is result or error_of(result) == f"{path}: missing"
            container[key + "s"] = value
            assert error_of(result).startswith(f"{path}s: unknown; did you mean {key!r}?")


@pytest.mark.parametrize(
    "result, message",
    [
        ("text", "'result' must be an ImageAnalysisResult or a mapping with JSON names, not str"),
        (CaptionResult(text="x", confidence=0.1), "'result' must be a whole ImageAnalysisResult, not only a CaptionR"),
        ({"tagsResult": {"list": []}}, "tagsResult.list: unknown; did you mean 'values'?"),
        ({"captionResult": {"caption": "x"}}, "captionResult.caption: unknown; known are confidence, text"),
        (
            {"peopleResult": {"values": [{"boundingBox": {"width": 1}}]}},
            "peopleResult.values[0].boundingBox.width: unk",
        ),
        ({"captionResult": {"text": "x", "confidence": 17.0}}, "captionResult.confidence: expected a number from 0 to"),
        ({"captionResult": {"text": "x", "confidence": float("nan")}}, "captionResult.confidence: expected a number"),
        ({"metadata": {"width": 10**400, "height": 5}}, "metadata.width: expected a whole number from 1 to 100000,"),
        ({"a\x1b[31m": 1}, r"'a\x1b[31m': unknown; known are captionResult,"),
        ({"modelVersion": object()}, "'result' cannot be written as JSON: it holds an object of the type object"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_result_is_refused(result: Any, message: str) -> None:
    error = error_of(result)
    assert error.startswith(message)
    assert len(error) < 300
    assert error.isprintable()


def test_result_can_hold_models_mappings_and_numbers_of_other_libraries() -> None:
    result: Dict[str, Any] = {
        "captionResult": CaptionResult(text="a cat", confidence=0.5),
        "peopleResult": MappingProxyType({"values": (dict(PERSON, confidence=fractions.Fraction(1, 2)),)}),
        "tagsResult": None,
    }
    caption, people = {"text": "a cat", "confidence": 0.5}, {"values": [PERSON]}
    assert parse_result(result) == {"captionResult": caption, "peopleResult": people}


def test_url_has_the_registered_result(emulator: ImageAnalysisEmulator) -> None:
    emulator.set_result(URL, {**CAT, "peopleResult": {"values": [PERSON]}})
    result = call(emulator, "features=caption,people", {"url": URL}).json()
    assert result["captionResult"] == CAT["captionResult"]
    assert result["peopleResult"] == {"values": [PERSON]}
    assert "tagsResult" not in result  # It was not asked for.
    assert result["metadata"] == {"width": 50, "height": 60}  # so that the person lies in it
    size = ImageMetadata(width=640, height=480)
    emulator.set_result(URL, ImageAnalysisResult(caption=CaptionResult(CAT["captionResult"]), metadata=size))
    result = call(emulator, "features=caption", {"url": URL}).json()
    assert (result["captionResult"], result["metadata"]) == (CAT["captionResult"], size)


def test_missing_parts_of_a_result_are_computed(emulator: ImageAnalysisEmulator) -> None:
    image = encoded(drawing())
    emulator.set_result(image, {"peopleResult": {"values": [PERSON]}})
    result = call(emulator, "features=people,smartCrops,tags&smartcrops-aspect-ratios=1.5", image).json()
    assert result["peopleResult"]["values"] == [PERSON]
    assert result["tagsResult"]["values"] == []
    crop = result["smartCropsResult"]["values"][0]["boundingBox"]
    assert (crop["w"], crop["h"]) == (300, 200)
    assert crop["y"] <= 20 and crop["y"] + crop["h"] >= 60
    assert result["metadata"] == {"width": 300, "height": 300}


def test_picture_can_be_given_in_many_forms(emulator: ImageAnalysisEmulator, tmp_path: Path) -> None:
    image = encoded(drawing())
    path = tmp_path / "picture.png"
    path.write_bytes(image)
    forms: List[Any] = [image, bytearray(image), memoryview(image), path, str(path), io.BytesIO(image), drawing()]
    forms.append(drawing().convert("CMYK"))  # A PNG cannot have this mode.
    for form in forms:
        emulator.reset()
        emulator.set_result(form, CAT)
        assert caption(emulator, image) == "a cat", type(form)
    with path.open("rb") as file:
        file.seek(len(image) // 2)
        with pytest.raises(ValueError, match="Image format is not valid"):
            emulator.set_result(file, CAT)


def test_bad_picture_is_refused(emulator: ImageAnalysisEmulator) -> None:
    images: List[Tuple[Any, Any, str]] = [
        (5, TypeError, "'image' must be bytes, a path, a URL, a Pillow image or a binary file, not int"),
        (b"no image", ValueError, "'image' is not an image that the service accepts: Image format is not valid"),
        (Image.new("L", (40, 40)), ValueError, "smaller than 50"),
        (Path("no", "such.png"), FileNotFoundError, "such.png"),
    ]
    for image, kind, message in images:
        with pytest.raises(kind, match=message):
            emulator.set_result(image, CAT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a picture and its result."""
    (tmp_path / "cat.png").write_bytes(encoded(drawing()))
    (tmp_path / "cat.png.json").write_text(json.dumps(CAT), encoding="utf-8")
    return tmp_path


def test_recorded_result_is_what_a_folder_holds(emulator: ImageAnalysisEmulator, tmp_path: Path) -> None:
    image = encoded(drawing())
    emulator.set_result(image, CAT)
    recorded = analyze(emulator, image, ["caption", "tags"])
    (tmp_path / "own.png").write_bytes(image)
    (tmp_path / "own.png.json").write_text(json.dumps(recorded.as_dict()), encoding="utf-8")
    with ImageAnalysisEmulator(results=tmp_path, ocr=False) as other:
        assert call(other, "features=caption,tags", image).json() == recorded


def test_content_of_a_folder_is_logged(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", MODULE)
    for name in ("dog.jpg", "odd\x1b.PNG", "notes.txt"):
        (folder / name).write_bytes(b"")
    ImageAnalysisEmulator(results=folder)
    assert f"Registered 1 picture of {folder}. Without a result: dog.jpg, 'odd\\x1b.PNG'." in caplog.text


def test_pictures_of_a_folder_are_opened_when_needed_and_broken_ones_are_left_out(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "broken.png").write_bytes(b"no image")
    (folder / "broken.png.json").write_text("{}")
    with ImageAnalysisEmulator(results=folder, ocr=False) as emulator:
        assert caption(emulator, encoded(drawing())) == "a cat"
        assert "left out" not in caplog.text
        emulator.reset()
        assert caption(emulator, encoded(drawing(), "BMP")) == "a cat"
        assert f"{folder / 'broken.png'} is ignored: Image format is not valid" in caplog.text


def test_bad_result_in_a_folder_is_named(folder: Path) -> None:
    for text, message in (
        (b"{", "cat.png.json: not JSON in UTF-8: .*line 1 column"),
        (b"[]", "cat.png.json: 'result' must be"),
        (b'{"tagResult": 1}', "cat.png.json: tagResult: unknown; did you mean 'tagsResult'?"),
        (b"\xff", "cat.png.json: not JSON in UTF-8"),
    ):
        (folder / "cat.png.json").write_bytes(text)
        with pytest.raises(ValueError, match=message):
            ImageAnalysisEmulator(results=folder)


def test_folder_without_a_picture_and_one_that_is_not_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "d\x1bog.png.json").write_text("{}")
    with pytest.raises(ValueError, match=r"there is no picture 'd\\x1bog.png' beside it") as caught:
        ImageAnalysisEmulator(results=tmp_path)
    assert str(caught.value).isprintable()
    with pytest.raises(ValueError, match=r"'results': '.*nowhere' is not a folder"):
        ImageAnalysisEmulator(results=tmp_path / "nowhere")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="This system has no named pipes.")
def test_pipe_in_a_folder_is_refused(folder: Path) -> None:
    (folder / "cat.png.json").unlink()
    os.mkfifo(folder / "cat.png.json")
    with pytest.raises(ValueError, match="cat.png.json: not a regular file"):
        ImageAnalysisEmulator(results=folder)
