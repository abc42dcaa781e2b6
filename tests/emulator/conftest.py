"""The running emulators that tests share."""

from typing import Iterator

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator


@pytest.fixture(scope="session")
def shared_emulator() -> Iterator[ImageAnalysisEmulator]:
    """An emulator that does not recognize text, for tests that neither arrange nor inspect anything in it."""
    with ImageAnalysisEmulator(ocr=False) as running:
        yield running


@pytest.fixture
def emulator(shared_emulator: ImageAnalysisEmulator) -> ImageAnalysisEmulator:
    """The same emulator, without results, faults and requests of earlier tests."""
    shared_emulator.reset()
    return shared_emulator


@pytest.fixture(scope="session")
def secure() -> Iterator[ImageAnalysisEmulator]:
    """An emulator that serves https and issues tokens."""
    with ImageAnalysisEmulator(https=True, ocr=False) as running:
        yield running


@pytest.fixture(scope="session")
def reading_emulator() -> Iterator[ImageAnalysisEmulator]:
    """An emulator that recognizes text."""
    with ImageAnalysisEmulator() as running:
        yield running
