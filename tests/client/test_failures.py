"""Tests of what a failure leaves behind: the original exception, no key in frames, and an unchanged process."""

import asyncio
import copy
import copyreg
import gc
import pickle
import traceback
import weakref
from typing import Any, Callable, Dict, Iterator, List

import aiohttp
import pytest
import requests
from azure.core import AsyncPipelineClient, PipelineClient, exceptions
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError, ServiceResponseTimeoutError
from azure.core.pipeline.policies import AzureKeyCredentialPolicy
from azure.core.rest import HttpRequest
from client_kinds import KEY, ClientKind
from fake_transport import RESULT, StubResponse
from faulty_server import FaultyServer, ScriptedResponse, http_response
from libraries import since_azure_core
from one_call import result_of

CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}"
NETWORK: Dict[str, Any] = {
    "refused": (None, {}),
    "lost": (ScriptedResponse(), {}),
    "timed out": (ScriptedResponse(end="wait"), {"read_timeout": 0.2}),
    "stalled": (ScriptedResponse(CUT, end="wait"), {"read_timeout": 0.2}),
    "broken off": (ScriptedResponse(CUT), {}),
}
each_failure = pytest.mark.parametrize("failure", NETWORK)


def failure_of(call: Callable[..., Any], failure: str) -> Any:
    """Return the exception of a call of a server that fails in some way."""
    step, options = NETWORK[failure]
    with FaultyServer(step or http_response()) as server:
        endpoint = server.origin if step else "http://127.0.0.1:9"
        with pytest.raises(AzureError) as caught:
            call(endpoint, **options)
    return caught.value


def our_call(client_kind: ClientKind) -> Callable[..., Any]:
    """Return a function that makes a call with one of our clients."""

    def call(endpoint: str, **options: Any) -> None:
        with client_kind.client(endpoint, retry_total=0) as client:
            client.analyze(b"the image", ["caption"], **options)

    return call


def bare_call(client_kind: ClientKind) -> Callable[..., Any]:
    """Return a function that makes a call with azure-core alone."""
    policies: Any = [AzureKeyCredentialPolicy(AzureKeyCredential(KEY), "Ocp-Apim-Subscription-Key")]

    def call(endpoint: str, **options: Any) -> None:
        with PipelineClient(endpoint, policies=policies) as client:
            client.send_request(HttpRequest("POST", endpoint, content=b"the image"), **options)

    async def call_later(endpoint: str, **options: Any) -> None:
        async with AsyncPipelineClient(endpoint, policies=policies) as client:
            await client.send_request(HttpRequest("POST", endpoint, content=b"the image"), **options)

    return (lambda *args, **options: asyncio.run(call_later(*args, **options))) if client_kind.is_async else call


def chain(error: Any) -> Iterator[BaseException]:
    """Go through an exception and those that a traceback shows with it."""
    seen: List[BaseException] = []
    waiting = [error]
    while waiting:
        link = waiting.pop()
        if link is not None and not any(link is other for other in seen):
            seen.append(link)
            waiting += [link.__cause__, link.__context__]
    return iter(seen)


def frames_with_key(error: BaseException) -> List[str]:
    """Return the functions whose local variables, in the tracebacks of an exception, show the key."""
    found: List[str] = []
    for link in chain(error):
        for frame, _ in traceback.walk_tb(link.__traceback__):
            own = frame.f_code.co_filename == __file__
            if not own and any(KEY in _repr(value) for value in frame.f_locals.values()):
                found.append(frame.f_code.co_name)
    return found


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except Exception:  # of an object that is only half made
        return ""


@each_failure
def test_no_frame_shows_the_key_that_does_not_with_azure_core_alone(client_kind: ClientKind, failure: str) -> None:
    ours = frames_with_key(failure_of(our_call(client_kind), failure))
    assert ours == frames_with_key(failure_of(bare_call(client_kind), failure))
    assert client_kind.is_async or ours == []


@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY}\u20ac"])
def test_no_frame_shows_an_unsendable_key(client_kind: ClientKind, key: str) -> None:
    with client_kind.client(credential=AzureKeyCredential(key), transport=client_kind.transport()) as client:
        with pytest.raises(ValueError, match="^header 'Ocp-Apim-Subscription-Key'") as caught:
            client.analyze(b"the image", ["caption"])
    assert frames_with_key(caught.value) == []


@since_azure_core(1, 37)
@each_failure
def test_original_exception_is_kept_with_its_text(client_kind: ClientKind, failure: str) -> None:
    error, bare = failure_of(our_call(client_kind), failure), failure_of(bare_call(client_kind), failure)
    assert type(error.inner_exception) is type(bare.inner_exception)
    assert error.inner_exception.__class__.__module__.partition(".")[0] in ("aiohttp", "requests", "urllib3")
    assert str(error) == str(error.inner_exception)
    if failure != "stalled":
        assert type(error) is type(bare)
        assert error.__cause__ is (error.inner_exception if client_kind.is_async else None)


