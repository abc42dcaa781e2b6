"""Tests that key and token stay at their origin across redirects, on real connections with https."""

import base64
import gc
import io
from typing import Any, Callable, Dict, Iterator, List, NamedTuple

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from certificates import Certificates
from client_kinds import KEY, ClientKind
from faulty_server import FaultyServer, Received, ScriptedResponse, http_response
from libraries import since_azure_core
from no_sleep import no_sleep_transport

IMAGE = b"the image \x00\xff"
LARGE = bytes(range(256)) * 8192  # 2 MiB
CLAIMS = base64.b64encode(b'{"access_token": {}}').decode()
CHALLENGE = http_response(
    b"", 401, "Unauthorized", www_authenticate=f'Bearer error="insufficient_claims", claims="{CLAIMS}"'
)

handles_claims = since_azure_core(1, 32)
each_credential = pytest.mark.parametrize("credential", ["key", "token"])


def to(address: str, status: int = 307) -> ScriptedResponse:
    return http_response(b"", status, "Elsewhere", location=address)


def is_signed(request: Received) -> bool:
    return bool({"ocp-apim-subscription-key", "authorization"} & set(request.headers))


class Places(NamedTuple):
    """Where a call may be led: each a server of its own, which also serves plain http on the same port."""

    home: FaultyServer
    other: FaultyServer
    third: FaultyServer

    def fill(self, text: str) -> str:
        """Put the servers' hosts and ports in the place of their names."""
        for name, server in zip(self._fields, self):
            text = text.replace(f"<{name}>", f"localhost:{server.port}").replace(f"<{name} port>", str(server.port))
        return text


@pytest.fixture
def places(certificates: Certificates) -> Any:
    """Three servers. Requests without a planned response succeed."""
    servers = [FaultyServer(http_response(), tls=certificates.server) for _ in Places._fields]
    with servers[0], servers[1], servers[2]:
        yield Places(*servers)


@pytest.fixture
def call(client_kind: ClientKind, certificates: Certificates, places: Places) -> Iterator[Callable[..., Any]]:
    """A function that calls the own origin with a key or a token, and returns the result or the AzureError."""

    def make(credential: str, image: Any = IMAGE, scheme: str = "https", **keywords: Any) -> Any:
        given = client_kind.token_credential() if credential == "token" else AzureKeyCredential(KEY)
        transport = no_sleep_transport(client_kind, connection_verify=certificates.authority)
        with client_kind.client(places.fill(f"{scheme}://<home>"), given, transport=transport) as client:
            try:
                return client.analyze(image, ["caption"], **keywords)
            except AzureError as error:
                return error

    yield make
    if not all(server.wait_for_connections(0, 0.1) for server in places):
        gc.collect()  # urllib3 closes its connections only when nothing refers to them any more, such as an exception
    assert all(server.wait_for_connections(0) for server in places)


@each_credential
@pytest.mark.parametrize("status", [307, 308])
def test_same_origin_redirect_keeps_credentials(call: Any, places: Places, credential: str, status: int) -> None:
    places.home.script = [
        to("/a", status),
        to(places.fill("https://<home>/b"), status),
        to("?c", status),
        http_response(),
    ]
    assert call(credential).caption is not None
    assert [is_signed(request) for request in places.home.requests] == [True] * 4
    assert places.home.bodies == [IMAGE] * 4


ELSEWHERE = {
    "another port": "https://<other>/",
    "another name of the same host": "https://127.0.0.1:<home port>/",
    "another name that differs in a dot": "https://localhost.:<home port>/",
    "only http, on the same port": "http://<home>/",
    "http at another port": "http://<other>/",
    "no scheme": "//<other>/",
    "capitals": "HTTPS://LOCALHOST:<other port>/",
    "a fragment that looks like home": "https://<other>/#@<home>/",
    "a query that looks like home": "https://<other>/?https://<home>/",
    "a path that looks like home": "https://<other>/https://<home>/",
}
TRICKS = {
    "home as a user": "https://<home>@<other>/",
    "home as a user with a password": "https://localhost:<home port>@<other>/",
    "an empty user": "https://@<other>/",
    "a backslash before the user": "https://<home>\\@<other>/",
    "a backslash behind the host": "https://<other>\\@<home>/",
    "backslashes in place of slashes": "https:\\\\<other>/",
    "backslashes and no scheme": "\\\\<other>/",
    "a slash and a backslash": "/\\<other>/",
    "a tab in the host": "https://local\thost:<other port>/",
    "a blank before the host": "https:// <other>/",
    "a port that is none": "https://<home>:<other port>/",
    "an escaped dot in the host": "https://127.0.0%2e1:<other port>/",
    "three slashes": "https:///<other>/",
    "another scheme": "ftp://<other>/",
}


