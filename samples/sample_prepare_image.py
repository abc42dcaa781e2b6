"""Turns any image into bytes that the service accepts, and analyzes them.

Takes a path, a URL, a data: URL with base64, bytes, a Pillow image or a NumPy array. What is within the service's
limits already is sent as it is. All else is turned upright (Exif), put on white where it is transparent, scaled or
padded into the limits, and saved as JPEG.

Run it:
    python sample_prepare_image.py [IMAGE]
IMAGE is a path or a URL. Without it, it takes the picture sample.jpg that comes with the samples.

Packages to install besides the library: pillow.

Environment variables to set, both found on your Computer Vision resource's overview page in the Azure portal:
    VISION_ENDPOINT    the endpoint, https://<your-resource-name>.cognitiveservices.azure.com
    VISION_KEY         the key, 32 hexadecimal digits
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
from PIL import ExifTags, Image, ImageOps

# The service's limits: formats, bytes of the file, and pixels of each side.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "ICO", "TIFF", "MPO")
MOST_BYTES = 20_000_000
LEAST_SIDE, MOST_SIDE = 51, 15_999

# Pillow warns of images with more pixels than this, and refuses those with twice as many.
Image.MAX_IMAGE_PIXELS = 16_000 * 16_000


# [START prepare]
def prepare(source: Any) -> bytes:
    """Return the image as bytes within the service's limits."""
    if isinstance(source, Image.Image):
        return encode(source)
    if hasattr(source, "__array_interface__"):  # a NumPy array, colours in the order red, green, blue
        return encode(Image.fromarray(source))

    data = read(source)
    with Image.open(io.BytesIO(data)) as image:
        fits = LEAST_SIDE <= min(image.size) and max(image.size) <= MOST_SIDE and len(data) <= MOST_BYTES
        is_upright = image.getexif().get(ExifTags.Base.Orientation, 1) == 1
        return data if fits and is_upright and image.format in FORMATS else encode(image)


def read(source: Any) -> bytes:
    """Read a path, a URL or bytes."""
    if isinstance(source, str) and source.startswith(("http://", "https://", "data:")):
        # urlopen() decodes the base64 of a data: URL, too.
        with urllib.request.urlopen(source, timeout=30) as response:
            return bytes(response.read())
    if isinstance(source, (str, os.PathLike)):
        return Path(source).read_bytes()
    return bytes(source)


def encode(image: Image.Image) -> bytes:
    """Make a JPEG within the limits."""
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGB", layer.size, "white")
        image.paste(layer, mask=layer)
    image = image.convert("RGB")
    image.thumbnail((MOST_SIDE, MOST_SIDE))
    if min(image.size) < LEAST_SIDE:
        # White at the right and below: positions in the picture stay what they are.
        padded = Image.new("RGB", (max(image.width, LEAST_SIDE), max(image.height, LEAST_SIDE)), "white")
        padded.paste(image)
        image = padded
    while True:
        target = io.BytesIO()
        image.save(target, "JPEG", quality=90)
        if target.tell() <= MOST_BYTES:
            return target.getvalue()
        image = image.resize((image.width * 3 // 4, image.height * 3 // 4))


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
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may lack letters of a text
    main()
