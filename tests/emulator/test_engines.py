"""Tests of the user's own models: engines for single features."""

import concurrent.futures
import sys
import threading
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.models import PeopleResult, VisualFeatures
from emulator_calls import call, encoded
from PIL import Image

BOX = {"x": 200, "y": 10, "w": 60, "h": 50}
PEOPLE: Dict[str, Any] = {"values": [{"boundingBox": BOX, "confidence": 0.75}]}
READ = {"blocks": [{"lines": [{"text": "own text", "boundingPolygon": [{"x": 1, "y": 2}] * 4, "words": []}]}]}
CAPTION = {"text": "seen by an engine", "confidence": 0.5}
EXIF_TURN = b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"


def image(level: int = 90) -> bytes:
    return encoded(Image.new("RGB", (300, 100), (level, 0, 0)))


class Recorded:
    """An engine that records its pictures."""

    def __init__(self, result: Any) -> None:
        self.result = result
        self.pictures: List[Image.Image] = []

    def __call__(self, picture: Image.Image) -> Any:
        self.pictures.append(picture)
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


@pytest.fixture(scope="module")
def engines() -> Dict[str, Recorded]:
    return {"people": Recorded(PEOPLE), "READ": Recorded(READ), "dense_captions": Recorded({"values": []})}


@pytest.fixture(scope="module")
def shared_emulator(engines: Dict[str, Recorded]) -> Iterator[ImageAnalysisEmulator]:
    with ImageAnalysisEmulator(ocr=False, strict=True, engines=engines) as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator: ImageAnalysisEmulator, engines: Dict[str, Recorded]) -> ImageAnalysisEmulator:
    shared_emulator.reset()
    for engine in engines.values():
        engine.pictures.clear()
    return shared_emulator


def test_result_of_an_engine_is_returned(emulator: ImageAnalysisEmulator) -> None:
    result = call(emulator, "features=people,read,denseCaptions", image()).json()
    assert (result["peopleResult"], result["readResult"]) == (PEOPLE, READ)
    assert result["denseCaptionsResult"] == {"values": []}
    assert emulator.requests[0].source == {"people": "engine", "read": "engine", "denseCaptions": "engine"}


def test_registered_results_go_before_engines(emulator: ImageAnalysisEmulator, engines: Dict[str, Recorded]) -> None:
    emulator.set_result(image(), {"peopleResult": {"values": []}})
    result = call(emulator, "features=people,read", image()).json()
    assert (result["peopleResult"], result["readResult"]) == ({"values": []}, READ)
    assert engines["people"].pictures == []


def test_crops_show_the_people_of_an_engine(emulator: ImageAnalysisEmulator) -> None:
    result = call(emulator, "features=smartCrops&smartcrops-aspect-ratios=1", image(91)).json()
    crop = result["smartCropsResult"]["values"][0]["boundingBox"]
    assert crop["x"] <= BOX["x"] and BOX["x"] + BOX["w"] <= crop["x"] + crop["w"]


def test_picture_is_in_rgb_as_stored(emulator: ImageAnalysisEmulator, engines: Dict[str, Recorded]) -> None:
    turned = encoded(Image.new("L", (80, 60), 200), "JPEG", exif=EXIF_TURN)
    assert call(emulator, "features=people", turned).status_code == 200
    (seen,) = engines["people"].pictures
    assert (seen.mode, seen.size, seen.getpixel((5, 5))) == ("RGB", (80, 60), (200, 200, 200))


def test_picture_that_the_service_does_not_take_reaches_no_engine(
    emulator: ImageAnalysisEmulator, engines: Dict[str, Recorded]
) -> None:
    for data in (b"no image", encoded(Image.new("L", (40, 40)))):
        assert call(emulator, "features=people", data).status_code == 400
    assert engines["people"].pictures == []


def test_engine_runs_once_for_a_picture_and_for_one_at_a_time() -> None:
    pictures: List[Image.Image] = []
    together = threading.Barrier(2)

    def caption(picture: Image.Image) -> Any:
        pictures.append(picture)
        # Two calls at the same time would pass the barrier.
        with pytest.raises(threading.BrokenBarrierError):
            together.wait(0.1)
        together.reset()
        return CAPTION

    with ImageAnalysisEmulator(ocr=False, engines={"caption": caption}) as emulator:
        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            responses = threads.map(lambda level: call(emulator, "features=caption", image(level)), [1, 2, 1, 2])
            assert [response.json()["captionResult"] for response in responses] == [CAPTION] * 4
    assert len(pictures) == 2


def test_failing_engine_is_a_500_with_its_error_in_the_log_and_is_asked_again(
    emulator: ImageAnalysisEmulator, engines: Dict[str, Recorded], caplog: pytest.LogCaptureFixture
) -> None:
    person: Dict[str, Any] = PEOPLE["values"][0]
    for result, logged in (
        (ValueError("no weights"), "The engine for people failed: ValueError: no weights"),
        (SystemExit(3), "SystemExit: 3"),
        (None, "TypeError: it returned a NoneType, not a mapping"),
        ({"list": []}, "ValueError: peopleResult.list: unknown; did you mean 'values'?"),
        ({"values": [{**person, "confidence": 75}]}, "peopleResult.values[0].confidence: expected a number"),
        ({"values": [{**person, "boundingBox": {**BOX, "x": 1.5}}]}, "boundingBox.x: expected a whole number"),
    ):
        engines["people"].result = result
        response = call(emulator, "features=people", image(92))
        assert (response.status_code, response.json()["error"]["code"]) == (500, "InternalServerError")
        assert logged in caplog.text
    engines["people"].result = PEOPLE
    assert call(emulator, "features=people", image(92)).json()["peopleResult"] == PEOPLE


def test_engine_is_imported_and_may_return_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    text = "class Finder:\n    @staticmethod\n    def find(picture):\n        return RESULT\n"
    (tmp_path / "own_models.py").write_text(text, encoding="utf-8")
    with ImageAnalysisEmulator(ocr=False, engines={VisualFeatures.PEOPLE: "own_models:Finder.find"}) as emulator:
        sys.modules["own_models"].__dict__["RESULT"] = PeopleResult(PEOPLE)
        assert call(emulator, "features=people", image()).json()["peopleResult"] == PEOPLE


def test_bad_engines_are_refused() -> None:
    bad_engines: List[Tuple[Any, str]] = [
        ({5: len}, "'engines': no engine can compute 5;"),
        ({"smartCrops": len}, "'engines': no engine can compute 'smartCrops'; the features are caption, dense_capt"),
        ([len], "'engines' must be a mapping of features to functions, not list"),
        ({"read": 5}, "'engines': 5 for 'read' is not a function"),
        ({"read": "own_models"}, "'engines': 'own_models' is not of the form 'module:function'"),
        ({"read": "no_such:f"}, "'engines': 'no_such:f' cannot be imported: ModuleNotFoundError: No module named"),
        ({"read": "json:no_such"}, "'json:no_such' cannot be imported: AttributeError: module 'json' has no attribute"),
    ]
    for engines, message in bad_engines:
        with pytest.raises((ValueError, TypeError), match=message):
            ImageAnalysisEmulator(engines=engines)
