"""An emulator of the Image Analysis service that runs on this machine, for development and tests.

:class:`ImageAnalysisEmulator` runs it inside a program, ``python -m azure.ai.vision.imageanalysis.emulator`` in a
terminal. It needs the extra ``emulator``.
"""

from ._server import ImageAnalysisEmulator

__all__ = ["ImageAnalysisEmulator"]
