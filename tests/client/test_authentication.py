"""Tests how a client authenticates."""

import base64
import time
import traceback
from typing import Any, List

import pytest
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.core.rest import HttpRequest
from client_kinds import ENDPOINT, AsyncTokenCredential, ClientKind, TokenCredential
from fake_transport import StubResponse
from libraries import since_azure_core
from pipe import Pipe

SCOPE = "https://cognitiveservices.azure.com/.default"
LARGE = bytes(range(256)) * 8192  # 2 MiB

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
        (["https://cognitiveservices.azure.cn/.default"], ("https://cognitiveservices.azure.cn/.default",)),
        (["first", "second"], ("first", "second")),
        ("https://one.example/.default", ("https://one.example/.default",)),
        (None, (SCOPE,)),
    ],
)
def test_other_clouds_have_other_scopes(client_kind: ClientKind, scopes: Any, asked: Any) -> None:
    credential = client_kind.token_credential()
    with client_kind.client(
        credential=credential, transport=client_kind.transport(), credential_scopes=scopes
    ) as client:
        client.analyze(b"image", ["tags"])
    assert credential.asked == [{"scopes": asked}]


class TokenInfo:
    """What azure-core calls AccessTokenInfo."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.expires_on = int(time.time()) + 3600
        self.refresh_on = None
        self.token_type = "Bearer"


class InfoOnly:
    """A credential with nothing but ``get_token_info``."""

    def __init__(self) -> None:
        self.asked: List[Any] = []

    def get_token_info(self, *scopes: str, options: Any = None) -> Any:
        self.asked.append((scopes, dict(options or {})))
        return TokenInfo(f"info-{len(self.asked)}")


class AsyncInfoOnly(InfoOnly):
    async def get_token_info(self, *scopes: str, options: Any = None) -> Any:
        return super().get_token_info(*scopes, options=options)


@knows_token_info
@pytest.mark.parametrize("kinds", [(InfoOnly, AsyncInfoOnly), (Both, AsyncBoth)], ids=["only", "beside get_token"])
def test_get_token_info_is_enough_for_a_credential(client_kind: ClientKind, kinds: Any) -> None:
    credential, transport = kinds[client_kind.is_async](), client_kind.transport()
    with client_kind.client(credential=credential, transport=transport) as client:
        client.analyze(b"image", ["tags"])
        client.analyze(b"image", ["tags"])
    assert [sent.headers["Authorization"] for sent in transport.sent] == ["Bearer info-1"] * 2
    assert credential.asked == [((SCOPE,), {})]


def test_asynchronous_client_accepts_a_synchronous_credential() -> None:
    client_kind, credential = ClientKind(True), TokenCredential()
    transport = client_kind.transport()
    with client_kind.client(credential=credential, transport=transport) as client:
        client.analyze(b"image", ["tags"])
    assert transport.sent[0].headers["Authorization"] == "Bearer token-1"


def test_synchronous_client_refuses_an_asynchronous_credential() -> None:
    with pytest.raises(TypeError, match=r"'credential' is asynchronous.*imageanalysis\.aio"):
        ClientKind(False).client_class(ENDPOINT, AsyncTokenCredential())


@pytest.mark.parametrize("endpoint", ["http://example.org", "HTTP://example.org", "http://127.0.0.1:5000"])
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


def test_redirect_to_http_ends_a_call_with_a_token_at_once(client_kind: ClientKind) -> None:
    transport = client_kind.transport(
        StubResponse(status=307, headers={"Location": ENDPOINT.replace("https:", "http:")})
    )
    with client_kind.client(credential=client_kind.token_credential(), transport=transport) as client:
        with pytest.raises(ServiceRequestError, match="https"):
            client.analyze(b"image", ["tags"])
    assert (len(transport.sent), transport.slept) == (1, [])


def challenge(claims: str) -> StubResponse:
    encoded = base64.urlsafe_b64encode(claims.encode()).decode().rstrip("=")
    header = f'Bearer realm="", error="insufficient_claims", claims="{encoded}"'
    return StubResponse(
        {"error": {"code": "401", "message": "More claims."}}, 401, headers={"WWW-Authenticate": header}
    )


@handles_claims
@pytest.mark.parametrize("image", [b"the image", LARGE], ids=["small", "large"])
def test_claims_challenge_is_met_with_a_new_token_and_the_whole_body(client_kind: ClientKind, image: bytes) -> None:
    claims = '{"access_token": {"nbf": {"essential": true, "value": "1700000000"}}}'
    credential, transport = client_kind.token_credential(), client_kind.transport(challenge(claims), StubResponse())
    with client_kind.client(credential=credential, transport=transport) as client:
        assert client.analyze(image, ["caption"]).caption is not None
    assert [sent.headers["Authorization"] for sent in transport.sent] == ["Bearer token-1", "Bearer token-2"]
    assert [sent.body for sent in transport.sent] == [image, image]
    assert credential.asked == [{"scopes": (SCOPE,)}, {"scopes": (SCOPE,), "claims": claims}]


@handles_claims
def test_body_that_can_be_sent_once_is_not_sent_again_after_a_challenge(client_kind: ClientKind) -> None:
    transport = client_kind.transport(challenge('{"access_token": {}}'), StubResponse())
    with client_kind.client(credential=client_kind.token_credential(), transport=transport) as client:
        assert client.send_request(HttpRequest("PUT", "/x", content=Pipe(b"the image"))).status_code == 401
    assert [sent.body for sent in transport.sent] == [b"the image"]


def test_challenge_without_claims_stays_a_401(client_kind: ClientKind) -> None:
    response = StubResponse("", 401, headers={"WWW-Authenticate": 'Bearer realm=""'})
    credential, transport = client_kind.token_credential(), client_kind.transport(response)
    with client_kind.client(credential=credential, transport=transport) as client:
        with pytest.raises(ClientAuthenticationError):
            client.analyze(b"image", ["tags"])
    assert len(transport.sent) == 1


@pytest.mark.parametrize("claims", ["5", "_____w"], ids=["no base64", "no UTF-8"])
def test_challenge_with_unreadable_claims_stays_a_401(client_kind: ClientKind, claims: str) -> None:
    header = f'Bearer error="insufficient_claims", claims="{claims}"'
    response = StubResponse(
        {"error": {"code": "401", "message": "More claims."}}, 401, headers={"WWW-Authenticate": header}
    )
    transport = client_kind.transport(response)
    with client_kind.client(credential=client_kind.token_credential(), transport=transport) as client:
        with pytest.raises(ClientAuthenticationError) as caught:
            client.analyze(b"image", ["tags"])
    assert caught.value.error is not None
    assert (caught.value.status_code, caught.value.error.message) == (401, "More claims.")
    assert len(transport.sent) == 1


SECRET = "0f" * 16


@pytest.mark.parametrize(
    "key", [f"{SECRET}\n", f" {SECRET}", f"{SECRET}\r\nX-Name: a", f"{SECRET}\u20ac", f"{SECRET}\0"]
)
def test_unsendable_key_is_refused_and_not_printed(client_kind: ClientKind, key: str) -> None:
    transport = client_kind.transport()
    with client_kind.client(credential=AzureKeyCredential(key), transport=transport) as client:
        with pytest.raises(ValueError, match="Ocp-Apim-Subscription-Key") as caught:
            client.analyze(b"image", ["tags"])
    assert transport.sent == []
    assert SECRET not in "".join(traceback.format_exception(ValueError, caught.value, caught.tb))


