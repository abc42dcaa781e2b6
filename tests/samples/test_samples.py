"""Tests that the samples run, print what they find, and report what goes wrong."""

from pathlib import Path
from typing import Dict

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from PIL import Image
from project import SAMPLES
from sample_programs import Run, as_process, both, run, service

pytestmark = pytest.mark.slow

__all__ = ["run", "service"]

CAPTION = "Caption: 'a person sitting at a table with a laptop' (confidence 0.8517)"
CORNERS = [{"x": 130, "y": 119}, {"x": 179, "y": 119}, {"x": 179, "y": 142}, {"x": 130, "y": 142}]
WORD = f"  Word: 'daily' at {CORNERS} (confidence 0.9910)"
# A line that each sample prints of the sample picture, or its beginning.
IN_BOTH_FORMS = {
    "caption_image_file": CAPTION,
    "caption_image_url": CAPTION,
    "dense_captions_image_file": "Caption: 'a cup of tea on a saucer' at {'x': 151, 'y': 443, 'w': 99, 'h': 71} (",
    "objects_image_file": "Object: 'cup' at {'x': 151, 'y': 443, 'w': 99, 'h': 71} (confidence 0.7140)",
    "ocr_image_file": WORD,
    "ocr_image_url": WORD,
    "people_image_file": "Person at {'x': 604, 'y': 199, 'w': 201, 'h': 316} (confidence 0.0017)",
    "smart_crops_image_file": "Crop: {'x': 73, 'y': 0, 'w': 766, 'h': 576}, aspect ratio 1.33",
    "tags_image_file": "Tag: 'houseplant' (confidence 0.9336)",
    "annotate_image": "Wrote sample_output",
}
PRINTED: Dict[str, str] = {
    **{f"sample_{name}{form}": line for name, line in IN_BOTH_FORMS.items() for form in ("", "_async")},
    "sample_draw_boxes": "Wrote boxes.png",
    "sample_key_rotation": "With the key that was changed in time: 17 tags",
    "sample_other_operations": "The embedding of the image has 1024 numbers.",
    "sample_page_text": "The text is turned by 0.0 degrees.",
    "sample_prepare_image": "Sent 65389 bytes, 864 x 576 pixels",
    "sample_save_and_reload_results": "Results in sample_output: 1",
}


@pytest.mark.parametrize("sample", PRINTED)
def test_prints_the_result(sample: str, run: Run) -> None:
    arguments = [] if "url" in sample else [str(SAMPLES / "sample.jpg")]
    out, err, status = run(sample, *arguments)
    assert (err, status) == ("", 0)
    assert f"\n{PRINTED[sample]}" in f"\n{out}"


@both("analyze_all_image_file")
def test_prints_everything_and_a_log_without_secrets(sample: str, run: Run, service: ImageAnalysisEmulator) -> None:
    out, err, status = run(sample)
    assert (err, status) == ("", 0)
    result = out.partition("\nCaption:\n")[2]
    assert f"\nCaption:\n{result}```\n" in (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert out.count("Request URL") == out.count("Response status: 200") == 1
    assert "'Ocp-Apim-Subscription-Key': 'REDACTED'" in out and service.key not in out


@both("caption_image_file", "caption_image_file_entra_id_auth")
def test_reports_a_missing_file(sample: str, run: Run) -> None:
    out, err, status = run(sample, "nothing.jpg")
    assert (out, status) == ("", 1) and "nothing.jpg" in err


@pytest.mark.parametrize("sample", ["annotate_image", "draw_boxes", "prepare_image", "smart_crop_thumbnails"])
def test_reports_a_file_that_is_not_an_image(sample: str, run: Run) -> None:
    out, err, status = run(f"sample_{sample}", __file__)
    assert (out, status) == ("", 1) and "cannot identify image" in err


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


@both("caption_image_file_entra_id_auth")
def test_sends_no_token_over_http(sample: str, run: Run) -> None:
    out, err, status = run(sample)
    assert (out, status) == ("", 1) and "https" in err


@both("caption_image_file", "caption_image_url", "caption_image_file_entra_id_auth")
def test_reports_a_missing_variable(sample: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISION_ENDPOINT")
    out, err, status = run(sample)
    assert (out, status) == ("", 1) and "VISION_ENDPOINT" in err


def test_prints_on_a_console_that_lacks_letters(service: ImageAnalysisEmulator, tmp_path: Path) -> None:
    image = tmp_path / "lake.png"
    Image.effect_noise((90, 60), 90).save(image)
    service.set_result(image, {"captionResult": {"text": "湖上的两艘船", "confidence": 0.9}})
    environment = {**service.environment(), "PYTHONIOENCODING": "cp1252"}
    ended = as_process("sample_caption_image_file", str(image), environment=environment)
    assert (ended.err, ended.status) == ("", 0) and r"\u6e56\u4e0a" in ended.out
