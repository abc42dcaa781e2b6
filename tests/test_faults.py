"""Whatever goes wrong on the way, what does a caller see? One of azure-core's exceptions, here on real sockets."""

import io
from typing import Any

import pytest
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from azure.core.exceptions import AzureError, HttpResponseError, ODataV4Format
from faults import FAULTS, TEXT, Fault
from faulty_server import FaultyServer
from flavours import Flavour
from sleepless import sleepless

each_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


def look_at(error: HttpResponseError, fault: Fault) -> None:
    """What each exception with a status promises, and what the row says of it."""
    assert isinstance(error.error, ODataV4Format)
    assert error.error.code and error.error.message
    assert (error.response is None) == (error.status_code is None)
    if fault.status is not None:
        assert error.status_code == fault.status
        assert error.error.code == (fault.code or str(fault.status))
        assert error.error.message.startswith(fault.message or "Odd")
    screen = io.TextIOWrapper(io.BytesIO(), "utf-8")
    print(error, f"Status code: {error.status_code}", f"Reason: {error.reason}", file=screen)
    print(f"Error code: {error.error.code}", f"Message: {error.error.message}", file=screen, flush=True)


def outcome(flavour: Flavour, fault: Fault, **more: Any) -> Any:
    """Give what a call comes to, result or exception, and how many tries it took."""
    with FaultyServer(*fault.script) as server:
        with flavour.client(server.origin, transport=sleepless(flavour)) as client:
            try:
                came: Any = client.analyze(b"the image", ["caption", "read"], **fault.call, **more)
            except Exception as error:  # whatever it is, the test looks at it
                came = error
    return came, max(len(server.requests), server.connections)


@each_fault
def test_each_fault_is_told_in_its_kind(flavour: Flavour, fault: Fault) -> None:
    came, tries = outcome(flavour, fault)
    least, most = (fault.tries, fault.tries) if isinstance(fault.tries, int) else fault.tries
    assert least <= tries <= most
    if fault.raises is None:
        assert isinstance(came, ImageAnalysisResult)
        assert came.caption is not None and came.caption.text == TEXT
        return
    assert isinstance(came, AzureError)
    assert isinstance(came, fault.raises)
    if isinstance(came, HttpResponseError):
        look_at(came, fault)
    else:
        assert came.__cause__ is not None


@each_fault
def test_a_streamed_answer_fails_in_the_same_kinds(flavour: Flavour, fault: Fault) -> None:
    with FaultyServer(*fault.script) as server:
        with flavour.client(server.origin, transport=sleepless(flavour)) as client:
            try:
                chunks = client.wait(client.analyze(b"the image", ["caption", "read"], stream=True, **fault.call))
                assert all(isinstance(chunk, bytes) for chunk in chunks)
            except AzureError as error:
                assert fault.raises is not None
                if isinstance(error, HttpResponseError):
                    look_at(error, fault._replace(status=None))
                else:
                    assert error.__cause__ is not None
