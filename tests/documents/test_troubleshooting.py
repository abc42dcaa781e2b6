"""Tests of the troubleshooting page: each message that it explains is provoked."""

import importlib
import io
import os
import re
import socket
import ssl
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import azure.core
import azure.identity
import azure.identity.aio
import pytest
import trustme
from azure.ai.vision import imageanalysis
from azure.ai.vision.imageanalysis import ImageAnalysisClient, aio
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._errors import NO_ROLE, wrong_token
from azure.core.credentials import AzureKeyCredential
from client_kinds import ENDPOINT, KEY, ClientKind, Driver
from fake_transport import StubResponse
from faulty_server import FaultyServer, ScriptedResponse
from snippets import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
# The message and the text of each section of level 3.
SECTIONS: Dict[str, str] = dict(re.findall(r"^### [^\n]+\n\n```text\n([^\n]+)\n```\n\n(.*?)(?=^##)", PAGE, re.M | re.S))
IMAGE = (ROOT / "samples" / "sample.jpg").read_bytes()


class ErrorScenario:
    """Helpers that provoke a message."""

    def __init__(
        self, client_kind: ClientKind, emulator: ImageAnalysisEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.client_kind = client_kind
        self.emulator = emulator
        self.monkeypatch = monkeypatch

    def call(self, image: Any = IMAGE, features: Any = ("tags",), endpoint: str = "", **options: Any) -> Any:
        """Make one call to an emulator that works."""
        credential = options.pop("credential", None) or AzureKeyCredential(options.pop("key", self.emulator.key))
        transport = options.pop("transport", None)
        made = {"transport": transport} if transport else {}
        with self.client_kind.client(endpoint or self.emulator.endpoint, credential, **made) as client:
            return client.analyze(image, features, retry_total=0, **options)

    def client_of_emulator(self, client_kind: Optional[ClientKind] = None) -> Driver:
        """Make a client that calls the emulator."""
        return (client_kind or self.client_kind).client(self.emulator.endpoint, AzureKeyCredential(self.emulator.key))

    def call_with_url(self) -> Any:
        with self.client_of_emulator() as client:
            return client.analyze_from_url("https://example.com/no-such-image.jpg", ["tags"])

    def call_with_response(self, response: StubResponse) -> Any:
        """Make one call that gets this response."""
        return self.call(transport=self.client_kind.transport(response))

    def call_refused(self, status: int, message: str) -> Any:
        """Make one call that the service refuses in a way that the emulator does not support."""
        return self.call_with_response(StubResponse({"error": {"code": str(status), "message": message}}, status))


def over_the_rate(scenario: ErrorScenario) -> None:
    with ImageAnalysisEmulator(rate=0.01) as busy:
        for _ in range(2):
            scenario.call(endpoint=busy.endpoint, key=busy.key)


def without_captions(scenario: ErrorScenario) -> None:
    with ImageAnalysisEmulator(captions=False) as elsewhere:
        scenario.call(features=["caption"], endpoint=elsewhere.endpoint, key=elsewhere.key)


def no_sign_in(scenario: ErrorScenario) -> None:
    module = azure.identity.aio if scenario.client_kind.is_async else azure.identity
    others = ("workload_identity", "managed_identity", "shared_token_cache", "visual_studio_code", "cli", "powershell")
    excluded = {f"exclude_{name}_credential": True for name in (*others, "developer_cli", "broker")}
    scenario.call(endpoint=ENDPOINT, credential=module.DefaultAzureCredential(**excluded))


def nobody_there(scenario: ErrorScenario) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        scenario.call(endpoint=f"http://127.0.0.1:{closed.getsockname()[1]}")


def untrusted_certificate(scenario: ErrorScenario) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(tls)
    with FaultyServer(ScriptedResponse(), tls=tls) as server:
        scenario.call(endpoint=server.origin)


def silence(scenario: ErrorScenario) -> None:
    with FaultyServer(ScriptedResponse(end="wait")) as server:
        scenario.call(endpoint=server.origin, read_timeout=0.2)


def a_proxys_page(scenario: ErrorScenario) -> None:
    try:
        scenario.call_with_response(StubResponse("<html>Sign in</html>"))
    except Exception as error:
        assert error.response.text() == "<html>Sign in</html>"  # as the page says where to look
        raise


def wrong_shape(scenario: ErrorScenario) -> None:
    result = scenario.call_with_response(StubResponse({"readResult": {"blocks": [{"lines": 5}]}}))
    assert result.as_dict()["readResult"] == {"blocks": [{"lines": 5}]}
    print(result.read.blocks[0].lines)


def no_aiohttp(scenario: ErrorScenario) -> None:
    scenario.monkeypatch.setitem(sys.modules, "aiohttp", None)
    scenario.monkeypatch.delitem(sys.modules, "azure.core.pipeline.transport._aiohttp", raising=False)
    aio.ImageAnalysisClient(ENDPOINT, AzureKeyCredential(KEY))


def old_azure_core(scenario: ErrorScenario) -> None:
    scenario.monkeypatch.setattr(azure.core, "__version__", "1.29.7")
    importlib.reload(imageanalysis)


def closed_client(scenario: ErrorScenario) -> None:
    with scenario.client_of_emulator() as client:
        client.analyze(IMAGE, ["tags"])
        client.close()
        client.analyze(IMAGE, ["tags"])


def forked_process(scenario: ErrorScenario) -> None:
    """Use an asynchronous client in two processes. It asks for the process's number at each call."""
    number = os.getpid()
    with scenario.client_of_emulator(ClientKind(is_async=True)) as client:
        client.analyze(IMAGE, ["tags"])
        scenario.monkeypatch.setattr(os, "getpid", lambda: number + 1)
        client.analyze(IMAGE, ["tags"])


def exhausted() -> io.BytesIO:
    """Return a file whose position is at its end, as after a save."""
    file = io.BytesIO()
    file.write(IMAGE)
    return file


def bad_option(scenario: ErrorScenario) -> None:
    inner = {}
    for options in (
        {"features": ["colors"]},
        {"language": "xx"},
        {"features": ["smartCrops"], "smart_crops_aspect_ratios": [3.0]},
    ):
        try:
            scenario.call(**options)
        except Exception as error:
            last = error
            inner[error.error.innererror["code"]] = True
    assert list(inner) == re.findall(r"- `([A-Z]\w+)`:", PAGE)
    raise last


HAPPENS: Dict[str, Callable[[ErrorScenario], Any]] = {
    "Access denied due to invalid subscription key or wrong API endpoint.": lambda now: now.call(key="0" * 32),
    "Principal does not have access to API/Operation.": lambda now: now.call_with_response(
        StubResponse(NO_ROLE.body(), 401)
    ),
    "Unauthorized. Access token is missing, invalid, audience is incorrect": lambda now: now.call_with_response(
        StubResponse(wrong_token("https://cognitiveservices.azure.com").body(), 401)
    ),
    "DefaultAzureCredential failed to retrieve a token": no_sign_in,
    **{
        message: (lambda now, status=status, message=message: now.call_refused(status, message))
        for status, message in [
            (400, "Please provide a custom subdomain for token authentication, otherwise API key is required."),
            (403, "Access denied due to Virtual Network/Firewall rules."),
            (403, "Public access is disabled. Please configure private endpoint."),
            (403, "Out of call volume quota."),
        ]
    },
    "The image size is not allowed to be zero or larger than 20971520 bytes.": lambda now: now.call(b""),
    "The image dimension is not allowed to be smaller than 50 and larger than 16000.": lambda now: now.call(
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
    ),
    "Image format is not valid": lambda now: now.call(b"no image"),
    "The provided image url is not accessible.": ErrorScenario.call_with_url,
    "Analyze query is invalid.": bad_option,
    "The feature 'Caption' is not supported in this region.": without_captions,
    "Resource not found": lambda now: now.call(b"image", endpoint=f"{now.emulator.endpoint}/computervision"),
    "Requests to the resource have exceeded the call rate limit": over_the_rate,
    "ServiceRequestError": nobody_there,
    "[SSL: CERTIFICATE_VERIFY_FAILED]": untrusted_certificate,
    "A token credential needs an https endpoint: a token is not sent over http.": lambda now: now.call(
        credential=now.client_kind.token_credential()
    ),
    "ServiceResponseError": silence,
    "The response is not JSON": a_proxys_page,
    "DetectedTextBlock.lines: expected a list, got 5": wrong_shape,
    "The client has been closed. Make calls before close(), or inside ``with``.": closed_client,
    "This client was used before the process was forked": forked_process,
    "seek(0)": lambda now: now.call(exhausted()),
    "image_data: expected": lambda now: now.call("image.jpg"),
    "visual_features: expected a list of VisualFeatures or of their names, got str": lambda now: now.call(
        features="caption"
    ),
    "Parameter 'endpoint' must be": lambda now: now.call(endpoint="example.com"),
    "Parameter 'credential' must be an AzureKeyCredential": lambda now: now.client_kind.client_class(ENDPOINT, KEY),
    "Parameter 'credential' is asynchronous": lambda now: ImageAnalysisClient(
        ENDPOINT, ClientKind(is_async=True).token_credential()
    ),
    "the value begins or ends with a blank, or holds a line break": lambda now: now.call(key=f"{KEY}\n"),
    "got an unexpected keyword argument": lambda now: now.call(langauge="en"),
    "The asynchronous client needs aiohttp": no_aiohttp,
    "azure-ai-vision-imageanalysis needs azure-core 1.30.0 or later": old_azure_core,
    "cannot import name 'VisualFeatures'": lambda now: exec("from azure.ai.vision.imageanalysis import VisualFeatures"),
    "'NoneType' object has no attribute": lambda now: print(now.call(features=["tags"]).caption.text),
    "'str' object has no attribute": lambda now: [tag.name for tag in now.call(features=["tags"]).tags],
    "list index out of range": lambda now: now.call_with_response(
        StubResponse({"readResult": {"blocks": []}})
    ).read.blocks[0],
}


@pytest.fixture(scope="module")
def emulator() -> Iterator[ImageAnalysisEmulator]:
    with ImageAnalysisEmulator() as running:
        yield running


@pytest.fixture
def scenario(
    client_kind: ClientKind, emulator: ImageAnalysisEmulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> ErrorScenario:
    monkeypatch.setenv("HOME", str(tmp_path))
    return ErrorScenario(client_kind, emulator, monkeypatch)


def raised_as(section: str) -> List[str]:
    """Find the class and the status that a section begins with."""
    sentence = re.match(r"Raised as .*?\.(?=\s)", section, re.DOTALL)
    return re.findall(r"`(\w+)`|status (\d+)", sentence[0]) if sentence else []


def test_each_message_is_provoked() -> None:
    assert sorted(SECTIONS) == sorted(HAPPENS)
    assert len(SECTIONS) == len(re.findall(r"^### ", PAGE, re.M))


@pytest.mark.parametrize("message", SECTIONS)
def test_users_see_the_message(message: str, scenario: ErrorScenario) -> None:
    with pytest.raises(Exception) as caught:
        HAPPENS[message](scenario)
    error = caught.value
    seen = [str(error), *(kind.__name__ for kind in type(error).__mro__)]
    assert message in "\n".join(seen)
    for kind, status in raised_as(SECTIONS[message]):
        assert not kind or kind in seen
        assert not status or getattr(error, "status_code", None) == int(status)
