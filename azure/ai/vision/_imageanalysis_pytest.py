"""The pytest fixture ``image_analysis_emulator``.

pytest loads this module in every test run where the library is installed. So it imports nothing, and lies beside the
package: what lies in it cannot be loaded without it.
"""

from typing import TYPE_CHECKING, Iterator

import pytest

if TYPE_CHECKING:
    from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator


@pytest.fixture(scope="session")
def _image_analysis_emulator() -> "Iterator[ImageAnalysisEmulator]":
    """Run an emulator for the whole session."""
    from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator

    with ImageAnalysisEmulator() as emulator:
        yield emulator


@pytest.fixture
def image_analysis_emulator(_image_analysis_emulator: "ImageAnalysisEmulator") -> "ImageAnalysisEmulator":
    """An emulator of the Image Analysis service, which runs for the whole session and is reset before each test."""
    _image_analysis_emulator.reset()
    return _image_analysis_emulator
