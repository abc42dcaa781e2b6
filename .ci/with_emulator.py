"""Runs a command with an emulator of the service to call, and ends as the command ends."""

import os
import subprocess
import sys

from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator

if __name__ == "__main__":
    with ImageAnalysisEmulator(https=True) as emulator:
        sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, **emulator.environment()}).returncode)
