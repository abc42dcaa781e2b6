"""Calls operations of the service for which the client has no method, with send_request.

You build the request; the client adds authentication, retries, redirects and logging. The sample gets embeddings of
images and texts (retrieval:vectorizeImage and retrieval:vectorizeText), and shows how to find an image by a text.
Not every endpoint has these operations. The emulator has embeddings of images only.

Run it:
    python sample_other_operations.py [IMAGE_FILE] [TEXT]
    IMAGE_FILE  default: sample.jpg, next to the samples
    TEXT        default: a person with a laptop

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import io
import math
import os
import sys
from pathlib import Path
from typing import Any, List

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.rest import HttpRequest


# [START vectorize]
def vectorize_image(client: ImageAnalysisClient, image_data: bytes) -> List[float]:
    """Return the embedding of an image."""
    return embedding(client, "Image", content=image_data)


def vectorize_text(client: ImageAnalysisClient, text: str) -> List[float]:
    """Return the embedding of a text, which is comparable with those of images."""
    return embedding(client, "Text", json={"text": text})


def embedding(client: ImageAnalysisClient, kind: str, **body: Any) -> List[float]:
    request = HttpRequest(
        "POST",
        f"/retrieval:vectorize{kind}",  # relative to {endpoint}/computervision
        params={"api-version": "2024-02-01", "model-version": "2023-04-15"},
        **body,
    )
    if kind == "Image":
        request.headers["Content-Type"] = "application/octet-stream"
    response = client.send_request(request)
    response.raise_for_status()  # send_request does not
    vector: List[float] = response.json()["vector"]
    return vector


def similarity(one: List[float], other: List[float]) -> float:
    """Return the cosine similarity of two embeddings: 1 is most similar."""
    product = sum(a * b for a, b in zip(one, other))
    return product / (math.hypot(*one) * math.hypot(*other))


# [END vectorize]


def main() -> None:
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    image_file = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("sample.jpg")
    text = sys.argv[2] if len(sys.argv) > 2 else "a person with a laptop"
    try:
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            of_image = vectorize_image(client, image_file.read_bytes())
            print(f"The embedding of the image has {len(of_image)} numbers.")
            of_text = vectorize_text(client, text)
            print(f"Its similarity with '{text}' is {similarity(of_image, of_text):.3f}.")
    except HttpResponseError as error:
        if error.status_code != 404:
            sys.exit(f"The image was not analyzed. {error}")
        print("This endpoint does not have the operation.")
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
