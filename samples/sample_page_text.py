"""Gets the text of a page as one string.

The lines come in the service's reading order. An empty line separates paragraphs: it stands where the gap between two
lines is larger than a line is high.

Run it:
    python sample_page_text.py [IMAGE_FILE]
Without IMAGE_FILE it takes the picture sample.jpg that comes with the samples.

Environment variables to set, both found on your Computer Vision resource's overview page in the Azure portal:
    VISION_ENDPOINT    the endpoint, https://<your-resource-name>.cognitiveservices.azure.com
    VISION_KEY         the key, 32 hexadecimal digits
"""

import io
import os
import sys
from pathlib import Path
from typing import List, Optional

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import DetectedTextLine, ImageAnalysisResult, VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError


# [START page_text]
def page_text(result: ImageAnalysisResult) -> str:
    """Join all lines; an image without text gives an empty string."""
    blocks = result.read.blocks if result.read is not None else []
    return "\n".join(line.text for block in blocks for line in block.lines)


# [END page_text]


# [START paragraphs]
def paragraphs(result: ImageAnalysisResult) -> str:
    """Join all lines, with an empty line where the gap above a line is larger than the line is high."""
    text: List[str] = []
    previous: Optional[DetectedTextLine] = None
    for block in result.read.blocks if result.read is not None else []:
        for line in block.lines:
            if previous is not None and top(line) - bottom(previous) > bottom(line) - top(line):
                text.append("")
            text.append(line.text)
            previous = line
    return "\n".join(text)


def top(line: DetectedTextLine) -> float:
    return min(point.y for point in line.bounding_polygon)


def bottom(line: DetectedTextLine) -> float:
    return max(point.y for point in line.bounding_polygon)


# [END paragraphs]


def main() -> None:
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    image_file = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("sample.jpg")
    try:
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            result = client.analyze(image_file.read_bytes(), [VisualFeatures.READ])
    except (OSError, AzureError) as error:
        sys.exit(f"The text was not read. {error}")
    print(paragraphs(result))


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may lack letters of a text
    main()
