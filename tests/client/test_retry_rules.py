"""Tests of what is retried, of the reasons in the log for what is not, and of options that hold for each attempt."""

import logging
import time
from typing import Any, Dict, List
from unittest import mock

import aiohttp
import pytest
import requests
from azure.core.exceptions import (
    AzureError,
    DecodeError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import HttpRequest
from client_kinds import KEY, ClientKind
from fake_transport import StubResponse
from libraries import since_azure_core

BUSY = StubResponse("", 503, headers={"Retry-After": "0"})

RETRIED: Dict[str, Any] = {
    **{str(status): StubResponse("", status) for status in (408, 429, 500, 502, 503, 504)},
    "another status with Retry-After": StubResponse("", 404, headers={"Retry-After": "1"}),
    "no connection": ServiceRequestError("no connection"),
    "no connection in time": ServiceRequestTimeoutError("no connection in time"),
    "a lost connection": ServiceResponseError("a lost connection"),
    "a body that breaks off": IncompleteReadError("a body that breaks off"),
    "a body whose connection is reset": HttpResponseError("reset", error=ConnectionResetError("reset")),
}
NOT_RETRIED: Dict[str, Any] = {
    **{str(status): (StubResponse("", status), f"status {status}") for status in (400, 401, 404, 409, 418, 501)},
    "a response that does not come in time": (ServiceResponseTimeoutError("late"), "did not come in time"),
    "an AzureError": (AzureError("mine"), "AzureError is not a lost connection"),
    "an HttpResponseError": (HttpResponseError("mine"), "HttpResponseError is not a lost connection"),
    "a DecodeError": (DecodeError("mine", error=ValueError()), "DecodeError is not a lost connection"),
}


def failed(client_kind: ClientKind, failure: Any, **call: Any) -> Any:
    """Return the transport of a call whose attempts all fail."""
    transport = client_kind.transport(failure)
    with client_kind.client(transport=transport) as client, pytest.raises(AzureError):
        client.analyze(b"image", ["tags"], **call)
    return transport


@pytest.mark.parametrize("failure", RETRIED.values(), ids=RETRIED)
def test_retried_failure(client_kind: ClientKind, failure: Any) -> None:
    transport = failed(client_kind, failure)
    assert len(transport.sent) == 4
    assert transport.slept in ([1.6, 3.2], [1, 1, 1])


@pytest.mark.parametrize("failure, reason", NOT_RETRIED.values(), ids=NOT_RETRIED)
def test_other_failure_is_not_retried(
    client_kind: ClientKind, failure: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "azure.ai.vision.imageanalysis"):
        transport = failed(client_kind, failure)
    assert (len(transport.sent), transport.slept) == (1, [])
    (text,) = caplog.messages
    assert text.startswith("No retry: ") and reason in text


REFUSALS: Dict[str, Any] = {
    "no retries at all": (BUSY, {"retry_total": 0}, "no retries are left"),
    "no retries left for a status": (StubResponse("", 503), {"retry_total": 0}, "status 503, and no retries are left"),
    "no retries left": (ServiceResponseError("lost"), {"retry_read": 1}, "no retries are left"),
    "a long wait": (StubResponse("", 429, headers={"Retry-After": "400"}), {}, "a wait of 400.0 seconds is longer"),
    "a deadline": (StubResponse("", 429, headers={"Retry-After": "9"}), {"timeout": 5}, "a wait of 9.0 seconds"),
}


@pytest.mark.parametrize("failure, call, reason", REFUSALS.values(), ids=REFUSALS)
def test_refused_retry_is_logged(
    client_kind: ClientKind, failure: Any, call: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "azure.ai.vision.imageanalysis"):
        failed(client_kind, failure, **call)
    assert caplog.messages[-1].startswith("No retry: ") and reason in caplog.messages[-1]


def test_body_that_can_be_sent_once_is_logged(client_kind: ClientKind, caplog: pytest.LogCaptureFixture) -> None:
    request = HttpRequest("PUT", "/x", content=iter([b"piece"]))
    with caplog.at_level(logging.DEBUG, "azure.ai.vision.imageanalysis"):
        with client_kind.client(transport=client_kind.transport(BUSY)) as client:
            assert client.send_request(request).status_code == 503
    assert caplog.messages == ["No retry: the body can be sent only once"]


# Sessions of a test, which raise before any time has passed


def with_session(client_kind: ClientKind, monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> Any:
    """Return a mock in the place of the method with which a session sends."""
    sent = mock.AsyncMock(side_effect=errors) if client_kind.is_async else mock.Mock(side_effect=errors)
    monkeypatch.setattr(aiohttp.ClientSession if client_kind.is_async else requests.Session, "request", sent)
    return sent


@since_azure_core(1, 37)
def test_timeouts_of_a_session_are_told_apart_by_their_class(
    client_kind: ClientKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Test timeouts of a user's session, also while the clock stands still."""
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    connect: Exception = requests.ConnectTimeout()
    read: Exception = requests.ReadTimeout()
    if client_kind.is_async:
        connect, read = aiohttp.ConnectionTimeoutError(), aiohttp.ServerTimeoutError()
    sent = with_session(client_kind, monkeypatch, connect, connect, read)
    with client_kind.client(retry_backoff_factor=0) as client, pytest.raises(ServiceResponseTimeoutError) as caught:
        client.analyze(b"image", ["tags"])
    assert sent.call_count == 3
    assert caught.value.inner_exception is read


@pytest.mark.parametrize("kind", [requests.ReadTimeout, aiohttp.ServerTimeoutError])
def test_read_timeout_is_recognized_whatever_azure_core_makes_of_it(client_kind: ClientKind, kind: Any) -> None:
    """azure-core before version 1.37 raises a ServiceResponseError, as for a lost connection."""
    error = ServiceResponseError("late", error=kind("late"))
    transport = client_kind.transport(error)
    with client_kind.client(transport=transport) as client, pytest.raises(ServiceResponseTimeoutError) as caught:
        client.analyze(b"image", ["tags"])
    assert len(transport.sent) == 1
    assert (str(caught.value), caught.value.inner_exception) == ("late", error.inner_exception)


# Options of a call, which azure-core takes out of it at the first attempt


def sent_twice(client_kind: ClientKind, client: Any = None, **call: Any) -> List[Any]:
    """Return the two requests of a call that is retried once."""
    transport = client_kind.transport(BUSY, StubResponse())
    with client_kind.client(transport=transport, **(client or {})) as made:
        made.analyze_from_url("https://images.example/a.jpg?mark=1", ["tags"], **call)
    assert len(transport.sent) == 2
    return transport.sent  # type: ignore[no-any-return]


def test_logging_can_be_switched_off_for_each_attempt(
    client_kind: ClientKind, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        sent_twice(client_kind, {"logging_enable": True}, logging_enable=False)
    assert "mark=1" not in caplog.text and KEY not in caplog.text


def test_option_of_a_user_policy_holds_for_each_attempt(client_kind: ClientKind) -> None:
    class Taking(SansIOHTTPPolicy[Any, Any]):
        """A policy that removes an option of the call, as azure-core's do."""

        def on_request(self, request: Any) -> None:
            taken.append(request.context.options.pop("own", None))

    taken: List[Any] = []
    sent_twice(client_kind, {"per_retry_policies": Taking()}, own="mine")
    assert taken == ["mine", "mine"]
