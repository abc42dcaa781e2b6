"""Tests what each sample prints and how it fails, run against the emulator."""

import ast
import re
import socket
import textwrap
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.core.pipeline.policies import AsyncRetryPolicy, RetryPolicy
from emulator_calls import needs_ocr
from PIL import Image
from printed_pages import wrong_share
from project import SAMPLES
from sample_programs import Run, known_result, path_of, run, service

__all__ = ["run", "service"]

FEATURES = ["caption", "dense_captions", "objects", "ocr", "people", "smart_crops", "tags"]
FROM_FILE = ["analyze_all_image_file", *(f"{feature}_image_file" for feature in FEATURES)]
FROM_URL = ["caption_image_url", "ocr_image_url"]
ENTRA_ID = ["caption_image_file_entra_id_auth"]


def stems(names: List[str]) -> List[str]:
    """The names of samples, synchronous and asynchronous, as their files have them."""
    return [f"sample_{name}{form}" for form in ("", "_async") for name in names]


def each(names: List[str]) -> pytest.MarkDecorator:
    """Run a test once for each of these samples, in both forms."""
    return pytest.mark.parametrize("sample", stems(names))


@pytest.fixture(scope="module")
def response() -> Dict[str, Any]:
    """The result for the sample picture, with gender-neutral captions."""
    return known_result()


@pytest.fixture
def blank_image(tmp_path: Path) -> str:
    """An image of another size, with nothing in it."""
    path = tmp_path / "blank.png"
    Image.new("RGB", (300, 200), "white").save(path)
    return str(path)


def due(feature: str, response: Dict[str, Any]) -> List[str]:
    """All that the samples for a feature print of the sample picture: each piece once, as it is printed."""

    def confident(item: Dict[str, Any]) -> str:
        return f"(confidence {item['confidence']:.4f})"

    if feature == "caption":
        caption = response["captionResult"]
        return [f"'{caption['text']}' {confident(caption)}"]
    if feature == "dense_captions":
        captions = response["denseCaptionsResult"]["values"]
        return [f"'{item['text']}' at {item['boundingBox']} {confident(item)}" for item in captions]
    if feature == "tags":
        return [f"'{item['name']}' {confident(item)}" for item in response["tagsResult"]["values"]]
    if feature == "objects":
        return [
            f"'{tag['name']}' at {item['boundingBox']} {confident(tag)}"
            for item in response["objectsResult"]["values"]
            for tag in item["tags"]
        ]
    if feature == "people":
        return [f"{item['boundingBox']} {confident(item)}" for item in response["peopleResult"]["values"]]
    if feature == "ocr":
        pieces = []
        for line in response["readResult"]["blocks"][0]["lines"]:
            pieces.append(f"Line: '{line['text']}' at {line['boundingPolygon']}")
            pieces += [
                f"Word: '{word['text']}' at {word['boundingPolygon']} {confident(word)}" for word in line["words"]
            ]
        return pieces
    raise AssertionError(f"no such feature: {feature}")


@each([f"{feature}_image_file" for feature in FEATURES if feature not in ("smart_crops", "ocr")] + FROM_URL)
def test_prints_exactly_the_result(sample: str, run: Run, response: Dict[str, Any]) -> None:
    feature = re.sub(r"^sample_|_image_.*", "", sample)
    out, err, status = run(sample)
    assert (status, err) == (0, "")
    pieces = due(feature, response)
    assert len(pieces) == len(out.splitlines())
    for piece, line in zip(pieces, out.splitlines()):
        assert line.endswith(piece)


@pytest.mark.slow
@needs_ocr
@each(["ocr_image_file"])
def test_prints_the_text_of_a_page(sample: str, run: Run) -> None:
    out, err, status = run(sample)
    assert (status, err) == (0, "")
    lines = re.findall(r"^Line: '(.*)' at \[", out, re.M)
    words = re.findall(r"^  Word: '(.*)' at \[.*\] \(confidence [01]\.\d{4}\)$", out, re.M)
    assert len(lines) + len(words) == len(out.splitlines())
    assert " ".join(words) == " ".join(lines)
    assert wrong_share((SAMPLES / "page.txt").read_text("utf-8").splitlines(), lines) < 0.02


@each(["smart_crops_image_file"])
def test_prints_a_crop_for_each_ratio_around_the_person(sample: str, run: Run, response: Dict[str, Any]) -> None:
    out, err, status = run(sample)
    assert (status, err) == (0, "")
    person = response["peopleResult"]["values"][0]["boundingBox"]
    crops = [
        (ast.literal_eval(box), float(ratio)) for box, ratio in re.findall(r"Crop: ({.*}), aspect ratio (.*)", out)
    ]
    assert [ratio for _, ratio in crops] == [0.9, 1.33]
    for box, ratio in crops:
        assert box["w"] / box["h"] == pytest.approx(ratio, abs=0.01)
        assert box["x"] <= person["x"] and person["x"] + person["w"] <= box["x"] + box["w"]
        assert box["y"] <= person["y"] and person["y"] + person["h"] <= box["y"] + box["h"]


