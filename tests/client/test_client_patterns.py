"""Tests of usage patterns of programs for 1.0.0: what worked there works here."""

import asyncio
import contextlib
import copy
import inspect
import io
import json
import logging
import pickle
import signal
import socket
import sys
import tarfile
import threading
import urllib.request
from types import SimpleNamespace
from typing import Any, Callable, Dict, Iterator, List
from unittest import mock

import aiohttp
import pytest
import requests
from azure.ai.vision.imageanalysis import models as m
from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.policies import SansIOHTTPPolicy
from client_kinds import ClientKind
from fake_transport import RESULT, StubResponse
from faulty_server import Loopback
from full_response import full_response
from no_sleep import no_sleep_transport
from pipe import Pipe

URL = "https://images.example/boats.jpg"
BUSY = StubResponse(status=503, headers={"Retry-After": "0"})


class Guard(RuntimeError):
    """What a tool raises that lets no test use a socket."""


class Unknown(Exception):
    """An exception of no known family, as a job runner or a recorder of calls has."""


# Exceptions that do not come from the network


FOREIGN: Dict[str, BaseException] = {
    "a guard of sockets": Guard("a test tried to use a socket"),
    "of no known family": Unknown("no such call was recorded"),
    "a failed assertion": AssertionError("an unexpected call"),
    "no memory": MemoryError("out of memory"),
    "a missing key": KeyError("token"),
    "the event loop": RuntimeError("Event loop is closed"),
    "a broken codec": UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
}


def raising(error: BaseException) -> Callable[..., Any]:
    """Make a function that raises, to be called or awaited."""

    def fail(*arguments: Any, **options: Any) -> Any:
        raise error

    return fail


@contextlib.contextmanager
def unchanged(error: BaseException) -> Iterator[None]:
    """Expect just this exception."""
    text = str(error)
    with pytest.raises(type(error)) as caught:
        yield
    assert caught.value is error
    assert str(caught.value) == text


