"""The pytest fixtures of the emulator.

pytest loads this module in every test run where the library is installed. It imports only pytest, and is at the top
level: a module inside the library would load the library, which a folder ``azure`` of the user can shadow.
"""

from typing import TYPE_CHECKING, Any, Dict, Iterator

import pytest

if TYPE_CHECKING:
    from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator


@pytest.fixture(scope="session")
def image_analysis_emulator_options() -> Dict[str, Any]:
    """The keywords of the emulator: none, unless a conftest.py overrides this fixture."""
    return {}


@pytest.fixture(scope="session")
def image_analysis_emulator_session(
    image_analysis_emulator_options: Dict[str, Any],
) -> "Iterator[ImageAnalysisEmulator]":
    """An emulator of the Image Analysis service that runs for the whole session."""
    from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator

    with ImageAnalysisEmulator(**image_analysis_emulator_options) as emulator:
        yield emulator


@pytest.fixture
def image_analysis_emulator(image_analysis_emulator_session: "ImageAnalysisEmulator") -> "ImageAnalysisEmulator":
    """The emulator of the session, reset before each test."""
    image_analysis_emulator_session.reset()
    return image_analysis_emulator_session
