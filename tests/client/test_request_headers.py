"""Tests the headers that a call sends."""

import platform
import re
import uuid
from typing import Any, Dict

import pytest
from azure.ai.vision.imageanalysis import __version__
from client_kinds import KEY, ClientKind
from one_call import sent_by

USER_AGENT = f"azsdk-python-ai-vision-imageanalysis/{__version__} Python/{platform.python_version()} ("


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


def test_client_headers_override_call_headers(client_kind: ClientKind) -> None:
    headers = {"X-Name": "client", "X-Other": "client"}
    sent = sent_by(client_kind, client={"headers": headers}, headers={"x-name": "call", "x-third": "call"})
    assert [sent.headers[name] for name in ("x-name", "x-other", "x-third")] == ["client", "client", "call"]
    assert headers == {"X-Name": "client", "X-Other": "client"}


def test_user_header_cannot_replace_the_key(client_kind: ClientKind) -> None:
    headers = {"ocp-apim-subscription-KEY": "another"}
    assert sent_by(client_kind, headers=headers).headers["Ocp-Apim-Subscription-Key"] == KEY
    assert sent_by(client_kind, client={"headers": headers}).headers["Ocp-Apim-Subscription-Key"] == KEY


@pytest.mark.parametrize(
    "client, call, front",
    [
        ({}, {}, ""),
        ({"user_agent": "client/1.0"}, {}, "client/1.0 "),
        ({}, {"user_agent": "call/2.0"}, "call/2.0 "),
        ({"user_agent": "client/1.0"}, {"user_agent": "call/2.0"}, "call/2.0 client/1.0 "),
    ],
)
def test_user_agent_prefix_and_library(
    client_kind: ClientKind, monkeypatch: pytest.MonkeyPatch, client: Dict[str, Any], call: Dict[str, Any], front: str
) -> None:
    monkeypatch.delenv("AZURE_HTTP_USER_AGENT", raising=False)
    assert sent_by(client_kind, client=client, **call).headers["User-Agent"].startswith(front + USER_AGENT)


@pytest.mark.parametrize(
    "client, call, user_agent",
    [
        ({"base_user_agent": "mine"}, {}, "mine"),
        ({"base_user_agent": "mine", "user_agent": "app"}, {}, "app mine"),
        ({"user_agent_overwrite": True}, {"user_agent": "only this"}, "only this"),
        ({}, {"user_agent": "only this", "user_agent_overwrite": True}, "only this"),
        ({"sdk_moniker": "wrapper/7"}, {}, re.compile(r"azsdk-python-wrapper/7 Python/.*")),
        ({"base_user_agent": "mine", "user_agent_use_env": True}, {}, "mine from-env"),
        ({"base_user_agent": "mine", "user_agent_use_env": False}, {}, "mine"),
    ],
)
def test_user_agent_can_be_replaced(
    client_kind: ClientKind,
    monkeypatch: pytest.MonkeyPatch,
    client: Dict[str, Any],
    call: Dict[str, Any],
    user_agent: Any,
) -> None:
    if "user_agent_use_env" in client:
        monkeypatch.setenv("AZURE_HTTP_USER_AGENT", "from-env")
    else:
        monkeypatch.delenv("AZURE_HTTP_USER_AGENT", raising=False)
    sent = sent_by(client_kind, client=client, **call).headers["User-Agent"]
    assert user_agent.fullmatch(sent) if isinstance(user_agent, re.Pattern) else sent == user_agent


def test_each_call_has_its_own_request_id(client_kind: ClientKind) -> None:
    transport = client_kind.transport()
    with client_kind.client(transport=transport) as client:
        client.analyze(b"image", ["tags"])
        client.analyze(b"image", ["tags"])
    ids = [uuid.UUID(sent.headers["x-ms-client-request-id"]) for sent in transport.sent]
    assert ids[0] != ids[1]


@pytest.mark.parametrize(
    "client, call, sent_id",
    [
        ({}, {"request_id": "call"}, "call"),
        ({"request_id": "client"}, {}, "client"),
        ({"request_id": "client"}, {"request_id": "call"}, "call"),
        ({}, {"headers": {"X-MS-Client-Request-Id": "header"}}, "header"),
        ({}, {"request_id": None}, None),
        ({"auto_request_id": False}, {}, None),
    ],
)
def test_request_id_can_be_chosen(
    client_kind: ClientKind, client: Dict[str, Any], call: Dict[str, Any], sent_id: Any
) -> None:
    assert sent_by(client_kind, client=client, **call).headers.get("x-ms-client-request-id") == sent_id


def test_header_may_be_bytes(client_kind: ClientKind) -> None:
    assert sent_by(client_kind, headers={"X-Name": b"caf\xe9"}).headers["X-Name"] == "caf\xe9"


@pytest.mark.parametrize(
    "headers, error",
    [
        ({"X-Name": "a\r\nX-Other: b"}, ValueError),
        ({"X-Name": "a\x00b"}, ValueError),
        ({"X-Name": "snow \u2603"}, ValueError),
        ({"X-Name": " padded"}, ValueError),
        ({"X-Name": "padded\t"}, ValueError),
        ({"X Name": "a"}, ValueError),
        ({"X-Name\r\nX-Other": "a"}, ValueError),
        ({"": "a"}, ValueError),
        ({"X-Name": 7}, TypeError),
        ({"X-Name": b"a\r\nX-Other: b"}, ValueError),
    ],
)
def test_invalid_header_is_refused_without_its_value(client_kind: ClientKind, headers: Any, error: Any) -> None:
    transport = client_kind.transport()
    with client_kind.client(transport=transport) as client:
        with pytest.raises(error, match="^header '") as caught:
            client.analyze(b"image", ["tags"], headers=headers)
    assert transport.sent == []
    assert "padded" not in str(caught.value) and "snow" not in str(caught.value)
