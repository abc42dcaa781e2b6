"""Tests of network faults on real sockets: each ends with one of azure-core's exceptions."""

from typing import Any

import pytest
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ODataV4Format,
    ServiceRequestError,
    ServiceResponseError,
)
from certificates import Certificates
from client_kinds import ClientKind
from faults import BODY, FAULTS, TEXT, FaultCase
from faulty_server import FaultyServer, http_response


def check(error: AzureError, fault: FaultCase) -> None:
    """Check that an exception is complete, that it is the expected one, and that it shows no recognized text."""
    if not isinstance(error, HttpResponseError):
        assert error.inner_exception is not None or isinstance(error, fault.raises)
        return
    assert isinstance(error.error, ODataV4Format)
    assert error.error.code and error.error.message
    if fault.status is not None:
        assert error.status_code == fault.status
        assert error.error.code == (fault.code or str(fault.status))
        assert error.error.message.startswith(fault.message or "Odd")
    if (error.status_code or 0) < 400:
        assert TEXT not in f"{error} {error!r}"


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_result_or_exception_of_each_fault(client_kind: ClientKind, fault: FaultCase) -> None:
    with FaultyServer(*fault.script) as server:
        with client_kind.client(server.origin, retry_backoff_factor=0) as client:
            try:
                outcome: Any = client.analyze(b"the image", ["caption", "read"], **fault.call)
            except AzureError as error:
                outcome = error
    least, most = (fault.attempts, fault.attempts) if isinstance(fault.attempts, int) else fault.attempts
    assert least <= max(len(server.requests), server.connections) <= most
    if fault.raises is None:
        assert isinstance(outcome, ImageAnalysisResult)
        assert outcome.caption is not None and outcome.caption.text == TEXT
    else:
        assert isinstance(outcome, fault.raises)
        check(outcome, fault)


STREAMED = [
    "http: a body shorter than announced",
    "http: a cut chunk",
    "body: not gzip",
    "status: 400",
]


@pytest.mark.parametrize("name", STREAMED)
def test_exception_while_a_streamed_response_is_read(client_kind: ClientKind, name: str) -> None:
    fault = FAULTS[name]
    with FaultyServer(*fault.script) as server:
        with client_kind.client(server.origin, retry_backoff_factor=0) as client:
            with pytest.raises(fault.raises) as caught:
                list(client.wait(client.analyze(b"the image", ["caption"], stream=True, **fault.call)))
    check(caught.value, fault)


def test_streamed_body_that_stalls(client_kind: ClientKind) -> None:
    # With azure-core below 1.37, the exception is not the one for a timeout.
    fault = FAULTS["connection: silent in the body"]
    with FaultyServer(*fault.script) as server, client_kind.client(server.origin) as client:
        with pytest.raises(ServiceResponseError):
            list(client.wait(client.analyze(b"the image", ["caption"], stream=True, **fault.call)))


def test_untrusted_certificate(client_kind: ClientKind, certificates: Certificates) -> None:
    with FaultyServer(http_response(BODY), tls=certificates.server) as server:
        with client_kind.client(server.origin, retry_backoff_factor=0) as client:
            with pytest.raises(ServiceRequestError) as caught:
                client.analyze(b"the image", ["caption"])
    assert caught.value.inner_exception is not None
    assert (server.connections, server.requests) == (4, [])
