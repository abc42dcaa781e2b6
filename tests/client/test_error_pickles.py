"""Tests that errors survive pickle and copy with class, text, status and ``error``, and that pickles hold no secret."""

import copy
import pickle
from typing import Any, Dict

import pytest
from azure.core.exceptions import AzureError, HttpResponseError
from client_kinds import KEY, ClientKind
from fake_transport import StubResponse
from faulty_server import FaultyServer, ScriptedResponse, http_response
from one_call import result_of

IMAGE = b"the image 7c1e"
DETAILS = {"error": {"code": "C", "message": "M", "target": "features", "innererror": {"code": "I"}}}
RESPONSES: Dict[str, Any] = {
    "details": http_response(DETAILS, 400, "Bad Request"),
    "not JSON": http_response(b"<html>"),
    "lost": ScriptedResponse(),
    "cut": ScriptedResponse(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
    "redirected": http_response(b"", 307, location="/again"),
}


def round_trip(error: Any, protocol: int = pickle.HIGHEST_PROTOCOL) -> Any:
    """Pickle an error twice, and compare the copies with it."""
    data = pickle.dumps(error, protocol)
    assert KEY.encode() not in data and IMAGE not in data
    again = pickle.loads(pickle.dumps(pickle.loads(data), protocol))
    assert type(again) is type(error)
    assert (str(again), repr(again), again.args, again.message) == (str(error), repr(error), error.args, error.message)
    if isinstance(error, HttpResponseError):
        assert (again.status_code, again.reason, again.response) == (error.status_code, error.reason, None)
        assert str(again.error) == str(error.error)
        assert error.status_code is None or error.response is not None  # the original has lost nothing
    return again


@pytest.mark.parametrize("response", RESPONSES.values(), ids=RESPONSES)
def test_pickled_error(client_kind: ClientKind, response: Any) -> None:
    with FaultyServer(response) as server, client_kind.client(server.origin, retry_total=0, redirect_max=1) as client:
        with pytest.raises(AzureError) as caught:
            client.analyze(IMAGE, ["read"])
    round_trip(caught.value)


def test_copied_error_keeps_its_response(client_kind: ClientKind) -> None:
    with pytest.raises(HttpResponseError) as caught:
        result_of(client_kind, StubResponse(DETAILS, 400))
    for again in (copy.copy(caught.value), copy.copy(copy.copy(caught.value))):
        assert type(again) is type(caught.value)
        assert vars(again).keys() == vars(caught.value).keys()
        assert (again.response, again.error) == (caught.value.response, caught.value.error)
        round_trip(again)
    assert str(copy.deepcopy(caught.value)) == str(caught.value)


class OwnError(HttpResponseError):
    """A user's exception, whose constructor takes other arguments than azure-core's."""

    def __init__(self, response: Any) -> None:
        super().__init__("mine", response=response)
        self.own = response.status_code


class Reduced(HttpResponseError):
    """A user's exception that defines its own pickling."""

    def __reduce__(self) -> Any:
        return Reduced, ("its own way",)


def test_error_of_a_user(client_kind: ClientKind) -> None:
    with pytest.raises(OwnError) as caught:
        result_of(client_kind, StubResponse("", 400), error_map={400: OwnError})
    assert round_trip(caught.value).own == 400
    with pytest.raises(Reduced) as reduced:
        result_of(client_kind, StubResponse("", 400), error_map={400: Reduced})
    assert pickle.loads(pickle.dumps(reduced.value)).message == "its own way"
