"""Tests of programs that patch the pipeline, with mocks in the place of responses."""

from unittest import mock

from azure.core.pipeline import AsyncPipeline, Pipeline
from client_kinds import ClientKind
from fake_transport import RESULT


def test_a_mocked_response_needs_no_more_than_json(client_kind: ClientKind) -> None:
    response = mock.Mock()
    response.http_response.status_code = 200
    response.http_response.json.return_value = RESULT
    pipeline = AsyncPipeline if client_kind.is_async else Pipeline
    with mock.patch.object(pipeline, "run", return_value=response), client_kind.client() as client:
        assert client.analyze(b"image", ["caption"]).caption.text == RESULT["captionResult"]["text"]
