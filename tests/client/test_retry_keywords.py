"""Tests of azure-core's retry keywords, on the client and on the call, and of ``Retry-After``."""

from typing import Any, Dict, List

import pytest
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError, ServiceResponseTimeoutError
from client_kinds import ClientKind
from fake_transport import StubResponse

UNREACHABLE = ServiceRequestError("no connection")
LOST = ServiceResponseError("connection lost")
BUSY = StubResponse("", 503)
BACKOFF = [1.6, 3.2]
"""azure-core's own waits: none before the second attempt, and then twice as long each time."""

each_place = pytest.mark.parametrize("where", ["client", "call"])


@pytest.fixture
def client_kind() -> ClientKind:
    """The synchronous client: both share the code that is tested here."""
    return ClientKind(False)


def failed_call(client_kind: ClientKind, failure: Any, where: str, keywords: Dict[str, Any]) -> Any:
    """Return the transport of a call whose attempts all fail."""
    given: Dict[str, Any] = {"client": {}, "call": {}, where: keywords}
    transport = client_kind.transport(failure)
    with client_kind.client(transport=transport, **given["client"]) as client, pytest.raises(AzureError):
        client.analyze(b"image", ["tags"], **given["call"])
    return transport


@each_place
@pytest.mark.parametrize(
    "failure, keywords, attempts",
    [
        (BUSY, {}, 4),
        (LOST, {"retry_total": 0}, 1),
        (BUSY, {"retry_total": 2}, 3),
        (BUSY, {"retry_status": 1}, 2),
        (UNREACHABLE, {"retry_connect": 1}, 2),
        (LOST, {"retry_read": 1}, 2),
        (BUSY, {"retry_total": 7, "retry_status": 5}, 6),
    ],
)
def test_retry_limits(
    client_kind: ClientKind, where: str, failure: Any, keywords: Dict[str, Any], attempts: int
) -> None:
    assert len(failed_call(client_kind, failure, where, keywords).sent) == attempts


@each_place
def test_waits_between_attempts(client_kind: ClientKind, where: str) -> None:
    assert failed_call(client_kind, BUSY, where, {"retry_backoff_factor": 1}).slept == [2, 4]


def test_more_statuses_can_be_retried(client_kind: ClientKind) -> None:
    keywords = {"retry_on_status_codes": [418]}
    assert len(failed_call(client_kind, StubResponse("", 418), "client", keywords).sent) == 4
    assert len(failed_call(client_kind, BUSY, "client", keywords).sent) == 4


@each_place
@pytest.mark.parametrize("methods, attempts", [(["GET"], 1), (["POST"], 4)])
def test_retry_on_methods(client_kind: ClientKind, where: str, methods: List[str], attempts: int) -> None:
    assert len(failed_call(client_kind, LOST, where, {"retry_on_methods": methods}).sent) == attempts


@each_place
def test_timeout_0_sends_nothing(client_kind: ClientKind, where: str) -> None:
    given: Dict[str, Any] = {"client": {}, "call": {}, where: {"timeout": 0}}
    transport = client_kind.transport()
    with client_kind.client(transport=transport, **given["client"]) as client:
        with pytest.raises(ServiceResponseTimeoutError):
            client.analyze(b"image", ["tags"], **given["call"])
    assert transport.sent == []


WAITS: Dict[str, Any] = {
    "seconds": ({"Retry-After": "7"}, [7, 7, 7]),
    "milliseconds": ({"x-ms-retry-after-ms": "250"}, [0.25, 0.25, 0.25]),
    "nothing": ({}, BACKOFF),
    "a date in the past": ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, BACKOFF),
    "an invalid date": ({"Retry-After": "Wed, 99 Oct 2015 07:28:00 GMT"}, BACKOFF),
    "words": ({"Retry-After": "as soon as you like"}, BACKOFF),
    "NaN": ({"Retry-After": "nan"}, BACKOFF),
    "an infinity": ({"Retry-After": "inf"}, BACKOFF),
    "infinite milliseconds": ({"x-ms-retry-after-ms": "inf"}, BACKOFF),
}


@pytest.mark.parametrize("headers, waits", WAITS.values(), ids=WAITS)
def test_wait_that_the_service_asks_for(client_kind: ClientKind, headers: Dict[str, str], waits: List[float]) -> None:
    assert failed_call(client_kind, StubResponse("", 429, headers=headers), "call", {}).slept == waits
