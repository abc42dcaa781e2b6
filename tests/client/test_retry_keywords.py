"""Tests of azure-core's retry keywords, on the client and on the call."""

from typing import Any, Dict, List

import pytest
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError, ServiceResponseTimeoutError
from azure.core.pipeline.policies import RetryMode
from client_kinds import ClientKind
from fake_transport import StubResponse
from libraries import since_azure_core

UNREACHABLE = ServiceRequestError("no connection")
LOST = ServiceResponseError("connection lost")
BUSY = StubResponse("", 503)

heeds_the_clients_maximum = since_azure_core(1, 41)  # older ones heed that of the call only


def failed_call(client_kind: ClientKind, failure: Any, where: str, keywords: Dict[str, Any]) -> Any:
    """Return the transport of a call whose attempts all fail."""
    given: Dict[str, Any] = {"client": {}, "call": {}, where: keywords}
    transport = client_kind.transport(failure)
    with client_kind.client(transport=transport, **given["client"]) as client, pytest.raises(AzureError):
        client.analyze(b"image", ["tags"], **given["call"])
    return transport


@pytest.mark.parametrize(
    "failure, keywords, attempts",
    [
        (BUSY, {}, 4),
        (UNREACHABLE, {}, 4),
        (LOST, {}, 4),
        (BUSY, {"retry_total": 0}, 1),
        (UNREACHABLE, {"retry_total": 0}, 1),
        (LOST, {"retry_total": 0}, 1),
        (BUSY, {"retry_total": 2}, 3),
        (BUSY, {"retry_status": 1}, 2),
        (UNREACHABLE, {"retry_status": 1}, 4),
        (UNREACHABLE, {"retry_connect": 1}, 2),
        (LOST, {"retry_connect": 1}, 4),
        (LOST, {"retry_read": 1}, 2),
        (BUSY, {"retry_read": 1}, 4),
        (BUSY, {"retry_total": 7, "retry_status": 5}, 6),
    ],
)
def test_retry_limits(client_kind: ClientKind, failure: Any, keywords: Dict[str, Any], attempts: int) -> None:
    assert len(failed_call(client_kind, failure, "client", keywords).sent) == attempts
    assert len(failed_call(client_kind, failure, "call", keywords).sent) == attempts


@pytest.mark.parametrize(
    "where, keywords, waits",
    [
        ("client", {"retry_backoff_factor": 1}, [2, 4]),
        ("call", {"retry_backoff_factor": 1}, [2, 4]),
        pytest.param("client", {"retry_backoff_max": 2}, [1.6, 2], marks=heeds_the_clients_maximum),
        ("call", {"retry_backoff_max": 2}, [1.6, 2]),
        ("client", {"retry_backoff_factor": 3, "retry_mode": RetryMode.Fixed}, [3, 3]),
        ("client", {"retry_backoff_factor": 3, "retry_mode": "fixed"}, [3, 3]),
    ],
)
def test_waits_between_attempts(
    client_kind: ClientKind, where: str, keywords: Dict[str, Any], waits: List[float]
) -> None:
    assert failed_call(client_kind, BUSY, where, keywords).slept == waits


@pytest.mark.parametrize("where", ["client", "call"])
@pytest.mark.parametrize("methods, attempts", [(["GET"], 1), (["POST"], 4), (["GET", "POST"], 4)])
def test_retry_on_methods(client_kind: ClientKind, where: str, methods: List[str], attempts: int) -> None:
    assert len(failed_call(client_kind, LOST, where, {"retry_on_methods": methods}).sent) == attempts


@pytest.mark.parametrize("where", ["client", "call"])
def test_timeout_0_sends_nothing(client_kind: ClientKind, where: str) -> None:
    given: Dict[str, Any] = {"client": {}, "call": {}, where: {"timeout": 0}}
    transport = client_kind.transport()
    with client_kind.client(transport=transport, **given["client"]) as client:
        with pytest.raises(ServiceResponseTimeoutError):
            client.analyze(b"image", ["tags"], **given["call"])
    assert transport.sent == []
