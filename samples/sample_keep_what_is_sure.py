"""Keeps only what the service is sure of.

Run it:
    python sample_keep_what_is_sure.py [IMAGE_FILE] [--least CONFIDENCE]
Without IMAGE_FILE it takes the picture sample.jpg that comes with the samples. CONFIDENCE, from 0 to 1, is 0.8 if left
out.

Environment variables to set, both found on your Computer Vision resource's overview page in the Azure portal:
    VISION_ENDPOINT    the endpoint, https://<your-resource-name>.cognitiveservices.azure.com
    VISION_KEY         the key, 32 hexadecimal digits
"""

import argparse
import io
import os
import sys
from pathlib import Path
from typing import List

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import DetectedObject, DetectedTextLine, ImageAnalysisResult, VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError

FEATURES = [VisualFeatures.TAGS, VisualFeatures.OBJECTS, VisualFeatures.PEOPLE, VisualFeatures.READ]


# [START sure]
def sure_tags(result: ImageAnalysisResult, least: float) -> List[str]:
    """Return the names of the tags that are sure enough."""
    return [tag.name for tag in result.tags.list if tag.confidence >= least] if result.tags is not None else []


def sure_objects(result: ImageAnalysisResult, least: float) -> List[DetectedObject]:
    """Return the objects that are sure enough. The confidence of an object is that of its tag."""
    found = result.objects.list if result.objects is not None else []
    return [item for item in found if any(tag.confidence >= least for tag in item.tags)]


def count_people(result: ImageAnalysisResult, least: float) -> int:
    """Count the people that are sure enough: the service lists some with a confidence under 0.01."""
    return sum(person.confidence >= least for person in result.people.list) if result.people is not None else 0


def doubtful_lines(result: ImageAnalysisResult, least: float) -> List[DetectedTextLine]:
    """Return the lines for a person to look at. Words have a confidence, lines do not."""
    blocks = result.read.blocks if result.read is not None else []
    return [line for block in blocks for line in block.lines if any(word.confidence < least for word in line.words)]


# [END sure]


def main() -> None:
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    parser = argparse.ArgumentParser(description="Keep only what the service is sure of.")
    parser.add_argument("image", nargs="?", type=Path, default=Path(__file__).with_name("sample.jpg"))
    parser.add_argument("--least", type=float, default=0.8, help="the least confidence, from 0 to 1 (%(default)g)")
    options = parser.parse_args()
    try:
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            result = client.analyze(options.image.read_bytes(), FEATURES)
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")
    print(f"Tags: {', '.join(sure_tags(result, options.least))}")
    for found in sure_objects(result, options.least):
        print(f"Object: {found.tags[0].name} at {found.bounding_box}")
    print(f"People: {count_people(result, options.least)}")
    for line in doubtful_lines(result, options.least):
        print(f"To check: {line.text}")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may lack letters of a text
    main()
