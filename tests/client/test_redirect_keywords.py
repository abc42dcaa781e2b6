"""Tests of redirects: which are followed, where to, and with which headers."""

from typing import Any, Dict, List, Optional

import pytest
from azure.core.exceptions import HttpResponseError, TooManyRedirectsError
from client_kinds import ENDPOINT, KEY, ClientKind
from fake_transport import StubResponse

SYNC = ClientKind(False)
KEY_HEADER = "Ocp-Apim-Subscription-Key"
HOST = "example.cognitiveservices.azure.com"
FOREIGN = "https://elsewhere.example/vision"


def redirect(location: Optional[str], status: int = 307) -> StubResponse:
    return StubResponse("", status, "Redirect", headers={} if location is None else {"Location": location})


def sent_after(
    client_kind: ClientKind, *plan: StubResponse, client: Optional[Dict[str, Any]] = None, **keywords: Any
) -> List[Any]:
    """Return the requests of a call that is redirected and succeeds."""
    transport = client_kind.transport(*plan)
    with client_kind.client(transport=transport, **(client or {})) as made:
        assert made.analyze(b"image", ["caption"], **keywords).caption is not None
    return transport.sent  # type: ignore[no-any-return]


@pytest.mark.parametrize("status", [300, 307, 308])
@pytest.mark.parametrize("location", [f"{ENDPOINT}/other", "/other"])
def test_redirect_resends_the_request_unchanged(client_kind: ClientKind, status: int, location: str) -> None:
    first, second = sent_after(client_kind, redirect(location, status), StubResponse())
    assert (second.method, second.url, second.body) == ("POST", f"{ENDPOINT}/other", b"image")
    assert second.headers == first.headers


UNFOLLOWED = {
    "a 301": redirect("/other", 301),
    "no location": redirect(None),
    "an empty location": redirect(""),
    "another scheme": redirect("ftp://example.org/"),
    "an invalid port": redirect("https://example.org:port/"),
    "half an address": redirect("https://[example.org/"),
    "a blank": redirect("https://example.org/a b"),
    "the endpoint as a user": redirect(f"https://{HOST}@elsewhere.example/"),
    "the endpoint as a user with a password": redirect(f"https://{HOST}:443@elsewhere.example/"),
    "an empty user": redirect("https://@elsewhere.example/"),
    "a backslash before the user": redirect(f"https://{HOST}\\@elsewhere.example/"),
    "a backslash after the host": redirect(f"https://elsewhere.example\\@{HOST}/"),
    "backslashes for slashes": redirect("https:\\\\elsewhere.example/"),
    "backslashes without a scheme": redirect("\\\\elsewhere.example/"),
    "a slash and a backslash": redirect("/\\elsewhere.example/"),
    "two ports": redirect(f"https://{HOST}:443:8443/"),
}


@pytest.mark.parametrize("response", UNFOLLOWED.values(), ids=UNFOLLOWED)
def test_unfollowed_redirect_is_the_response(response: StubResponse) -> None:
    transport = SYNC.transport(response, StubResponse())
    with SYNC.client(transport=transport) as client, pytest.raises(HttpResponseError) as caught:
        client.analyze(b"image", ["tags"])
    assert caught.value.status_code == response.status
    assert len(transport.sent) == 1


OWN_ORIGIN = {
    "a path": "/other",
    "the URL": f"{ENDPOINT}/other",
    "the default port": f"{ENDPOINT}:443/other",
    "capitals": f"https://{HOST.upper()}/other",
}
OTHER_ORIGINS = {
    "another host": FOREIGN,
    "another port": f"{ENDPOINT}:8443/other",
    "http": f"http://{HOST}/other",
    "http on the port of https": f"http://{HOST}:443/other",
    "no scheme": "//elsewhere.example/other",
    "a dot after the host": f"https://{HOST}./other",
    "an escaped dot in the host": "https://example%2ecognitiveservices.azure.com/other",
    "a tab in the host": "https://elsewhere\t.example/other",
    "a longer host": f"https://{HOST}.elsewhere.example/other",
    "the endpoint in the fragment": f"https://elsewhere.example/#@{HOST}/",
    "the endpoint in the query": f"https://elsewhere.example/?{ENDPOINT}/",
    "the endpoint in the path": f"https://elsewhere.example/{ENDPOINT}/",
}


@pytest.mark.parametrize("location", OWN_ORIGIN.values(), ids=OWN_ORIGIN)
def test_key_is_sent_to_its_own_origin(location: str) -> None:
    _, second = sent_after(SYNC, redirect(location), StubResponse())
    assert second.headers[KEY_HEADER] == KEY


@pytest.mark.parametrize("location", OTHER_ORIGINS.values(), ids=OTHER_ORIGINS)
def test_key_is_not_sent_to_another_origin(location: str) -> None:
    _, second = sent_after(SYNC, redirect(location), StubResponse())
    assert KEY_HEADER not in second.headers
    assert second.body == b"image"


def test_303_drops_the_key_and_becomes_a_get() -> None:
    _, second = sent_after(SYNC, redirect(FOREIGN, 303), StubResponse())
    assert (second.method, KEY_HEADER in second.headers) == ("GET", False)


@pytest.mark.parametrize("where", ["client", "call"])
def test_redirects_can_be_disabled(where: str) -> None:
    given: Dict[str, Any] = {"client": {}, "call": {}, where: {"permit_redirects": False}}
    transport = SYNC.transport(redirect("/other"))
    with SYNC.client(transport=transport, **given["client"]) as client:
        with pytest.raises(HttpResponseError) as caught:
            client.analyze(b"image", ["tags"], **given["call"])
    assert caught.value.status_code == 307
    assert len(transport.sent) == 1


def test_redirect_limit() -> None:
    transport = SYNC.transport(redirect("/other"))
    with SYNC.client(transport=transport) as client, pytest.raises(TooManyRedirectsError) as caught:
        client.analyze(b"image", ["tags"], redirect_max=2)
    assert len(transport.sent) == 3
    assert caught.value.error is not None


@pytest.mark.parametrize(
    "client, kept",
    [
        ({}, {"X-Name"}),
        ({"blocked_redirect_headers": ["X-Name"]}, {KEY_HEADER}),
        ({"blocked_redirect_headers": []}, {KEY_HEADER, "X-Name"}),
        ({"disable_redirect_cleanup": True}, {KEY_HEADER, "X-Name"}),
    ],
)
def test_user_chooses_which_headers_stay_at_their_origin(client: Dict[str, Any], kept: Any) -> None:
    _, second = sent_after(SYNC, redirect(FOREIGN), StubResponse(), client=client, headers={"X-Name": "value"})
    assert {name for name in (KEY_HEADER, "X-Name") if name in second.headers} == kept
