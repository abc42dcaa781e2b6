"""Makes traced calls, in a process of its own: tracing is a setting of the whole process.

``python traced_calls.py (plugin|native) (sync|async)`` prints a JSON object: the spans of each kind of call.
"""

import json
import sys
from itertools import product
from typing import Any, Dict

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest
from azure.core.settings import settings
from client_kinds import ClientKind, Driver
from fake_transport import StubResponse
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from traced_names import IMAGE_URL, TEXT

BUSY = StubResponse("", 503, headers={"Retry-After": "0"})
DENIED = StubResponse({"error": {"code": "401", "message": "Access denied."}}, 401, "PermissionDenied")
SECRET = StubResponse(f"<html>{TEXT}")


def image(client: Driver, **keywords: Any) -> Any:
    return client.analyze(b"the image", ["caption"], **keywords)


CALLS: Dict[str, Any] = {
    "image": (image, [StubResponse()]),
    "url": (lambda client: client.analyze_from_url(IMAGE_URL, ["caption"]), [StubResponse()]),
    "own": (lambda client: client.send_request(HttpRequest("GET", "/operations")), [StubResponse()]),
    "retried": (image, [BUSY, StubResponse()]),
    "denied": (image, [DENIED]),
    "unreadable": (image, [SECRET]),
}


def shown(span: ReadableSpan) -> Dict[str, Any]:
    scope = span.instrumentation_scope
    return {
        "name": span.name,
        "kind": span.kind.name,
        "id": f"{span.context.span_id:016x}" if span.context else None,
        "parent": f"{span.parent.span_id:016x}" if span.parent else None,
        "status": span.status.status_code.name,
        "description": span.status.description,
        "attributes": dict(span.attributes or {}),
        "events": [{"name": event.name, **dict(event.attributes or {})} for event in span.events],
        "scope": [scope.name, scope.version, dict(scope.attributes or {})] if scope else None,
    }


def main(kind: str, name: str) -> None:
    exporter, provider, client_kind = InMemorySpanExporter(), TracerProvider(), ClientKind(name == "async")
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    if kind == "plugin":
        from azure.core.tracing.ext.opentelemetry_span import OpenTelemetrySpan

        settings.tracing_implementation = OpenTelemetrySpan  # type: ignore[assignment]
    else:
        settings.tracing_enabled = True  # type: ignore[assignment]
    printed: Dict[str, Any] = {}
    for (title, (call, plan)), credential in product(CALLS.items(), ["key", "token"]):
        exporter.clear()
        given = client_kind.token_credential() if credential == "token" else None
        with client_kind.client(credential=given, transport=client_kind.transport(*plan)) as client:
            try:
                call(client)
            except AzureError as error:
                printed[f"{title}, error"] = type(error).__name__
        printed[f"{title}, {credential}"] = [shown(span) for span in exporter.get_finished_spans()]
    json.dump(printed, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
