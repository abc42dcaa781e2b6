"""Tests the headers that a call sends."""

import platform
import re
from typing import Any, Dict

import pytest
from azure.ai.vision.imageanalysis import __version__
from client_kinds import KEY, ClientKind
from one_call import sent_by

USER_AGENT = f"azsdk-python-ai-vision-imageanalysis/{__version__} Python/{platform.python_version()} .*"


@pytest.fixture
def client_kind() -> ClientKind:
    """One client is enough: both share the code that is tested here."""
    return ClientKind(False)


def test_call_sends_these_headers_and_no_others(client_kind: ClientKind) -> None:
    sent = sent_by(client_kind)
    assert sent.headers.pop("x-ms-client-request-id")
    assert sent.headers.pop("User-Agent")
    assert sent.headers == {
        "Accept": "application/json",
        "Content-Type": "application/octet-stream",
        "Content-Length": "5",
        "Ocp-Apim-Subscription-Key": KEY,
    }


@pytest.mark.parametrize(
    "keywords, content_type",
    [
        ({}, "application/octet-stream"),
        ({"headers": {"Content-Type": "image/png"}}, "image/png"),
        ({"headers": {"content-TYPE": "image/png"}}, "image/png"),
        ({"content_type": "image/jpeg"}, "image/jpeg"),
        ({"content_type": "image/jpeg", "headers": {"Content-Type": "image/png"}}, "image/jpeg"),
    ],
)
def test_content_type_precedence(client_kind: ClientKind, keywords: Dict[str, Any], content_type: str) -> None:
    assert sent_by(client_kind, **keywords).headers["Content-Type"] == content_type


def test_user_headers_are_sent_and_not_modified(client_kind: ClientKind) -> None:
    headers = {"accept": "text/plain", "X-Name": "value"}
    sent = sent_by(client_kind, headers=headers)
    assert (sent.headers["Accept"], sent.headers["x-name"]) == ("text/plain", "value")
    assert headers == {"accept": "text/plain", "X-Name": "value"}


def test_none_header_is_omitted(client_kind: ClientKind) -> None:
    assert "X-Name" not in sent_by(client_kind, headers={"X-Name": None}).headers
    assert "X-Name" not in sent_by(client_kind, client={"headers": {"X-Name": None}}).headers


def test_headers_may_be_pairs(client_kind: ClientKind) -> None:
    assert sent_by(client_kind, headers=[("X-Name", "value")]).headers["X-Name"] == "value"


def test_headers_of_the_client_override_those_of_the_call(client_kind: ClientKind) -> None:
    headers = {"X-Name": "client", "X-Other": "client"}
    sent = sent_by(client_kind, client={"headers": headers}, headers={"x-name": "call", "x-third": "call"})
    assert [sent.headers[name] for name in ("x-name", "x-other", "x-third")] == ["client", "client", "call"]
    assert headers == {"X-Name": "client", "X-Other": "client"}


def test_user_header_cannot_replace_the_key(client_kind: ClientKind) -> None:
    headers = {"ocp-apim-subscription-KEY": "another"}
    assert sent_by(client_kind, headers=headers).headers["Ocp-Apim-Subscription-Key"] == KEY
    assert sent_by(client_kind, client={"headers": headers}).headers["Ocp-Apim-Subscription-Key"] == KEY


@pytest.mark.parametrize(
    "client, call, user_agent",
    [
        ({}, {}, USER_AGENT),
        ({"user_agent": "client/1.0"}, {"user_agent": "call/2.0"}, f"call/2.0 client/1.0 {USER_AGENT}"),
        ({"sdk_moniker": "wrapper/7"}, {}, "azsdk-python-wrapper/7 Python/.*"),
        ({}, {"user_agent": "only this", "user_agent_overwrite": True}, "only this"),
    ],
)
def test_user_agent(client_kind: ClientKind, client: Dict[str, Any], call: Dict[str, Any], user_agent: str) -> None:
    assert re.fullmatch(user_agent, sent_by(client_kind, client=client, **call).headers["User-Agent"])


@pytest.mark.parametrize(
    "client, call, request_id",
    [
        ({"request_id": "client"}, {"request_id": "call"}, "call"),
        ({}, {"headers": {"X-MS-Client-Request-Id": "header"}}, "header"),
        ({"auto_request_id": False}, {}, None),
    ],
)
def test_request_id(client_kind: ClientKind, client: Dict[str, Any], call: Dict[str, Any], request_id: Any) -> None:
    assert sent_by(client_kind, client=client, **call).headers.get("x-ms-client-request-id") == request_id


@pytest.mark.parametrize("value", ["", "a b\tc", b"caf\xe9", "~!#$%&'*+-.^_`|;,/:"])
def test_valid_header_is_sent_unchanged(client_kind: ClientKind, value: Any) -> None:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    assert sent_by(client_kind, headers={"X-Name": value}).headers["X-Name"] == text


LINES = "secret\r\nX-Other: b"
INVALID: Dict[str, Dict[str, Any]] = {
    "a line break": {"headers": {"X-Name": LINES}},
    "a line break in bytes": {"headers": {"X-Name": LINES.encode()}},
    "NUL": {"headers": {"X-Name": "secret\0"}},
    "a character beyond Latin-1": {"headers": {"X-Name": "secret \u2603"}},
    "a blank at the beginning": {"headers": {"X-Name": " secret"}},
    "a tab at the end": {"headers": {"X-Name": "secret\t"}},
    "a blank in the name": {"headers": {"X Name": "secret"}},
    "a line break in the name": {"headers": {"X-Name\r\nX-Other": "secret"}},
    "an empty name": {"headers": {"": "secret"}},
    "the content type": {"content_type": LINES},
    "the request ID": {"request_id": LINES},
    "the user agent": {"user_agent": LINES},
    "a hook": {"raw_request_hook": lambda request: request.http_request.headers.update({"X-Name": LINES})},
    "the client's headers": {"client": {"headers": {"X-Name": LINES}}},
}


@pytest.mark.parametrize("given", INVALID.values(), ids=INVALID)
def test_invalid_header_is_refused_without_its_value(client_kind: ClientKind, given: Dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="^header '") as caught:
        sent_by(client_kind, **given)
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)


def test_header_must_be_text(client_kind: ClientKind) -> None:
    with pytest.raises(TypeError, match="^header 'X-Name': expected a str, got int$"):
        sent_by(client_kind, headers={"X-Name": 7})
