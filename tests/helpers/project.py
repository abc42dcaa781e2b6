"""The folders of the project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
HELPERS = ROOT / "tests" / "helpers"
PACKAGE = ROOT / "azure" / "ai" / "vision" / "imageanalysis"
