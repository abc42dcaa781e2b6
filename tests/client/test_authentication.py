"""Tests how a client authenticates."""

import base64
import time
from typing import Any, List

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.core.rest import HttpRequest
from client_kinds import ENDPOINT, AsyncTokenCredential, ClientKind, TokenCredential
from fake_transport import StubResponse
from libraries import since_azure_core
from one_call import sent_by
from pipe import Pipe

SCOPE = "https://cognitiveservices.azure.com/.default"
CLAIMS = base64.b64encode(b'{"access_token": {}}').decode()

knows_token_info = since_azure_core(1, 31)
handles_claims = since_azure_core(1, 32)


def test_new_key_is_used_from_the_next_attempt_on(client_kind: ClientKind) -> None:
    credential = AzureKeyCredential("old")

    def rotate(sent: Any) -> StubResponse:
        credential.update("new")
        return StubResponse(status=503, headers={"Retry-After": "0"})

    transport = client_kind.transport(rotate, StubResponse())
    with client_kind.client(credential=credential, transport=transport) as client:
        client.analyze(b"image", ["tags"])
        credential.update("newest")
        client.analyze(b"image", ["tags"])
    assert [sent.headers["Ocp-Apim-Subscription-Key"] for sent in transport.sent] == ["old", "new", "newest"]


def test_token_is_sent_and_cached(client_kind: ClientKind) -> None:
    credential, transport = client_kind.token_credential(), client_kind.transport()
    with client_kind.client(credential=credential, transport=transport) as client:
        client.analyze(b"image", ["tags"])
        client.analyze_from_url("https://images.example/a.jpg", ["tags"])
        client.send_request(HttpRequest("GET", "/x"))
    assert [sent.headers["Authorization"] for sent in transport.sent] == ["Bearer token-1"] * 3
    assert not any("Ocp-Apim-Subscription-Key" in sent.headers for sent in transport.sent)
    assert [asked["scopes"] for asked in credential.asked] == [(SCOPE,)]


@pytest.mark.parametrize(
    "scopes, asked",
    [
        (["https://cognitiveservices.azure.us/.default"], ("https://cognitiveservices.azure.us/.default",)),
        (["first", "second"], ("first", "second")),
        ("https://one.example/.default", ("https://one.example/.default",)),
        (None, (SCOPE,)),
    ],
)
def test_other_clouds_have_other_scopes(scopes: Any, asked: Any) -> None:
    credential = TokenCredential()
    sent_by(ClientKind(False), client={"credential": credential, "credential_scopes": scopes})
    assert credential.asked == [{"scopes": asked}]


class TokenInfo:
    """An AccessTokenInfo of azure-core, which older versions do not have."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.expires_on = int(time.time()) + 3600
        self.refresh_on = None
        self.token_type = "Bearer"


class InfoOnly:
    """A credential that has only ``get_token_info``."""

    def __init__(self) -> None:
        self.asked: List[Any] = []

    def get_token_info(self, *scopes: str, options: Any = None) -> Any:
        self.asked.append((scopes, dict(options or {})))
        return TokenInfo(f"info-{len(self.asked)}")


class AsyncInfoOnly(InfoOnly):
    async def get_token_info(self, *scopes: str, options: Any = None) -> Any:
        return super().get_token_info(*scopes, options=options)


@knows_token_info
def test_get_token_info_is_enough_for_a_credential(client_kind: ClientKind) -> None:
    credential = AsyncInfoOnly() if client_kind.is_async else InfoOnly()
    sent = sent_by(client_kind, client={"credential": credential})
    assert sent.headers["Authorization"] == "Bearer info-1"
    assert credential.asked == [((SCOPE,), {})]


def test_synchronous_credential_suits_both_clients_and_an_asynchronous_one_suits_one() -> None:
    sent = sent_by(ClientKind(True), client={"credential": TokenCredential()})
    assert sent.headers["Authorization"] == "Bearer token-1"
    with pytest.raises(TypeError, match=r"'credential' is asynchronous.*imageanalysis\.aio"):
        ClientKind(False).client_class(ENDPOINT, AsyncTokenCredential())


@pytest.mark.parametrize("endpoint", ["http://example.org", "HTTP://127.0.0.1:5000"])
def test_token_is_not_sent_over_http(client_kind: ClientKind, endpoint: str) -> None:
    credential, transport = client_kind.token_credential(), client_kind.transport()
    with client_kind.client(endpoint, credential, transport=transport) as client:
        with pytest.raises(ServiceRequestError, match="https"):
            client.analyze(b"image", ["tags"])
    assert (transport.sent, transport.slept, credential.asked) == ([], [], [])


def test_token_over_http_if_enforce_https_is_off(client_kind: ClientKind) -> None:
    transport = client_kind.transport()
    with client_kind.client("http://127.0.0.1:5000", client_kind.token_credential(), transport=transport) as client:
        client.analyze(b"image", ["tags"], enforce_https=False)
    assert transport.sent[0].headers["Authorization"] == "Bearer token-1"
    assert "enforce_https" not in transport.sent[0].options


def challenge(encoded_claims: str) -> StubResponse:
    header = f'Bearer realm="", error="insufficient_claims", claims="{encoded_claims}"'
    return StubResponse(
        {"error": {"code": "401", "message": "More claims."}}, 401, headers={"WWW-Authenticate": header}
    )


@handles_claims
def test_claims_challenge_is_met_with_a_new_token(client_kind: ClientKind) -> None:
    credential, transport = client_kind.token_credential(), client_kind.transport(challenge(CLAIMS), StubResponse())
    with client_kind.client(credential=credential, transport=transport) as client:
        assert client.analyze(b"the image", ["caption"]).caption is not None
    assert [sent.headers["Authorization"] for sent in transport.sent] == ["Bearer token-1", "Bearer token-2"]
    assert [sent.body for sent in transport.sent] == [b"the image"] * 2
    assert credential.asked == [{"scopes": (SCOPE,)}, {"scopes": (SCOPE,), "claims": '{"access_token": {}}'}]


@handles_claims
def test_body_that_can_be_sent_once_is_not_sent_again_after_a_challenge(client_kind: ClientKind) -> None:
    transport = client_kind.transport(challenge(CLAIMS), StubResponse())
    with client_kind.client(credential=client_kind.token_credential(), transport=transport) as client:
        assert client.send_request(HttpRequest("PUT", "/x", content=Pipe(b"the image"))).status_code == 401
    assert [sent.body for sent in transport.sent] == [b"the image"]


@pytest.mark.parametrize("claims", ["5", "_____w"], ids=["not base64", "not UTF-8"])
def test_challenge_with_unreadable_claims_stays_a_401(client_kind: ClientKind, claims: str) -> None:
    transport = client_kind.transport(challenge(claims))
    with client_kind.client(credential=client_kind.token_credential(), transport=transport) as client:
        with pytest.raises(ClientAuthenticationError) as caught:
            client.analyze(b"image", ["tags"])
    assert caught.value.error is not None
    assert (caught.value.status_code, caught.value.error.message) == (401, "More claims.")
    assert len(transport.sent) == 1
