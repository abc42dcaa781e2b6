"""A local emulator of the Image Analysis service, for development and tests.

Use :class:`ImageAnalysisEmulator` in a program, or ``python -m azure.ai.vision.imageanalysis.emulator`` in a terminal.
Both require the extra ``emulator``.
"""

from ._errors import missing as _missing

try:
    from ._recorder import RecordedRequest
    from ._server import ImageAnalysisEmulator
except ModuleNotFoundError as _error:
    raise _missing(_error, __name__) from None

__all__ = ["ImageAnalysisEmulator", "RecordedRequest"]
