"""Tests of the sample for the browser. Where there is no Pyodide, urllib takes the place of fetch."""

import asyncio
import sys
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from azure.ai.vision.imageanalysis import __version__
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from browser_checks import check_sample
from project import SAMPLES
from sample_programs import module


async def fetch_with_urllib(url: str, *, method: str, headers: Any, body: Any, **options: Any) -> Any:
    """Send a request as ``pyodide.http.pyfetch`` does."""
    data = body.encode() if isinstance(body, str) else body

    def call() -> Any:
        try:
            with urlopen(Request(url, data, headers, method=method)) as response:
                return response.read(), response
        except HTTPError as error:
            return error.read(), error

    content, response = await asyncio.get_running_loop().run_in_executor(None, call)

    async def read() -> bytes:
        return content  # type: ignore[no-any-return]

    return SimpleNamespace(status=response.status, status_text="", url=url, headers=dict(response.headers), bytes=read)


def test_describes_an_image_and_explains_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    http = ModuleType("pyodide.http")
    http.pyfetch = fetch_with_urllib  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyodide", ModuleType("pyodide"))
    monkeypatch.setitem(sys.modules, "pyodide.http", http)
    with ImageAnalysisEmulator() as emulator:
        image = (SAMPLES / "sample.jpg").read_bytes()
        asyncio.run(check_sample(module("sample_in_the_browser_async"), emulator.endpoint, emulator.key, image))


def test_page_loads_the_wheel_of_this_version() -> None:
    page = (SAMPLES / "async_samples" / "sample_in_the_browser.html").read_text(encoding="utf-8")
    assert f'"azure_ai_vision_imageanalysis-{__version__}-py3-none-any.whl"' in page
