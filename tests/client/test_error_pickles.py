"""Tests that errors survive pickle with class, text, status and ``error``."""

import pickle
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError
from azure.core.rest import HttpRequest
from client_kinds import KEY, ClientKind
from fake_transport import StubResponse
from faults import FAULTS, TEXT
from faulty_server import FaultyServer, http_response
from one_call import result_of
from sleepless import sleepless

IMAGE = b"the image 7c1e"


def there_and_back(error: Any, protocol: int = pickle.HIGHEST_PROTOCOL) -> Any:
    """Pickle an error twice, and compare what it says."""
    data = pickle.dumps(error, protocol)
    for secret in (KEY, TEXT):
        assert secret.encode() not in data or secret in str(error)
    assert IMAGE not in data
    again = pickle.loads(pickle.dumps(pickle.loads(data), protocol))
    assert type(again) is type(error)
    assert (str(again), repr(again), again.args, again.message) == (str(error), repr(error), error.args, error.message)
    assert again.continuation_token == error.continuation_token
    if isinstance(error, HttpResponseError):
        assert (again.status_code, again.reason) == (error.status_code, error.reason)
        assert (again.error.code, again.error.message) == (error.error.code, error.error.message)
        assert (str(again.error), again.error.target) == (str(error.error), error.error.target)
        assert error.status_code is None or error.response is not None  # it has lost nothing by that
    return again


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.raises])
def test_pickled_error_of_each_fault(client_kind: ClientKind, name: str, stream: bool) -> None:
    fault = FAULTS[name]
    with FaultyServer(*fault.script) as server:
        with client_kind.client(server.origin, transport=sleepless(client_kind)) as client:
            try:
                client.wait(client.analyze(IMAGE, ["read"], retry_total=0, stream=stream, **fault.call))
            except AzureError as error:
                there_and_back(error)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_each_pickle_protocol(client_kind: ClientKind, protocol: int) -> None:
    with pytest.raises(HttpResponseError) as caught:
        result_of(client_kind, StubResponse({"error": {"code": "C", "message": "M", "innererror": {"code": "I"}}}, 400))
    assert there_and_back(caught.value, protocol).error.innererror == {"code": "I"}


@pytest.mark.parametrize("depth", [100, 200, 300, 900])
@pytest.mark.parametrize("layer", ['{"more": [%s]}', '{"code": "Code", "message": "M", "details": [%s]}'])
def test_too_deeply_nested_error_is_pickled(client_kind: ClientKind, layer: str, depth: int) -> None:
    before, after = layer.split("%s")
    nested = before * depth + after * depth
    deep = f'"innererror": {nested}' if "more" in layer else f'"details": [{nested}]'
    with pytest.raises(HttpResponseError) as caught:
        result_of(client_kind, StubResponse(f'{{"error": {{"code": "Code", "message": "M", {deep}}}}}', 400))
    error, again = caught.value, pickle.loads(pickle.dumps(caught.value))
    assert (again.status_code, str(again)) == (400, str(error))
    assert error.error is not None
    assert (again.error.code, again.error.message) == (error.error.code, error.error.message)


def test_pickled_error_of_send_request(client_kind: ClientKind) -> None:
    with client_kind.client("http://127.0.0.1:9", transport=sleepless(client_kind)) as client:
        with pytest.raises(ServiceRequestError) as caught:
            client.send_request(HttpRequest("GET", "/x"))
    there_and_back(caught.value)


class OwnError(HttpResponseError):
    """A user's exception, whose constructor takes something else than azure-core's."""

    def __init__(self, response: Any) -> None:
        super().__init__("mine", response=response)
        self.own = response.status_code


def test_user_error_class_keeps_its_attributes(client_kind: ClientKind) -> None:
    with pytest.raises(OwnError) as caught:
        result_of(client_kind, StubResponse("", 400), error_map={400: OwnError})
    assert there_and_back(caught.value).own == 400


class Reduced(HttpResponseError):
    """A user's exception that has a way through pickle."""

    def __reduce__(self) -> Any:
        return Reduced, ("its own way",)


def test_user_reduce_is_respected(client_kind: ClientKind) -> None:
    with pytest.raises(Reduced) as caught:
        result_of(client_kind, StubResponse("", 400), error_map={400: Reduced})
    assert pickle.loads(pickle.dumps(caught.value)).message == "its own way"


def call(endpoint: str) -> None:
    with ClientKind(False).client(endpoint) as client:
        client.analyze(IMAGE, ["tags"])


def test_error_from_a_process_pool() -> None:
    refusal = http_response({"error": {"code": "Code", "message": "Message."}}, 400, "Bad Request")
    with FaultyServer(refusal) as server, ProcessPoolExecutor(1) as pool:
        with pytest.raises(HttpResponseError, match="Message.") as caught:
            pool.submit(call, server.origin).result()
    assert caught.value.status_code == 400
    assert caught.value.error is not None and caught.value.error.code == "Code"
