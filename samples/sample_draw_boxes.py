"""Draws boxes around objects and people, and outlines around lines of text.

The image is prepared first, so that the pixels are those that the service analyzes. sample_annotate_image.py also draws
labels.

Run it:
    python sample_draw_boxes.py [IMAGE_FILE] [OUTPUT_FILE]
    IMAGE_FILE   default: sample.jpg, next to the samples
    OUTPUT_FILE  default: boxes.png

Packages to install besides the library: pillow.

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import io
import os
import sys
from pathlib import Path
from typing import Tuple

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, ImageBoundingBox, VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError
from PIL import Image, ImageDraw
from sample_annotate_image import load_upright

FEATURES = [VisualFeatures.OBJECTS, VisualFeatures.PEOPLE, VisualFeatures.READ]


# [START draw_boxes]
def draw_boxes(image: Image.Image, result: ImageAnalysisResult) -> None:
    """Draw the findings on an image."""
    draw = ImageDraw.Draw(image)
    if result.objects is not None:
        for found in result.objects.list:
            draw.rectangle(corners(found.bounding_box), outline="orange", width=3)
    if result.people is not None:
        for person in result.people.list:
            if person.confidence >= 0.5:
                draw.rectangle(corners(person.bounding_box), outline="blue", width=3)
    if result.read is not None:
        for block in result.read.blocks:
            for line in block.lines:
                outline = [(point.x, point.y) for point in line.bounding_polygon]
                draw.polygon(outline, outline="magenta", width=2)


def corners(box: ImageBoundingBox) -> Tuple[int, int, int, int]:
    """Return left, top, right and bottom, as Pillow expects them."""
    return box.x, box.y, box.x + box.width, box.y + box.height


# [END draw_boxes]


def main() -> None:
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    image_file = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("sample.jpg")
    output_file = sys.argv[2] if len(sys.argv) > 2 else "boxes.png"
    try:
        image, image_data = load_upright(image_file)
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            result = client.analyze(image_data, FEATURES)
        draw_boxes(image, result)
        image.save(output_file)
    except (OSError, AzureError) as error:
        sys.exit(f"The boxes were not drawn. {error}")
    print(f"Wrote {output_file}")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
