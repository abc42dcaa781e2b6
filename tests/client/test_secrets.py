"""Tests that no secret leaks: key, token, a URL's query, an image's bytes, recognized text."""

import json
import logging
import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Any, Dict

import pytest
from azure.core import __version__ as azure_core_version
from client_kinds import ClientKind
from faults import BODY, FAULTS, HEAD, LENGTH, TEXT
from faulty_server import FaultyServer, ScriptedResponse
from no_sleep import no_sleep_transport
from project import HELPERS, ROOT
from secret_watch import SECRETS

pytestmark = pytest.mark.slow

AZURE_CORE = tuple(map(int, azure_core_version.split(".")[:2]))
# Before 1.35, azure-core logs the exception about a chunk without a size, and that exception quotes the response.
KNOWN = [] if AZURE_CORE >= (1, 35) else ["log of azure.core.pipeline.transport._requests_basic"]


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
    if not more:
        assert not [secret for secret in SECRETS.values() if secret.encode() in ended.stdout + ended.stderr]
    return json.loads(ended.stdout)  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", ["plugin", "native"])
def test_no_secret_is_in_a_log_a_warning_an_exception_a_representation_or_a_span(
    client_kind: ClientKind, kind: str
) -> None:
    outcome = searched(kind, "async" if client_kind.is_async else "sync")
    assert outcome["calls"] > 2 * len(FAULTS)
    assert outcome["spans"] > outcome["calls"]
    assert outcome["looked"] > 20 * outcome["calls"]
    assert [found for found in outcome["found"] if found[2] not in KNOWN] == []


def test_search_finds_logging_enable_output(client_kind: ClientKind) -> None:
    kind = "plugin" if find_spec("azure.core.instrumentation") is None else "native"
    found = searched(kind, "async" if client_kind.is_async else "sync", "logging")["found"]
    assert {secret for _, secret, _ in found} == set(SECRETS)
    assert {where for _, _, where in found} == {"log of azure.core.pipeline.policies._universal"}


def test_malformed_header_line_is_not_logged(
    client_kind: ClientKind, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    """urllib3 logs such a line as "Failed to parse headers" at WARNING, in the ``getresponse`` of its connection.

    What is read in an image can stand there only if a server forgets the empty line before the body.
    """
    if not client_kind.is_async:
        request.applymarker(pytest.mark.xfail(reason="urllib3 logs malformed header lines", strict=True))
    script = ScriptedResponse(HEAD + f"no header, {TEXT}\r\n".encode() + LENGTH % len(BODY) + BODY)
    with caplog.at_level(logging.DEBUG), FaultyServer(script) as server:
        with client_kind.client(server.origin, transport=no_sleep_transport(client_kind)) as client:
            try:
                client.analyze(b"the image", ["caption"], retry_total=0)
            except Exception as error:
                assert TEXT not in f"{error} {error!r} {error.__cause__!r}"
    assert TEXT not in caplog.text
