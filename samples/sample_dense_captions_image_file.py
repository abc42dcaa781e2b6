"""Gets a sentence for each of several regions of an image file.

There are up to ten, and the first is for the whole image. Like captions, they are in English, available only in some
Azure regions, and can be gender-neutral.

Run it:
    python sample_dense_captions_image_file.py [IMAGE_FILE]
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
            # [START dense_captions]
            # Read the whole image file into memory.
            with open(image_file, "rb") as file:
                image_data = file.read()

            # Request captions of regions. The call blocks until the response arrives.
            result = client.analyze(
                image_data=image_data,
                visual_features=[VisualFeatures.DENSE_CAPTIONS],
                gender_neutral_caption=True,  # default: False
            )

            # A feature that was not requested is None.
            if result.dense_captions is not None:
                for caption in result.dense_captions.list:
                    print(f"Caption: '{caption.text}' at {caption.bounding_box} (confidence {caption.confidence:.4f})")
            # [END dense_captions]
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
