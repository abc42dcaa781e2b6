"""Tests of policies that a user replaces or adds, and of their order."""

import logging
from typing import Any, Dict, List

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, ServiceResponseTimeoutError
from azure.core.pipeline import AsyncPipeline, Pipeline
from azure.core.pipeline.policies import AsyncRetryPolicy, RetryPolicy, SansIOHTTPPolicy
from azure.core.rest import HttpRequest
from client_kinds import ClientKind
from fake_transport import RESULT, StubResponse
from one_call import result_of, sent_by

AWAY = StubResponse("", 307, headers={"Location": "https://example.cognitiveservices.azure.com/elsewhere"})
BUSY = StubResponse("", 503, headers={"Retry-After": "0"})


class Recorder(SansIOHTTPPolicy[Any, Any]):
    """Records that a request has passed it."""

    def __init__(self, name: str, passed: List[str]) -> None:
        self._name = name
        self._passed = passed

    def on_request(self, request: Any) -> None:
        self._passed.append(self._name)


def never(request: Any) -> None:
    raise AssertionError("the policy that calls hooks has been replaced")


@pytest.mark.parametrize(
    "keyword, others, response, absent",
    [
        ("headers_policy", {"headers": {"X-Name": "value"}}, StubResponse(), "X-Name"),
        ("user_agent_policy", {"user_agent": "app"}, StubResponse(), "User-Agent"),
        ("proxy_policy", {"proxies": {"https": "http://127.0.0.1:1"}}, StubResponse(), "proxies"),
        ("redirect_policy", {}, AWAY, "a second request"),
        ("retry_policy", {}, BUSY, "a second request"),
        ("authentication_policy", {"credential": "unused"}, StubResponse(), "Ocp-Apim-Subscription-Key"),
        ("custom_hook_policy", {"raw_request_hook": never}, StubResponse(), "the hook"),
        ("logging_policy", {"logging_enable": True}, StubResponse(), "azure.core.pipeline.policies._universal"),
        ("http_logging_policy", {}, StubResponse(), "azure.core.pipeline.policies.http_logging_policy"),
    ],
)
def test_user_policy_replaces_ours(
    caplog: pytest.LogCaptureFixture, keyword: str, others: Any, response: StubResponse, absent: str
) -> None:
    caplog.set_level(logging.DEBUG, "azure")
    passed: List[str] = []
    transport = ClientKind(False).transport(response)
    with ClientKind(False).client(transport=transport, **{keyword: Recorder("mine", passed)}, **others) as client:
        client.send_request(HttpRequest("POST", "/x"))
    (sent,) = transport.sent
    assert passed == ["mine"]
    assert absent not in {*sent.headers, *sent.options, *(record.name for record in caplog.records)}


@pytest.mark.parametrize(
    "failure, call, attempts",
    [
        (StubResponse("", 429), {}, 1),
        (StubResponse("", 503), {}, 2),
        (ServiceResponseTimeoutError("late"), {}, 1),
        (StubResponse("", 429), {"retry_on_methods": ["POST"]}, 2),
        (ServiceResponseTimeoutError("late"), {"retry_on_methods": ["POST"]}, 2),
    ],
)
def test_azure_core_retry_policy_keeps_its_rules(
    client_kind: ClientKind, failure: Any, call: Dict[str, Any], attempts: int
) -> None:
    policy = (AsyncRetryPolicy if client_kind.is_async else RetryPolicy)(retry_total=1, retry_mode="fixed")
    transport = client_kind.transport(failure)
    with client_kind.client(transport=transport, retry_policy=policy) as client, pytest.raises(AzureError):
        client.analyze(b"image", ["tags"], **call)
    assert len(transport.sent) == attempts
    assert transport.sent[0].options == {}


def test_policy_order_equals_1_0_0(client_kind: ClientKind) -> None:
    passed: List[str] = []
    retry = (AsyncRetryPolicy if client_kind.is_async else RetryPolicy)()
    replaced = ["headers", "user_agent", "proxy", "redirect", "authentication", "custom_hook", "logging"]
    policies = {f"{name}_policy": Recorder(name, passed) for name in [*replaced, "http_logging"]}
    transport = client_kind.transport(BUSY, StubResponse())
    with client_kind.client(
        transport=transport,
        retry_policy=retry,
        per_call_policies=[Recorder("first call", passed), Recorder("second call", passed)],
        per_retry_policies=Recorder("each attempt", passed),
        **policies,
    ) as client:
        client.analyze(b"image", ["tags"])
    a_call = ["first call", "second call", "headers", "user_agent", "proxy", "redirect"]
    an_attempt = ["each attempt", "authentication", "custom_hook", "logging", "http_logging"]
    assert passed == [*a_call, *an_attempt, *an_attempt]


def test_user_policies_replace_the_whole_list() -> None:
    passed: List[str] = []
    sent = sent_by(ClientKind(False), client={"policies": [Recorder("one", passed), Recorder("two", passed)]})
    assert passed == ["one", "two"]
    assert dict(sent.headers) == {
        "Accept": "application/json",
        "Content-Type": "application/octet-stream",
        "Content-Length": "5",
    }
    assert sent.options == {}


def test_empty_pipeline_gives_results_and_errors(client_kind: ClientKind) -> None:
    assert result_of(client_kind, StubResponse(), {"policies": []}) == RESULT
    with pytest.raises(HttpResponseError) as caught:
        result_of(client_kind, StubResponse("", 400, "Bad Request"), {"policies": []})
    assert caught.value.error is not None
    assert (caught.value.error.code, caught.value.error.message) == ("400", "Bad Request")


def test_user_pipeline_replaces_ours(client_kind: ClientKind) -> None:
    transport = client_kind.transport(StubResponse())
    pipeline: Any = AsyncPipeline(transport, []) if client_kind.is_async else Pipeline(transport, [])
    with client_kind.client(pipeline=pipeline) as client:
        assert client.analyze(b"image", ["tags"]).as_dict() == RESULT
    assert "Ocp-Apim-Subscription-Key" not in transport.sent[0].headers
    assert transport.sent[0].options == {}
