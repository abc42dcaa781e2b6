"""Shows calls in traces, with OpenTelemetry (asynchronous client).

Spans are created, kept and printed as in sample_tracing_opentelemetry.py, whose import sets up tracing.

Run it:
    python sample_tracing_opentelemetry_async.py [IMAGE_FILE]
    IMAGE_FILE  default: sample.jpg, next to the samples

Packages to install besides the library: aiohttp, opentelemetry-sdk, and azure-core 1.33 or later. (An older one needs
the package azure-core-tracing-opentelemetry, and settings.tracing_implementation = "opentelemetry".)

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import asyncio
import io
import os
import sys

from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError
from opentelemetry import trace
from sample_tracing_opentelemetry import exporter, print_spans, provider


async def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    image_file = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "sample.jpg")

    try:
        with open(image_file, "rb") as file:
            image_data = file.read()
        # [START call]
        tracer = trace.get_tracer("my-application")
        async with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            # Your own span: the spans of calls in it are its children.
            with tracer.start_as_current_span("describe image"):
                result = await client.analyze(image_data, [VisualFeatures.TAGS])
        # [END call]
        if result.tags is not None:
            print(f"{len(result.tags.list)} tags")
    except (OSError, AzureError) as error:
        sys.exit(f"The image was not analyzed. {error}")
    finally:
        print_spans(exporter.get_finished_spans())
        provider.shutdown()


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    asyncio.run(main())
