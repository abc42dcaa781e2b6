"""Gets the text of a page as one string.

The lines are in the reading order of the service. An empty line separates paragraphs: where the gap between two lines
is larger than three quarters of a line. The angle shows how far a scan is rotated.

Run it:
    python sample_page_text.py [IMAGE_FILE]
    IMAGE_FILE  default: page.jpg, a letter, next to the samples

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import io
import math
import os
import statistics
import sys
from pathlib import Path

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError


# [START paragraphs]
def paragraphs(result: ImageAnalysisResult, gap: float = 0.75) -> str:
    """Join all lines, with an empty line above each new paragraph.

    A paragraph begins where the gap above a line, at its left edge, is larger than
    this share of the height of the line.
    """
    if result.read is None:
        return ""
    text = []
    previous = math.inf
    for block in result.read.blocks:
        for line in block.lines:
            top_left, _, _, bottom_left = line.bounding_polygon
            if top_left.y - previous > gap * (bottom_left.y - top_left.y):
                text.append("")
            text.append(line.text)
            previous = bottom_left.y
    return "\n".join(text)


# [END paragraphs]


# [START text_angle]
def text_angle(result: ImageAnalysisResult) -> float:
    """Return the angle of the text, in degrees counter-clockwise.

    It is the median of all lines, and 0 if there is no text.
    """
    angles = []
    for block in result.read.blocks if result.read is not None else []:
        for line in block.lines:
            start, end = line.bounding_polygon[:2]  # the ends of the upper edge
            radians = math.atan2(start.y - end.y, end.x - start.x)
            angles.append(math.degrees(radians))
    return statistics.median(angles) if angles else 0.0


# [END text_angle]


def main() -> None:
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    image_file = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("page.jpg")
    try:
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            result = client.analyze(image_file.read_bytes(), [VisualFeatures.READ])
    except (OSError, AzureError) as error:
        sys.exit(f"The text was not read. {error}")
    print(paragraphs(result))
    print(f"\nThe text is turned by {text_angle(result):.1f} degrees.")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
