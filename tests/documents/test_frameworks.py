"""Tests of the programs on the page about frameworks: they serve a request, each in its framework."""

import re
from typing import Any, Dict, Iterator

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from project import ROOT

PAGE = (ROOT / "docs" / "frameworks.md").read_text(encoding="utf-8")
MODULE, DJANGO, FASTAPI, CELERY = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
PICTURE = ROOT / "samples" / "sample.jpg"

pytestmark = pytest.mark.filterwarnings("ignore")  # of the frameworks


@pytest.fixture(autouse=True)
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with ImageAnalysisEmulator() as running:
        for name, value in {**running.environment(), "NO_PROXY": "127.0.0.1"}.items():
            monkeypatch.setenv(name, value)
        yield


def run(*blocks: str) -> Dict[str, Any]:
    names: Dict[str, Any] = {"__name__": "application"}
    for block in blocks:
        exec(compile(block, "frameworks.md", "exec", dont_inherit=True), names)
    return names


def test_django_view() -> None:
    conf = pytest.importorskip("django.conf")
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test import RequestFactory

    if not conf.settings.configured:
        conf.settings.configure()
    names = run(MODULE, DJANGO)
    upload = SimpleUploadedFile("sample.jpg", PICTURE.read_bytes())
    response = names["alt_text"](RequestFactory().post("/alt-text", {"image": upload}))
    names["get_client"]().close()
    assert (response.status_code, response.content) == (200, b'{"text": "a woman sitting at a table with a laptop"}')


def test_fastapi_endpoint() -> None:
    pytest.importorskip("fastapi")
    client_class = pytest.importorskip("fastapi.testclient").TestClient
    with client_class(run(FASTAPI)["app"]) as browser:
        response = browser.post("/alt-text", files={"image": PICTURE.read_bytes()})
    assert response.json() == {"text": "a woman sitting at a table with a laptop"}


def test_celery_task() -> None:
    pytest.importorskip("celery")
    names = run(MODULE, CELERY)
    names["app"].conf.task_always_eager = True
    result = names["caption"].delay(str(PICTURE)).get()
    names["get_client"]().close()
    assert result["captionResult"]["text"] == "a woman sitting at a table with a laptop"
