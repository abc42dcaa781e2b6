"""Tests of the samples about single calls: traces, retries, clouds, keys, errors, other operations."""

import re
from typing import Any, Dict, List

import pytest
import sample_error_handling
import sample_key_rotation
import sample_other_operations
from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core import __version__ as azure_core_version
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, ServiceResponseError, ServiceResponseTimeoutError
from azure.identity import AzureAuthorityHosts
from fake_transport import FakeTransport, SentRequest, StubResponse
from sample_programs import Run, as_process, both, run, service

pytestmark = pytest.mark.slow

__all__ = ["run", "service"]

TAGS = [VisualFeatures.TAGS]

# Older versions of azure-identity use what msal has given up.
SIGNS_IN = pytest.mark.filterwarnings("ignore:.*explicitly get a list:DeprecationWarning")


def client_of(*responses: Any, **options: Any) -> ImageAnalysisClient:
    transport = FakeTransport(*responses)
    credential = options.pop("credential", AzureKeyCredential("0" * 32))
    return ImageAnalysisClient("https://example.org", credential, transport=transport, **options)


@pytest.mark.parametrize(
    "sample, variables, status, span",
    [
        ("sample_tracing_opentelemetry", {"VISION_KEY": "0" * 32}, 1, "    POST 401"),
        ("sample_tracing_opentelemetry_async", {}, 0, "    POST 200"),
    ],
)
def test_tracing_prints_a_tree_of_spans(
    sample: str, variables: Dict[str, str], status: int, span: str, service: ImageAnalysisEmulator
) -> None:
    pytest.importorskip("opentelemetry.sdk")
    if tuple(map(int, azure_core_version.split(".")[:2])) < (1, 33):
        pytest.skip("this azure-core makes no spans without a plug-in")
    ended = as_process(sample, environment={**service.environment(), **variables})
    assert ended.status == status
    printed = [re.sub(r" \(\d+ ms\)$", "", line) for line in ended.out.splitlines()]
    assert printed[-3:] == ["describe image ", "  ImageAnalysisClient.analyze ", span]


@both("retries_timeouts_proxies")
def test_retries_sample_obeys_retry_after(sample: str, run: Run, service: ImageAnalysisEmulator) -> None:
    service.fail_next(429, retry_after=0)
    out, err, status = run(sample)
    assert (err, status) == ("", 0)
    lines = out.splitlines()
    assert lines[:3] == ["Response: 429, to be retried in 0 s", "Response: 200", "Patient call: 17 tags"]


@both("retries_timeouts_proxies")
def test_retries_sample_uses_the_proxy(sample: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISION_ENDPOINT", "http://vision.example")
    monkeypatch.delenv("NO_PROXY")
    with ImageAnalysisEmulator(allow_host=["vision.example"]) as proxy:
        monkeypatch.setenv("VISION_KEY", proxy.key)
        out, err, status = run(sample, "--proxy", proxy.endpoint)
        assert (err, status) == ("", 0)
        assert "Quick call: 17 tags" in out and len(proxy.requests) == 2


CLOUDS = {
    "government": ("https://cognitiveservices.azure.us", AzureAuthorityHosts.AZURE_GOVERNMENT),
    "china": ("https://cognitiveservices.azure.cn", AzureAuthorityHosts.AZURE_CHINA),
}


@SIGNS_IN
@pytest.mark.parametrize("cloud", CLOUDS)
def test_sovereign_cloud_signs_in_there(cloud: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    audience, authority = CLOUDS[cloud]
    monkeypatch.delenv("VISION_KEY")
    with ImageAnalysisEmulator(https=True, audience=audience) as there:
        for name, value in there.environment().items():
            monkeypatch.setenv(name, value)
        out, err, status = run("sample_sovereign_cloud", "--cloud", cloud)
    assert (err, status) == ("", 0)
    assert f"sign-in at {authority}, token for {audience}/.default\nTags: wall, indoor, person" in out


@pytest.mark.parametrize("key, attempts", [("new", ["old", "new"]), ("old", ["old"]), ("wrong", ["old", "wrong"])])
def test_key_rotation_asks_once_for_a_key(key: str, attempts: List[str]) -> None:
    used = []

    def respond(request: SentRequest) -> StubResponse:
        used.append(request.headers["Ocp-Apim-Subscription-Key"])
        return StubResponse() if used[-1] == "new" else StubResponse({"error": {"code": "401", "message": "No"}}, 401)

    credential = AzureKeyCredential("old")
    arguments = (client_of(respond, credential=credential), credential, lambda: key, b"image", TAGS)
    if key == "new":
        sample_key_rotation.analyze(*arguments)
    else:
        with pytest.raises(ClientAuthenticationError):
            sample_key_rotation.analyze(*arguments)
    assert used == attempts


@both("error_handling")
def test_error_handling_prints_what_to_do(sample: str, run: Run, service: ImageAnalysisEmulator) -> None:
    out, err, status = run(sample)
    assert (err, status) == ("", 0)
    assert service.key not in out
    cases = re.split(r"^(\S.*):\n", out, flags=re.MULTILINE)[1:]
    assert cases[::2] == [case.title for case in sample_error_handling.CASES]
    advice = [said.splitlines()[1].strip() for said in cases[1::2]]
    assert len(set(advice)) == len(advice)
    assert "Read the message." not in advice
    assert re.search(r"A wrong key:\n  401, code 401, request id \S+: Access denied", out)


@pytest.mark.parametrize(
    "step, what_to_do",
    [
        (StubResponse({"error": {"code": "403", "message": "Virtual network"}}, 403), "network rules"),
        (StubResponse({"error": {"code": "InternalServerError", "message": "Oh"}}, 500), "Try again later"),
        (StubResponse("<html>Sign in to the network</html>"), "proxy or a firewall"),
        (ServiceResponseError("Connection aborted"), "may have been billed"),
        (ServiceResponseTimeoutError("Read timed out"), "read_timeout"),
        (ClientAuthenticationError("DefaultAzureCredential failed"), "sign in"),
    ],
)
def test_error_handling_explains_other_failures(step: Any, what_to_do: str) -> None:
    with pytest.raises(Exception) as failed:
        client_of(step, retry_total=0).analyze(b"image", TAGS)
    assert what_to_do in sample_error_handling.advice(failed.value)


def test_other_operations_compare_an_image_with_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = sample_other_operations
    monkeypatch.setattr("fake_transport._Response.raise_for_status", lambda self: None)
    client = client_of(StubResponse({"vector": [3, 4]}), StubResponse({"vector": [4, 3]}))
    of_image, of_text = sample.vectorize_image(client, b"image"), sample.vectorize_text(client, "a boat")
    assert sample.similarity(of_image, of_text) == pytest.approx(0.96)
    image, text = client._client._pipeline._transport.sent
    assert image.url.startswith("https://example.org/computervision/retrieval:vectorizeImage?api-version=2024-02-01&")
    assert (image.body, image.headers["Content-Type"]) == (b"image", "application/octet-stream")
    assert text.url == image.url.replace("vectorizeImage", "vectorizeText")
    assert (text.body, text.headers["Content-Type"]) == ('{"text": "a boat"}', "application/json")
