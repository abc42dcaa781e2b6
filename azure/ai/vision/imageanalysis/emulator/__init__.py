"""An emulator of the Image Analysis service that runs on this machine, for development and tests.

:class:`ImageAnalysisEmulator` runs it inside a program, ``python -m azure.ai.vision.imageanalysis.emulator`` in a
terminal. It needs the extra ``emulator``.
"""

from ._missing import missing as _missing

try:
    import aiohttp as _aiohttp  # noqa: F401
    import PIL as _pillow  # noqa: F401
except ModuleNotFoundError as error:
    raise _missing(error) from None

from ._control import RecordedRequest
from ._server import ImageAnalysisEmulator

__all__ = ["ImageAnalysisEmulator", "RecordedRequest"]
