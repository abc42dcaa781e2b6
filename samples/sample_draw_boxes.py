"""Draws boxes around objects and people, and outlines around lines of text.

The image is prepared first, so that the pixels that are drawn on are those that the service has seen.
sample_annotate_image.py draws labels, too.

Run it:
    python sample_draw_boxes.py [IMAGE_FILE] [OUTPUT_FILE]
Without IMAGE_FILE it takes the picture sample.jpg that comes with the samples. OUTPUT_FILE is boxes.png if left out.

Packages to install besides the library: pillow.

Environment variables to set, both found on your Computer Vision resource's overview page in the Azure portal:
    VISION_ENDPOINT    the endpoint, https://<your-resource-name>.cognitiveservices.azure.com
    VISION_KEY         the key, 32 hexadecimal digits
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
from sample_prepare_image import prepare

FEATURES = [VisualFeatures.OBJECTS, VisualFeatures.PEOPLE, VisualFeatures.READ]


# [START draw_boxes]
def draw_boxes(image: Image.Image, result: ImageAnalysisResult) -> int:
    """Draw on an image what was found in it; return the number of outlines."""
    draw = ImageDraw.Draw(image)
    boxes = [("orange", found.bounding_box) for found in result.objects.list] if result.objects is not None else []
    if result.people is not None:
        boxes += [("blue", person.bounding_box) for person in result.people.list if person.confidence >= 0.5]
    for colour, box in boxes:
        draw.rectangle(corners(box), outline=colour, width=3)
    lines = [line for block in result.read.blocks for line in block.lines] if result.read is not None else []
    for line in lines:
        draw.polygon([(point.x, point.y) for point in line.bounding_polygon], outline="magenta", width=2)
    return len(boxes) + len(lines)


def corners(box: ImageBoundingBox) -> Tuple[int, int, int, int]:
    """Return left, top, right and bottom, as Pillow takes a rectangle."""
    return box.x, box.y, box.x + box.width, box.y + box.height


# [END draw_boxes]


def main() -> None:
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    image_file = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("sample.jpg")
    output_file = sys.argv[2] if len(sys.argv) > 2 else "boxes.png"
    try:
        # [START call]
        image_data = prepare(image_file)
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            result = client.analyze(image_data, FEATURES)
        image = Image.open(io.BytesIO(image_data)).convert("RGB")
        number = draw_boxes(image, result)
        image.save(output_file)
        # [END call]
    except (OSError, AzureError) as error:
        sys.exit(f"The boxes were not drawn. {error}")
    print(f"Wrote {output_file} with {number} outlines")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may lack letters of a text
    main()
