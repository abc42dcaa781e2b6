"""Tests of redirects: which are followed, where to, and with which headers."""

from typing import Any, Dict, List, Optional

import pytest
from azure.core.exceptions import HttpResponseError, TooManyRedirectsError
from client_kinds import ENDPOINT, KEY, ClientKind
from fake_transport import StubResponse

KEY_HEADER = "Ocp-Apim-Subscription-Key"
FOREIGN = "https://elsewhere.example/vision"


def redirect(location: Optional[str], status: int = 307) -> StubResponse:
    return StubResponse("", status, "Redirect", headers={"Location": location} if location is not None else {})


def sent_after(
    client_kind: ClientKind, *plan: StubResponse, client: Optional[Dict[str, Any]] = None, **keywords: Any
) -> List[Any]:
    """Give the requests of a call that is redirected and ends well."""
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


def test_303_becomes_a_get(client_kind: ClientKind) -> None:
    _, second = sent_after(client_kind, redirect("/other", 303), StubResponse())
    assert (second.method, second.url) == ("GET", f"{ENDPOINT}/other")


REFUSED = {
    "a 301": redirect("/other", 301),
    "a 302": redirect("/other", 302),
    "no location": redirect(None),
    "an empty one": redirect(""),
    "another scheme": redirect("ftp://example.org/"),
    "no port": redirect("https://example.org:port/"),
    "no address": redirect("https://[example.org/"),
    "a blank in it": redirect("https://example.org/a b"),
    "a backslash in it": redirect("https://example.org\\@elsewhere.example/"),
    "a user in it": redirect("https://user@example.org/"),
}


@pytest.mark.parametrize("response", REFUSED.values(), ids=REFUSED)
def test_unfollowed_redirect_is_returned(client_kind: ClientKind, response: StubResponse) -> None:
    transport = client_kind.transport(response)
    with client_kind.client(transport=transport) as client, pytest.raises(HttpResponseError) as caught:
        client.analyze(b"image", ["tags"])
    assert caught.value.status_code == response.status
    assert len(transport.sent) == 1


@pytest.mark.parametrize(
    "location, keeps",
    [
        (f"{ENDPOINT}/other", True),
        (f"{ENDPOINT}:443/other", True),
        (ENDPOINT.upper().replace("HTTPS", "https") + "/other", True),
        (FOREIGN, False),
        (f"{ENDPOINT}:8443/other", False),
        (ENDPOINT.replace("https", "http"), False),
        (ENDPOINT.replace("https", "http") + ":443/other", False),
        ("//elsewhere.example/other", False),
    ],
)
def test_key_is_sent_to_its_own_origin_only(client_kind: ClientKind, location: str, keeps: bool) -> None:
    _, second = sent_after(client_kind, redirect(location), StubResponse())
    assert second.headers.get(KEY_HEADER) == (KEY if keeps else None)


def test_redirect_back_to_the_own_origin_is_signed(client_kind: ClientKind) -> None:
    busy = StubResponse("", 503, headers={"Retry-After": "0"})
    plan = [redirect(FOREIGN), busy, redirect(f"{FOREIGN}/2"), redirect(f"{ENDPOINT}/back"), StubResponse()]
    sent = sent_after(client_kind, *plan)
    assert [each.headers.get(KEY_HEADER) for each in sent] == [KEY, None, None, None, KEY]


@pytest.mark.parametrize("where", ["client", "call"])
def test_redirects_can_be_disabled(client_kind: ClientKind, where: str) -> None:
    given: Dict[str, Any] = {"client": {}, "call": {}, where: {"permit_redirects": False}}
    transport = client_kind.transport(redirect("/other"))
    with client_kind.client(transport=transport, **given["client"]) as client:
        with pytest.raises(HttpResponseError) as caught:
            client.analyze(b"image", ["tags"], **given["call"])
    assert caught.value.status_code == 307
    assert len(transport.sent) == 1


@pytest.mark.parametrize("where", ["client", "call"])
def test_redirect_limit(client_kind: ClientKind, where: str) -> None:
    given: Dict[str, Any] = {"client": {}, "call": {}, where: {"redirect_max": 2}}
    transport = client_kind.transport(redirect("/other"))
    with client_kind.client(transport=transport, **given["client"]) as client:
        with pytest.raises(TooManyRedirectsError) as caught:
            client.analyze(b"image", ["tags"], **given["call"])
    assert len(transport.sent) == 3
    assert caught.value.error is not None


def test_more_headers_can_be_removed_on_redirect(client_kind: ClientKind) -> None:
    client = {"redirect_remove_headers": ["X-Name"]}
    first, second = sent_after(
        client_kind, redirect("/other"), StubResponse(), client=client, headers={"X-Name": "value"}
    )
    assert ("X-Name" in first.headers, "X-Name" in second.headers) == (True, False)


@pytest.mark.parametrize(
    "client, along",
    [
        ({}, {"X-Name"}),
        ({"blocked_redirect_headers": ["X-Name"]}, {KEY_HEADER}),
        ({"blocked_redirect_headers": []}, {KEY_HEADER, "X-Name"}),
        ({"disable_redirect_cleanup": True}, {KEY_HEADER, "X-Name"}),
    ],
)
def test_user_keeps_headers_across_hosts(client_kind: ClientKind, client: Dict[str, Any], along: Any) -> None:
    _, second = sent_after(client_kind, redirect(FOREIGN), StubResponse(), client=client, headers={"X-Name": "value"})
    assert {name for name in (KEY_HEADER, "X-Name") if name in second.headers} == along
