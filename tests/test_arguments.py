"""Which arguments are refused before anything is sent, and can one of them smuggle lines into what is sent?"""

import codecs
import io
import tempfile
from array import array
from decimal import Decimal
from pathlib import Path
from typing import Any, Dict, List

import pytest
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AccessToken, AzureKeyCredential, AzureNamedKeyCredential, AzureSasCredential
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest
from client_kinds import ENDPOINT, KEY, ClientKind
from faulty_server import FaultyServer, answer
from sleepless import sleepless

SECRET = "d41d8cd98f00b204e9800998ecf8427e"
URL = "https://images.example/boats.jpg"


class Unusual:
    """Something that nobody expects, and that shows what it holds."""

    def __repr__(self) -> str:
        return f"Unusual({SECRET})"


class AwaitedRead:
    """What libraries for asynchronous files give."""

    async def read(self, size: int = -1) -> bytes:
        return b"the image"


ENDPOINTS: Dict[str, Any] = {
    "None": (None, ValueError),
    "empty": ("", ValueError),
    "blank": ("   ", ValueError),
    "bytes": (ENDPOINT.encode(), TypeError),
    "a number": (5, TypeError),
    "a path": (Path("/"), TypeError),
    "a credential": (AzureKeyCredential(KEY), TypeError),
    "no scheme": ("example.cognitiveservices.azure.com", ValueError),
    "no scheme but a host": ("//example.com", ValueError),
    "another scheme": ("ftp://example.com", ValueError),
    "a file": ("file:///etc/hosts", ValueError),
    "no host": ("https://", ValueError),
    "no host but a path": ("https:///computervision", ValueError),
    "no port": ("https://example.com:port", ValueError),
    "a port beyond all": ("https://example.com:99999", ValueError),
    "half an IPv6 address": ("https://[::1", ValueError),
    "an empty label": ("https://example..com", ValueError),
    "a label that is too long": (f"https://{'a' * 64}.com", ValueError),
    "a query": ("https://example.com/?a=b", ValueError),
    "a fragment": ("https://example.com/#a", ValueError),
    "a user": (f"https://user:{SECRET}@example.com", ValueError),
    "a line break": ("https://example.com\r\nX-Name: value", ValueError),
    "a line break at the end": ("https://example.com/\n", ValueError),
    "a blank": ("https://example .com", ValueError),
    "NUL": ("https://example.com\0", ValueError),
}
CREDENTIALS: Dict[str, Any] = {
    "None": (None, ValueError),
    "a str": (SECRET, TypeError),
    "bytes": (SECRET.encode(), TypeError),
    "a dict": ({"key": SECRET}, TypeError),
    "a list": ([SECRET], TypeError),
    "a name and a key": (AzureNamedKeyCredential("name", SECRET), TypeError),
    "a signature": (AzureSasCredential(SECRET), TypeError),
    "a token": (AccessToken(SECRET, 1), TypeError),
    "something else": (Unusual(), TypeError),
}
IMAGES: Dict[str, Any] = {
    "None": None,
    "a path as a str": "boats.jpg",
    "a path": Path("boats.jpg"),
    "a URL": URL,
    "a number": 5,
    "a list of numbers": [1, 2, 3],
    "an array": array("d", [1.0]),
    "a dict": {"url": URL},
    "text in memory": io.StringIO("image"),
    "decoded text": codecs.getreader("utf-8")(io.BytesIO(b"image")),
    "a file that is awaited": AwaitedRead(),
    "a feature": VisualFeatures.READ,
    "something else": Unusual(),
}
URLS: Dict[str, Any] = {
    "None": (None, TypeError),
    "empty": ("", ValueError),
    "blank": (" \t\n", ValueError),
    "bytes": (URL.encode(), TypeError),
    "a path": (Path("boats.jpg"), TypeError),
    "a list": ([URL], TypeError),
    "a file": (io.BytesIO(b"image"), TypeError),
    "something else": (Unusual(), TypeError),
}
FEATURES: Dict[str, Any] = {
    "None": (None, TypeError),
    "one name": ("caption", TypeError),
    "one member": (VisualFeatures.CAPTION, TypeError),
    "bytes": (b"caption", TypeError),
    "a number": (5, TypeError),
    "a dict": ({"caption": True}, TypeError),
    "none at all": ([], ValueError),
    "an empty tuple": ((), ValueError),
    "None in a list": ([None], TypeError),
    "bytes in a list": ([b"caption"], TypeError),
    "a number in a list": (["caption", 5], TypeError),
    "a list in a list": ([["caption"]], TypeError),
    "something else": (Unusual(), TypeError),
}
RATIOS: Dict[str, Any] = {
    "one number": (0.9, TypeError),
    "a str": ("0.9,1.33", TypeError),
    "bytes": (b"0.9", TypeError),
    "a dict": ({0.9: 1}, TypeError),
    "words": (["wide"], TypeError),
    "None in a list": ([None], TypeError),
    "a list in a list": ([[0.9]], TypeError),
    "a complex number": ([1j], TypeError),
    "something else in a list": ([Unusual()], TypeError),
    "NaN": ([0.9, float("nan")], ValueError),
    "an infinity": ([float("inf")], ValueError),
    "minus infinity": ([float("-inf")], ValueError),
    "a number beyond all": ([10**400], ValueError),
    "NaN in words": (["nan"], ValueError),
    "a NaN that signals": ([Decimal("snan")], (TypeError, ValueError)),
}


