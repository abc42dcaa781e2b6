"""Makes calls with secrets, and searches all that they leave behind. A program, as tracing is set for a whole process.

``python secret_calls.py (plugin|native) (sync|async)`` makes each call with a key and with a token. It prints a JSON
object: how many calls it has made, how many spans it has seen, and what it has found where. With a third argument,
``logging``, it makes only the calls that succeed, and has them logged in full.
"""

import json
import logging
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Dict, List, Tuple

from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.settings import settings
from certificates import make_certificates
from client_kinds import ClientKind
from faults import BODY, FAULTS, TEXT
from faulty_server import FaultyServer, ScriptedResponse, Step, http_response
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

SECRETS = {
    "key": "5ec4e7c0de5ec4e7c0de5ec4e7c0de00",
    "token": "token-of-somebody-3d80",
    "image": "bytes-of-an-image-7b2f",
    "url": "signature-of-a-url-91aa",
    "text": TEXT,
}
"""The secrets. They are made of characters that nobody quotes or escapes."""

IMAGE = SECRETS["image"].encode() * 3
URL = f"https://images.example/private.jpg?sig={SECRETS['url']}&se=2030"
GOOD: Dict[str, Tuple[Step, ...]] = {
    "good": (http_response(BODY),),
    "of another shape": (http_response({"captionResult": {"text": [TEXT]}}),),
    "retried": (http_response(b"", 503), ScriptedResponse(), http_response(BODY)),
}
BAD = ["connection: reset in the body", "connection: silent in the body", "body: HTML", "body: cut", "body: NaN"]
BAD += ["body: not UTF-8", "status: 400 without a reason", "status: 307 to a malformed URL"]


class Watch(logging.Handler):
    """Searches texts and, as a handler of the root logger, all log records."""

    def __init__(self) -> None:
        super().__init__(0)
        self.found: List[Tuple[str, str]] = []

    def look(self, where: str, *things: Any) -> None:
        """Search for secrets in what is printed of things."""
        for thing in things:
            self.found += [(name, where) for name, secret in SECRETS.items() if secret in f"{thing} {thing!r}"]

    def emit(self, record: logging.LogRecord) -> None:
        self.look(f"log of {record.name}", record.getMessage(), vars(record))

    def exception(self, error: BaseException) -> None:
        """Search an exception, its traceback and its attributes."""
        self.look("traceback", "".join(traceback.format_exception(type(error), error, error.__traceback__)))
        self.look(type(error).__name__, error, error.args, *vars(error).values())


def credential(client_kind: ClientKind) -> Any:
    """Make a credential that returns the secret token."""
    made = client_kind.token_credential()
    made._token = lambda *_: AccessToken(SECRETS["token"], int(time.time()) + 3600)
    return made


def traced(kind: str) -> InMemorySpanExporter:
    """Switch tracing on."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    if kind == "plugin":
        from azure.core.tracing.ext.opentelemetry_span import OpenTelemetrySpan

        settings.tracing_implementation = OpenTelemetrySpan  # type: ignore[assignment]
    else:
        settings.tracing_enabled = True  # type: ignore[assignment]
    return exporter


def main(kind: str, name: str, *more: str) -> None:
    watch, exporter, client_kind = Watch(), traced(kind), ClientKind(name == "async")
    loggers: List[Any] = [logging.getLogger(), *logging.Logger.manager.loggerDict.values()]
    for logger in loggers:
        if isinstance(logger, logging.Logger):
            logger.setLevel(1)
    loggers[0].addHandler(watch)
    scripts = dict(GOOD) if more else {**GOOD, **{title: FAULTS[title].script for title in BAD}}
    calls = [
        (AzureKeyCredential(SECRETS["key"]), "analyze", IMAGE),
        (AzureKeyCredential(SECRETS["key"]), "analyze_from_url", URL),
        (credential(client_kind), "analyze_from_url", URL),
    ]
    with tempfile.TemporaryDirectory() as folder:
        certificates = make_certificates(Path(folder))
        for script in scripts.values():
            for given, method, image in calls:
                options: Dict[str, Any] = {"connection_verify": certificates.authority, "retry_backoff_factor": 0}
                with FaultyServer(*script, tls=certificates.server) as server:
                    with client_kind.client(server.origin, given, **options) as client:
                        watch.look("representation", given, client.client, client._client, vars(client.client))
                        try:
                            result = getattr(client, method)(
                                image, ["caption"], read_timeout=0.5, logging_enable=bool(more)
                            )
                            assert result.caption.text
                        except Exception as error:
                            watch.exception(error)
    spans = exporter.get_finished_spans()
    watch.look("span", *[span.to_json() for span in spans])
    print(json.dumps({"calls": len(scripts) * len(calls), "spans": len(spans), "found": sorted(set(watch.found))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
