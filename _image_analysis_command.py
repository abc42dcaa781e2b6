"""The console script ``image-analysis-emulator``. If a package is missing, it says what to install."""

import sys


def main() -> None:
    """Run the emulator."""
    try:
        from azure.ai.vision.imageanalysis.emulator.__main__ import main as run
    except ImportError as error:
        sys.exit(f"image-analysis-emulator: {error}")
    except KeyboardInterrupt:
        sys.exit(0)
    sys.exit(run())
