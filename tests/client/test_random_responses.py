"""Tests with random responses: a call gives a result that holds them, or one of azure-core's exceptions."""

import json
from functools import lru_cache
from typing import Any, Callable, Dict, Iterator, List, Tuple, Union, get_type_hints

import pytest
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult
from azure.core.exceptions import AzureError, HttpResponseError
from client_kinds import ClientKind
from fake_transport import StubResponse
from full_response import full_response
from hypothesis import given, settings
from hypothesis import strategies as st

Path = Tuple[Any, ...]

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),  # json.dumps() writes NaN and the infinities as no JSON can
    st.text(max_size=8),
    st.sampled_from(["", "\ud800", "NaN", "0", "2023-10-01", 10**400]),
)
ERROR_NAMES = ["error", "code", "message", "target", "details", "innererror", "additionalInfo", "type", "info"]
NAMES = ["modelVersion", "metadata", "captionResult", "readResult", "values", "blocks", "boundingBox", *ERROR_NAMES]
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
REFUSALS = st.fixed_dictionaries(
    {}, optional={name: JSON for name in ("code", "message", "target", "details", "innererror", "additionalInfo")}
)


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from _paths(value[key], (*path, key))


def _at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


@st.composite
def _mutated(draw: Callable[[Any], Any]) -> Dict[str, Any]:
    # The full response, with some of its values replaced by others or by parts of itself, taken away or joined by more.
    response = full_response()
    for _ in range(draw(st.integers(1, 4))):
        paths = list(_paths(response))
        path = draw(st.sampled_from(paths[1:] or [("modelVersion",)]))
        holder, key = _at(response, path[:-1]), path[-1]
        action = draw(st.sampled_from(["replace", "copy", "delete", "add"]))
        if action == "replace":
            holder[key] = draw(JSON)
        elif action == "copy":
            holder[key] = json.loads(json.dumps(_at(response, draw(st.sampled_from(paths)))))
        elif action == "delete":
            holder.pop(key, None) if isinstance(holder, dict) else holder.pop(key)
        elif isinstance(holder, dict):
            holder[draw(st.text(max_size=4))] = draw(JSON)
        else:
            holder.insert(key, draw(JSON))
    return response


@st.composite
def _damaged(draw: Callable[[Any], Any]) -> bytes:
    # The full response as bytes, a stretch of which is others.
    body = json.dumps(full_response(), ensure_ascii=False).encode()
    start, length = draw(st.integers(0, len(body))), draw(st.integers(0, 40) | st.just(len(body)))
    return body[:start] + draw(st.binary(max_size=8)) + body[start + length :]


BODIES = st.one_of(_mutated(), JSON).map(lambda value: json.dumps(value).encode()) | _damaged() | st.binary(max_size=60)
REFUSAL_BODIES = st.one_of(st.fixed_dictionaries({"error": REFUSALS | JSON}), REFUSALS, JSON).map(
    lambda value: json.dumps(value).encode()
)


@lru_cache(maxsize=None)
def _declared(model: type) -> Dict[str, Any]:
    return {name: kind for name, kind in get_type_hints(model).items() if not name.startswith("_")}


def _fits(value: Any, kind: Any) -> bool:
    if getattr(kind, "__origin__", None) is Union:
        kind = kind.__args__[0]
    if value is None:
        return True
    if getattr(kind, "__origin__", None) is list:
        return isinstance(value, list) and all(isinstance(item, kind.__args__[0]) for item in value)
    return not _declared(kind) or isinstance(value, kind)  # numbers and texts are what the service sent


def _read_all(model: Any) -> None:
    # Every attribute is of its declared type, None, or an AzureError.
    for name, kind in _declared(type(model)).items():
        try:
            value = getattr(model, name)
        except AzureError as error:
            assert str(error)
            continue
        assert _fits(value, kind), name
        for item in value if isinstance(value, list) else [value]:
            if _declared(type(item)):
                _read_all(item)


def _check_result(result: Any, body: bytes) -> None:
    sent = json.loads(body.decode())
    text = json.dumps(sent)
    assert type(result) is ImageAnalysisResult
    for _ in range(2):  # before and after anything was read
        assert json.dumps(result.as_dict()) == text
        assert repr(result) == repr(sent)
        assert result == sent and sent == result and not result != sent
        assert ImageAnalysisResult(json.loads(text)) == result
        _read_all(result)


def _check_error(error: AzureError, body: bytes, status: int) -> None:
    assert str(error) and repr(error)
    str(error).encode()
    if not isinstance(error, HttpResponseError):
        return
    assert error.status_code == status
    assert error.response is not None
    assert error.error is not None
    try:
        own = json.loads(body.decode())
    except ValueError:
        own = None
    if isinstance(own, dict) and "error" in own:
        own = own["error"]
    for name in ("code", "message"):
        value = getattr(error.error, name)
        assert value, name
        if not isinstance(value, str):
            assert repr(value) == repr(own[name])
        else:
            value.encode()


def _ask_for_each(client_kind: ClientKind, responses: Any, examples: int) -> List[str]:
    # One client asks for all of the responses. The outcomes let a test see that all kinds came.
    outcomes: List[str] = []
    transport = client_kind.transport()
    with client_kind.client(transport=transport, retry_total=0) as client:

        @settings(max_examples=examples, derandomize=True, deadline=None, database=None)
        @given(responses)
        def ask(response: Tuple[int, bytes]) -> None:
            status, body = response
            transport.plan = [StubResponse(body, status, "Some Reason")]
            try:
                result = client.analyze(b"image", ["caption"])
            except AzureError as error:
                _check_error(error, body, status)
                outcomes.append(type(error).__name__)
            else:
                assert status == 200
                _check_result(result, body)
                outcomes.append("result")
            transport.sent.clear()

        ask()
    return outcomes


@pytest.mark.slow
def test_any_200_is_a_result_or_an_azure_error(client_kind: ClientKind) -> None:
    outcomes = _ask_for_each(client_kind, st.tuples(st.just(200), BODIES), 60)
    assert {"result", "DecodeError"} <= set(outcomes)


@pytest.mark.slow
def test_any_error_body_gives_a_code_and_a_message(client_kind: ClientKind) -> None:
    statuses = st.sampled_from([201, 202, 204, 301, 304, 307, 400, 401, 403, 404, 409, 413, 429, 500, 503, 599])
    outcomes = _ask_for_each(client_kind, st.tuples(statuses, REFUSAL_BODIES | BODIES), 60)
    assert "result" not in outcomes
    assert {"HttpResponseError", "ClientAuthenticationError", "ResourceNotFoundError"} <= set(outcomes)
