"""Tests of code such as quickstarts for 1.0.0 show: it runs on the emulator, and prints what they say."""

import os
from typing import Any, Iterator

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from client_kinds import ClientKind, Driver
from snippets import ROOT

PICTURE = ROOT / "samples" / "sample.jpg"
URL = "https://aka.ms/azsdk/image-analysis/sample.jpg"


@pytest.fixture(scope="module")
def emulator() -> Iterator[ImageAnalysisEmulator]:
    with ImageAnalysisEmulator() as running:
        yield running


@pytest.fixture
def client(
    client_kind: ClientKind, emulator: ImageAnalysisEmulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Driver]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    with client_kind.client(
        endpoint=os.environ["VISION_ENDPOINT"], credential=AzureKeyCredential(os.environ["VISION_KEY"])
    ) as made:
        yield made


@pytest.fixture(params=["a file", "a URL"])
def analyzed(request: pytest.FixtureRequest, client: Driver) -> Any:
    """Analyze the sample picture in one of the two ways."""
    if request.param == "a file":
        return lambda **options: client.analyze(image_data=PICTURE.read_bytes(), **options)
    return lambda **options: client.analyze_from_url(image_url=URL, **options)


def test_caption(analyzed: Any) -> None:
    result = analyzed(visual_features=[VisualFeatures.CAPTION], gender_neutral_caption=True)
    assert f"'{result.caption.text}', {result.caption.confidence:.4f}".startswith("'a person ")
    assert result.read is None


def test_text(analyzed: Any) -> None:
    result = analyzed(visual_features=[VisualFeatures.READ])
    printed = []
    for line in result.read.blocks[0].lines:
        printed.append(f"{line.text}: {line.bounding_polygon}")
        printed += [f"{word.text}: {word.bounding_polygon}, {word.confidence:.4f}" for word in line.words]
    assert len(printed) > 2 and all("[{'x': " in text and "'y': " in text for text in printed)


def test_all_features_and_options(analyzed: Any) -> None:
    result = analyzed(
        visual_features=list(VisualFeatures),
        smart_crops_aspect_ratios=[0.9, 1.33],
        gender_neutral_caption=True,
        language="en",
        model_version="latest",
    )
    assert [crop.aspect_ratio for crop in result.smart_crops.list] == [0.9, 1.33]
    assert all(caption.text and caption.bounding_box.width for caption in result.dense_captions.list)
    assert all(tag.name and 0 <= tag.confidence <= 1 for tag in result.tags.list)
    assert all(found.tags[0].name and found.bounding_box.height for found in result.objects.list)
    assert all(f"{person.bounding_box}".startswith("{'x': ") for person in result.people.list)
    assert (result.metadata.height, result.metadata.width, result.model_version) == (576, 864, "2023-10-01")
