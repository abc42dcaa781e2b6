"""Tests that options of a call hold for each attempt: retries, redirects and challenges."""

import base64
import logging
from typing import Any, Dict, List

import pytest
from azure.core import __version__ as azure_core_version
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.settings import settings
from client_kinds import KEY, ClientKind
from fake_transport import StubResponse

CLAIMS = base64.b64encode(b'{"access_token": {}}').decode()
IMAGE_URL = "https://images.example/a.jpg?mark=1"
FIRST: Dict[str, StubResponse] = {
    "retried": StubResponse("", 503, headers={"Retry-After": "0"}),
    "redirected": StubResponse("", 307, headers={"Location": "/again"}),
    "challenged": StubResponse(
        "", 401, headers={"WWW-Authenticate": f'Bearer error="insufficient_claims", claims="{CLAIMS}"'}
    ),
}
CORE = tuple(map(int, azure_core_version.split(".")[:2]))
each_way = pytest.mark.parametrize(
    "way",
    [
        pytest.param(way, marks=[pytest.mark.skipif(CORE < (1, 32), reason="azure-core knows no challenges")])
        if way == "challenged"
        else way
        for way in FIRST
    ],
)


def sent_again(client_kind: ClientKind, way: str, client: Any = None, **call: Any) -> List[Any]:
    """Give the three requests of a call of which two go wrong in the same way."""
    plan = [FIRST[way]] * (1 if way == "challenged" else 2)
    credential = client_kind.token_credential() if way == "challenged" else None
    transport = client_kind.transport(*plan, StubResponse())
    with client_kind.client(credential=credential, transport=transport, **(client or {})) as made:
        made.analyze_from_url(IMAGE_URL, ["tags"], **call)
    assert len(transport.sent) == len(plan) + 1
    return transport.sent  # type: ignore[no-any-return]


@each_way
def test_full_logging_of_each_attempt(client_kind: ClientKind, way: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "azure.core.pipeline.policies._universal"):
        sent = sent_again(client_kind, way, logging_enable=True)
    in_full = [text for text in caplog.messages if IMAGE_URL in text]
    assert len(in_full) == len(sent)
    assert all((KEY in text) == (way != "challenged") for text in in_full)
    assert len([text for text in caplog.messages if text.startswith("Response status")]) == len(sent)


@each_way
def test_call_switches_logging_off_for_each_attempt(
    client_kind: ClientKind, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        sent_again(client_kind, way, {"logging_enable": True}, logging_enable=False)
    assert IMAGE_URL not in caplog.text and KEY not in caplog.text


@each_way
def test_hooks_see_each_attempt(client_kind: ClientKind, way: str) -> None:
    """Hooks stand above a challenge's second request only where azure-core's own authentication does."""
    requests: List[Any] = []
    responses: List[Any] = []
    sent = sent_again(
        client_kind,
        way,
        {"raw_request_hook": lambda request: requests.append("the client's")},
        raw_request_hook=lambda request: requests.append("the call's"),
        raw_response_hook=lambda response: responses.append(response.http_response.status_code),
    )
    assert requests == ["the call's"] * len(sent)
    assert responses == [FIRST[way].status] * (len(sent) - 1) + [200]


@each_way
def test_options_of_the_transport_hold_at_each_attempt(client_kind: ClientKind, way: str) -> None:
    options = {"connection_timeout": 5, "read_timeout": 7, "connection_verify": False, "proxies": {"https": "x"}}
    sent = sent_again(client_kind, way, **options, own="else")
    assert [each.options for each in sent] == [{**options, "own": "else"}] * len(sent)


@each_way
def test_headers_hold_at_each_attempt(client_kind: ClientKind, way: str) -> None:
    sent = sent_again(client_kind, way, headers={"X-Name": "mine"}, user_agent="app", request_id="1")
    for each in sent:
        assert each.headers["X-Name"] == "mine"
        assert each.headers["User-Agent"].startswith("app ")
        assert each.headers["x-ms-client-request-id"] == "1"


@each_way
def test_options_of_tracing_hold_at_each_attempt(
    client_kind: ClientKind, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: List[str] = []

    class Span:
        """A span that is thrown away."""

        span_instance = None

        def __init__(self, name: str, **_: Any) -> None:
            if name == "mine":
                names.append(name)

        def __getattr__(self, name: str) -> Any:
            return lambda *_, **__: {}

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: Any) -> None: ...

        @classmethod
        def change_context(cls, _: Any) -> Any:
            return cls("context")

    monkeypatch.setattr(type(settings), "tracing_implementation", lambda *_: Span)
    sent = sent_again(client_kind, way, network_span_namer=lambda request: "mine")
    assert names == ["mine"] * len(sent)


@pytest.mark.parametrize("way", ["retried", "redirected"])
def test_user_policy_gets_its_option_at_each_attempt(client_kind: ClientKind, way: str) -> None:
    class Taking(SansIOHTTPPolicy[Any, Any]):
        """A policy that takes an option of its own, as azure-core's do."""

        def on_request(self, request: Any) -> None:
            taken.append(request.context.options.pop("own", None))

    taken: List[Any] = []
    sent = sent_again(client_kind, way, {"per_retry_policies": Taking()}, own="mine")
    assert taken == ["mine"] * len(sent)
    assert [each.options for each in sent] == [{}] * len(sent)


@pytest.mark.parametrize("way", ["retried", "redirected", "challenged"])
def test_enforce_https_off_holds_for_each_attempt(client_kind: ClientKind, way: str) -> None:
    if way == "challenged" and CORE < (1, 32):
        pytest.skip("azure-core knows no challenges")
    transport = client_kind.transport(FIRST[way], StubResponse())
    with client_kind.client(
        "http://127.0.0.1:9", credential=client_kind.token_credential(), transport=transport
    ) as client:
        client.analyze(b"image", ["tags"], enforce_https=False)
    assert [each.options for each in transport.sent] == [{}] * 2