def test_stalled_body_is_a_timeout(client_kind: ClientKind) -> None:
    error = failure_of(our_call(client_kind), "stalled")
    assert type(error) is ServiceResponseTimeoutError
    assert isinstance(error.inner_exception, aiohttp.ClientError if client_kind.is_async else requests.ConnectionError)


def test_wrong_setting_is_named() -> None:
    """aiohttp takes 0 for no limit."""
    with ClientKind(False).client("http://127.0.0.1:9") as client:
        with pytest.raises(ValueError, match=r"Invalid timeout \(300, 0\)|read timeout to 0"):
            client.analyze(b"image", ["caption"], read_timeout=0)


def state_of_the_process() -> Any:
    """Return what a library could change for all others."""
    classes = [
        kind for kind in vars(exceptions).values() if isinstance(kind, type) and kind.__module__ == exceptions.__name__
    ]
    attributes = {
        kind: {name: value for name, value in vars(kind).items() if name != "__slotnames__"} for kind in classes
    }
    return dict(copyreg.dispatch_table), attributes  # Python itself adds slot names to a class when it pickles


def test_nothing_of_the_process_is_changed(client_kind: ClientKind) -> None:
    before = state_of_the_process()
    for failure in NETWORK:
        pickle.loads(pickle.dumps(failure_of(our_call(client_kind), failure)))
    for response in (StubResponse("", 400), StubResponse("", 401), StubResponse("", 404), StubResponse("<html>")):
        with pytest.raises(HttpResponseError) as caught:
            result_of(client_kind, response)
        pickle.loads(pickle.dumps(caught.value))
    assert state_of_the_process() == before
    theirs = HttpResponseError("of another SDK", response=mock_response())
    assert copy.copy(theirs).response is theirs.response
    theirs.response = None
    assert b"imageanalysis" not in pickle.dumps(theirs)


def mock_response() -> Any:
    """Make a response of another service."""
    return ClientKind(False).transport(StubResponse(RESULT, 500)).send(HttpRequest("GET", "https://other.example"))


@pytest.mark.parametrize("response", [StubResponse("no", 400), StubResponse("<html>")], ids=["400", "200"])
def test_failed_call_is_in_no_reference_cycle(response: StubResponse) -> None:
    """Its traceback holds the image, which should not have to wait for the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        with ClientKind(False).client(transport=ClientKind(False).transport(response)) as client:
            try:
                client.analyze(b"the image", ["caption"])
            except HttpResponseError as error:
                left = weakref.ref(error)
        assert left() is None
    finally:
        gc.enable()


# A closed client


@since_azure_core(1, 31)
@pytest.mark.parametrize("used", [True, False])
def test_closed_client_always_raises_the_same_error(client_kind: ClientKind, used: bool) -> None:
    with FaultyServer(http_response()) as server:
        with client_kind.client(server.origin) as client:
            if used:
                client.analyze(b"image", ["tags"])
            client.close()
            with pytest.raises(ValueError, match="^The client has been closed"):
                client.analyze(b"image", ["tags"])
            with pytest.raises(ValueError, match="^The client has been closed"):
                client.send_request(HttpRequest("GET", "/x"))
    assert len(server.requests) == used


@since_azure_core(1, 31)
def test_client_closed_during_a_wait(client_kind: ClientKind) -> None:
    with FaultyServer(http_response(b"", 503, retry_after="1")) as server, client_kind.client(server.origin) as client:
        transport = client._client._pipeline._transport
        transport.sleep = lambda _: client.client.close()
        with pytest.raises(ValueError, match="^The client has been closed"):
            client.analyze(b"image", ["tags"])
    assert len(server.requests) == 1


def test_client_closed_while_calls_start() -> None:
    """aiohttp raises an AssertionError, a RuntimeError or a ClientConnectionError, depending on the moment."""

    async def outcomes(client: Any, steps: int) -> List[Any]:
        await client.analyze(b"image", ["tags"])
        calls = [asyncio.ensure_future(client.analyze(b"image", ["tags"])) for _ in range(50)]
        for _ in range(steps):
            await asyncio.sleep(0)
        closing = asyncio.ensure_future(client.close())
        calls += [asyncio.ensure_future(client.analyze(b"image", ["tags"])) for _ in range(20)]
        came = await asyncio.gather(*calls, return_exceptions=True)
        await closing
        return came

    with FaultyServer(http_response()) as server:
        for steps in (0, 1, 3, 10):
            client = ClientKind(True).client(server.origin, retry_total=0)
            came = client.wait(outcomes(client.client, steps))
            client.__exit__(None, None, None)
            refused = [error for error in came if isinstance(error, BaseException)]
            assert {f"{type(error).__name__}: {error}"[:43] for error in refused} == {
                "ValueError: The client has been closed. Mak"
            }
