"""Tests of text recognition; those that recognize run where rapidocr is installed."""

import json
import math
from types import SimpleNamespace
from typing import Any, List, Tuple

import pytest
from azure.ai.vision.imageanalysis.emulator._pictures.pixels import turned as turned_image
from azure.ai.vision.imageanalysis.emulator._pictures.pixels import turned_back
from azure.ai.vision.imageanalysis.emulator._text.layout import reading_order
from azure.ai.vision.imageanalysis.emulator._text.recognizer import TextRecognizer, is_available
from emulator_calls import MODULE
from PIL import Image
from printed_pages import Page, bundled_font, lines_of, printed, texts_of, turned, words_of

LINES = ["Quiet harbor at dawn", "Twelve crates of fish", "Ship sails at 6:45", "Bread and two apples"]
# How far a corner may be off, in pixels; letters are 28 pixels high.
TOLERANCE = 14


@pytest.fixture(scope="module")
def recognizer() -> Any:
    if not is_available():
        pytest.skip("The packages of text recognition are not installed.")
    return TextRecognizer()


def sheet(lines: List[str] = LINES) -> Page:
    return printed(lines, bundled_font(28))


def corners(polygon: Any) -> List[Tuple[int, int]]:
    return [(point["x"], point["y"]) for point in polygon]


def assert_words_match(result: Any, page: Page) -> None:
    """Compare words, and the corners of their polygons, of which the first is where a word begins."""
    found = words_of(result)
    assert [word["text"] for word in found] == [text for text, _ in page.words]
    for word, (text, polygon) in zip(found, page.words):
        for (x, y), (true_x, true_y) in zip(corners(word["boundingPolygon"]), polygon):
            assert math.hypot(x - true_x, y - true_y) < TOLERANCE, text


@pytest.mark.slow
def test_result_has_the_shape_of_the_service(recognizer: Any) -> None:
    result = recognizer.read(sheet().image)
    assert json.loads(json.dumps(result)) == result
    assert list(result) == ["blocks"]
    assert [list(block) for block in result["blocks"]] == [["lines"]]
    for line in lines_of(result):
        assert list(line) == ["text", "boundingPolygon", "words"]
        assert line["text"] == " ".join(word["text"] for word in line["words"])
        for word in line["words"]:
            assert list(word) == ["text", "boundingPolygon", "confidence"]
            assert 0 < word["confidence"] <= 1
        for polygon in (line["boundingPolygon"], *(word["boundingPolygon"] for word in line["words"])):
            assert len(polygon) == 4
            assert all(type(value) is int for point in polygon for value in point.values())


@pytest.mark.slow
@pytest.mark.parametrize("degrees", [2, -5, 90, 180, 270])
def test_turned_page(recognizer: Any, degrees: int) -> None:
    page = turned(sheet(), degrees)
    result = recognizer.read(page.image)
    assert texts_of(result) == LINES
    assert_words_match(result, page)


@pytest.mark.slow
@pytest.mark.parametrize("orientation", [3, 6, 7])
def test_exif_orientation_is_mapped_back(recognizer: Any, orientation: int) -> None:
    page = sheet(LINES[:2])
    # What is stored looks right once it is turned as the orientation says.
    inverse = {6: 8, 8: 6}.get(orientation, orientation)
    stored = turned_image(page.image, inverse)
    result = recognizer.read(stored, orientation)
    assert texts_of(result) == LINES[:2]
    words: Any = [
        (text, [turned_back(point, stored.size, orientation) for point in polygon]) for text, polygon in page.words
    ]
    assert_words_match(result, page._replace(words=words))


@pytest.mark.slow
def test_lines_without_letters_or_digits_are_dropped(recognizer: Any) -> None:
    assert texts_of(recognizer.read(sheet(["Total 45", "*** --- ***", "Cash 50"]).image)) == ["Total 45", "Cash 50"]


@pytest.mark.slow
@pytest.mark.parametrize(("size", "place"), [((6000, 50), (2900, 5)), ((300, 6000), (20, 2900))])
def test_long_strip(recognizer: Any, size: Tuple[int, int], place: Tuple[int, int]) -> None:
    image = Image.new("RGB", size, "white")
    image.paste(printed(["Mind the gap"], bundled_font(30), margin=0).image, place)
    result = recognizer.read(image)
    assert texts_of(result) == ["Mind the gap"]
    (x, y), *_ = corners(lines_of(result)[0]["boundingPolygon"])
    assert math.hypot(x - place[0], y - place[1]) < TOLERANCE


