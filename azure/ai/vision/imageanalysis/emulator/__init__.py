"""An emulator of the Image Analysis service that runs on this machine, for development and tests.

Use :class:`ImageAnalysisEmulator` in a program, or ``python -m azure.ai.vision.imageanalysis.emulator`` in a terminal.
Both require the extra ``emulator``.
"""

from ._missing import missing as _missing

try:
    from ._control import RecordedRequest
    from ._server import ImageAnalysisEmulator
except ModuleNotFoundError as _error:
    raise _missing(_error) from None

__all__ = ["ImageAnalysisEmulator", "RecordedRequest"]
