"""Filters results by confidence.

Keeps tags, objects and people above a threshold, and lists the lines of text that a person should check.

Run it:
    python sample_filter_by_confidence.py [IMAGE_FILE] [--minimum CONFIDENCE]
    IMAGE_FILE  default: sample.jpg, next to the samples
    CONFIDENCE  from 0 to 1; default: 0.8

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import argparse
import io
import os
import sys
from pathlib import Path
from typing import List

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import DetectedObject, ImageAnalysisResult, VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError

FEATURES = [VisualFeatures.TAGS, VisualFeatures.OBJECTS, VisualFeatures.PEOPLE, VisualFeatures.READ]


# [START filters]
def tags_above(result: ImageAnalysisResult, minimum: float) -> List[str]:
    """Return the names of the tags with at least this confidence."""
    if result.tags is None:
        return []
    return [tag.name for tag in result.tags.list if tag.confidence >= minimum]


def objects_above(result: ImageAnalysisResult, minimum: float) -> List[DetectedObject]:
    """Return the objects whose tag has at least this confidence."""
    if result.objects is None:
        return []
    return [item for item in result.objects.list if item.tags[0].confidence >= minimum]


def count_people(result: ImageAnalysisResult, minimum: float) -> int:
    """Count the people with at least this confidence."""
    if result.people is None:
        return 0
    return sum(person.confidence >= minimum for person in result.people.list)


def lines_to_check(result: ImageAnalysisResult, minimum: float) -> List[str]:
    """Return the lines with a word below this confidence; lines do not have one."""
    lines = []
    for block in result.read.blocks if result.read is not None else []:
        for line in block.lines:
            if any(word.confidence < minimum for word in line.words):
                lines.append(line.text)
    return lines


# [END filters]


def main() -> None:
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    parser = argparse.ArgumentParser(description="Filter results by confidence.")
    parser.add_argument("image", nargs="?", type=Path, default=Path(__file__).with_name("sample.jpg"))
    parser.add_argument("--minimum", type=float, default=0.8, help="the minimum confidence, from 0 to 1 (%(default)g)")
    options = parser.parse_args()
    try:
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            result = client.analyze(options.image.read_bytes(), FEATURES)
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")
    print("Tags:", ", ".join(tags_above(result, options.minimum)))
    for found in objects_above(result, options.minimum):
        print(f"Object: {found.tags[0].name} at {found.bounding_box}")
    print("People:", count_people(result, options.minimum))
    for line in lines_to_check(result, options.minimum):
        print("To check:", line)


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
