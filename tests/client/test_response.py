"""Tests of successful responses: parsing, policies, ``cls`` and streaming."""

from types import SimpleNamespace
from typing import Any, Dict, List
from unittest import mock

import pytest
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from azure.core.exceptions import DecodeError, HttpResponseError
from azure.core.pipeline import AsyncPipeline, Pipeline, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy
from client_kinds import ClientKind
from fake_transport import RESULT, StubResponse
from one_call import result_of


def test_json_becomes_a_result(client_kind: ClientKind) -> None:
    result = result_of(client_kind, StubResponse())
    assert type(result) is ImageAnalysisResult
    assert result == RESULT
    assert result.metadata.width == 640
    assert result.tags is None


def test_image_and_url_give_equal_results(client_kind: ClientKind) -> None:
    with client_kind.client(transport=client_kind.transport(StubResponse())) as client:
        from_image = client.analyze(b"image", ["caption"])
        from_url = client.analyze_from_url("https://images.example/a.jpg", ["caption"])
    assert type(from_url) is ImageAnalysisResult
    assert from_url == from_image


def test_json_is_read_with_any_content_type(client_kind: ClientKind) -> None:
    assert result_of(client_kind, StubResponse(headers={"Content-Type": "text/html"})) == RESULT


@pytest.mark.parametrize("where", ["client", "call"])
def test_encoding_keyword(client_kind: ClientKind, where: str) -> None:
    body = '{"captionResult": {"text": "ein Fluß"}}'.encode("latin-1")
    keywords: Dict[str, Any] = {"client": {}, "call": {}, where: {"response_encoding": "latin-1"}}
    assert result_of(client_kind, StubResponse(body), keywords["client"], **keywords["call"]).caption.text == "ein Fluß"


@pytest.mark.parametrize(
    "body, problem",
    [
        (b"", "JSON"),
        (b"<html>hello</html>", "JSON"),
        (b'{"modelVersion": "2023', "JSON"),
        (b'{"modelVersion": NaN}', "JSON"),
        (b'{"modelVersion": -Infinity}', "JSON"),
        (b"\xff\xfe\xfd", "JSON"),
        (b"[1, 2]", "object"),
        (b"null", "object"),
    ],
)
def test_200_that_is_not_a_json_object_is_a_decode_error(body: bytes, problem: str) -> None:
    with pytest.raises(DecodeError, match=problem) as caught:
        result_of(ClientKind(False), StubResponse(body))
    error = caught.value
    assert isinstance(error, HttpResponseError)
    assert (error.status_code, error.reason, error.response.status_code) == (200, "OK", 200)
    assert error.error is not None
    assert (error.error.code, error.error.message) == ("200", error.message)


def test_decode_error_names_the_content_encoding(client_kind: ClientKind) -> None:
    with pytest.raises(DecodeError, match=r"is not JSON: .* \(Content-Encoding: br\)$"):
        result_of(client_kind, StubResponse(b"\x0b\x02\x80", headers={"Content-Encoding": "br"}))


class Watch(SansIOHTTPPolicy[Any, Any]):
    """Keeps the responses that pass through the pipeline."""

    def __init__(self) -> None:
        self.seen: List[Any] = []

    def on_response(self, request: Any, response: PipelineResponse[Any, Any]) -> None:
        self.seen.append(response)


def test_user_policy_can_replace_the_parsed_body(client_kind: ClientKind) -> None:
    class Improve(Watch):
        def on_response(self, request: Any, response: PipelineResponse[Any, Any]) -> None:
            assert response.context["deserialized_data"] == RESULT
            response.context["deserialized_data"] = {"modelVersion": "improved"}

    assert result_of(client_kind, StubResponse(), {"per_call_policies": Improve()}) == {"modelVersion": "improved"}


def test_cls_arguments_and_return_value(client_kind: ClientKind) -> None:
    calls: List[Any] = []

    def cls(*arguments: Any) -> str:
        calls.append(arguments)
        return "something else"

    assert result_of(client_kind, StubResponse(), cls=cls) == "something else"
    ((response, result, headers),) = calls
    assert isinstance(response, PipelineResponse)
    assert (response.http_response.status_code, response.http_request.method) == (200, "POST")
    assert type(result) is ImageAnalysisResult and result == RESULT
    assert headers == {}


def test_streamed_call_gives_the_bytes_in_chunks(client_kind: ClientKind) -> None:
    response = StubResponse()
    chunks = list(result_of(client_kind, response, stream=True))
    assert len(chunks) > 1
    assert b"".join(chunks) == response.body


def test_streamed_call_leaves_the_body_to_the_caller(client_kind: ClientKind) -> None:
    class IsRead(Watch):
        def on_response(self, request: Any, response: PipelineResponse[Any, Any]) -> None:
            self.seen.append((response.http_response.is_stream_consumed, "deserialized_data" in response.context))

    watch = IsRead()
    assert (
        b"".join(result_of(client_kind, StubResponse("not JSON"), {"per_call_policies": watch}, stream=True))
        == b"not JSON"
    )
    assert watch.seen == [(False, False)]


MOCKED: Dict[str, Any] = {
    "mock": mock.Mock(http_response=mock.Mock(status_code=200, json=lambda: RESULT)),
    "namespace": SimpleNamespace(http_response=SimpleNamespace(status_code=200, headers={}, json=lambda: RESULT)),
}


@pytest.mark.parametrize("response", MOCKED.values(), ids=MOCKED)
def test_mocked_response_needs_only_its_status_and_json(client_kind: ClientKind, response: Any) -> None:
    pipeline = AsyncPipeline if client_kind.is_async else Pipeline
    with mock.patch.object(pipeline, "run", return_value=response), client_kind.client() as client:
        assert client.analyze(b"image", ["caption"]) == RESULT
