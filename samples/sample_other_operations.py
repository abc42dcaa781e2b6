"""Calls operations of the service for which the client has no method, with the client's own send_request.

The client adds its authentication, retries, redirects and logging; the request is yours. Shown are the embedding of an
image (retrieval:vectorizeImage), and its foreground (imageanalysis:segment), which the service had in preview and
retired in 2025. Not every endpoint has them: the emulator has neither.

Run it:
    python sample_other_operations.py [IMAGE_FILE]
Without IMAGE_FILE it takes the picture sample.jpg that comes with the samples.

Environment variables to set, both found on your Computer Vision resource's overview page in the Azure portal:
    VISION_ENDPOINT    the endpoint, https://<your-resource-name>.cognitiveservices.azure.com
    VISION_KEY         the key, 32 hexadecimal digits
"""

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import Iterator, List

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.rest import HttpRequest


# [START vectorize_image]
def vectorize_image(client: ImageAnalysisClient, image_data: bytes) -> List[float]:
    """Return the embedding of an image: images that show the like have vectors that point the same way."""
    request = HttpRequest(
        "POST",
        "/retrieval:vectorizeImage",  # a relative URL goes below {endpoint}/computervision
        params={"api-version": "2024-02-01", "model-version": "2023-04-15"},
        headers={"Content-Type": "application/octet-stream"},
        content=image_data,
    )
    response = client.send_request(request)
    response.raise_for_status()  # send_request itself raises for no status
    vector: List[float] = response.json()["vector"]
    return vector


# [END vectorize_image]


# [START segment]
def segment(client: ImageAnalysisClient, image_data: bytes) -> bytes:
    """Return the image as PNG, with a transparent background."""
    request = HttpRequest(
        "POST",
        "/imageanalysis:segment",
        params={"api-version": "2023-02-01-preview", "mode": "backgroundRemoval"},
        headers={"Content-Type": "application/octet-stream"},
        content=image_data,
    )
    response = client.send_request(request)
    response.raise_for_status()
    return response.read()


# [END segment]


@contextlib.contextmanager
def not_found_is_reported(operation: str) -> Iterator[None]:
    """Go on after an operation that the endpoint does not have."""
    try:
        yield
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        print(f"There is no {operation} at this endpoint.")


def main() -> None:
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    image_file = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("sample.jpg")
    try:
        image_data = image_file.read_bytes()
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            with not_found_is_reported("retrieval:vectorizeImage"):
                print(f"The embedding has {len(vectorize_image(client, image_data))} numbers.")
            with not_found_is_reported("imageanalysis:segment"):
                target = Path(f"{image_file.stem}_foreground.png")
                target.write_bytes(segment(client, image_data))
                print(f"Wrote {target}")
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may lack letters of a text
    main()
