"""Tests that key and token stay at their origin across redirects, on real connections with https."""

import base64
import io
from typing import Any, Callable, Iterator, NamedTuple

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from certificates import Certificates
from client_kinds import KEY, ClientKind
from faulty_server import FaultyServer, Received, ScriptedResponse, http_response
from libraries import since_azure_core
from no_sleep import no_sleep_transport

IMAGE = bytes(range(256)) * 8192  # 2 MiB
BUSY = http_response(b"", 503)
CLAIMS = base64.b64encode(b'{"access_token": {}}').decode()
CHALLENGE = http_response(
    b"", 401, "Unauthorized", www_authenticate=f'Bearer error="insufficient_claims", claims="{CLAIMS}"'
)

handles_claims = since_azure_core(1, 32)


def to(server: FaultyServer) -> ScriptedResponse:
    return http_response(b"", 307, "Elsewhere", location=f"{server.origin}/")


def is_signed(request: Received) -> bool:
    return bool({"ocp-apim-subscription-key", "authorization"} & set(request.headers))


class Origins(NamedTuple):
    """The client's endpoint, and another origin."""

    home: FaultyServer
    other: FaultyServer


@pytest.fixture
def origins(certificates: Certificates) -> Iterator[Origins]:
    """Two servers that respond with a result."""
    with FaultyServer(http_response(), tls=certificates.server) as home:
        with FaultyServer(http_response(), tls=certificates.server) as other:
            yield Origins(home, other)


@pytest.fixture
def call(client_kind: ClientKind, certificates: Certificates, origins: Origins) -> Callable[[str], Any]:
    """A function that calls the endpoint with a key or a token, and returns the result or the AzureError."""

    def make(credential: str) -> Any:
        given = client_kind.token_credential() if credential == "token" else AzureKeyCredential(KEY)
        transport = no_sleep_transport(client_kind, connection_verify=certificates.authority)
        with client_kind.client(origins.home.origin, given, transport=transport) as client:
            try:
                return client.analyze(io.BytesIO(IMAGE), ["caption"])
            except AzureError as error:
                return error

    return make


@pytest.mark.parametrize("credential", ["key", "token"])
def test_only_requests_to_the_own_origin_are_signed(call: Any, origins: Origins, credential: str) -> None:
    home, other = origins
    home.script = [to(other), BUSY, to(home), to(other), http_response()]
    other.script = [BUSY, to(other), to(home), to(home)]
    assert call(credential).caption is not None
    assert [is_signed(request) for request in home.requests] == [True] * 5
    assert [is_signed(request) for request in other.requests] == [False] * 4
    assert home.bodies + other.bodies == [IMAGE] * 9


@handles_claims
def test_challenge_of_another_origin_gets_no_token(call: Any, origins: Origins) -> None:
    origins.home.script = [to(origins.other)]
    origins.other.script = [CHALLENGE]
    assert isinstance(call("token"), HttpResponseError)
    assert not any(map(is_signed, origins.other.requests))


@handles_claims
def test_challenge_of_the_own_origin_gets_a_new_token_and_the_whole_body(call: Any, origins: Origins) -> None:
    home, other = origins
    home.script = [to(other), CHALLENGE, BUSY, http_response()]
    other.script = [to(home)]
    assert call("token").caption is not None
    tokens = [request.headers["authorization"] for request in home.requests]
    assert tokens[0] == tokens[1] != tokens[2]
    assert home.bodies == [IMAGE] * 4
