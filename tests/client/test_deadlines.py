"""Tests of ``timeout``, the deadline of a whole call across retries, redirects and challenges."""

import base64
import time
from typing import Any, Dict, List

import pytest
from azure.core import __version__ as azure_core_version
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError, ServiceResponseTimeoutError
from client_kinds import ClientKind
from fake_transport import StubResponse

AGAIN = StubResponse("", 307, headers={"Location": "/again"})
CLAIMS = base64.b64encode(b'{"access_token": {}}').decode()
CHALLENGE = StubResponse(
    "", 401, headers={"WWW-Authenticate": f'Bearer error="insufficient_claims", claims="{CLAIMS}"'}
)
UNREACHABLE = ServiceRequestError("no connection")

handles_claims = pytest.mark.skipif(
    tuple(map(int, azure_core_version.split(".")[:2])) < (1, 32),
    reason="azure-core handles claims challenges since 1.32",
)
each_place = pytest.mark.parametrize("where", ["client", "call"])


def busy(seconds: Any, status: int = 503) -> StubResponse:
    return StubResponse("", status, "Busy", headers={"Retry-After": str(seconds)})


class Clock:
    """The time of a call: it passes with what the transport does, and with what is waited."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "time", lambda: self.now + 1_700_000_000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that tests set."""
    return Clock(monkeypatch)


def failed(client_kind: ClientKind, clock: Clock, *plan: Any, takes: float = 0, client: Any = None, **call: Any) -> Any:
    """Give the transport of a call that fails, and the exception. Each attempt takes so many seconds."""

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


@each_place
@pytest.mark.parametrize("status", [400, 404, 429, 503])
@pytest.mark.parametrize("asked, timeout", [(6, 1), (86400, 5), (301, 300), (10**12, 604800)])
def test_retry_after_past_the_deadline_is_not_awaited(
    client_kind: ClientKind, clock: Clock, where: str, status: int, asked: Any, timeout: float
) -> None:
    given: Dict[str, Any] = {"client": {}, "call": {}, where: {"timeout": timeout}}
    transport, error = failed(client_kind, clock, busy(asked, status), client=given["client"], **given["call"])
    assert (len(transport.sent), transport.slept) == (1, [])
    assert isinstance(error, HttpResponseError)
    assert error.status_code == status
    assert error.response is not None and error.response.headers["Retry-After"] == str(asked)


def test_backoff_past_the_deadline_is_not_awaited(client_kind: ClientKind, clock: Clock) -> None:
    transport, error = failed(client_kind, clock, StubResponse("", 503), takes=1, timeout=3.5)
    assert (len(transport.sent), transport.slept) == (2, [])
    assert error.status_code == 503


def test_lost_connection_is_raised_once_the_deadline_is_near(client_kind: ClientKind, clock: Clock) -> None:
    transport, error = failed(client_kind, clock, UNREACHABLE, takes=1, timeout=3.5)
    assert (len(transport.sent), transport.slept) == (2, [])
    assert error is UNREACHABLE


def test_wait_within_the_deadline_is_obeyed(client_kind: ClientKind, clock: Clock) -> None:
    transport, error = failed(client_kind, clock, busy(400), timeout=1000)
    assert transport.slept == [400, 400]
    assert error.status_code == 503


@pytest.mark.parametrize("asked", [301, 86400, "Fri, 31 Dec 9999 23:59:59 GMT"])
@pytest.mark.parametrize("status", [400, 404, 429, 503])
def test_default_wait_limit_is_five_minutes(client_kind: ClientKind, status: int, asked: Any) -> None:
    transport = client_kind.transport(busy(asked, status))
    with client_kind.client(transport=transport) as client, pytest.raises(HttpResponseError) as caught:
        client.analyze(b"image", ["tags"])
    assert (len(transport.sent), transport.slept) == (1, [])
    assert caught.value.status_code == status
    assert caught.value.response is not None and caught.value.response.headers["Retry-After"] == str(asked)


def test_wait_of_five_minutes_is_allowed(client_kind: ClientKind) -> None:
    transport = client_kind.transport(busy(300), StubResponse())
    with client_kind.client(transport=transport) as client:
        client.analyze(b"image", ["tags"])
    assert transport.slept == [300]


@each_place
def test_redirects_do_not_reset_the_deadline(client_kind: ClientKind, clock: Clock, where: str) -> None:
    given: Dict[str, Any] = {"client": {}, "call": {}, where: {"timeout": 2}}
    transport, error = failed(client_kind, clock, AGAIN, takes=0.3, client=given["client"], **given["call"])
    assert len(transport.sent) == 7
    assert isinstance(error, ServiceResponseTimeoutError)


def test_deadline_holds_for_waits_behind_a_redirect(client_kind: ClientKind, clock: Clock) -> None:
    transport, error = failed(client_kind, clock, busy(1), AGAIN, busy(1), timeout=1.5)
    assert transport.slept == [1]
    assert error.status_code == 503


@pytest.mark.parametrize(
    "keywords, requests",
    [({}, 5), ({"retry_total": 0}, 2), ({"retry_total": 1}, 3), ({"retry_status": 2}, 4), ({"retry_total": 2}, 4)],
)
@each_place
def test_redirects_do_not_reset_the_retry_budget(
    client_kind: ClientKind, clock: Clock, where: str, keywords: Dict[str, Any], requests: int
) -> None:
    """A server alternates between being busy and redirecting: it is asked so often, and no more."""
    plan: List[Any] = [AGAIN, busy(1)] if requests == 2 else [busy(1), AGAIN, busy(1)]
    given: Dict[str, Any] = {"client": {}, "call": {}, where: keywords}
    transport, error = failed(client_kind, clock, *plan, client=given["client"], **given["call"])
    assert len(transport.sent) == requests
    assert error.status_code == 503


def test_alternating_redirects_and_errors_are_bounded(client_kind: ClientKind, clock: Clock) -> None:
    """Retries and redirects each have their limit in a call; they do not multiply."""
    transport, error = failed(client_kind, clock, *[busy(0), AGAIN] * 40, AGAIN)
    assert len(transport.sent) == 4 + 3
    assert error.status_code == 503


def test_unreachable_behind_redirects(client_kind: ClientKind, clock: Clock) -> None:
    transport, error = failed(client_kind, clock, *[AGAIN, UNREACHABLE] * 10, retry_connect=2)
    assert len(transport.sent) == 2 * 3
    assert error is UNREACHABLE


@handles_claims
def test_challenge_past_the_deadline_stays_a_401(client_kind: ClientKind, clock: Clock) -> None:
    credential = client_kind.token_credential(lifetime=10**9)
    transport, error = failed(
        client_kind, clock, CHALLENGE, StubResponse(), takes=2, client={"credential": credential}, timeout=1
    )
    assert len(transport.sent) == 1
    assert error.status_code == 401


@handles_claims
def test_challenge_is_bounded_by_the_deadline(client_kind: ClientKind, clock: Clock) -> None:
    credential = client_kind.token_credential(lifetime=10**9)
    transport, error = failed(
        client_kind, clock, CHALLENGE, busy(2), StubResponse(), takes=1, client={"credential": credential}, timeout=3
    )
    assert (len(transport.sent), transport.slept) == (2, [])
    assert error.status_code == 503