def redirected(call: Any, places: Places, credential: str, address: str, status: int = 307) -> List[Received]:
    """Give the requests that follow a redirect, wherever they went."""
    places.home.script = [to(places.fill(address), status), http_response()]
    call(credential)
    assert is_signed(places.home.requests[0])
    return [*places.home.requests[1:], *places.other.requests]


@pytest.mark.parametrize("address", ELSEWHERE.values(), ids=ELSEWHERE)
def test_cross_origin_redirect_drops_the_key(call: Any, places: Places, address: str) -> None:
    requests = redirected(call, places, "key", address)
    assert requests or "localhost." in address  # which not every machine knows
    for request in requests:
        assert not is_signed(request)
        assert request.body == IMAGE


@pytest.mark.parametrize("address", ELSEWHERE.values(), ids=ELSEWHERE)
def test_cross_origin_redirect_drops_the_token(call: Any, places: Places, address: str) -> None:
    for request in redirected(call, places, "token", address):
        assert not is_signed(request)
        assert not address.startswith("http:")


@pytest.mark.parametrize("address", TRICKS.values(), ids=TRICKS)
def test_ambiguous_url_gets_no_credential(call: Any, places: Places, address: str) -> None:
    redirected(call, places, "key", address)
    assert not any(map(is_signed, places.other.requests))


@each_credential
def test_redirect_chain_is_signed_at_the_own_origin_only(call: Any, places: Places, credential: str) -> None:
    home, other, third = map(places.fill, ("https://<home>/", "https://<other>/", "https://<third>/"))
    places.home.script = [to(other), to(third), http_response()]
    places.other.script = [to(third), http_response()]
    places.third.script = [to(home), to(home)]
    assert call(credential, LARGE).caption is not None
    assert [is_signed(request) for request in places.home.requests] == [True] * 3
    assert [is_signed(request) for request in places.other.requests] == [False]
    assert [is_signed(request) for request in places.third.requests] == [False] * 2
    assert {len(body) for server in places for body in server.bodies} == {len(LARGE)}


AFTERWARDS: Dict[str, Any] = {
    "busy": [http_response(b"", 503), http_response(b"", 429, retry_after="1"), http_response()],
    "redirected once more": [to("/x"), to("/y"), http_response()],
}


@each_credential
@pytest.mark.parametrize("script", AFTERWARDS.values(), ids=AFTERWARDS)
def test_retry_at_another_origin_gets_no_credential(
    call: Any, places: Places, credential: str, script: List[ScriptedResponse]
) -> None:
    places.home.script = [to(places.fill("https://<other>/"))]
    places.other.script = list(script)
    assert call(credential).caption is not None
    assert [is_signed(request) for request in places.other.requests] == [False] * 3


@each_credential
def test_retry_back_at_the_own_origin_is_signed(call: Any, places: Places, credential: str) -> None:
    places.home.script = [to(places.fill("https://<other>/")), http_response(b"", 503), http_response()]
    places.other.script = [to(places.fill("https://<home>/"))]
    assert call(credential).caption is not None
    assert [is_signed(request) for request in places.home.requests] == [True] * 3


@handles_claims
def test_challenge_of_another_origin_gets_no_token(call: Any, places: Places) -> None:
    places.home.script = [to(places.fill("https://<other>/"))]
    places.other.script = [CHALLENGE, CHALLENGE, to(places.fill("https://<third>/"))]
    assert isinstance(call("token"), HttpResponseError)
    assert [is_signed(request) for request in places.other.requests] == [False] * 2


@handles_claims
@pytest.mark.parametrize("image", [IMAGE, LARGE], ids=["small", "large"])
def test_challenge_of_the_own_origin_resends_the_whole_body(call: Any, places: Places, image: bytes) -> None:
    places.home.script = [
        to(places.fill("https://<other>/")),
        CHALLENGE,
        http_response(b"", 503),
        CHALLENGE,
        http_response(),
    ]
    places.other.script = [to(places.fill("https://<home>/"))]
    assert call("token", io.BytesIO(image)).caption is not None
    tokens = [request.headers["authorization"] for request in places.home.requests]
    assert tokens == [f"Bearer token-{number}" for number in (1, 1, 2, 2, 3)] or tokens == [
        f"Bearer token-{number}" for number in (1, 1, 2, 3, 4)
    ]
    assert places.home.bodies == [image] * 5
