"""Finds people in an image file.

Each person has a box, in pixels from the top left corner of the image, and a confidence. The service does not identify
people.

Run it:
    python sample_people_image_file.py [IMAGE_FILE]
    IMAGE_FILE  default: sample.jpg, next to the samples

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

# [START create_client]
import io
import os
import sys

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError


def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    # A client for synchronous (blocking) calls that authenticates with the key.
    client = ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key))
    # [END create_client]

    image_file = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "sample.jpg")

    try:
        with client:
            # [START people]
            # Read the whole image file into memory.
            with open(image_file, "rb") as file:
                image_data = file.read()

            # Request the people. The call blocks until the response arrives.
            result = client.analyze(
                image_data=image_data,
                visual_features=[VisualFeatures.PEOPLE],
            )

            # The list includes very low confidences: choose a threshold.
            if result.people is not None:
                for person in result.people.list:
                    print(f"Person at {person.bounding_box} (confidence {person.confidence:.4f})")
            # [END people]
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
