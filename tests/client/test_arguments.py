"""Tests which arguments are refused before anything is sent, and that none smuggles lines into a request."""

import io
import tempfile
import traceback
from decimal import Decimal
from pathlib import Path
from typing import Any, Callable, Dict
from unittest import mock

import pytest
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential, AzureNamedKeyCredential
from azure.core.exceptions import AzureError, ServiceRequestError
from azure.core.rest import HttpRequest
from client_kinds import ENDPOINT, KEY, ClientKind, Driver

SECRET = "d41d8cd98f00b204e9800998ecf8427e"
URL = "https://images.example/boats.jpg"


class Unusual:
    """An object of an unexpected type whose representation contains a secret."""

    def __repr__(self) -> str:
        return f"Unusual({SECRET})"


ENDPOINTS_OF_OTHER_TYPES: Dict[str, Any] = {
    "None": (None, ValueError),
    "bytes": (ENDPOINT.encode(), TypeError),
}
UNUSABLE_ENDPOINTS: Dict[str, str] = {
    "blank": "   ",
    "no scheme but a host": "//example.com",
    "another scheme": "ftp://example.com",
    "no host": "https://",
    "no port": "https://example.com:port",
    "a port beyond all": "https://example.com:99999",
    "half an IPv6 address": "https://[::1",
    "an empty label": "https://example..com",
    "a query": f"https://example.com/?code={SECRET}",
    "a fragment": f"https://example.com/#{SECRET}",
    "a user": f"https://user:{SECRET}@example.com",
    "a backslash": "https://example.com\\@other.example",
    "a line break": "https://example.com\r\nX-Name: value",
    "a space": "https://example .com",
}
CREDENTIALS: Dict[str, Any] = {
    "None": (None, ValueError),
    "a str": (SECRET, TypeError),
    "a dict": ({"key": SECRET}, TypeError),
    "a name and a key": (AzureNamedKeyCredential("name", SECRET), TypeError),
    "something else": (Unusual(), TypeError),
}


class LikeYarl:
    """An object like a URL of yarl."""

    def human_repr(self) -> str:
        return URL


# Values that are not images, and the advice in their errors.
IMAGES: Dict[str, Any] = {
    "None": (None, ""),
    "a path as a str": ("boats.jpg", "open(path, 'rb')"),
    "a path": (Path("boats.jpg"), "open(path, 'rb')"),
    "a URL": (URL, "analyze_from_url()"),
    "a URL object": (LikeYarl(), "analyze_from_url()"),
    "a number": (5, ""),
    "a list of numbers": ([1, 2, 3], "gives int"),
    "a dict": ({"url": URL}, "analyze_from_url()"),
    "text in memory": (io.StringIO("image"), "'rb'"),
    "a mock": (mock.Mock(), "gives Mock"),
    "pixels": (mock.Mock(spec=["tobytes", "__iter__"]), "encode pixels as PNG"),
    "something else": (Unusual(), ""),
}
URLS: Dict[str, Any] = {
    "None": (None, TypeError),
    "empty": ("", ValueError),
    "blank": (" \t\n", ValueError),
    "bytes": (URL.encode(), TypeError),
    "a file": (io.BytesIO(b"image"), TypeError),
    "something else": (Unusual(), TypeError),
}
FEATURES: Dict[str, Any] = {
    "None": (None, TypeError),
    "one name": ("caption", TypeError),
    "one member": (VisualFeatures.CAPTION, TypeError),
    "bytes": (b"caption", TypeError),
    "a number": (5, TypeError),
    "none at all": ([], ValueError),
    "None in a list": ([None], TypeError),
    "a number in a list": (["caption", 5], TypeError),
    "something else": (Unusual(), TypeError),
}
RATIOS: Dict[str, Any] = {
    "one number": (0.9, TypeError),
    "a str": ("0.9,1.33", TypeError),
    "bytes": (b"0.9", TypeError),
    "words": (["wide"], TypeError),
    "None in a list": ([None], TypeError),
    "something else in a list": ([Unusual()], TypeError),
    "NaN": ([0.9, float("nan")], ValueError),
    "an infinity": ([float("inf")], ValueError),
    "NaN in words": (["nan"], ValueError),
    "a NaN that signals": ([Decimal("snan")], (TypeError, ValueError)),
}


@pytest.fixture
def client_kind() -> ClientKind:
    """One client is enough where both share the code that refuses."""
    return ClientKind(False)


@pytest.mark.parametrize("endpoint, error", ENDPOINTS_OF_OTHER_TYPES.values(), ids=ENDPOINTS_OF_OTHER_TYPES)
def test_endpoint_of_another_type_is_refused(client_kind: ClientKind, endpoint: Any, error: Any) -> None:
    with pytest.raises(error, match="^Parameter 'endpoint' must"):
        client_kind.client_class(endpoint, AzureKeyCredential(KEY))


