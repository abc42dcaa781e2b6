"""Tests of the samples for single features: what each prints, and how it fails."""

import ast
import re
from pathlib import Path
from typing import Any, Dict, List

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from emulator_calls import needs_ocr
from PIL import Image
from printed_pages import wrong_share
from project import SAMPLES
from sample_programs import Run, as_process, both, known_result, run, service

pytestmark = pytest.mark.slow

__all__ = ["run", "service"]

FEATURES = ["caption", "dense_captions", "objects", "ocr", "people", "smart_crops", "tags"]
FROM_FILE = ["analyze_all_image_file", *(f"{feature}_image_file" for feature in FEATURES)]
FROM_URL = ["caption_image_url", "ocr_image_url"]
ENTRA_ID = "caption_image_file_entra_id_auth"


def pieces(feature: str) -> List[str]:
    """Return what the samples for a feature print of the sample picture, a piece for each line."""
    result = known_result()

    def confident(item: Dict[str, Any]) -> str:
        return f"(confidence {item['confidence']:.4f})"

    if feature == "caption":
        return [f"'{result['captionResult']['text']}' {confident(result['captionResult'])}"]
    if feature == "ocr":
        found = []
        for line in result["readResult"]["blocks"][0]["lines"]:
            found.append(f"'{line['text']}' at {line['boundingPolygon']}")
            found += [f"'{word['text']}' at {word['boundingPolygon']} {confident(word)}" for word in line["words"]]
        return found
    name = "denseCaptions" if feature == "dense_captions" else feature
    return [
        f"{item['boundingBox']} {confident(item.get('tags', [item])[0])}" if feature != "tags" else confident(item)
        for item in result[f"{name}Result"]["values"]
    ]


@both("caption_image_file", "dense_captions_image_file", "tags_image_file", "objects_image_file", "people_image_file")
def test_prints_the_result_of_a_file(sample: str, run: Run) -> None:
    assert_printed(sample, *run(sample))


@both(*FROM_URL)
def test_prints_the_result_of_a_url(sample: str, run: Run) -> None:
    assert_printed(sample, *run(sample))


def assert_printed(sample: str, out: str, err: str, status: int) -> None:
    assert (err, status) == ("", 0)
    expected = pieces(re.sub(r"^sample_|_image_.*", "", sample))
    assert [line[-len(piece) :] for piece, line in zip(expected, out.splitlines())] == expected
    assert len(out.splitlines()) == len(expected)


@needs_ocr
@both("ocr_image_file")
def test_prints_the_text_of_a_page(sample: str, run: Run) -> None:
    out, err, status = run(sample)
    assert (err, status) == ("", 0)
    lines = re.findall(r"^Line: '(.*)' at \[", out, re.M)
    assert wrong_share((SAMPLES / "page.txt").read_text("utf-8").splitlines(), lines) < 0.02


@both("smart_crops_image_file")
def test_prints_a_crop_for_each_ratio(sample: str, run: Run) -> None:
    out, err, status = run(sample)
    assert (err, status) == ("", 0)
    crops = re.findall(r"Crop: ({.*}), aspect ratio (.*)", out)
    assert [ratio for _, ratio in crops] == ["0.9", "1.33"]
    for box, ratio in crops:
        size = ast.literal_eval(box)
        assert size["w"] / size["h"] == pytest.approx(float(ratio), abs=0.01)


@both("analyze_all_image_file")
def test_prints_everything_and_a_log_without_secrets(sample: str, run: Run, service: ImageAnalysisEmulator) -> None:
    out, err, status = run(sample)
    assert (err, status) == ("", 0)
    result = out.partition("\nCaption:\n")[2]
    assert f"\nCaption:\n{result}```\n" in (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert out.count("Request URL") == out.count("Response status: 200") == 1
    assert "'Ocp-Apim-Subscription-Key': 'REDACTED'" in out and service.key not in out


# Failures


@both("caption_image_file", ENTRA_ID)
def test_reports_a_missing_file(sample: str, run: Run) -> None:
    out, err, status = run(sample, "nothing.jpg")
    assert (out, status) == ("", 1) and "nothing.jpg" in err


@both("caption_image_url")
def test_reports_an_unreachable_url(sample: str, run: Run) -> None:
    out, err, status = run(sample, "https://example.org/nothing.jpg")
    assert (out, status) == ("", 1) and "The provided image url is not accessible." in err


@both("caption_image_file", "analyze_all_image_file")
def test_reports_a_wrong_key(sample: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISION_KEY", "0" * 32)
    out, err, status = run(sample)
    assert status == 1 and "Access denied due to invalid subscription key" in err
    assert "0" * 32 not in out + err
    if "analyze_all" in sample:
        assert err.startswith("Status code: 401\nReason: PermissionDenied\nMessage: Access denied")


@both(ENTRA_ID)
def test_sends_no_token_over_http(sample: str, run: Run) -> None:
    out, err, status = run(sample)
    assert (out, status) == ("", 1) and "https" in err


@both(*FROM_FILE, *FROM_URL, ENTRA_ID)
def test_reports_a_missing_variable(sample: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISION_ENDPOINT")
    out, err, status = run(sample)
    assert (out, status) == ("", 1) and "VISION_ENDPOINT" in err


@both("caption_image_file")
def test_text_prints_on_a_console_that_lacks_its_letters(
    sample: str, service: ImageAnalysisEmulator, tmp_path: Path
) -> None:

    image = tmp_path / "lake.png"
    Image.effect_noise((90, 60), 90).save(image)
    service.set_result(image, {"captionResult": {"text": "湖上的两艘船", "confidence": 0.9}})
    ended = as_process(sample, str(image), environment={**service.environment(), "PYTHONIOENCODING": "cp1252"})
    assert (ended.err, ended.status) == ("", 0) and r"\u6e56\u4e0a" in ended.out
