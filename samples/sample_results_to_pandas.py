"""Puts results into pandas tables.

Makes tidy tables from any number of results, with a row for each word, tag, object or person. Omits rows below a
minimum confidence, and writes each table to a CSV file.

Run it:
    python sample_results_to_pandas.py [IMAGE_FILE ...] [--minimum CONFIDENCE] [--output FOLDER]
    IMAGE_FILE  default: sample.jpg, next to the samples
    CONFIDENCE  of a row, from 0 to 1; default: 0.5
    FOLDER      where to write; default: sample_output

Packages to install besides the library: pandas.

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import argparse
import io
import os
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping

import pandas as pd
from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, ImageBoundingBox, VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError

FEATURES = [VisualFeatures.READ, VisualFeatures.TAGS, VisualFeatures.OBJECTS, VisualFeatures.PEOPLE]

# [START rows]
BOX = ["x", "y", "width", "height"]
CORNERS = ["x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4"]

# An empty table also has its columns.
COLUMNS = {
    "words": ["image", "block", "line", "word", "text", "confidence", *CORNERS],
    "tags": ["image", "name", "confidence"],
    "objects": ["image", "object", "name", "confidence", *BOX],
    "people": ["image", "person", "confidence", *BOX],
}

Row = List[Any]


def words(result: ImageAnalysisResult) -> Iterator[Row]:
    """Yield a row for each word: its place in the text, the word, its confidence and its four points."""
    for block_number, block in enumerate(result.read.blocks if result.read is not None else []):
        for line_number, line in enumerate(block.lines):
            for word_number, word in enumerate(line.words):
                corners = [number for point in word.bounding_polygon for number in (point.x, point.y)]
                yield [block_number, line_number, word_number, word.text, word.confidence, *corners]


def tags(result: ImageAnalysisResult) -> Iterator[Row]:
    """Yield a row for each tag."""
    for tag in result.tags.list if result.tags is not None else []:
        yield [tag.name, tag.confidence]


def objects(result: ImageAnalysisResult) -> Iterator[Row]:
    """Yield a row for each name of each object."""
    for number, detected in enumerate(result.objects.list if result.objects is not None else []):
        for tag in detected.tags:
            yield [number, tag.name, tag.confidence, *box(detected.bounding_box)]


def people(result: ImageAnalysisResult) -> Iterator[Row]:
    """Yield a row for each person."""
    for number, person in enumerate(result.people.list if result.people is not None else []):
        yield [number, person.confidence, *box(person.bounding_box)]


def box(bounding_box: ImageBoundingBox) -> Row:
    """Return the columns of a box."""
    return [bounding_box.x, bounding_box.y, bounding_box.width, bounding_box.height]


# [END rows]


# [START tables]
def tables(results: Mapping[str, ImageAnalysisResult], minimum: float = 0.0) -> Dict[str, pd.DataFrame]:
    """Make tables from results, which are given by the names of their images."""
    made = {}
    for table, rows in (("words", words), ("tags", tags), ("objects", objects), ("people", people)):
        data = [[image, *row] for image, result in results.items() for row in rows(result)]
        frame = pd.DataFrame(data, columns=COLUMNS[table])
        made[table] = frame[frame["confidence"] >= minimum].reset_index(drop=True)
    return made


# [END tables]


def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    parser = argparse.ArgumentParser(description="Make tables of what was found in images.")
    parser.add_argument("images", nargs="*", type=Path, default=[Path(__file__).with_name("sample.jpg")])
    parser.add_argument("--minimum", type=float, default=0.5, help="the minimum confidence of a row (%(default)g)")
    parser.add_argument("--output", type=Path, default=Path("sample_output"), help="the folder to write into")
    options = parser.parse_args()

    try:
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            results = {str(image): client.analyze(image.read_bytes(), FEATURES) for image in options.images}
        options.output.mkdir(parents=True, exist_ok=True)
        for name, frame in tables(results, options.minimum).items():
            # The byte order mark tells Excel that the file is UTF-8.
            frame.to_csv(options.output / f"{name}.csv", index=False, encoding="utf-8-sig")
            print(f"{name}: {len(frame)} rows")
            print(frame.drop(columns="image").head().to_string(index=False), end="\n\n")
    except (OSError, AzureError) as error:
        sys.exit(f"No tables were made. {error}")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
