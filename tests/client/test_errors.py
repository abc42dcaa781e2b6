"""Tests of errors: the exception, its text and its ``error`` for each failure."""

from typing import Any, Dict, Type

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ODataV4Format,
    ResourceExistsError,
    ResourceNotFoundError,
    ResourceNotModifiedError,
)
from azure.core.pipeline.policies import SansIOHTTPPolicy
from client_kinds import ClientKind
from fake_transport import StubResponse
from one_call import result_of

FULL = {
    "error": {
        "code": "InvalidRequest",
        "message": "Analyze query is invalid.",
        "target": "features",
        "details": [{"code": "Detail", "message": "A detail."}],
        "innererror": {"code": "NotSupportedVisualFeature", "message": "Specified feature type is not valid"},
    }
}


def fault(code: str = "Code", message: str = "Message.") -> Dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def raised(client_kind: ClientKind, response: StubResponse, **keywords: Any) -> Any:
    """Return the exception for a response, without retries."""
    with pytest.raises(HttpResponseError) as caught:
        result_of(client_kind, response, retry_total=0, **keywords)
    return caught.value


@pytest.mark.parametrize(
    "status, kind",
    [
        (204, HttpResponseError),
        (302, HttpResponseError),
        (304, ResourceNotModifiedError),
        (400, HttpResponseError),
        (401, ClientAuthenticationError),
        (404, ResourceNotFoundError),
        (409, ResourceExistsError),
        (429, HttpResponseError),
        (500, HttpResponseError),
    ],
)
def test_exception_of_each_status(status: int, kind: Type[HttpResponseError]) -> None:
    error = raised(ClientKind(False), StubResponse(fault(), status, "Reason"))
    assert type(error) is kind
    assert (error.status_code, error.reason, error.response.status_code) == (status, "Reason", status)
    assert isinstance(error.error, ODataV4Format)
    assert (error.error.code, error.error.message) == ("Code", "Message.")
    assert error.message == str(error) == "(Code) Message.\nCode: Code\nMessage: Message."
    assert error.model is None


def test_streamed_response_with_another_status_is_read_and_raised(client_kind: ClientKind) -> None:
    error = raised(client_kind, StubResponse(fault(), 404), stream=True)
    assert type(error) is ResourceNotFoundError
    assert error.error.message == "Message."


class Mine(HttpResponseError):
    """An exception of a user's program."""


class NotAzure(Exception):
    """An exception that knows nothing of azure-core."""

    def __init__(self, response: Any) -> None:
        super().__init__(response.status_code)


@pytest.mark.parametrize(
    "error_map, status, kind",
    [
        ({400: Mine}, 400, Mine),
        ({401: Mine}, 404, ResourceNotFoundError),
        ({404: None}, 404, HttpResponseError),
        ({404: NotAzure}, 404, NotAzure),
    ],
)
def test_user_error_map_overrides_ours(error_map: Any, status: int, kind: Any) -> None:
    given = error_map and dict(error_map)
    with pytest.raises(kind) as caught:
        result_of(ClientKind(False), StubResponse(fault(), status), error_map=error_map)
    assert type(caught.value) is kind
    assert error_map == given


def test_error_text_has_all_details(client_kind: ClientKind) -> None:
    error = raised(client_kind, StubResponse(FULL, 400, "Bad Request"))
    assert str(error) == (
        "(InvalidRequest) Analyze query is invalid.\n"
        "Code: InvalidRequest\n"
        "Message: Analyze query is invalid.\n"
        "Target: features\n"
        "Exception Details:\t(Detail) A detail.\n"
        "\tCode: Detail\n"
        "\tMessage: A detail.\n"
        'Inner error: {\n    "code": "NotSupportedVisualFeature",\n'
        '    "message": "Specified feature type is not valid"\n}'
    )
    assert error.error.target == "features"
    assert [detail.code for detail in error.error.details] == ["Detail"]
    assert error.error.innererror == FULL["error"]["innererror"]


@pytest.mark.parametrize(
    "body, code, message, text",
    [
        ('{"code": "429", "message": "Slow down."}', "429", "Slow down.", "(429) Slow down."),
        ('{"error": {"code": "Code"}}', "Code", "Reason", "(Code) None"),
        ('{"error": {"message": "Message."}}', "418", "Message.", "(None) Message."),
        ("", "418", "Reason", "Operation returned an invalid status 'Reason'"),
        ("plain text", "418", "Reason", "Operation returned an invalid status 'Reason'\nContent: plain text"),
        ("[1, 2]", "418", "Reason", "Operation returned an invalid status 'Reason'\nContent: [1, 2]"),
        ('{"error": 5}', "418", "Reason", "Operation returned an invalid status 'Reason'\nContent: {\"error\": 5}"),
        ('{"a": 1}', "418", "Reason", "Operation returned an invalid status 'Reason'\nContent: {\"a\": 1}"),
    ],
)
def test_malformed_error_body_still_sets_error(body: str, code: str, message: str, text: str) -> None:
    error = raised(ClientKind(False), StubResponse(body, 418, "Reason"))
    assert (error.error.code, error.error.message) == (code, message)
    assert str(error).startswith(text)


class NotToday(SansIOHTTPPolicy):
    """A user's policy that refuses every call."""

    def on_request(self, request: Any) -> None:
        raise HttpResponseError("not today")


@pytest.mark.parametrize("place", ["per_call_policies", "per_retry_policies"])
def test_user_policy_exception_has_an_error(client_kind: ClientKind, place: str) -> None:
    transport = client_kind.transport(StubResponse())
    with client_kind.client(transport=transport, **{place: NotToday()}) as client:
        with pytest.raises(HttpResponseError) as caught:
            client.analyze(b"image", ["tags"])
    assert caught.value.error is not None
    assert (caught.value.error.code, caught.value.error.message) == ("HttpResponseError", "not today")


def test_user_exception_class_is_raised_unchanged(client_kind: ClientKind) -> None:
    class Bare(HttpResponseError):
        def __init__(self, response: Any) -> None:
            Exception.__init__(self, f"it was {response.status_code}")

    with pytest.raises(Bare, match="^it was 400$"):
        result_of(client_kind, StubResponse(status=400), error_map={400: Bare})
