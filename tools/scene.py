"""Soft shapes and their places in the picture."""

import contextlib
import math
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

WIDTH, HEIGHT = 864, 576
SCALE = 4  # Everything is painted four times as large and then reduced, which smooths the edges.

Point = Tuple[float, float]
Color = Tuple[int, int, int]


class Box(NamedTuple):
    """A rectangle in the pixels of the large drawing: left and top inside, right and bottom outside."""

    left: int
    top: int
    right: int
    bottom: int

    def union(self, other: "Box") -> "Box":
        """Return the smallest box that contains both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def in_picture(self) -> "Box":
        """Return the whole pixels of the finished picture that this box touches."""
        return Box(
            max(0, self.left // SCALE),
            max(0, self.top // SCALE),
            min(WIDTH, -(-self.right // SCALE)),
            min(HEIGHT, -(-self.bottom // SCALE)),
        )

    def as_bounding_box(self) -> Dict[str, int]:
        """Return the box in the format of the service."""
        left, top, right, bottom = self.in_picture()
        return {"x": left, "y": top, "w": right - left, "h": bottom - top}

    def as_polygon(self) -> List[Dict[str, int]]:
        """Return the four corners, clockwise from the top left, in the format of the service."""
        left, top, right, bottom = self.in_picture()
        return [{"x": x, "y": y} for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))]


def points(text: str) -> List[Point]:
    """Parse the points of a text such as "10,20 30,40"."""
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in text.split())]


def curve(knots: Sequence[Point], closed: bool = True) -> List[Point]:
    """Return a smooth line through the knots (a Catmull-Rom spline)."""
    count = len(knots)
    line = []
    for index in range(count if closed else count - 1):
        around = [index + step for step in (-1, 0, 1, 2)]
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = (
            knots[place % count if closed else min(max(place, 0), count - 1)] for place in around
        )
        for part in range(12):
            t = part / 12
            a, b = -t * (1 - t) ** 2 / 2, (2 - 5 * t**2 + 3 * t**3) / 2
            c, d = t * (1 + 4 * t - 3 * t**2) / 2, -(t**2) * (1 - t) / 2
            line.append((a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy))
    return line if closed else [*line, knots[-1]]


def ellipse(x: float, y: float, rx: float, ry: float, start: float = 0, end: float = 360) -> List[Point]:
    """Return the outline of an ellipse, or of an arc of it, around (x, y)."""
    angles = [math.radians(start + (end - start) * step / 72) for step in range(73)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


def rounded(left: float, top: float, right: float, bottom: float, radius: float) -> List[Point]:
    """Return the outline of a rectangle with round corners."""
    corners = (
        (right - radius, bottom - radius, 0),
        (left + radius, bottom - radius, 90),
        (left + radius, top + radius, 180),
        (right - radius, top + radius, 270),
    )
    return [point for x, y, start in corners for point in ellipse(x, y, radius, radius, start, start + 90)[::6]]


def stroke(knots: Sequence[Point], start_width: float, end_width: Optional[float] = None) -> List[Point]:
    """Return the outline of a smooth line whose width changes from start_width to end_width."""
    line = curve(knots, closed=False)
    end_width = start_width if end_width is None else end_width
    left, right = [], []
    for index, (x, y) in enumerate(line):
        (x0, y0), (x1, y1) = line[max(index - 1, 0)], line[min(index + 1, len(line) - 1)]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        half = (start_width + (end_width - start_width) * index / (len(line) - 1)) / 2
        dx, dy = -(y1 - y0) / length * half, (x1 - x0) / length * half
        left.append((x + dx, y + dy))
        right.append((x - dx, y - dy))
    return left + right[::-1]


def moved(outline: Sequence[Point], dx: float, dy: float) -> List[Point]:
    """Return a shifted outline."""
    return [(x + dx, y + dy) for x, y in outline]


class Scene:
    """A large drawing that records the boxes of named objects."""

    def __init__(self) -> None:
        self._image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE))
        self._things: List[str] = []
        self.boxes: Dict[str, Box] = {}

    @contextlib.contextmanager
    def thing(self, name: str) -> Iterator[None]:
        """Measure all that is painted in the ``with`` block as one object; shadows and light are excluded."""
        self._things.append(name)
        yield
        self._things.remove(name)

    def _mask(self, outline: Sequence[Point], blur: float = 0) -> Tuple[Image.Image, Box]:
        """Return the mask of an outline, and its place in the drawing."""
        xs, ys = [x * SCALE for x, _ in outline], [y * SCALE for _, y in outline]
        margin = int(blur * SCALE * 3) + 1
        left, top = int(min(xs)) - margin, int(min(ys)) - margin
        place = Box(left, top, int(max(xs)) + margin + 1, int(max(ys)) + margin + 1)
        mask = Image.new("L", (place.right - left, place.bottom - top), 0)
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in zip(xs, ys)], fill=255)
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * SCALE))
        return mask, place

    def _measure(self, box: Box) -> None:
        for name in self._things:
            self.boxes[name] = self.boxes[name].union(box) if name in self.boxes else box

    def paint(
        self, outline: Sequence[Point], color: Color, second: Optional[Color] = None, sideways: bool = False
    ) -> None:
        """Fill the outline with a color, or with a blend from the first color to the second."""
        mask, place = self._mask(outline)
        blend = ImageOps.colorize(Image.linear_gradient("L"), color, second or color)
        blend = blend.rotate(90) if sideways else blend
        self._image.paste(blend.resize(mask.size), place[:2], mask)
        self._measure(_box_of(mask, place.left, place.top))

    def glow(
        self,
        outline: Sequence[Point],
        color: Color,
        opacity: float,
        blur: float,
        inside: Optional[Sequence[Point]] = None,
    ) -> None:
        """Paint soft light or shadow over the drawing, limited to another outline if one is given."""
        mask, place = self._mask(outline, blur)
        if inside is not None:
            limit, limit_place = self._mask(inside)
            cut = Image.new("L", mask.size, 0)
            cut.paste(limit, (limit_place.left - place.left, limit_place.top - place.top))
            mask = ImageChops.multiply(mask, cut)
        mask = mask.point([round(level * opacity) for level in range(256)])
        self._image.paste(color, place[:2], mask)

    def write(self, text: str, left: float, top: float, height: float, color: Color) -> List[Tuple[str, Box]]:
        """Write one line of text, and return each word with its place."""
        font = ImageFont.load_default(size=height * SCALE)
        margin = round(height * SCALE)
        words = []
        x, y = round(left * SCALE) - margin, round(top * SCALE) - margin
        for word in text.split():
            mask = Image.new("L", (round(font.getlength(word)) + 2 * margin, 4 * margin), 0)
            ImageDraw.Draw(mask).text((margin, margin), word, fill=255, font=font)
            self._image.paste(color, (x, y), mask)
            words.append((word, _box_of(mask, x, y)))
            x += round(font.getlength(word + " "))
        return words

    def finish(self) -> Image.Image:
        """Return the picture at its final size."""
        return self._image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _box_of(mask: Image.Image, x: int, y: int) -> Box:
    """Return the box of the paint for a mask at (x, y)."""
    left, top, right, bottom = mask.getbbox() or (0, 0, 0, 0)
    return Box(x + left, y + top, x + right, y + bottom)