@pytest.mark.slow
def test_polygons_stay_inside_the_picture(recognizer: Any) -> None:
    page = sheet(LINES[:3]).image
    # Letters are cut at each edge.
    image = page.crop((66, 66, page.width - 100, page.height - 70))
    result = recognizer.read(image)
    assert lines_of(result)
    for part in (*lines_of(result), *words_of(result)):
        for x, y in corners(part["boundingPolygon"]):
            assert 0 <= x <= image.width and 0 <= y <= image.height


def box(left: float, top: float, width: float, height: float = 20) -> Any:
    return (left, top), (left + width, top), (left + width, top + height), (left, top + height)


@pytest.mark.parametrize(
    ("boxes", "order"),
    [
        pytest.param([((20, 300), (20, 100), (40, 100), (40, 300)), box(100, 50, 200)], [1, 0], id="one line each way"),
        pytest.param(
            [
                *(box(0, 30 * row, 440) for row in range(5)),
                *(box(x, 150 + 30 * row, 200) for row in range(3) for x in (0, 240)),
                box(0, 290, 100),
            ],
            [0, 1, 2, 3, 4, 5, 7, 9, 6, 8, 10, 11],
            id="two columns below an abstract, and a footer below the left one",
        ),
        pytest.param([box(x, y, 200) for y in (0, 50, 99) for x in (0, 240)], [0, 1, 2, 3, 4, 5], id="long cells"),
        pytest.param([box(300, 2, 60), box(0, 0, 200), box(0, 30, 90), box(300, 29, 60)], [1, 0, 2, 3], id="table"),
        pytest.param(
            [box(x, y, 200) for y in (0, 30, 60) for x in (0, 240, 480)], [0, 3, 6, 1, 4, 7, 2, 5, 8], id="columns"
        ),
        pytest.param([((0, 90), (0, 0), (20, 0), (20, 90)), box(40, 0, 99), box(40, 30, 99)], [1, 2, 0], id="upward"),
    ],
)
def test_reading_order(boxes: List[Any], order: List[int]) -> None:
    assert reading_order(boxes) == order


@pytest.mark.slow
def test_columns_are_read_one_after_the_other(recognizer: Any) -> None:
    column = sheet().image
    image = Image.new("RGB", (column.width * 2, column.height))
    for x in (0, column.width):
        image.paste(column, (x, 0))
    assert texts_of(recognizer.read(image)) == LINES * 2


@pytest.mark.slow
def test_blanks_next_to_numbers_are_kept(recognizer: Any) -> None:
    lines = ["7 Up", "x = 3 y", "M1 F2", "A1 B2 C3", "2nd of 3", "Room 12 B"]
    assert texts_of(recognizer.read(sheet(lines).image)) == lines


@pytest.mark.slow
def test_number_behind_a_dot_leader_is_kept(recognizer: Any) -> None:
    page = sheet(["Chapter 1 ............. 17", "Introduction ..................... 5", "Methods . . . . . . 31"])
    assert " ".join(texts_of(recognizer.read(page.image))) == "Chapter 1 17 Introduction 5 Methods 31"


@pytest.mark.slow
@pytest.mark.parametrize(("ink", "paper"), [("#c8c8c8", "#d8d8d8"), ("#e9e9e9", "white"), ("#eaf0ff", "white")])
def test_faint_text_far_from_a_dark_title(recognizer: Any, ink: str, paper: str) -> None:
    image = Image.new("RGB", (1240, 1754), paper)
    for y, lines, color in ((60, ["Invoice 2026"], "black"), (1560, ["Page 1 of 3"], ink)):
        image.paste(printed(lines, bundled_font(26), color, paper, margin=20).image, (60, y))
    assert texts_of(recognizer.read(image)) == ["Invoice 2026", "Page 1 of 3"]


@pytest.mark.slow
def test_table_of_more_than_a_thousand_cells(recognizer: Any) -> None:
    cell = printed(["417"], bundled_font(16), margin=4).image
    image = Image.new("RGB", (24 * 76 + 40, 50 * 30 + 40), "white")
    for number in range(1200):
        image.paste(cell, (20 + number % 24 * 76, 20 + number // 24 * 30))
    engine = recognizer._engine
    assert len(engine.detect(engine.pixels(image))) == 1200


def test_too_much_text_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    engine: Any = SimpleNamespace(pixels=lambda image: None, detect=lambda pixels: [box(0, 0, 100)] * 3000)
    recognizer: Any = object.__new__(TextRecognizer)
    recognizer._engine = engine
    monkeypatch.setattr(f"{MODULE}._text.recognizer._SECONDS", -1)
    with pytest.raises(TimeoutError, match="about 3000 lines of text, too many to be read"):
        recognizer.read(Image.new("RGB", (60, 60)))
