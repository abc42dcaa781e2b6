"""Gets the text of an image as plain text, and as hOCR for other programs.

Writes the lines in reading order to a text file, and text, positions and confidences to an hOCR file, from which tools
create searchable PDF files. Prints the angle of each line. An image without text gives empty files.

Run it:
    python sample_ocr_to_text_and_hocr.py [IMAGE_FILE] [--output FOLDER]
    IMAGE_FILE  default: page.jpg, a letter, next to the samples
    FOLDER      where to write; default: sample_output

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import argparse
import io
import math
import os
import sys
from pathlib import Path
from typing import Iterator, List
from xml.etree import ElementTree

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import DetectedTextLine, ImageAnalysisResult, ImagePoint, VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError


# [START lines]
def lines(result: ImageAnalysisResult) -> Iterator[DetectedTextLine]:
    """Yield all lines in reading order, or none if there is no text."""
    if result.read is not None:
        for block in result.read.blocks:
            yield from block.lines


def angle(polygon: List[ImagePoint]) -> float:
    """Return the angle of text, in degrees counter-clockwise: 0 is upright, 90 runs from bottom to top."""
    # The first two points are the ends of the upper edge. Pixels count from the top, angles go up.
    start, end = polygon[:2]
    return math.degrees(math.atan2(start.y - end.y, end.x - start.x))


# [END lines]


# [START hocr]
def hocr(result: ImageAnalysisResult, image_name: str) -> bytes:
    """Write the text as an hOCR document."""
    html = ElementTree.Element("html", xmlns="http://www.w3.org/1999/xhtml")
    head = ElementTree.SubElement(html, "head")
    ElementTree.SubElement(head, "title").text = image_name
    ElementTree.SubElement(head, "meta", {"http-equiv": "Content-Type", "content": "text/html; charset=utf-8"})
    ElementTree.SubElement(head, "meta", name="ocr-system", content=f"Azure Image Analysis {result.model_version}")
    capabilities = "ocr_page ocr_carea ocr_par ocr_line ocrx_word"
    ElementTree.SubElement(head, "meta", name="ocr-capabilities", content=capabilities)
    size = f"bbox 0 0 {result.metadata.width} {result.metadata.height}"
    # A quote would end the name too early.
    image_name = image_name.replace('"', "'")
    body = ElementTree.SubElement(html, "body")
    page = _part(body, "div", "ocr_page", f'image "{image_name}"; {size}; ppageno 0')
    for block in result.read.blocks if result.read is not None else []:
        if not block.lines:
            continue
        box = _box([point for line in block.lines for point in line.bounding_polygon])
        paragraph = _part(_part(page, "div", "ocr_carea", box), "p", "ocr_par", box)
        for line in block.lines:
            turned = f"textangle {angle(line.bounding_polygon):.2f}"
            span = _part(paragraph, "span", "ocr_line", f"{_box(line.bounding_polygon)}; {turned}")
            for word in line.words:
                sure = f"x_wconf {word.confidence * 100:.0f}"
                part = _part(span, "span", "ocrx_word", f"{_box(word.bounding_polygon)}; {sure}")
                part.text, part.tail = word.text, " "
    document: bytes = ElementTree.tostring(html, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n' + document


def _part(parent: ElementTree.Element, tag: str, kind: str, title: str) -> ElementTree.Element:
    part = ElementTree.SubElement(parent, tag, {"class": kind, "title": title})
    part.tail = "\n"
    return part


def _box(points: List[ImagePoint]) -> str:
    columns, rows = [point.x for point in points], [point.y for point in points]
    return f"bbox {min(columns)} {min(rows)} {max(columns)} {max(rows)}"


# [END hocr]


def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    parser = argparse.ArgumentParser(description="Write the text of an image as plain text and as hOCR.")
    parser.add_argument("image", nargs="?", type=Path, default=Path(__file__).with_name("page.jpg"))
    parser.add_argument("--output", type=Path, default=Path("sample_output"), help="the folder to write into")
    options = parser.parse_args()

    try:
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            result = client.analyze(image_data=options.image.read_bytes(), visual_features=[VisualFeatures.READ])
        options.output.mkdir(parents=True, exist_ok=True)
        text_file, hocr_file = (options.output / f"{options.image.stem}{ending}" for ending in (".txt", ".hocr"))
        text_file.write_text("".join(f"{line.text}\n" for line in lines(result)), encoding="utf-8")
        hocr_file.write_bytes(hocr(result, options.image.name))
    except (OSError, AzureError) as error:
        sys.exit(f"The text was not read. {error}")

    for line in lines(result):
        print(f"'{line.text}', turned by {angle(line.bounding_polygon):.1f} degrees")
    print(f"Wrote {text_file} and {hocr_file}")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
