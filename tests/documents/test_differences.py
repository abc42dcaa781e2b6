"""Tests of what the page on differences from 1.0.0 advises: each remedy works."""

import copy
import pickle
from typing import Any, Dict, List

import pytest
from azure.ai.vision.imageanalysis import models as m
from azure.core.exceptions import AzureError, HttpResponseError, ServiceResponseTimeoutError
from client_kinds import ClientKind
from fake_transport import RESULT, StubResponse

BUSY = StubResponse({"error": {"code": "429", "message": "Too many calls"}}, 429)


def test_retries_of_1_0_0(client_kind: ClientKind) -> None:
    transport = client_kind.transport(BUSY, StubResponse())
    with client_kind.client(transport=transport) as client, pytest.raises(HttpResponseError):
        client.analyze(b"image", ["tags"], retry_on_methods=["GET"])
    assert len(transport.sent) == 1


def test_azure_error_is_the_base_of_what_a_deadline_raises(client_kind: ClientKind) -> None:
    later = StubResponse(BUSY.body, 429, headers={"Retry-After": "60"})
    with client_kind.client(transport=client_kind.transport(later)) as client, pytest.raises(HttpResponseError):
        client.analyze(b"image", ["tags"], timeout=1)
    assert issubclass(HttpResponseError, AzureError) and issubclass(ServiceResponseTimeoutError, AzureError)


def test_parameters_of_a_gateway_are_those_of_the_call(client_kind: ClientKind) -> None:
    transport = client_kind.transport(StubResponse())
    with client_kind.client(transport=transport) as client:
        client.analyze(b"image", ["tags"], params={"tenant": "a"}, headers={"X-Gateway": str(5)})
    assert "tenant=a" in transport.sent[0].query
    assert transport.sent[0].headers["X-Gateway"] == "5"


def test_stripped_value_is_sent(client_kind: ClientKind) -> None:
    transport = client_kind.transport(StubResponse())
    with client_kind.client(transport=transport) as client:
        client.analyze(b"image", ["tags"], headers={"X-Gateway": " a\n".strip()})
    assert transport.sent[0].headers["X-Gateway"] == "a"


def test_other_charset_is_read_when_it_is_named(client_kind: ClientKind) -> None:
    stub = StubResponse('{"modelVersion": "é"}'.encode("latin-1"))
    with client_kind.client(transport=client_kind.transport(stub)) as client:
        result = client.analyze(b"image", ["tags"], response_encoding="latin-1")
    assert result.model_version == "é"


def test_pickled_error_keeps_what_it_says(client_kind: ClientKind) -> None:
    with client_kind.client(transport=client_kind.transport(BUSY)) as client, pytest.raises(
        HttpResponseError
    ) as caught:
        client.analyze(b"image", ["tags"], retry_total=0)
    error, loaded = caught.value, pickle.loads(pickle.dumps(caught.value))
    assert error.response is not None and loaded.response is None
    for name in ("status_code", "reason", "message"):
        assert getattr(loaded, name) == getattr(error, name) is not None
    assert (loaded.error.code, loaded.error.message) == ("429", "Too many calls")


def test_copied_mapping_does_not_show_later_changes() -> None:
    mapping: Dict[str, List[Any]] = {"values": []}
    tags = m.TagsResult(copy.deepcopy(mapping))
    mapping["values"].append({"name": "boat", "confidence": 0.5})
    assert tags.list == []


def test_mapping_and_more_in_one() -> None:
    caption = m.CaptionResult({**RESULT["captionResult"], "text": "a boat"})
    assert (caption.text, caption.confidence) == ("a boat", 0.75)
