"""Shows calls in traces, with OpenTelemetry.

Each call creates a span, with a child span for each request that was sent: a call that is retried has several. Spans
contain no keys, tokens or images. This sample keeps them in memory and prints them; a program that runs for longer
exports them with a BatchSpanProcessor and an exporter, such as OTLPSpanExporter of the package
opentelemetry-exporter-otlp or AzureMonitorTraceExporter of azure-monitor-opentelemetry-exporter.

Run it:
    python sample_tracing_opentelemetry.py [IMAGE_FILE]
    IMAGE_FILE  default: sample.jpg, next to the samples

Packages to install besides the library: opentelemetry-sdk, and azure-core 1.33 or later. (An older one needs
the package azure-core-tracing-opentelemetry, and settings.tracing_implementation = "opentelemetry".)

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import io
import os
import sys
from typing import Optional, Sequence

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError
from azure.core.settings import settings
from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

# [START tracing]
# The destination of spans: here, memory.
exporter = InMemorySpanExporter()
provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "my-application"}))
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)

# From now on, all Azure libraries in the program create spans.
settings.tracing_enabled = True
# [END tracing]


def print_spans(spans: Sequence[ReadableSpan], parent: Optional[int] = None, indent: str = "") -> None:
    """Print the descendants of a span."""
    for span in spans:
        if (span.parent.span_id if span.parent else None) == parent and span.context is not None:
            milliseconds = ((span.end_time or 0) - (span.start_time or 0)) / 1e6
            status = (span.attributes or {}).get("http.response.status_code", "")
            print(f"{indent}{span.name} {status} ({milliseconds:.0f} ms)")
            print_spans(spans, span.context.span_id, indent + "  ")


def main() -> None:
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
        with ImageAnalysisClient(endpoint=endpoint, credential=AzureKeyCredential(key)) as client:
            # Your own span: the spans of calls in it are its children.
            with tracer.start_as_current_span("describe image"):
                result = client.analyze(image_data, [VisualFeatures.TAGS])
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
    main()
