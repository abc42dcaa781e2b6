"""Saves results, so that an image is not paid for twice.

Saves each result as a JSON file that is named after the content of the image and the features. The next time, under
whatever name the image has, the file is read instead, and gives the same typed result as the service.

Run it:
    python sample_save_and_reload_results.py [IMAGE_FILE] [--cache FOLDER]
    IMAGE_FILE  default: sample.jpg, next to the samples
    FOLDER      of the results; default: sample_output

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import argparse
import hashlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, List

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError


# [START analyze_once]
def analyze_once(
    client: ImageAnalysisClient,
    folder: Path,
    image_data: bytes,
    visual_features: List[VisualFeatures],
    **options: Any,
) -> ImageAnalysisResult:
    """Analyze an image and save the result, or read the saved one."""
    # Other features or options give another result. A newer model does, too: for images
    # that are known already, pass its date in model_version.
    request = json.dumps([sorted(visual_features), options], sort_keys=True)
    digest = hashlib.sha256(image_data + request.encode()).hexdigest()
    file = folder / f"{digest}.json"
    if file.exists():
        return ImageAnalysisResult(json.loads(file.read_text()))
    result = client.analyze(image_data, visual_features, **options)
    folder.mkdir(parents=True, exist_ok=True)
    # First under another name, so that nobody reads an incomplete file.
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as unfinished:
        json.dump(result.as_dict(), unfinished)
    os.replace(unfinished.name, file)
    return result


# [END analyze_once]


def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    parser = argparse.ArgumentParser(description="Analyze an image once, and read the saved result from then on.")
    parser.add_argument("image", nargs="?", type=Path, default=Path(__file__).with_name("sample.jpg"))
    parser.add_argument("--cache", type=Path, default=Path("sample_output"), help="the folder of the results")
    options = parser.parse_args()
    features = [VisualFeatures.CAPTION, VisualFeatures.TAGS]

    try:
        image_data = options.image.read_bytes()
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            for _ in range(2):  # the second result is read from the file
                result = analyze_once(client, options.cache, image_data, features, gender_neutral_caption=True)
                if result.caption is not None:
                    print(f"Caption: '{result.caption.text}'")
        print(f"Results in {options.cache}: {len(list(options.cache.glob('*.json')))}")
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
