"""Makes thumbnails of the important part of an image.

Requests a smart crop in the shape of each thumbnail, cuts it out, and scales it to the size of the thumbnail.

Run it:
    python sample_smart_crop_thumbnails.py [IMAGE_FILE] [--size WIDTHxHEIGHT ...] [--output FOLDER]
    IMAGE_FILE    default: sample.jpg, next to the samples
    WIDTHxHEIGHT  with a ratio from 0.75 to 1.8; default: 320x180 200x200 180x240
    FOLDER        where to write; default: sample_output

Packages to install besides the library: pillow.

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import argparse
import io
import os
import sys
from pathlib import Path
from typing import List, Tuple

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError
from PIL import Image, ImageOps
from sample_annotate_image import load_upright

Size = Tuple[int, int]


# [START thumbnails]
def thumbnails(
    client: ImageAnalysisClient,
    image: Image.Image,
    sizes: List[Size],
) -> List[Image.Image]:
    """Make a thumbnail of each size."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95)
    # Each ratio once, even if several sizes have it. The crops are in the same order.
    ratios = sorted({round(width / height, 2) for width, height in sizes})
    result = client.analyze(
        file.getvalue(),
        [VisualFeatures.SMART_CROPS],
        smart_crops_aspect_ratios=ratios,
    )
    assert result.smart_crops is not None  # it was requested
    crops = dict(zip(ratios, result.smart_crops.list))
    made = []
    for width, height in sizes:
        box = crops[round(width / height, 2)].bounding_box
        part = image.crop((box.x, box.y, box.x + box.width, box.y + box.height))
        # fit() cuts off the difference of the ratios, a fraction of a pixel.
        made.append(ImageOps.fit(part, (width, height), Image.Resampling.LANCZOS))
    return made


# [END thumbnails]


def size(text: str) -> Size:
    """Read a size such as 320x180."""
    width, height = (int(number) for number in text.lower().split("x"))
    if width < 1 or height < 1 or not 0.75 <= round(width / height, 2) <= 1.8:
        raise ValueError
    return width, height


def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    parser = argparse.ArgumentParser(description="Make thumbnails from smart crops.")
    parser.add_argument("image", nargs="?", type=Path, default=Path(__file__).with_name("sample.jpg"))
    parser.add_argument("--size", type=size, nargs="+", default=[(320, 180), (200, 200), (180, 240)], metavar="WxH")
    parser.add_argument("--output", type=Path, default=Path("sample_output"), help="the folder to write into")
    options = parser.parse_args()

    try:
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            image, _ = load_upright(options.image)
            made = thumbnails(client, image, options.size)
        options.output.mkdir(parents=True, exist_ok=True)
        for thumbnail in made:
            target = options.output / f"{options.image.stem}_{thumbnail.width}x{thumbnail.height}.jpg"
            thumbnail.save(target, quality=85, optimize=True)
            print(f"Wrote {target}")
    except (OSError, AzureError) as error:
        sys.exit(f"No thumbnails were made. {error}")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