@pytest.mark.parametrize("endpoint, error", ENDPOINTS.values(), ids=ENDPOINTS)
def test_an_endpoint(client_kind: ClientKind, endpoint: Any, error: Any) -> None:
    with pytest.raises(error, match="^Parameter 'endpoint' must"):
        client_kind.client_class(endpoint, AzureKeyCredential(KEY))


@pytest.mark.parametrize("credential, error", CREDENTIALS.values(), ids=CREDENTIALS)
def test_a_credential(client_kind: ClientKind, credential: Any, error: Any) -> None:
    with pytest.raises(error, match="^Parameter 'credential' must") as caught:
        client_kind.client_class(ENDPOINT, credential)
    assert SECRET not in repr(caught.value)
    assert caught.value.__context__ is None


def refusal(client_kind: ClientKind, error: Any, method: str, *arguments: Any, **keywords: Any) -> str:
    """Give the text of the exception that a call's arguments bring about before anything is sent."""
    transport = client_kind.transport()
    with client_kind.client(transport=transport) as client, pytest.raises(error) as caught:
        getattr(client, method)(*arguments, **keywords)
    assert transport.sent == []
    assert not isinstance(caught.value, AzureError)
    return str(caught.value)


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
def test_an_image(client_kind: ClientKind, image: Any) -> None:
    text = refusal(client_kind, TypeError, "analyze", image, ["caption"])
    assert text.startswith("image_data: expected ")
    assert ("open(path, 'rb')" in text) == ("analyze_from_url()" in text) == isinstance(image, (str, Path))


