"""An emulator of the Image Analysis service that runs on this machine, for development and tests.

Use :class:`ImageAnalysisEmulator` in a program, or ``python -m azure.ai.vision.imageanalysis.emulator`` in a terminal.
Both require the extra ``emulator``.
"""

import sys as _sys

from ._errors import missing as _missing

try:
    from ._control import RecordedRequest
    from ._server import ImageAnalysisEmulator
except ModuleNotFoundError as _error:
    if getattr(_sys, "argv", [])[:1] == ["-m"]:  # Python is about to run the command, and would print a traceback.
        _sys.exit(f"emulator: {_missing(_error)}")
    raise _missing(_error) from None

__all__ = ["ImageAnalysisEmulator", "RecordedRequest"]
