"""Runs a command against an emulator of the service, and exits with its status."""

import os
import subprocess
import sys

from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator

if __name__ == "__main__":
    with ImageAnalysisEmulator(https=True) as emulator:
        sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, **emulator.environment()}).returncode)
