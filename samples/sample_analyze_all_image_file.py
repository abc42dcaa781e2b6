"""Requests all features of an image file, logs the requests, and handles errors.

One call requests all visual features. Before it, the log of the library is sent to stdout: one or more lines for each
request and each response, with redacted secrets.

Run it:
    python sample_analyze_all_image_file.py [IMAGE_FILE]
    IMAGE_FILE  default: sample.jpg, next to the samples

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import io
import os
import sys

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError


def log_to_stdout() -> None:
    # [START logging]
    import logging
    import sys

    # The logger of all Azure libraries; "azure.core" writes requests and responses.
    logger = logging.getLogger("azure")

    # INFO shows each request and response, DEBUG more.
    logger.setLevel(logging.INFO)

    # Write to stdout, or to a file with logging.FileHandler("sample.log").
    handler = logging.StreamHandler(stream=sys.stdout)
    logger.addHandler(handler)

    # Optional: a custom format that begins with the time.
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    handler.setFormatter(logging.Formatter(form))
    # [END logging]


def print_result(result: ImageAnalysisResult) -> None:
    # A feature that was not requested is None; one without findings has an empty list.
    if result.caption is not None:
        print("Caption:")
        print(f"  '{result.caption.text}' (confidence {result.caption.confidence:.4f})")

    if result.dense_captions is not None:
        print("Dense captions:")
        for caption in result.dense_captions.list:
            print(f"  '{caption.text}' at {caption.bounding_box} (confidence {caption.confidence:.4f})")

    if result.tags is not None:
        print("Tags:")
        for tag in result.tags.list:
            print(f"  '{tag.name}' (confidence {tag.confidence:.4f})")

    if result.objects is not None:
        print("Objects:")
        for detected in result.objects.list:
            for tag in detected.tags:
                print(f"  '{tag.name}' at {detected.bounding_box} (confidence {tag.confidence:.4f})")

    if result.people is not None:
        print("People:")
        for person in result.people.list:
            print(f"  At {person.bounding_box} (confidence {person.confidence:.4f})")

    if result.read is not None:
        print("Text:")
        for block in result.read.blocks:
            for line in block.lines:
                print(f"  Line: '{line.text}' at {line.bounding_polygon}")
                for word in line.words:
                    print(f"    Word: '{word.text}' at {word.bounding_polygon} (confidence {word.confidence:.4f})")

    if result.smart_crops is not None:
        print("Smart crops:")
        for crop in result.smart_crops.list:
            print(f"  Aspect ratio {crop.aspect_ratio}: {crop.bounding_box}")

    print(f"Image size: {result.metadata.width} x {result.metadata.height} pixels")
    print(f"Model version: {result.model_version}")


def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    image_file = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "sample.jpg")

    # Read the whole image file into memory.
    try:
        with open(image_file, "rb") as file:
            image_data = file.read()
    except OSError as error:
        sys.exit(f"The image was not analyzed. {error}")

    log_to_stdout()

    # [START create_client_with_logging]
    # At level DEBUG, this client logs headers and bodies in full. Protect such a log: it contains the key.
    client = ImageAnalysisClient(
        endpoint=endpoint,
        credential=AzureKeyCredential(key),
        logging_enable=True,
    )
    # [END create_client_with_logging]

    with client:
        # [START exceptions]
        try:
            result = client.analyze(
                image_data=image_data,
                visual_features=list(VisualFeatures),  # all of them
                gender_neutral_caption=True,  # default: False
                smart_crops_aspect_ratios=[0.9, 1.33],  # each 0.75 to 1.8; default: one crop
                model_version="latest",  # default: the latest
            )
        except HttpResponseError as error:
            # The service refused the call, or failed.
            print(f"Status code: {error.status_code}", file=sys.stderr)
            print(f"Reason: {error.reason}", file=sys.stderr)
            print(f"Message: {error.error.message if error.error else error.message}", file=sys.stderr)
            sys.exit(1)
        except AzureError as error:
            # There was no valid response: no connection, a timeout, or a page from a proxy.
            sys.exit(f"No response from the service: {error}")
        # [END exceptions]

        print_result(result)


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