def test_an_image_file_in_text_mode(client_kind: ClientKind, tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_text("image")
    with path.open() as file:
        assert refusal(client_kind, TypeError, "analyze", file, ["caption"]).startswith("image_data: expected ")
    with tempfile.SpooledTemporaryFile(mode="w+") as file:
        assert refusal(client_kind, TypeError, "analyze", file, ["caption"]).startswith("image_data: expected ")


def test_a_closed_file(client_kind: ClientKind) -> None:
    for file in (io.BytesIO(b"image"), tempfile.SpooledTemporaryFile()):
        file.close()
        assert refusal(client_kind, ValueError, "analyze", file, ["caption"]) == (
            "image_data: expected an open file, got a closed one"
        )
        with pytest.raises(ValueError, match="^request: expected an open file, got a closed one"):
            with client_kind.client(transport=client_kind.transport()) as client:
                client.send_request(HttpRequest("POST", "/x", content=file))


@pytest.mark.parametrize("url, error", URLS.values(), ids=URLS)
def test_a_url(client_kind: ClientKind, url: Any, error: Any) -> None:
    assert refusal(client_kind, error, "analyze_from_url", url, ["caption"]).startswith("image_url: expected ")


@pytest.mark.parametrize("features, error", FEATURES.values(), ids=FEATURES)
@pytest.mark.parametrize("method, image", [("analyze", b"image"), ("analyze_from_url", URL)])
def test_features(client_kind: ClientKind, method: str, image: Any, features: Any, error: Any) -> None:
    assert refusal(client_kind, error, method, image, features).startswith("visual_features: expected ")


@pytest.mark.parametrize("ratios, error", RATIOS.values(), ids=RATIOS)
@pytest.mark.parametrize("method, image", [("analyze", b"image"), ("analyze_from_url", URL)])
def test_ratios(client_kind: ClientKind, method: str, image: Any, ratios: Any, error: Any) -> None:
    text = refusal(client_kind, error, method, image, ["smartCrops"], smart_crops_aspect_ratios=ratios)
    assert text.startswith("smart_crops_aspect_ratios: expected ")


LINES = "a\r\nX-Smuggled: b\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"
QUOTED: List[Dict[str, Any]] = [
    {"language": LINES},
    {"model_version": LINES},
    {"visual_features": [LINES]},
    {"params": {"name": LINES}},
    {"params": {LINES: "value"}},
    {"client": {"api_version": LINES}},
    {"image_url": LINES},
]
REFUSED: List[Dict[str, Any]] = [
    {"headers": {"X-Name": LINES}},
    {"headers": {LINES: "value"}},
    {"content_type": LINES},
    {"request_id": LINES},
    {"user_agent": LINES},
    {"raw_request_hook": lambda request: request.http_request.headers.update({"X-Name": LINES})},
    {"client": {"headers": {"X-Name": LINES}}},
    {"client": {"user_agent": LINES}},
    {"client": {"request_id": LINES}},
]


def use(client_kind: ClientKind, server: FaultyServer, given: Dict[str, Any]) -> None:
    """Make a call with some unusual arguments, keywords of the client among them."""
    keywords = {"visual_features": ["caption"], **given}
    client_keywords = keywords.pop("client", {})
    with client_kind.client(server.origin, transport=sleepless(client_kind), **client_keywords) as client:
        if "image_url" in keywords:
            client.analyze_from_url(**keywords)
        else:
            client.analyze(b"image", **keywords)


@pytest.mark.parametrize("given", QUOTED, ids=[next(iter(given)) for given in QUOTED])
def test_line_breaks_are_quoted(client_kind: ClientKind, given: Dict[str, Any]) -> None:
    with FaultyServer(answer()) as server:
        use(client_kind, server, given)
    (request,) = server.requests
    assert "x-smuggled" not in request.headers
    assert request.line[0] == "POST"
    assert ("0D%0A" in request.line[1]) != (rb"\r\nX-Smuggled" in request.body)


@pytest.mark.parametrize("given", REFUSED, ids=[next(iter(given.get("client", given))) for given in REFUSED])
def test_line_breaks_in_a_header_are_refused(client_kind: ClientKind, given: Dict[str, Any]) -> None:
    with FaultyServer(answer()) as server, pytest.raises(ValueError, match="^header '") as caught:
        use(client_kind, server, given)
    assert server.requests == []
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://example.com/x", "https://example.com:port/x"])
def test_an_address_of_ones_own_that_is_none(client_kind: ClientKind, url: str) -> None:
    with client_kind.client(transport=client_kind.transport()) as client:
        with pytest.raises(ValueError, match="^request: expected a relative URL, or an http or https address$"):
            client.send_request(HttpRequest("GET", url))


@pytest.mark.parametrize("where", ["/", "/x", "{endpoint}/x", "/x?name="])
def test_line_breaks_in_an_address_of_ones_own_add_no_line(client_kind: ClientKind, where: str) -> None:
    with FaultyServer(answer()) as server:
        with client_kind.client(server.origin, transport=sleepless(client_kind)) as client:
            client.send_request(HttpRequest("GET", where + LINES))
    (request,) = server.requests
    assert "x-smuggled" not in request.headers


@pytest.mark.parametrize("method", [LINES, "GET\n", "G ET / HTTP/1.1\r\nX-Smuggled: b\r\n"])
def test_line_breaks_in_a_method_of_ones_own_are_not_sent(client_kind: ClientKind, method: str) -> None:
    with FaultyServer(answer()) as server:
        with client_kind.client(server.origin, transport=sleepless(client_kind)) as client:
            with pytest.raises((ValueError, AzureError)):
                client.send_request(HttpRequest(method, "/x"), retry_total=0)
    assert server.requests == []