@each(["analyze_all_image_file"])
def test_prints_everything_and_a_log_without_secrets(
    sample: str, run: Run, response: Dict[str, Any], service: ImageAnalysisEmulator
) -> None:
    out, err, status = run(sample)
    assert (status, err) == (0, "")
    for feature in FEATURES:
        if feature != "smart_crops":
            for piece in due(feature, response):
                assert piece in out
    assert re.findall(r"Aspect ratio (.*): {'x'", out) == ["0.9", "1.33"]
    assert "Image size: 864 x 576 pixels\nModel version: 2023-10-01\n" in out
    assert re.search(
        r"INFO azure\.core.*: Request URL: 'http://127\.0\.0\.1:\d+/computervision/imageanalysis:analyze", out
    )
    assert out.count("Request URL") == out.count("Response status: 200") == 1
    assert "'Ocp-Apim-Subscription-Key': 'REDACTED'" in out
    assert service.key not in out


def test_guide_shows_the_output_of_the_first_sample(run: Run) -> None:
    result = run("sample_analyze_all_image_file").out.partition("\nCaption:\n")[2]
    guide = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert f"\nCaption:\n{result}```\n" in guide


@pytest.mark.parametrize(
    "sample",
    [pytest.param(name, marks=needs_ocr if "_ocr_" in name or "_all_" in name else ()) for name in stems(FROM_FILE)],
)
def test_analyzes_another_image(sample: str, run: Run, blank_image: str) -> None:
    out, err, status = run(sample, blank_image)
    assert (status, err) == (0, "")
    if "analyze_all" in sample:
        assert "Image size: 300 x 200 pixels" in out
        assert "Word:" not in out
    elif "_caption_" in sample:
        assert "the emulator can tell" in out
    elif "smart_crops" in sample:
        assert len(out.splitlines()) == 2
    else:
        assert out == ""


@each(FROM_URL)
def test_analyzes_another_url(sample: str, run: Run, service: ImageAnalysisEmulator) -> None:
    assert run(sample, f"{service.endpoint}/images/sample.jpg") == run(sample)


@each(FROM_URL)
def test_reports_an_unreachable_url(sample: str, run: Run) -> None:
    out, err, status = run(sample, "https://example.org/nothing.jpg")
    assert (out, status) == ("", 1)
    assert "The provided image url is not accessible." in err


@each(FROM_FILE + ENTRA_ID)
def test_reports_a_missing_file(sample: str, run: Run) -> None:
    out, err, status = run(sample, "nothing.jpg")
    assert (out, status) == ("", 1)
    assert "nothing.jpg" in err


@each(FROM_FILE)
def test_reports_a_non_image(sample: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("not an image")
    _, err, status = run(sample, "note.txt")
    assert status == 1
    assert "Image format is not valid" in err


@pytest.mark.parametrize("variable", ["VISION_ENDPOINT", "VISION_KEY"])
@each(FROM_FILE + FROM_URL)
def test_reports_a_missing_variable(sample: str, variable: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(variable)
    out, err, status = run(sample)
    assert (out, status) == ("", 1)
    assert variable in err


@each(ENTRA_ID)
def test_with_entra_id_only_the_endpoint_is_needed(sample: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISION_KEY")
    monkeypatch.delenv("VISION_ENDPOINT")
    out, err, status = run(sample)
    assert (out, status) == ("", 1)
    assert "VISION_ENDPOINT" in err and "VISION_KEY" not in err


@each(FROM_FILE + FROM_URL)
def test_reports_a_wrong_key(sample: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = "0123456789abcdef" * 2
    monkeypatch.setenv("VISION_KEY", wrong)
    out, err, status = run(sample)
    assert status == 1
    assert "Access denied due to invalid subscription key or wrong API endpoint." in err
    assert wrong not in out + err
    if "analyze_all" in sample:
        assert err.startswith("Status code: 401\nReason: PermissionDenied\nMessage: Access denied")


@each(["analyze_all_image_file"])
def test_reports_a_missing_service(sample: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for policy in (RetryPolicy, AsyncRetryPolicy):
        monkeypatch.setattr(policy, "get_backoff_time", lambda self, settings: 0)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # and does not listen
        monkeypatch.setenv("VISION_ENDPOINT", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        _, err, status = run(sample)
    assert status == 1
    assert err.startswith("No response from the service: ")


@each(ENTRA_ID)
def test_sends_no_token_over_http(sample: str, run: Run) -> None:
    out, err, status = run(sample)
    assert (out, status) == ("", 1)
    assert "https" in err


def regions(sample: str) -> Dict[str, Optional[str]]:
    """The marked regions of a sample, indented as little as possible; None where one has no end."""
    found: Dict[str, Optional[str]] = {}
    text = path_of(sample).read_text(encoding="utf-8")
    for start in re.finditer(r"^ *# \[START (\w+)\]\n", text, re.MULTILINE):
        assert start[1] not in found
        end = re.search(rf"^ *# \[END {start[1]}\]\n", text[start.end() :], re.MULTILINE)
        found[start[1]] = end and textwrap.dedent(text[start.end() : start.end() + end.start()])
    return found


@each(FROM_FILE + FROM_URL + ENTRA_ID)
def test_regions_are_whole_pieces_of_code(sample: str) -> None:
    found = regions(sample)
    assert found
    for region in found.values():
        assert region
        assert "[START" not in region
        compile(region, sample, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@each(FROM_FILE + FROM_URL + ENTRA_ID)
def test_docstring_says_how_to_run_it(sample: str) -> None:
    text = path_of(sample).read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text)) or ""
    assert f"python {sample}.py [IMAGE_" in docstring
    for variable in re.findall(r'os\.environ\["(\w+)"\]', text):
        assert variable in docstring
