"""Draws the results of an analysis on the image.

Draws objects, people, dense captions and text on a copy of the image, each with a label and its confidence, and writes
it as a PNG file. Captions are too long for labels: they get a number, and their sentences are below the image.

The image is first rotated by its Exif orientation and then analyzed, so that boxes and pixels match. A small image is
enlarged to make room for the labels.

Run it:
    python sample_annotate_image.py [IMAGE_FILE] [--output FOLDER] [--minimum CONFIDENCE] [--font FONT_FILE]
    IMAGE_FILE  default: sample.jpg, next to the samples
    FOLDER      where to write; default: sample_output
    CONFIDENCE  the minimum to draw, from 0 to 1; default: 0.5
    FONT_FILE   such as one of the Noto fonts; default: the font of Pillow, which has only Latin letters

Packages to install besides the library: pillow.

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
from typing import Iterator, List, NamedTuple, Optional, Tuple, Union

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, ImageBoundingBox, VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError
from PIL import Image, ImageDraw, ImageFont
from sample_prepare_image import prepare

FEATURES = [VisualFeatures.OBJECTS, VisualFeatures.PEOPLE, VisualFeatures.DENSE_CAPTIONS, VisualFeatures.READ]

# Colors that people with color blindness can distinguish (Okabe and Ito), and on which black letters are readable.
OBJECT, PERSON, CAPTION, TEXT = "#E69F00", "#56B4E9", "#F0E442", "#CC79A7"

# An image whose longer side has fewer pixels is enlarged to this.
ROOM = 800

Font = Union[ImageFont.FreeTypeFont, ImageFont.ImageFont]
Box = Tuple[float, float, float, float]
Points = List[Tuple[float, float]]


class Finding(NamedTuple):
    """Something to draw."""

    color: str
    outline: Points
    label: str
    sentence: str = ""


def load_upright(file: Path) -> Tuple[Image.Image, bytes]:
    """Return an upright image, as a viewer shows it, and the bytes to analyze."""
    data = prepare(file)
    return Image.open(io.BytesIO(data)).convert("RGB"), data


# [START findings]
def findings(result: ImageAnalysisResult, minimum: float) -> Iterator[Finding]:
    """List the findings to draw, from back to front."""
    if result.dense_captions is not None:
        sure = [caption for caption in result.dense_captions.list if caption.confidence >= minimum]
        for number, caption in enumerate(sure, start=1):
            sentence = f"{caption.text} {caption.confidence:.0%}"
            yield Finding(CAPTION, corners(caption.bounding_box), str(number), sentence)
    if result.people is not None:
        for person in result.people.list:
            if person.confidence >= minimum:
                yield Finding(PERSON, corners(person.bounding_box), f"person {person.confidence:.0%}")
    if result.objects is not None:
        for detected in result.objects.list:
            for tag in detected.tags:
                if tag.confidence >= minimum:
                    yield Finding(OBJECT, corners(detected.bounding_box), f"{tag.name} {tag.confidence:.0%}")
    if result.read is not None:
        for block in result.read.blocks:
            for line in block.lines:
                # Only words have a confidence: that of a line is the lowest of its words.
                confidence = min((word.confidence for word in line.words), default=0.0)
                if confidence >= minimum:
                    outline = [(float(point.x), float(point.y)) for point in line.bounding_polygon]
                    yield Finding(TEXT, outline, f"{line.text} {confidence:.0%}")


# [END findings]


def corners(box: ImageBoundingBox) -> Points:
    """Return the corners of a box, clockwise from the top left."""
    right, bottom = box.x + box.width, box.y + box.height
    return [(box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom)]


def annotate(
    image: Image.Image, result: ImageAnalysisResult, minimum: float = 0.5, font_file: Optional[str] = None
) -> Image.Image:
    """Draw the findings on a copy of an image, and the captions below it."""
    scale = max(1.0, ROOM / max(image.size))
    width, height = round(image.width * scale), round(image.height * scale)
    middle = math.isqrt(width * height)
    letters, line = max(14, middle // 50), max(2, middle // 350)
    font: Font = ImageFont.truetype(font_file, letters) if font_file else ImageFont.load_default(letters)
    found = []
    for finding in findings(result, minimum):
        outline = [(x * scale, y * scale) for x, y in finding.outline]
        found.append(finding._replace(outline=widened(outline, line * 2) if finding.color == TEXT else outline))
    captions = [
        (finding.label, wrap(finding.sentence, font, width - 5 * letters)) for finding in found if finding.sentence
    ]
    row = round(letters * 1.7)
    rows = sum(len(sentence) for _, sentence in captions)
    canvas = Image.new("RGB", (width, height + row * (rows + 1 if rows else 0)), "white")
    canvas.paste(image.resize((width, height), Image.Resampling.LANCZOS) if scale > 1 else image)
    draw = ImageDraw.Draw(canvas)

    for finding in found:
        # A person who is also an object has the same box twice. A black edge makes a line visible on any background.
        stroke = line * 4 if finding.color == PERSON else line
        closed = [*finding.outline, *finding.outline[:2]]
        draw.line(closed, "black", stroke + 2 * max(1, line // 2), "curve")
        draw.line(closed, finding.color, stroke, "curve")

    # If there is room, no label hides text, another label or a face.
    taken = [bounds(finding.outline) for finding in found if finding.color == TEXT]
    people = [bounds(finding.outline) for finding in found if finding.color == PERSON]
    for finding in found:
        place = free_place(finding, label_size(finding.label, font, letters), (width, height), taken, people)
        taken.append(place)
        draw_label(draw, place, finding.label, finding.color, font, line)

    y = height + row / 2
    for number, sentence in captions:
        label_width, label_height = label_size(number, font, letters)
        place = (letters, y, letters + label_width, y + label_height)
        draw_label(draw, place, number, CAPTION, font, line)
        for part in sentence:
            draw.text((letters * 4, y + label_height / 2), part, "black", font, anchor="lm")
            y += row
    return canvas


def label_size(text: str, font: Font, letters: int) -> Tuple[float, float]:
    """Return the width and the height of a label."""
    return font.getlength(text) + letters * 0.6, letters * 1.4


def draw_label(draw: ImageDraw.ImageDraw, place: Box, text: str, color: str, font: Font, line: int) -> None:
    """Draw black letters on a colored background."""
    draw.rectangle(place, color, "black", max(1, line // 2))
    draw.text(((place[0] + place[2]) / 2, (place[1] + place[3]) / 2), text, "black", font, anchor="mm")


def wrap(sentence: str, font: Font, width: float) -> List[str]:
    """Break a sentence into rows up to a width."""
    rows = [""]
    for word in sentence.split():
        if rows[-1] and font.getlength(f"{rows[-1]} {word}") > width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".lstrip()
    return rows


def bounds(outline: Points) -> Box:
    """Return the upright box around an outline."""
    columns, rows = [x for x, _ in outline], [y for _, y in outline]
    return min(columns), min(rows), max(columns), max(rows)


def widened(outline: Points, margin: float) -> Points:
    """Move the corners of an outline outward, so that a line along it hides nothing inside."""
    left, top, right, bottom = bounds(outline)
    x_middle, y_middle = (left + right) / 2, (top + bottom) / 2
    return [(x + math.copysign(margin, x - x_middle), y + math.copysign(margin, y - y_middle)) for x, y in outline]


def free_place(
    finding: Finding, label: Tuple[float, float], size: Tuple[int, int], taken: List[Box], people: List[Box]
) -> Box:
    """Find a place where a label hides nothing: at an edge of its finding, or inside."""
    width, height = label
    left, top, right, bottom = bounds(finding.outline)
    along = [left, right - width, (left + right - width) / 2]
    on_edge = [(x, y) for y in (top - height, bottom, top, bottom - height) for x in along]
    inside = [(x, top + height * step) for step in range(1, 10) for x in along]
    beside = [(x, (top + bottom - height) / 2) for x in (right, left - width)]
    places: List[Box] = []
    for x, y in on_edge + beside if finding.color == TEXT else on_edge + inside + beside:
        x, y = max(0.0, min(x, size[0] - width - 1)), max(0.0, min(y, size[1] - height - 1))
        places.append((x, y, x + width, y + height))
    return min(
        places,
        key=lambda place: sum(overlap(place, box) for box in taken) + sum(overlap(place, box) for box in people) / 2,
    )


def overlap(one: Box, other: Box) -> float:
    """Return the area of the intersection of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Draw what was found on an image.")
    parser.add_argument("image", nargs="?", type=Path, default=Path(__file__).with_name("sample.jpg"))
    parser.add_argument("--output", type=Path, default=Path("sample_output"), help="the folder to write into")
    parser.add_argument("--minimum", type=float, default=0.5, help="the minimum confidence of what is drawn")
    parser.add_argument("--font", help="a font file, for text that is not in Latin letters")
    return parser.parse_args()


def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    options = parse()
    try:
        # [START annotate]
        image, data = load_upright(options.image)
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            result = client.analyze(image_data=data, visual_features=FEATURES, gender_neutral_caption=True)
        annotated = annotate(image, result, options.minimum, options.font)
        # [END annotate]
        options.output.mkdir(parents=True, exist_ok=True)
        target = options.output / f"{options.image.stem}_annotated.png"
        annotated.save(target, optimize=True)
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not annotated. {error}")
    print(f"Wrote {target} ({annotated.width} x {annotated.height} pixels)")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
