"""Tests that no secret leaks: key, token, a URL's query, an image's bytes, recognized text."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Any, Dict

import pytest
from client_kinds import ClientKind
from libraries import since_azure_core
from project import HELPERS, ROOT

pytestmark = pytest.mark.slow


def searched(kind: str, name: str, *more: str) -> Dict[str, Any]:
    """Run the program that makes calls and searches what they leave behind."""
    needed = ["opentelemetry.sdk"]
    needed += ["azure.core.tracing.ext"] if kind == "plugin" else ["azure.core.instrumentation"]
    if find_spec("opentelemetry") is None or not all(map(find_spec, needed)):
        pytest.skip(f"{needed} are not all installed")
    path = os.pathsep.join([str(ROOT), str(HELPERS)])
    program = [sys.executable, str(HELPERS / "secret_calls.py"), kind, name, *more]
    ended = subprocess.run(program, env={**os.environ, "PYTHONPATH": path}, capture_output=True)
    assert ended.returncode == 0, ended.stderr.decode()
    return json.loads(ended.stdout)  # type: ignore[no-any-return]


@since_azure_core(1, 35)  # older ones log the exceptions of requests
@pytest.mark.parametrize("kind", ["plugin", "native"])
def test_no_secret_is_in_a_log_an_exception_a_representation_or_a_span(client_kind: ClientKind, kind: str) -> None:
    outcome = searched(kind, "async" if client_kind.is_async else "sync")
    assert outcome["calls"] == 33
    assert outcome["spans"] > 2 * outcome["calls"]
    assert outcome["found"] == []


def test_search_finds_what_is_logged_in_full(client_kind: ClientKind) -> None:
    """All but the image, which is logged as its size and type."""
    kind = "plugin" if find_spec("azure.core.instrumentation") is None else "native"
    found = searched(kind, "async" if client_kind.is_async else "sync", "logging")["found"]
    where = "log of azure.core.pipeline.policies._universal"
    assert found == [[secret, where] for secret in ("key", "text", "token", "url")]
