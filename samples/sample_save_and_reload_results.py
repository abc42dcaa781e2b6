"""Keeps results, so that an image is not paid for twice.

Saves each result as a JSON file that is named after the image's content and what was asked for. The next time the same
image comes, under whatever name, the file is read instead, and gives the same typed result as the service.

Run it:
    python sample_save_and_reload_results.py [IMAGE_FILE] [--cache FOLDER]
    IMAGE_FILE  default: sample.jpg, beside the samples
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


# [START save_and_reload]
def save(result: ImageAnalysisResult, file: Path) -> None:
    """Write a result as the JSON that the service sent."""
    # First under another name: nobody ever sees half a file, whoever else saves the same result now.
    with tempfile.NamedTemporaryFile("w", dir=file.parent, suffix=".unfinished", delete=False) as unfinished:
        json.dump(result.as_dict(), unfinished)
    os.replace(unfinished.name, file)


def reload(file: Path) -> ImageAnalysisResult:
    """Read a saved result."""
    return ImageAnalysisResult(json.loads(file.read_text(encoding="ascii")))


# [END save_and_reload]


# [START analyze_once]
class Cache:
    """Results in a folder.

    :param client: Analyzes what is not there yet.
    :param folder: The folder, which is created if it is missing.
    """

    def __init__(self, client: ImageAnalysisClient, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)

    def analyze(self, image_data: bytes, visual_features: List[VisualFeatures], **options: Any) -> ImageAnalysisResult:
        """Analyze an image once, with options such as ``language``, and return the saved result from then on."""
        file = self.file(image_data, visual_features, **options)
        try:
            return reload(file)
        except FileNotFoundError:
            result = self._client.analyze(image_data, visual_features, **options)
            save(result, file)
            return result

    def file(self, image_data: bytes, visual_features: List[VisualFeatures], **options: Any) -> Path:
        """Return the file for the result of an image."""
        # Other features or options give another result. That of a newer model is another one too: to get it for images
        # that are known already, ask for it by its date, with model_version, or empty the folder.
        asked = json.dumps([sorted(visual_features), options], sort_keys=True).encode("ascii")
        image, query = hashlib.sha256(image_data).hexdigest(), hashlib.sha256(asked).hexdigest()
        return self._folder / f"{image[:32]}-{query[:8]}.json"


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
            cache = Cache(client, options.cache)
            for _ in range(2):
                file = cache.file(image_data, features, gender_neutral_caption=True)
                origin = "read from" if file.exists() else "analyzed, saved in"
                result = cache.analyze(image_data, features, gender_neutral_caption=True)
                if result.caption is not None:
                    print(f"'{result.caption.text}' ({origin} {file})")
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may lack letters of a text
    main()
