"""Where the project's folders are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
HELPERS = ROOT / "tests" / "helpers"
PACKAGE = ROOT / "azure" / "ai" / "vision" / "imageanalysis"