CALLS: Dict[str, Callable[[Driver], Any]] = {
    "analyze": lambda client: client.analyze(b"image", ["caption"]),
    "analyze_from_url": lambda client: client.analyze_from_url(URL, ["caption"]),
    "send_request": lambda client: client.send_request(HttpRequest("GET", "/x")),
    "send_request with a placeholder": lambda client: client.send_request(HttpRequest("GET", "{endpoint}/x")),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_each_call_needs_a_usable_endpoint(client_kind: ClientKind, call: Callable[[Driver], Any]) -> None:
    with client_kind.client("test", transport=client_kind.transport()) as client:
        with pytest.raises(ServiceRequestError, match="^Parameter 'endpoint' must"):
            call(client)


@pytest.mark.parametrize("endpoint", UNUSABLE_ENDPOINTS.values(), ids=UNUSABLE_ENDPOINTS)
def test_unusable_endpoint_fails_at_the_call_without_a_request(client_kind: ClientKind, endpoint: str) -> None:
    transport = client_kind.transport()
    with client_kind.client(endpoint, transport=transport) as client:
        with pytest.raises(
            ServiceRequestError, match="^Parameter 'endpoint' must .*'https://your-resource-name"
        ) as caught:
            client.analyze(b"image", ["caption"])
    assert (transport.sent, transport.slept) == ([], [])
    assert SECRET not in "".join(traceback.format_exception(type(caught.value), caught.value, caught.tb))


def test_absolute_request_needs_no_endpoint(client_kind: ClientKind) -> None:
    with client_kind.client("test", transport=client_kind.transport()) as client:
        assert client.send_request(HttpRequest("GET", "https://other.example/x")).status_code == 200


@pytest.mark.parametrize("credential, error", CREDENTIALS.values(), ids=CREDENTIALS)
def test_credential_of_another_type_is_refused(client_kind: ClientKind, credential: Any, error: Any) -> None:
    with pytest.raises(error, match="^Parameter 'credential' must") as caught:
        client_kind.client_class(ENDPOINT, credential)
    assert SECRET not in repr(caught.value)
    assert caught.value.__context__ is None


def refusal(client_kind: ClientKind, error: Any, method: str, *arguments: Any, **keywords: Any) -> str:
    """Return the text of the exception that a call raises for its arguments, before anything is sent."""
    transport = client_kind.transport()
    with client_kind.client(transport=transport) as client, pytest.raises(error) as caught:
        getattr(client, method)(*arguments, **keywords)
    assert transport.sent == []
    assert not isinstance(caught.value, AzureError)
    return str(caught.value)


@pytest.mark.parametrize("image, advice", IMAGES.values(), ids=IMAGES)
def test_non_image_is_refused_with_advice(client_kind: ClientKind, image: Any, advice: str) -> None:
    text = refusal(client_kind, TypeError, "analyze", image, ["caption"])
    assert text.startswith("image_data: expected ")
    assert advice in text


def test_closed_file_is_refused(client_kind: ClientKind) -> None:
    for file in (io.BytesIO(b"image"), tempfile.SpooledTemporaryFile()):
        file.close()
        assert refusal(client_kind, ValueError, "analyze", file, ["caption"]) == (
            "image_data: expected an open file, got a closed one"
        )


@pytest.mark.parametrize("url, error", URLS.values(), ids=URLS)
def test_invalid_image_url_is_refused(client_kind: ClientKind, url: Any, error: Any) -> None:
    assert refusal(client_kind, error, "analyze_from_url", url, ["caption"]).startswith("image_url: expected ")


@pytest.mark.parametrize("features, error", FEATURES.values(), ids=FEATURES)
def test_invalid_features_are_refused(client_kind: ClientKind, features: Any, error: Any) -> None:
    assert refusal(client_kind, error, "analyze", b"image", features).startswith("visual_features: expected ")


@pytest.mark.parametrize("ratios, error", RATIOS.values(), ids=RATIOS)
def test_invalid_ratios_are_refused(client_kind: ClientKind, ratios: Any, error: Any) -> None:
    text = refusal(client_kind, error, "analyze", b"image", ["smartCrops"], smart_crops_aspect_ratios=ratios)
    assert text.startswith("smart_crops_aspect_ratios: expected ")


@pytest.mark.parametrize(
    "url",
    [
        "{endpoint}.other.example/x",
        "{endpoint}@other.example",
        "{endpoint}:8080/x",
        "{endpoint}\\\\@other.example",
        " {endpoint}.x",
    ],
)
def test_placeholder_cannot_become_part_of_another_host(client_kind: ClientKind, url: str) -> None:
    transport = client_kind.transport()
    with client_kind.client(transport=transport) as client:
        with pytest.raises(ValueError, match="^request: expected '/', '[?]', '#' or nothing more after {endpoint}"):
            client.send_request(HttpRequest("GET", url))
    assert transport.sent == []


@pytest.mark.parametrize("url", ["ftp://example.com/x", "https://example.com:port/x", "https://[::1/x"])
def test_send_request_url_must_be_http(client_kind: ClientKind, url: str) -> None:
    with client_kind.client(transport=client_kind.transport()) as client:
        with pytest.raises(ValueError, match=r"^request: expected a relative URL, or an http\(s\) URL$"):
            client.send_request(HttpRequest("GET", url))
