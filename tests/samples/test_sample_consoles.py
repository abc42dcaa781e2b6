"""Tests that samples print text in any script to a console that lacks its letters."""

import io
import json
import runpy
from typing import Any, Dict

import pytest
from fake_transport import StubResponse
from full_response import full_response
from loopback import Loopback
from sample_programs import path_of

NAMES = [
    "sample_analyze_all_image_file",
    "sample_caption_image_file",
    "sample_caption_image_url",
    "sample_dense_captions_image_file",
    "sample_objects_image_file",
    "sample_ocr_image_file",
    "sample_ocr_image_url",
    "sample_tags_image_file",
]
TEXT = "湖上的两艘船"


def in_chinese() -> Dict[str, Any]:
    """The result of everything, with each caption, name and line in Chinese."""

    def translate(pair: Dict[str, Any]) -> Dict[str, Any]:
        return {name: TEXT if name in ("text", "name") else value for name, value in pair.items()}

    return json.loads(json.dumps(full_response()), object_hook=translate)  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", [*NAMES, *(f"{name}_async" for name in NAMES)])
def test_text_prints_on_a_console_that_lacks_its_letters(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", write_through=True)
    with Loopback(StubResponse(in_chinese())) as server:
        for variable, value in {"VISION_ENDPOINT": server.endpoint, "VISION_KEY": "0" * 32, "NO_PROXY": "*"}.items():
            monkeypatch.setenv(variable, value)
        monkeypatch.setattr("sys.argv", [name])
        monkeypatch.setattr("sys.stdout", console)
        runpy.run_path(str(path_of(name)), run_name="__main__")
    printed = console.buffer.getvalue().decode("cp1252")  # type: ignore[attr-defined]
    assert TEXT.encode("ascii", "backslashreplace").decode() in printed