@pytest.mark.parametrize("name", [name for name in FOREIGN if name != "a broken codec"])
def test_session_exception_propagates_at_once(
    client_kind: ClientKind, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    sent = mock.Mock(side_effect=FOREIGN[name])
    monkeypatch.setattr(aiohttp.ClientSession if client_kind.is_async else requests.Session, "request", sent)
    transport = no_sleep_transport(client_kind)
    with client_kind.client(transport=transport) as client, unchanged(FOREIGN[name]):
        client.analyze(b"image", ["caption"])
    assert (sent.call_count, transport.slept) == (1, [])


class FailingPolicy(SansIOHTTPPolicy[Any, Any]):
    """A policy of the user's."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def on_request(self, request: Any) -> None:
        raise self._error


OWN_CODE: Dict[str, Callable[[BaseException], Dict[str, Any]]] = {
    "a policy": lambda error: {"client": {"per_call_policies": [FailingPolicy(error)]}},
    "a policy for each attempt": lambda error: {"client": {"per_retry_policies": [FailingPolicy(error)]}},
    "a hook": lambda error: {"raw_request_hook": raising(error)},
    "a hook for responses": lambda error: {"raw_response_hook": raising(error)},
    "cls": lambda error: {"cls": raising(error)},
}


@pytest.mark.parametrize("where", OWN_CODE)
@pytest.mark.parametrize("error", FOREIGN.values(), ids=FOREIGN)
def test_user_exception_propagates_at_once(client_kind: ClientKind, where: str, error: BaseException) -> None:
    transport, options = client_kind.transport(), OWN_CODE[where](error)
    with client_kind.client(transport=transport, **options.pop("client", {})) as client, unchanged(error):
        client.analyze(b"image", ["caption"], **options)
    assert (len(transport.sent) <= 1, transport.slept) == (True, [])


def test_credential_exception_propagates_at_once(client_kind: ClientKind) -> None:
    error = Unknown("the vault is sealed")
    credential = client_kind.token_credential()
    credential.get_token = raising(error)
    transport = client_kind.transport()
    with client_kind.client(credential=credential, transport=transport) as client, unchanged(error):
        client.analyze(b"image", ["caption"])
    assert (transport.sent, transport.slept) == ([], [])


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no timers that send a signal")
@pytest.mark.parametrize(
    "error",
    [
        Unknown("time is up"),
        pytest.param(
            TimeoutError("time is up"),
            marks=pytest.mark.skipif(sys.version_info < (3, 10), reason="urllib3 takes it for a lost connection"),
        ),
    ],
    ids=lambda error: type(error).__name__,
)
def test_time_limit_of_a_job_runner_ends_the_call_at_once(error: Exception) -> None:
    transport = no_sleep_transport(ClientKind(False))
    before = signal.signal(signal.SIGALRM, raising(error))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        try:
            with ClientKind(False).client(f"http://127.0.0.1:{silent.getsockname()[1]}", transport=transport) as client:
                signal.setitimer(signal.ITIMER_REAL, 0.2)
                with pytest.raises((type(error), ServiceResponseTimeoutError)) as caught:
                    client.analyze(b"image", ["caption"], read_timeout=60)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    # requests takes a TimeoutError for its own where it waits for the response.
    assert caught.value is error or isinstance(error, TimeoutError)
    assert transport.slept == []


def test_closed_client_raises_at_once(client_kind: ClientKind) -> None:
    transport = no_sleep_transport(client_kind)
    with Loopback(StubResponse()) as server, client_kind.client(server.endpoint, transport=transport) as client:
        assert client.analyze(b"image", ["caption"]) == RESULT
        client.close()
        with pytest.raises(Exception, match="(?i)closed"):
            client.analyze(b"image", ["caption"])
    assert (len(server.received), transport.slept) == (1, [])


def test_client_in_a_second_event_loop_is_not_retried() -> None:
    kind = ClientKind(True)
    transport = no_sleep_transport(kind)
    with Loopback(StubResponse()) as server:
        driver = kind.client(server.endpoint, transport=transport)
        with driver:
            assert driver.analyze(b"image", ["caption"]) == RESULT
            other = asyncio.new_event_loop()
            try:
                other.run_until_complete(driver.client.analyze(b"image", ["caption"]))
            except RuntimeError:
                pass  # aiohttp may find out, or not
            finally:
                other.close()
    assert transport.slept == []


def test_cancelled_call_is_cancelled() -> None:
    async def wait(client: Any) -> None:
        await asyncio.wait_for(client.analyze(b"image", ["caption"]), 0.1)

    released = threading.Event()
    with Loopback(lambda request: StubResponse() if released.wait(60) else BUSY) as server:
        transport = no_sleep_transport(ClientKind(True))
        with ClientKind(True).client(server.endpoint, transport=transport) as client:
            with pytest.raises(asyncio.TimeoutError):
                client.wait(wait(client.client))
            released.set()
    assert transport.slept == []


# Transports of the user's own


def test_error_of_a_transport_keeps_its_text(client_kind: ClientKind) -> None:
    error = ServiceRequestError("the gateway is closed at night", error=Unknown("down"))
    with client_kind.client(transport=client_kind.transport(error)) as client:
        with pytest.raises(ServiceRequestError, match="^the gateway is closed at night$"):
            client.analyze(b"image", ["caption"], retry_total=0)


@pytest.mark.parametrize(
    "response", [StubResponse(), StubResponse({"error": {"code": "C", "message": "M"}}, 400)], ids=["200", "400"]
)
def test_transport_may_leave_the_body_unread(client_kind: ClientKind, response: StubResponse) -> None:
    class Unread(client_kind.transport_class):  # type: ignore[misc, name-defined]
        """A transport that leaves the body unread."""

        def send(self, request: Any, *, stream: bool = False, **options: Any) -> Any:
            return super().send(request, stream=True, **options)

    with client_kind.client(transport=Unread(response)) as client:
        if response.status == 200:
            assert client.analyze(b"image", ["caption"]) == RESULT
        else:
            with pytest.raises(HttpResponseError) as caught:
                client.analyze(b"image", ["caption"])
            assert caught.value.error is not None
            assert (caught.value.error.code, caught.value.error.message) == ("C", "M")


def test_option_of_a_call_holds_for_each_attempt(client_kind: ClientKind, caplog: pytest.LogCaptureFixture) -> None:
    seen: List[str] = []
    transport = client_kind.transport(BUSY, BUSY, StubResponse())
    with caplog.at_level(logging.DEBUG, "azure"), client_kind.client(transport=transport) as client:
        client.analyze_from_url(
            URL,
            ["caption"],
            logging_enable=True,
            headers={"X-Name": "value"},
            read_timeout=7,
            raw_request_hook=lambda request: seen.append(request.http_request.url),
        )
    assert caplog.text.count(f'"url": "{URL}"') == len(seen) == 3
    assert [(sent.headers["X-Name"], sent.options["read_timeout"]) for sent in transport.sent] == [("value", 7)] * 3


# Errors


FAILURES: Dict[str, Any] = {
    "busy": (StubResponse({"error": {"code": "Busy", "message": "later"}}, 503), HttpResponseError),
    "wrong key": (StubResponse({"error": {"code": "401", "message": "Access denied"}}, 401), ClientAuthenticationError),
    "no JSON": (StubResponse("<html>"), DecodeError),
    "no connection": (ServiceRequestError("no connection", error=OSError("refused")), ServiceRequestError),
}


def failure(client_kind: ClientKind, name: str) -> Any:
    """Make a call that fails."""
    response, kind = FAILURES[name]
    with client_kind.client(transport=client_kind.transport(response)) as client, pytest.raises(kind) as caught:
        client.analyze(b"image", ["caption"], retry_total=0)
    return caught.value


@pytest.mark.parametrize("name", FAILURES)
def test_error_survives_a_process_pool(client_kind: ClientKind, name: str) -> None:
    error = failure(client_kind, name)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.message) == (type(error), str(error), error.message)
    if isinstance(error, HttpResponseError):
        assert (again.status_code, again.reason) == (error.status_code, error.reason)
        assert (again.error.code, again.error.message) == (error.error.code, error.error.message)


@pytest.mark.parametrize("name", ["busy", "wrong key", "no JSON"])
def test_error_can_be_printed_as_the_quickstart_does(client_kind: ClientKind, name: str) -> None:
    error = failure(client_kind, name)
    assert f"{error.status_code} {error.reason} {error.error.code} {error.error.message}"
    assert "None" not in f"{error.status_code} {error.reason} {error.error.code} {error.error.message}"


# Methods that begin with an underscore, and classes that inherit


JSON_URL = {"url": URL}
URLS: Dict[str, Callable[[], Any]] = {
    "a dict": lambda: JSON_URL,
    "a model": lambda: SimpleNamespace(url=URL),
    "a stream of JSON": lambda: io.BytesIO(json.dumps(JSON_URL).encode()),
    "JSON": lambda: json.dumps(JSON_URL).encode(),
}
OPTIONS: Dict[str, Any] = {
    "language": "en",
    "gender_neutral_caption": True,
    "smart_crops_aspect_ratios": [0.9],
    "model_version": "latest",
    "headers": {"X-Name": "value"},
}


def test_private_analyze_from_image_data(client_kind: ClientKind) -> None:
    transport = client_kind.transport()
    with client_kind.client(transport=transport) as client:
        assert client._analyze_from_image_data(b"image", visual_features=["caption"], **OPTIONS) == RESULT
        assert client._analyze_from_image_data(image_data=b"image", visual_features=["caption"]) == RESULT
        client.analyze(b"image", ["caption"], **OPTIONS)
    assert (transport.sent[0].url, transport.sent[0].body) == (transport.sent[2].url, b"image")
    assert transport.sent[0].headers["X-Name"] == "value"


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_private_analyze_from_url(client_kind: ClientKind, url: Callable[[], Any]) -> None:
    transport = client_kind.transport()
    with client_kind.client(transport=transport) as client:
        assert client._analyze_from_url(url(), visual_features=["caption"], **OPTIONS) == RESULT
        client.analyze_from_url(URL, ["caption"], **OPTIONS)
    assert [json.loads(sent.body) for sent in transport.sent] == [JSON_URL] * 2
    assert transport.sent[0].url == transport.sent[1].url


@pytest.mark.parametrize(
    "url, error",
    [({}, TypeError), (5, TypeError), (b"no JSON", ValueError), (b"[]", TypeError), ({"url": ""}, ValueError)],
    ids=["empty", "a number", "no JSON", "a list", "an empty URL"],
)
def test_private_analyze_from_url_needs_a_url(client_kind: ClientKind, url: Any, error: Any) -> None:
    with client_kind.client(transport=client_kind.transport()) as client:
        with pytest.raises(error, match="^image_url: expected"):
            client._analyze_from_url(url, visual_features=["caption"])


def test_subclass_may_call_the_private_methods_from_its_public_ones(client_kind: ClientKind) -> None:
    class Wrapper(client_kind.client_class):  # type: ignore[misc, name-defined]
        """A client that adds something of its own."""

        def analyze(self, image_data: Any, visual_features: Any, **options: Any) -> Any:
            return self._analyze_from_image_data(image_data, visual_features=visual_features, **options)

        def analyze_from_url(self, image_url: Any, visual_features: Any, **options: Any) -> Any:
            return self._analyze_from_url({"url": image_url}, visual_features=visual_features, **options)

    client_kind.client_class = Wrapper
    with client_kind.client(transport=client_kind.transport()) as client:
        assert client.analyze(b"image", ["caption"]) == RESULT
        assert client.analyze_from_url(URL, ["caption"]) == RESULT


def test_client_can_be_mocked_by_its_class(client_kind: ClientKind) -> None:
    client = mock.create_autospec(client_kind.client_class, instance=True)
    client.analyze.return_value = m.ImageAnalysisResult(RESULT)
    call = client.analyze(image_data=b"image", visual_features=[m.VisualFeatures.CAPTION])
    if client_kind.is_async:
        assert inspect.isawaitable(call)
        call.close()
    else:
        assert call.caption.text == "two boats on a lake"
    with pytest.raises(TypeError):
        client.analyze()


# Endpoints


@pytest.mark.parametrize("endpoint", ["test", "my-resource", "<YOUR_ENDPOINT>", "dummy endpoint", "", "my.example.com"])
def test_endpoint_is_validated_at_first_use(client_kind: ClientKind, endpoint: str) -> None:
    transport = client_kind.transport()
    with client_kind.client(endpoint, transport=transport) as client:
        with pytest.raises(ServiceRequestError, match="endpoint"):
            client.analyze(b"image", ["caption"])
    assert (transport.sent, transport.slept) == ([], [])


# Sources of images


def member_of_a_stream() -> Any:
    """A member of a compressed archive that is read as it comes."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        entry = tarfile.TarInfo("image.jpg")
        entry.size = 5000
        archive.addfile(entry, io.BytesIO(b"z" * 5000))
    file.seek(0)
    stream = tarfile.open(fileobj=file, mode="r|gz")
    entry = stream.next()  # type: ignore[assignment]
    return stream.extractfile(entry)


@contextlib.contextmanager
def download() -> Iterator[Any]:
    """A response of urllib, which is read as it comes."""
    with Loopback(StubResponse(b"z" * 5000)) as server, urllib.request.urlopen(server.endpoint) as response:
        yield response


STREAMS: Dict[str, Callable[[], Any]] = {
    "a pipe": lambda: contextlib.nullcontext(Pipe(b"z" * 5000)),
    "a member of an archive": lambda: contextlib.nullcontext(member_of_a_stream()),
    "a download": download,
    "a generator": lambda: contextlib.nullcontext(b"z" * 1000 for _ in range(5)),
}


@pytest.mark.slow
@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_stream_is_whole_on_each_attempt(client_kind: ClientKind, stream: Callable[[], Any]) -> None:
    with Loopback(BUSY, BUSY, StubResponse()) as server, client_kind.client(server.endpoint) as client:
        with stream() as image:
            assert client.analyze(image, ["caption"]) == RESULT
    assert [received.body for received in server.received] == [b"z" * 5000] * 3


def test_file_at_its_end_is_refused_with_advice(client_kind: ClientKind) -> None:
    file = io.BytesIO(b"image")
    file.read()
    with client_kind.client(transport=client_kind.transport()) as client:
        with pytest.raises(ValueError, match=r"seek\(0\)"):
            client.analyze(file, ["caption"])
        file.seek(0)
        assert client.analyze(file, ["caption"]) == RESULT


# Results


@pytest.fixture
def result(client_kind: ClientKind) -> Any:
    """The result of a call that asked for everything."""
    with client_kind.client(transport=client_kind.transport(StubResponse(full_response()))) as client:
        return client.analyze(b"image", list(m.VisualFeatures))


def test_own_attribute_on_each_model(result: Any) -> None:
    for model in (result, result.caption, result.tags, result.tags.list[0], result.read.blocks[0].lines[0].words[0]):
        model.description = "my own"
        assert model.description == "my own" and vars(model)["description"] == "my own"
        assert "description" not in model and "description" not in model.as_dict()
    assert result.caption.text == "two boats on a lake"


def test_copies_keep_own_attributes(result: Any) -> None:
    result.description = "my own"
    for again in (copy.copy(result), copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
        assert again.description == "my own"
        assert again == result


def test_shallow_copy_shares_its_lists(result: Any) -> None:
    assert copy.copy(result.tags).list is result.tags.list
    assert copy.copy(result).tags.list is result.tags.list


def test_method_of_a_result_can_be_patched(result: Any) -> None:
    with mock.patch.object(result, "as_dict", return_value={"a": 1}):
        assert result.as_dict() == {"a": 1}
    assert result.as_dict() == full_response()


@pytest.mark.parametrize(
    "value", [mock.Mock(text="t"), SimpleNamespace(text="t"), 5], ids=lambda value: type(value).__name__
)
def test_user_value_is_kept(result: Any, value: Any) -> None:
    result.caption = value
    assert result.caption is value
    made = m.ImageAnalysisResult(caption=value, tags=m.TagsResult(list=[value]), model_version="v")
    assert made.caption is value and made.tags is not None and made.tags.list[0] is value
    result["captionResult"] = value
    assert result.caption is value
    result.tags.list[0] = value
    assert result.tags.list[0] is value


def test_dict_that_is_set_becomes_a_model(result: Any) -> None:
    result.caption = {"text": "t", "confidence": 1}
    result.tags.list = [{"name": "n", "confidence": 1}]
    assert (result.caption.text, result.tags.list[0].name) == ("t", "n")


@pytest.mark.parametrize("default", [str, dict, lambda model: model.as_dict()], ids=["str", "dict", "as_dict"])
def test_result_can_be_dumped_with_a_default(result: Any, default: Any) -> None:
    assert json.loads(json.dumps({"result": result}, default=default))["result"]


def test_model_is_no_date(result: Any) -> None:
    assert not hasattr(result.caption, "isoformat")


def test_iteration_gives_json_names(result: Any) -> None:
    assert list(result.tags) == ["values"]
    assert [tag.name for tag in result.tags.list] == ["lake", "boat"]
