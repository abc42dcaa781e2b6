"""Calls that could leave secrets behind. A program of its own: tracing is a setting of a whole process.

``python secret_calls.py (plugin|native) (sync|async)`` makes a call with a key and one with a token for each fault and
for what goes well, and searches log records, warnings, exceptions, representations and spans. It prints a JSON object:
how many calls it has made, how many texts it has searched and spans it has seen, and what it has found. With a third
argument, ``logging``, it makes only the calls that go well, and has them logged in full.
"""

import gc
import json
import logging
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any, Dict, List

from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.settings import settings
from certificates import make_certificates
from client_kinds import ClientKind
from faults import BODY, FAULTS, Fault
from faulty_server import FaultyServer, Received, ScriptedResponse, http_response
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from secret_watch import SECRETS, TEXT, Watch
from sleepless import sleepless

KEY = SECRETS["key"]
IMAGE = SECRETS["image"].encode() * 3
URL = f"https://images.example/private.jpg?sig={SECRETS['url']}&se=2030"
NOBODY = "http://127.0.0.1:9"
"""An endpoint that nothing is sent to."""


class Credential:
    """Gives one token."""

    def get_token(self, *scopes: str, **options: Any) -> Any:
        return AccessToken(SECRETS["token"], int(time.time()) + 3600)


class AsyncCredential(Credential):
    """The same, asynchronous."""

    async def get_token(self, *scopes: str, **options: Any) -> Any:
        return super().get_token(*scopes, **options)


def echo(request: Received) -> bytes:
    return request.head + request.body


def echoed(request: Received) -> str:
    return echo(request).decode("latin-1")


GOOD: Dict[str, Fault] = {
    "good": Fault((http_response(BODY),)),
    "good, streamed": Fault((http_response(BODY),), call={"stream": True}),
    "a member of the wrong type": Fault((http_response({"captionResult": {"text": [TEXT]}}),)),
    "a list in place of a text": Fault((http_response({"readResult": {"blocks": [TEXT]}}),)),
}
# A server that echoes what it receives.
ECHOES: Dict[str, Fault] = {
    "echoed as the body": Fault((lambda request: http_response(echo(request)),)),
    "echoed in JSON": Fault((lambda request: http_response(echoed(request)),)),
    "echoed in an unknown member": Fault((lambda request: http_response({"more": echoed(request)}),)),
    "echoed in a member of the wrong type": Fault((lambda request: http_response({"metadata": echoed(request)}),)),
    "echoed in place of a response": Fault((lambda request: ScriptedResponse(echo(request)),)),
    "echoed as a status line": Fault((lambda request: ScriptedResponse(b"HTTP/1.1 " + request.body + echo(request)),)),
    "echoed behind a response": Fault((lambda request: ScriptedResponse(*http_response(BODY).parts, echo(request)),)),
    "echoed as the size of a chunk": Fault(
        (
            lambda request: ScriptedResponse(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + request.body + echo(request)
            ),
        )
    ),
    "echoed in a header": Fault((lambda request: http_response(BODY, x_echo=json.dumps(request.headers)),)),
}


def call(watch: Watch, client: Any, method: str, image: Any, **keywords: Any) -> None:
    """Make a call, and search all that it leaves behind."""
    try:
        read(client.wait(getattr(client, method)(image, ["caption", "read"], **keywords)))
    except Exception as error:
        watch.exception(error)


def read(value: Any) -> None:
    """Read all that is in a result, or all chunks of a streamed one."""
    for attribute in getattr(value, "_attr_to_rest_field", ()):
        read(getattr(value, attribute))
    for item in value if isinstance(value, list) or hasattr(value, "__next__") else ():
        read(item)


def calls(watch: Watch, client_kind: ClientKind, fault: Fault, certificates: Any, **keywords: Any) -> None:
    """Meet a fault with a key and an image, and with a token and a URL."""
    token = AsyncCredential() if client_kind.is_async else Credential()
    for credential, scheme, method, image in (
        (AzureKeyCredential(KEY), "http", "analyze", IMAGE),
        (token, "https", "analyze_from_url", URL),
    ):
        with FaultyServer(*fault.script, tls=certificates.server) as server:
            endpoint = f"{scheme}://localhost:{server.port}"
            transport = sleepless(client_kind, connection_verify=certificates.authority)
            with client_kind.client(endpoint, credential, transport=transport) as client:
                watch.look("representation", credential, client.client, client._client, vars(client.client))
                call(watch, client, method, image, **{**fault.call, **keywords})


def senseless(watch: Watch, client_kind: ClientKind) -> None:
    """Make clients and calls that are refused, because a secret stands where it does not belong."""
    for given in (KEY, KEY.encode(), {"key": KEY}, [KEY]):
        watch.title = f"a {type(given).__name__} as credential"
        try:
            client_kind.client_class(NOBODY, given)
        except TypeError as error:
            watch.exception(error)
    for wrong in (f"{KEY}\n", f" {KEY}", f"{KEY} ", f"{KEY}\r\nX: y", f"{KEY}\0", f"{KEY}\u20ac", f"\ufeff{KEY}"):
        watch.title = f"a key with {wrong.replace(KEY, '')!r}"
        with client_kind.client(NOBODY, AzureKeyCredential(wrong), transport=sleepless(client_kind)) as client:
            call(watch, client, "analyze", IMAGE)
            call(watch, client, "analyze_from_url", URL)
    watch.title = "an image of the wrong type"
    with client_kind.client(NOBODY, AzureKeyCredential(KEY), transport=sleepless(client_kind)) as client:
        call(watch, client, "analyze", URL)
        call(watch, client, "analyze", [IMAGE])
        call(watch, client, "analyze_from_url", IMAGE)
        call(watch, client, "analyze", IMAGE, headers={"X-Name": f"{KEY}\n"})


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
    known: List[Any] = [logging.getLogger(), *logging.Logger.manager.loggerDict.values()]
    for logger in known:
        if isinstance(logger, logging.Logger):
            logger.setLevel(1)
    known[0].addHandler(watch)
    faults = dict(GOOD)
    if not more:
        faults.update({**ECHOES, **{title: fault for title, fault in FAULTS.items() if "30 MB" not in title}})
    spans = 0
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        certificates = make_certificates(Path(folder))
        for watch.title, fault in faults.items():
            calls(watch, client_kind, fault, certificates, **({"logging_enable": True} if more else {}))
            for span in exporter.get_finished_spans():
                spans += 1
                watch.look("span", span.to_json())
            exporter.clear()
        senseless(watch, client_kind)
        gc.collect()
    watch.title = "warnings"
    for message in warned:
        watch.warning(message)
    print(json.dumps({"calls": 2 * len(faults), "looked": watch.looked, "spans": spans, "found": watch.found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
