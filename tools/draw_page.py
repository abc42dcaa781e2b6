"""Draws the sample page: a letter as a phone photographs it.

``python tools/draw_page.py`` writes ``samples/page.jpg`` and the text of the page, ``samples/page.txt``. The page is
slightly rotated, unevenly lit and noisy. Every run gives the same picture: the font is bundled with Pillow, and the
noise has a seed.
"""

import random
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

SAMPLES = Path(__file__).resolve().parent.parent / "samples"

WIDTH, HEIGHT = 1240, 1600
INK, PAPER, TABLE = (46, 44, 52), (246, 243, 234), (118, 92, 70)
LEFT, TOP = 150, 150
# The rotation of the page, in degrees counter-clockwise.
ROTATION = 1.4

# Each line with its font size; an empty line is a gap.
LINES = (
    ("Harbour Street Library", 50),
    ("12 Harbour Street, Portwick", 27),
    ("", 30),
    ("14 March 2025", 27),
    ("", 16),
    ("Dear Ms. Lindqvist,", 30),
    ("", 8),
    ("Thank you for your letter of 3 March. We are happy to tell", 30),
    ("you that the reading room on the second floor will open", 30),
    ("again on Monday, 7 April, after eleven weeks of repairs.", 30),
    ("The new lamps are bright, the chairs no longer squeak,", 30),
    ("and the roof keeps the rain out.", 30),
    ("", 8),
    ("Your three books are due on 28 March. As the lift is still", 30),
    ("out of order, please hand them in at the front desk:", 30),
    ("", 8),
    ("A Short History of Tides", 30),
    ("Birds of the Northern Coast", 30),
    ("How to Mend Almost Anything", 30),
    ("", 8),
    ("The fee for the lost map is 4.75 and can be paid in cash", 30),
    ("or by card. Questions? Call us at 555 0142 between 9:30", 30),
    ("and 17:00, or write to desk@library.example.", 30),
    ("", 8),
    ("We look forward to your next visit.", 30),
    ("", 16),
    ("Yours sincerely,", 30),
    ("", 30),
    ("Jonas Whitfield", 34),
    ("Head of the reading room", 27),
)


def draw() -> Image.Image:
    """Return the picture of the page."""
    page = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(page)
    top = TOP
    for text, size in LINES:
        if text:
            pen.text((LEFT, top), text, INK, ImageFont.load_default(size))
        top += round(size * 1.45)
    picture = page.rotate(ROTATION, Image.Resampling.BICUBIC, fillcolor=TABLE).filter(ImageFilter.GaussianBlur(0.7))
    return _noisy(ImageChops.multiply(picture, _light()))


def _light() -> Image.Image:
    """Return the light: bright in the upper left, dim in the lower right, with the shadow of a hand at the edge."""
    slope = Image.linear_gradient("L").rotate(35, Image.Resampling.BICUBIC, expand=True)
    middle = slope.crop((90, 90, slope.width - 90, slope.height - 90)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    light = middle.point([round(255 - value * 0.38) for value in range(256)])
    shadow = Image.new("L", (WIDTH, HEIGHT), 255)
    ImageDraw.Draw(shadow).ellipse((WIDTH - 330, HEIGHT - 520, WIDTH + 420, HEIGHT + 260), fill=165)
    light = ImageChops.multiply(light, shadow.filter(ImageFilter.GaussianBlur(90)))
    # Lamplight is a little yellow.
    return Image.merge(
        "RGB",
        (
            light,
            light.point([round(v * 0.985) for v in range(256)]),
            light.point([round(v * 0.94) for v in range(256)]),
        ),
    )


def _noisy(picture: Image.Image) -> Image.Image:
    """Return the picture with the grain of a camera in dim light."""
    count = WIDTH * HEIGHT
    grain = Image.frombytes("L", (WIDTH, HEIGHT), random.Random(2025).getrandbits(8 * count).to_bytes(count, "little"))
    grain = grain.filter(ImageFilter.GaussianBlur(0.6)).point([round(value * 0.14) for value in range(256)])
    # The mean of the grain is 18.
    return ImageChops.add(picture, Image.merge("RGB", [grain] * 3), offset=-18)


def main() -> None:
    """Write the picture and its text."""
    draw().save(SAMPLES / "page.jpg", quality=80, optimize=True)
    (SAMPLES / "page.txt").write_text("".join(f"{text}\n" for text, _ in LINES if text), encoding="utf-8")


if __name__ == "__main__":
    main()
