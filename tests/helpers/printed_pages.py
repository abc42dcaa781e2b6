"""Draws pages of known text, and compares what was recognized with it."""

import io
import math
import random
from typing import Any, List, NamedTuple, Sequence, Tuple

from PIL import Image, ImageChops, ImageDraw, ImageFont

Point = Tuple[float, float]
Polygon = Tuple[Point, Point, Point, Point]


class Page(NamedTuple):
    """A picture and its text, word by word."""

    image: Image.Image
    lines: List[str]
    words: List[Tuple[str, Polygon]]
    """The outline of a word is as wide as its ink and as high as the tallest letters of its line."""


def bundled_font(size: int) -> Any:
    """Return the font that is included in Pillow; it has only Latin letters."""
    return ImageFont.load_default(size)


def printed(
    lines: Sequence[str],
    font: Any,
    ink: str = "black",
    paper: str = "white",
    margin: int = 60,
    ideographs: bool = False,
) -> Page:
    """Draw lines below each other.

    :param ideographs: Whether each character is a word.
    """
    _, top, _, bottom = font.getbbox("国" if ideographs else "Hgjd")
    pitch = round((bottom - top) * 1.6)
    width = math.ceil(max(font.getlength(line) for line in lines)) + 2 * margin
    image = Image.new("RGB", (width, pitch * len(lines) + 2 * margin), paper)
    pen = ImageDraw.Draw(image)
    words: List[Tuple[str, Polygon]] = []
    for row, line in enumerate(lines):
        y = margin + row * pitch
        pen.text((margin, y), line, ink, font)
        column = 0
        for word in list(line) if ideographs else line.split(" "):
            left, _, right, _ = font.getbbox(word)
            x = margin + font.getlength(line[:column])
            words.append(
                (word, ((x + left, y + top), (x + right, y + top), (x + right, y + bottom), (x + left, y + bottom)))
            )
            column += len(word) + (not ideographs)
    return Page(image, list(lines), words)


def turned(page: Page, degrees: float) -> Page:
    """Turn a page, counter-clockwise."""
    image = page.image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=page.image.getpixel((0, 0)))
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def moved(point: Point) -> Point:
        x, y = point[0] - page.image.width / 2, point[1] - page.image.height / 2
        return x * cosine + y * sine + image.width / 2, y * cosine - x * sine + image.height / 2

    words = [(text, (moved(a), moved(b), moved(c), moved(d))) for text, (a, b, c, d) in page.words]
    return Page(image, page.lines, words)


def as_jpeg(page: Page, quality: int) -> Page:
    """Save a page as JPEG and open it again."""
    file = io.BytesIO()
    page.image.save(file, "JPEG", quality=quality)
    return page._replace(image=Image.open(file))


def noisy(page: Page) -> Page:
    """Add noise: up to 60 levels of 256 up or down."""
    width, height = page.image.size
    noise = random.Random(1).getrandbits(8 * width * height).to_bytes(width * height, "little")
    grain = Image.frombytes("L", page.image.size, noise).point([round(value * 120 / 255) for value in range(256)])
    return page._replace(image=ImageChops.add(page.image, Image.merge("RGB", [grain] * 3), offset=-60))


def lines_of(result: Any) -> List[Any]:
    """Return the lines of a ``readResult``."""
    return [line for block in result["blocks"] for line in block["lines"]]


def words_of(result: Any) -> List[Any]:
    """Return the words of a ``readResult``."""
    return [word for line in lines_of(result) for word in line["words"]]


def texts_of(result: Any) -> List[str]:
    """Return the texts of the lines of a ``readResult``."""
    return [line["text"] for line in lines_of(result)]


def wrong_share(truth: Sequence[str], recognized: Sequence[str], ideographs: bool = False) -> float:
    """Return how many characters are wrong, missing or too many, as a share of those of the truth."""
    blank = "" if ideographs else " "
    expected, found = (blank.join(" ".join(lines).split()) for lines in (truth, recognized))
    row = list(range(len(found) + 1))
    for index, character in enumerate(expected, 1):
        diagonal, row[0] = row[0], index
        for column, other in enumerate(found, 1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (character != other)),
            )
    return row[-1] / len(expected)
