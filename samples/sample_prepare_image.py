"""Turns any image into bytes that the service accepts, and analyzes them.

Takes a path, a URL, a data: URL with base64, bytes, a Pillow image or a NumPy array. An image within the limits
of the service is sent unchanged. Any other is rotated by its Exif orientation, put on white where it is transparent,
scaled or padded to the limits, and saved as JPEG. Gray levels of 16 bits are converted to 8.

Run it:
    python sample_prepare_image.py [IMAGE]
    IMAGE  a path or a URL; default: sample.jpg, next to the samples

Packages to install besides the library: pillow; for HEIC photos also pillow-heif.

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import io
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

try:
    import pillow_heif

    pillow_heif.register_heif_opener()  # lets Pillow open HEIC photos
except ImportError:
    pass

# [START prepare]
# The limits of the service: formats, bytes of the file, and pixels of each side.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "ICO", "TIFF", "MPO")
MAX_BYTES = 20_000_000
MIN_SIDE, MAX_SIDE = 51, 15_999

# Above this number of pixels, Pillow warns; above twice as many, it refuses.
Image.MAX_IMAGE_PIXELS = 16_000 * 16_000


def prepare(source: Any) -> bytes:
    """Return the image as bytes within the limits of the service."""
    if isinstance(source, Image.Image):
        return encode(source)
    if hasattr(source, "__array_interface__"):  # a NumPy array: red, green, blue
        return encode(Image.fromarray(source))

    data = read(source)
    try:
        image = Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        if data[4:8] == b"ftyp":
            advice = "to open HEIC and AVIF images, install pillow-heif"
            raise UnidentifiedImageError(advice) from None
        raise
    with image:
        fits = MIN_SIDE <= min(image.size) and max(image.size) <= MAX_SIDE
        is_upright = image.getexif().get(ExifTags.Base.Orientation, 1) == 1
        is_known = image.format in FORMATS and not image.mode.startswith(("I", "F"))
        if fits and is_upright and is_known and len(data) <= MAX_BYTES:
            return data
        return encode(image)


def read(source: Any) -> bytes:
    """Read a path, a URL or bytes."""
    if isinstance(source, str) and source.startswith(("http://", "https://", "data:")):
        # urlopen() also decodes the base64 of a data: URL.
        with urllib.request.urlopen(source, timeout=30) as response:
            return bytes(response.read())
    if isinstance(source, (str, os.PathLike)):
        return Path(source).read_bytes()
    return bytes(source)


def encode(image: Image.Image) -> bytes:
    """Create a JPEG within the limits."""
    image = to_8_bits(ImageOps.exif_transpose(image))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGB", layer.size, "white")
        image.paste(layer, mask=layer)
    image = image.convert("RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    if min(image.size) < MIN_SIDE:
        # White is added at the right and below, so that positions do not change.
        size = max(image.width, MIN_SIDE), max(image.height, MIN_SIDE)
        padded = Image.new("RGB", size, "white")
        padded.paste(image)
        image = padded
    while True:
        target = io.BytesIO()
        image.save(target, "JPEG", quality=90)
        if target.tell() <= MAX_BYTES:
            return target.getvalue()
        image = image.resize((image.width * 3 // 4, image.height * 3 // 4))


def to_8_bits(image: Image.Image) -> Image.Image:
    """Scale gray levels of 16 bits to 8, which Pillow would turn white."""
    if not image.mode.startswith(("I", "F")):
        return image
    gray = image if image.mode == "F" else image.convert("I")
    brightest: Any = gray.getextrema()[1] or 1
    return gray.point(lambda level: level * (255 / brightest)).convert("L")


# [END prepare]


def main() -> None:
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    source = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("sample.jpg")
    try:
        image_data = prepare(source)
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            result = client.analyze(image_data, [VisualFeatures.READ])
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")
    print(f"Sent {len(image_data)} bytes, {result.metadata.width} x {result.metadata.height} pixels")
    for block in result.read.blocks if result.read is not None else []:
        for line in block.lines:
            print(line.text)


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
