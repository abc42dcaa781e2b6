"""Tests of the OpenTelemetry spans that azure-core and its plugin make."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Any, Dict, Iterator, List

import pytest
from azure.ai.vision.imageanalysis import __version__
from client_kinds import KEY
from project import HELPERS, ROOT
from traced_names import IMAGE_URL, SIGNATURE, TEXT

NATIVE = find_spec("azure.core.instrumentation") is not None
PLUGIN = find_spec("azure.core.tracing.ext") is not None and (
    find_spec("azure.core.tracing.ext.opentelemetry_span") is not None
)


@pytest.fixture(scope="module", params=["plugin", "native"])
def kind(request: Any) -> Iterator[str]:
    """How tracing is switched on in azure-core."""
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        pytest.skip("OpenTelemetry's SDK is not installed")
    if request.param == "plugin" and not PLUGIN:
        pytest.skip("azure-core-tracing-opentelemetry is not installed")
    if request.param == "native" and not NATIVE:
        pytest.skip("this azure-core has no tracing of its own")
    yield request.param


@pytest.fixture(scope="module", params=["sync", "async"])
def traced(request: Any, kind: str) -> Dict[str, Any]:
    """The spans of each call, by its name."""
    path = os.pathsep.join([str(ROOT), str(HELPERS)])
    program = [sys.executable, "-W", "error", str(HELPERS / "traced_calls.py"), kind, request.param]
    ended = subprocess.run(program, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, check=True)
    return json.loads(ended.stdout)  # type: ignore[no-any-return]


# The plugin's older names.
OLD_NAMES = {
    "http.response.status_code": "http.status_code",
    "http.request.method": "http.method",
    "server.address": "net.peer.name",
    "user_agent.original": "http.user_agent",
}


def attribute(span: Dict[str, Any], name: str) -> Any:
    """Return an attribute of a span, under its current name or its older one."""
    return span["attributes"].get(name, span["attributes"].get(OLD_NAMES[name]))


def spans(traced: Dict[str, Any], call: str) -> Any:
    """Return the span of a call, and the spans below it."""
    made: List[Any] = traced[call]
    (root,) = [span for span in made if span["parent"] is None]
    below = [span for span in made if span is not root]
    assert {span["parent"] for span in below} <= {root["id"]}
    return root, below


@pytest.mark.parametrize("call, method", [("image", "analyze"), ("url", "analyze_from_url")])
@pytest.mark.parametrize("credential", ["key", "token"])
def test_call_is_one_span_with_one_http_span_below(
    traced: Dict[str, Any], call: str, method: str, credential: str
) -> None:
    root, below = spans(traced, f"{call}, {credential}")
    assert (root["name"], root["kind"], root["status"]) == (f"ImageAnalysisClient.{method}", "INTERNAL", "UNSET")
    (http,) = below
    assert http["kind"] == "CLIENT"
    assert attribute(http, "http.response.status_code") == 200
    assert attribute(http, "http.request.method") == "POST"
    assert attribute(http, "server.address") == "example.cognitiveservices.azure.com"
    assert http["attributes"]["az.client_request_id"]


def test_each_attempt_has_its_own_span(traced: Dict[str, Any]) -> None:
    _, below = spans(traced, "retried, key")
    assert [attribute(span, "http.response.status_code") for span in below] == [503, 200]


def test_send_request_makes_an_http_span(traced: Dict[str, Any]) -> None:
    root, below = spans(traced, "own, key")
    assert (root["kind"], attribute(root, "http.request.method"), below) == ("CLIENT", "GET", [])


@pytest.mark.parametrize(
    "call, raised, status", [("denied", "ClientAuthenticationError", 401), ("unreadable", "DecodeError", 200)]
)
def test_failure_is_recorded_on_the_span(traced: Dict[str, Any], call: str, raised: str, status: int) -> None:
    assert traced[f"{call}, error"] == raised
    root, (http,) = spans(traced, f"{call}, key")
    assert root["status"] == "ERROR"
    assert root["attributes"]["error.type"].endswith(f".{raised}")
    assert attribute(http, "http.response.status_code") == status


def test_spans_name_the_library(traced: Dict[str, Any], kind: str) -> None:
    root, (http,) = spans(traced, "image, key")
    assert f"azsdk-python-ai-vision-imageanalysis/{__version__}" in attribute(http, "user_agent.original")
    if kind == "native":
        namespace = {"az.namespace": "Microsoft.CognitiveServices"}
        assert root["scope"] == http["scope"] == ["azure-ai-vision-imageanalysis", __version__, namespace]


def test_no_span_holds_a_secret(traced: Dict[str, Any]) -> None:
    everything = json.dumps(traced)
    assert "ImageAnalysisClient.analyze" in everything
    for secret in (KEY, "token-1", "Bearer", IMAGE_URL, SIGNATURE, "images.example", TEXT, "the image"):
        assert secret not in everything
