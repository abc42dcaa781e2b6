"""Tests of what a client logs."""

import json
import logging
from typing import Any, Dict, Iterator, List

import pytest
from azure.core.pipeline.policies import HttpLoggingPolicy
from azure.core.rest import HttpRequest
from client_kinds import KEY, ClientKind
from fake_transport import RESULT, StubResponse

IMAGE_URL = "https://images.example/private.jpg?signature=secret"
HEADERS = {
    "apim-request-id": "an-id",
    "x-ms-region": "East US",
    "x-envoy-upstream-service-time": "271",
    "Set-Cookie": "secret",
}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The records of all loggers, whatever their level."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


def call(client_kind: ClientKind, client: Any = None, **keywords: Any) -> None:
    """Request the text of an image whose URL and content are secret."""
    transport = client_kind.transport(StubResponse(headers=HEADERS))
    keywords = {"language": "en", "headers": {"X-Name": "secret"}, "params": {"name": "secret"}, **keywords}
    with client_kind.client(transport=transport, **(client or {})) as made:
        made.analyze_from_url(IMAGE_URL, ["read"], **keywords)


def written(log: pytest.LogCaptureFixture, level: int) -> List[str]:
    return [record.getMessage() for record in log.records if record.levelno >= level]


def test_info_logs_request_and_response_without_secrets(client_kind: ClientKind, log: pytest.LogCaptureFixture) -> None:
    call(client_kind)
    # Older versions of azure-core do not show the version either.
    version = "2023-10-01" if "api-version" in HttpLoggingPolicy().allowed_query_params else "REDACTED"
    request, response = [text.splitlines() for text in written(log, logging.INFO)]
    assert request[:2] == [
        "Request URL: 'https://example.cognitiveservices.azure.com/computervision/imageanalysis:analyze"
        f"?name=REDACTED&api-version={version}&features=REDACTED&language=REDACTED'",
        "Request method: 'POST'",
    ]
    assert {
        "    'Content-Type': 'application/json'",
        "    'Ocp-Apim-Subscription-Key': 'REDACTED'",
        "    'X-Name': 'REDACTED'",
    } <= set(request)
    assert response[0] == "Response status: 200"
    assert {
        "    'apim-request-id': 'an-id'",
        "    'x-ms-region': 'East US'",
        "    'x-envoy-upstream-service-time': '271'",
        "    'Set-Cookie': 'REDACTED'",
    } <= set(response)


def test_no_secret_is_in_any_record(client_kind: ClientKind, log: pytest.LogCaptureFixture) -> None:
    call(client_kind)
    everything = "\n".join(record.getMessage() + repr(vars(record)) for record in log.records)
    assert log.records
    for secret in (KEY, "secret", "private.jpg", str(RESULT["captionResult"]["text"])):
        assert secret not in everything


def test_token_is_redacted(client_kind: ClientKind, log: pytest.LogCaptureFixture) -> None:
    call(client_kind, {"credential": client_kind.token_credential()})
    assert "    'Authorization': 'REDACTED'" in written(log, logging.INFO)[0].splitlines()
    assert "token-1" not in log.text


@pytest.mark.parametrize("where", ["client", "call"])
def test_logging_enable_logs_bodies_at_debug_only(
    client_kind: ClientKind, log: pytest.LogCaptureFixture, where: str
) -> None:
    given: Dict[str, Any] = {"client": {}, "call": {}, where: {"logging_enable": True}}
    call(client_kind, given["client"], **given["call"])
    in_full = [record for record in log.records if KEY in record.getMessage()]
    assert [record.levelname for record in in_full] == ["DEBUG"]
    request = in_full[0].getMessage()
    assert "name=secret&api-version=2023-10-01&features=read&language=en" in request
    assert f"    'Ocp-Apim-Subscription-Key': '{KEY}'" in request.splitlines()
    assert json.dumps({"url": IMAGE_URL}) in request.splitlines()
    (response,) = [text for text in written(log, logging.DEBUG) if "two boats on a lake" in text]
    assert "    'Set-Cookie': 'secret'" in response.splitlines()
    assert json.dumps(RESULT) in response.splitlines()
    redacted = "\n".join(written(log, logging.INFO))
    assert "REDACTED" in redacted
    assert "secret" not in redacted


def test_image_is_logged_as_its_size_and_type(client_kind: ClientKind, log: pytest.LogCaptureFixture) -> None:
    image = b"secret" * 400_000
    for options in ({}, {"logging_enable": True}, {"logging_enable": True, "content_type": "image/png"}):
        with client_kind.client(transport=client_kind.transport(StubResponse())) as client:
            client.analyze(image, ["tags"], **options)
    assert "secret" not in log.text
    assert log.text.count("A body is sent with the request") == 3
    in_full = [text.splitlines() for text in log.messages if KEY in text]
    assert [lines[-1] for lines in in_full] == [
        "2400000 bytes of application/octet-stream",
        "2400000 bytes of image/png",
    ]
    assert "    'Content-Length': '2400000'" in in_full[0]


def test_other_bytes_are_logged_in_full(client_kind: ClientKind, log: pytest.LogCaptureFixture) -> None:
    request = HttpRequest("PUT", "/x", headers={"Content-Type": "application/json"}, content=b'{"a": 1}')
    with client_kind.client(transport=client_kind.transport()) as client:
        client.send_request(request, logging_enable=True)
    assert "b'{\"a\": 1}'" in log.text
