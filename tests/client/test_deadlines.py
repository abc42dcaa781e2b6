"""Tests of ``timeout``, the deadline of a call's retries, and of the limit to a wait without it."""

import time
from typing import Any, Dict

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError
from client_kinds import ClientKind
from fake_transport import StubResponse

UNREACHABLE = ServiceRequestError("no connection")


def busy(seconds: Any, status: int = 503) -> StubResponse:
    return StubResponse("", status, "Busy", headers={"Retry-After": str(seconds)})


class Clock:
    """A clock that advances while the transport works and during waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "time", lambda: self.now + 1_700_000_000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that tests set."""
    return Clock(monkeypatch)


def failed(client_kind: ClientKind, clock: Clock, *plan: Any, takes: float = 0, client: Any = None, **call: Any) -> Any:
    """Return the transport of a call that fails, and the exception. Each attempt takes some seconds."""

    def slow(step: Any) -> Any:
        def respond(_: Any) -> Any:
            clock.now += takes
            if isinstance(step, Exception):
                raise step
            return step

        return respond

    transport = client_kind.transport(*map(slow, plan))
    slept = transport.sleep

    def sleep(duration: float) -> Any:
        clock.now += duration
        return slept(duration)

    transport.sleep = sleep
    with client_kind.client(transport=transport, **(client or {})) as made, pytest.raises(AzureError) as caught:
        made.analyze(b"image", ["tags"], **call)
    return transport, caught.value


@pytest.mark.parametrize("where", ["client", "call"])
@pytest.mark.parametrize("status", [404, 503])
def test_retry_after_past_the_deadline_is_not_awaited(
    client_kind: ClientKind, clock: Clock, where: str, status: int
) -> None:
    given: Dict[str, Any] = {"client": {}, "call": {}, where: {"timeout": 1}}
    transport, error = failed(client_kind, clock, busy(6, status), client=given["client"], **given["call"])
    assert (len(transport.sent), transport.slept) == (1, [])
    assert isinstance(error, HttpResponseError)
    assert error.status_code == status


@pytest.mark.parametrize("failure", [StubResponse("", 503), UNREACHABLE], ids=["status", "connection"])
def test_backoff_past_the_deadline_is_not_awaited(client_kind: ClientKind, clock: Clock, failure: Any) -> None:
    transport, _ = failed(client_kind, clock, failure, takes=1, timeout=3.5)
    assert (len(transport.sent), transport.slept) == (2, [])


def test_wait_within_the_deadline_is_obeyed(client_kind: ClientKind, clock: Clock) -> None:
    transport, error = failed(client_kind, clock, busy(400), timeout=1000)
    assert transport.slept == [400, 400]
    assert error.status_code == 503


@pytest.mark.parametrize("asked", [301, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_default_wait_limit_is_five_minutes(client_kind: ClientKind, asked: Any) -> None:
    transport = client_kind.transport(busy(asked))
    with client_kind.client(transport=transport) as client, pytest.raises(HttpResponseError) as caught:
        client.analyze(b"image", ["tags"])
    assert (len(transport.sent), transport.slept) == (1, [])
    assert caught.value.response is not None and caught.value.response.headers["Retry-After"] == str(asked)


def test_wait_of_five_minutes_is_allowed(client_kind: ClientKind) -> None:
    transport = client_kind.transport(busy(300), StubResponse())
    with client_kind.client(transport=transport) as client:
        client.analyze(b"image", ["tags"])
    assert transport.slept == [300]
