"""Tests the samples about single calls: traces, retries, clouds, keys, errors, tests offline."""

import os
import re
import runpy
import shutil
from typing import Any, Dict, List

import pytest
from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core import __version__ as azure_core_version
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceResponseError
from azure.identity import AzureAuthorityHosts, DefaultAzureCredential
from fake_transport import FakeTransport, Sent, StubResponse
from loopback import Loopback
from sample_programs import Run, as_process, known_result, module, path_of, run, service, twins

__all__ = ["run", "service"]

TAGS = [VisualFeatures.TAGS]

# Older versions of azure-identity use what msal has given up.
SIGNS_IN = pytest.mark.filterwarnings("ignore:.*explicitly get a list:DeprecationWarning")


@pytest.mark.slow
@twins("sample_tracing_opentelemetry")
def test_tracing_prints_a_tree_of_spans(sample: str, service: ImageAnalysisEmulator) -> None:
    pytest.importorskip("opentelemetry.sdk")
    if tuple(map(int, azure_core_version.split(".")[:2])) < (1, 33):
        pytest.skip("this azure-core makes no spans without a plug-in")
    out, err, status = as_process(sample, environment=service.environment())
    assert (err, status) == ("", 0)
    tags, *spans = out.splitlines()
    assert tags == "17 tags"
    assert [re.sub(r" \(\d+ ms\)$", "", span) for span in spans] == [
        "describe image ",
        "  ImageAnalysisClient.analyze ",
        "    POST 200",
    ]


@pytest.mark.slow
@twins("sample_tracing_opentelemetry")
def test_tracing_shows_a_call_that_failed(sample: str, service: ImageAnalysisEmulator) -> None:
    pytest.importorskip("opentelemetry.sdk")
    if tuple(map(int, azure_core_version.split(".")[:2])) < (1, 33):
        pytest.skip("this azure-core makes no spans without a plug-in")
    out, err, status = as_process(sample, environment={**service.environment(), "VISION_KEY": "0" * 32})
    assert status == 1
    assert "Access denied" in err
    assert "    POST 401 (" in out


@pytest.mark.slow
@twins("sample_retries_timeouts_proxies")
def test_retries_sample_obeys_retry_after(sample: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with ImageAnalysisEmulator(rate=1) as slow:
        for name, value in slow.environment().items():
            monkeypatch.setenv(name, value)
        with ImageAnalysisClient(slow.endpoint, AzureKeyCredential(slow.key)) as client:
            client.analyze_from_url(f"{slow.endpoint}/images/sample.jpg", TAGS)  # the one call of this second
        out, err, status = run(sample)
    assert (err, status) == ("", 0)
    assert out.splitlines() == [
        "Response: 429, to be retried in 1 s",
        "Response: 200",
        "Patient call: 17 tags",
        "Response: 429, to be retried in 1 s",
        "Quick call: too many calls now, left for later",
    ]


@twins("sample_retries_timeouts_proxies")
def test_retries_sample_configures_the_client(sample: str) -> None:
    settings = module(sample).SETTINGS
    client = ImageAnalysisClient("https://example.org", AzureKeyCredential("0" * 32), **settings)
    retry = next(policy for policy in client._config.policies if hasattr(policy, "status_retries"))
    assert (retry.total_retries, retry.status_retries, retry.connect_retries, retry.read_retries) == (5, 5, 2, 2)
    assert (retry.backoff_factor, retry.backoff_max) == (0.8, 30)
    # What the comments say of the times between the attempts.
    history = [None] * 7
    settings = {"backoff": 0.8, "max_backoff": 30}
    waits = [retry.get_backoff_time({**settings, "history": history[:attempts]}) for attempts in range(1, 8)]
    assert waits == pytest.approx([0, 1.6, 3.2, 6.4, 12.8, 25.6, 30])
    transport = client._client._pipeline._transport
    assert (transport.connection_config.timeout, transport.connection_config.read_timeout) == (10, 60)


@twins("sample_retries_timeouts_proxies")
def test_retries_sample_uses_the_proxy(sample: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISION_ENDPOINT", "http://vision.example")
    monkeypatch.delenv("NO_PROXY")
    with Loopback(StubResponse(known_result())) as proxy:
        out, err, status = run(sample, "--proxy", proxy.endpoint)
    assert (err, status) == ("", 0)
    assert "Quick call: 17 tags" in out
    assert len(proxy.received) == 2
    assert proxy.received[0].target.startswith("http://vision.example/computervision/imageanalysis:analyze?")


CLOUDS = {
    "public": ("https://cognitiveservices.azure.com", AzureAuthorityHosts.AZURE_PUBLIC_CLOUD),
    "government": ("https://cognitiveservices.azure.us", AzureAuthorityHosts.AZURE_GOVERNMENT),
    "china": ("https://cognitiveservices.azure.cn", AzureAuthorityHosts.AZURE_CHINA),
}


@SIGNS_IN
@pytest.mark.parametrize("cloud", CLOUDS)
def test_sovereign_cloud_signs_in_there(cloud: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    audience, authority = CLOUDS[cloud]
    made: List[Dict[str, Any]] = []

    class Credential(DefaultAzureCredential):
        def __init__(self, **options: Any) -> None:
            made.append(options)
            super().__init__(**options)

    monkeypatch.setattr("azure.identity.DefaultAzureCredential", Credential)
    monkeypatch.delenv("VISION_KEY")
    with ImageAnalysisEmulator(https=True, audience=audience) as there:
        for name, value in there.environment().items():
            monkeypatch.setenv(name, value)
        out, err, status = run("sample_sovereign_cloud", "--cloud", cloud)
    assert (err, status) == ("", 0)
    assert f"token for {audience}/.default\nTags: wall, indoor, person" in out
    assert made == [{"authority": authority}]


@SIGNS_IN
@pytest.mark.parametrize("cloud", ["government", "china"])
def test_sovereign_cloud_refuses_a_foreign_token(cloud: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with ImageAnalysisEmulator(https=True) as public:
        for name, value in public.environment().items():
            monkeypatch.setenv(name, value)
        _, err, status = run("sample_sovereign_cloud", "--cloud", cloud)
    assert status == 1
    assert "audience is incorrect" in err


def test_key_rotation_continues_with_the_new_key(run: Run) -> None:
    out, err, status = run("sample_key_rotation")
    assert (err, status) == ("", 0)
    assert out == "With the key that was got anew: 17 tags\nWith the key that was changed in time: 17 tags\n"


def test_key_rotation_gives_up_if_the_new_key_is_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISION_KEY", "1" * 32)
    _, err, status = run("sample_key_rotation")
    assert status == 1
    assert "Access denied" in err
    assert "1" * 32 not in err


@pytest.mark.parametrize(
    "keys, attempts", [(["new"], ["old", "new"]), (["old"], ["old"]), (["wrong"], ["old", "wrong"])]
)
def test_key_rotation_asks_once_for_a_key(
    keys: List[str], attempts: List[str], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("sample_key_rotation")  # sets the environment up
    monkeypatch.setattr("sys.argv", ["sample"])
    analyze = runpy.run_path(str(path_of("sample_key_rotation")))["analyze"]

    def respond(request: Sent) -> StubResponse:
        right = request.headers["Ocp-Apim-Subscription-Key"] == "new"
        return StubResponse() if right else StubResponse({"error": {"code": "401", "message": "Access denied"}}, 401)

    credential, transport = AzureKeyCredential("old"), FakeTransport(respond)
    client = ImageAnalysisClient("https://example.org", credential, transport=transport)
    got = iter(keys)
    if attempts[-1] == "new":
        assert analyze(client, credential, lambda: next(got), b"x", TAGS).caption.text == "two boats on a lake"
    else:
        with pytest.raises(ClientAuthenticationError):
            analyze(client, credential, lambda: next(got), b"x", TAGS)
    assert [sent.headers["Ocp-Apim-Subscription-Key"] for sent in transport.sent] == attempts


@twins("sample_error_handling")
def test_error_handling_prints_what_to_do(sample: str, run: Run, service: ImageAnalysisEmulator) -> None:
    out, err, status = run(sample)
    assert (err, status) == ("", 0)
    assert service.key not in out
    cases = [case.title for case in module("sample_error_handling").CASES]
    blocks = re.split(r"^(\S.*):\n", out, flags=re.MULTILINE)[1:]
    assert blocks[::2] == cases
    said = dict(zip(cases, blocks[1::2]))
    assert said["A wrong key"].startswith("  401, code 401, request id ")
    for title, what_to_do in (
        ("A URL that cannot be reached", "send the image's bytes"),
        ("An empty file", "under 20 MB"),
        ("An image that is too small", "larger than 50 x 50"),
        ("A file that is no image", "Convert the image"),
        ("No features", "an argument is wrong"),
        ("A feature that is no feature", "members of VisualFeatures"),
        ("A language that is none", "Captions and objects: 'en'"),
        ("A crop that is too wide", "0.75 to 1.8"),
        ("A wrong key", "of the same resource"),
        ("A wrong version of the API", "Leave api_version away"),
        ("A wrong endpoint", "The request was not sent"),
    ):
        assert what_to_do in said[title]
        assert len(said[title].splitlines()) == 2


# Every row of the contract's table that a call can meet: the service's settings, the call, and a word of the advice.
LARGE = b"\0" * (20 * 1024 * 1024 + 1)
ROWS = [
    ({}, {}, ("https://example.org/no.jpg", TAGS), "without sign-in"),
    ({}, {}, (b"", TAGS), "not empty"),
    ({}, {}, (LARGE, TAGS), "under 20 MB"),
    ({}, {}, (module("sample_error_handling").TINY, TAGS), "50 x 50"),
    ({}, {}, (b"x", TAGS), "Convert"),
    ({}, {}, (b"x", [""]), "at least one visual feature"),
    ({}, {}, (b"x", ["colours"]), "VisualFeatures"),
    ({}, {"language": "xx"}, (b"x", TAGS), "list of languages"),
    ({}, {"smart_crops_aspect_ratios": [2.0]}, (b"x", ["smartCrops"]), "0.75 to 1.8"),
    ({"captions": False}, {}, (b"x", ["caption"]), "region"),
    ({"key": "1" * 32}, {}, (b"x", TAGS), "of the same resource"),
    ({"rate": 0.01}, {"retry_total": 0}, (b"x", TAGS), "fewer calls"),
]


@pytest.mark.parametrize("settings, options, call, what_to_do", ROWS, ids=[row[-1] for row in ROWS])
def test_error_handling_explains_each_refusal(
    settings: Dict[str, Any], options: Dict[str, Any], call: Any, what_to_do: str
) -> None:
    advice = module("sample_error_handling").advice
    with ImageAnalysisEmulator(**settings) as there:
        key = "0" * 32 if "key" in settings else there.key
        with ImageAnalysisClient(there.endpoint, AzureKeyCredential(key)) as client:
            analyze = client.analyze_from_url if isinstance(call[0], str) else client.analyze
            if "rate" in settings:
                with pytest.raises(HttpResponseError, match="Image format"):
                    analyze(*call)  # the one call that succeeds
            with pytest.raises(HttpResponseError) as refused:
                analyze(*call, **options)
    assert what_to_do in advice(refused.value)


@SIGNS_IN
@pytest.mark.parametrize(
    "settings, what_to_do",
    [({"role": False}, "Cognitive Services User"), ({"audience": "https://cognitiveservices.azure.us"}, "scope")],
)
def test_error_handling_explains_token_errors(
    settings: Dict[str, Any], what_to_do: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    advice = module("sample_error_handling").advice
    with ImageAnalysisEmulator(https=True, **settings) as there:
        for name, value in {**there.environment(), "NO_PROXY": "127.0.0.1"}.items():
            monkeypatch.setenv(name, value)
        with DefaultAzureCredential() as credential, ImageAnalysisClient(there.endpoint, credential) as client:
            with pytest.raises(ClientAuthenticationError) as refused:
                client.analyze(b"x", TAGS)
    assert what_to_do in advice(refused.value)


@pytest.mark.parametrize(
    "step, what_to_do",
    [
        (StubResponse({"error": {"code": "404", "message": "Resource not found"}}, 404), "Check the endpoint"),
        (StubResponse({"error": {"code": "403", "message": "Virtual network"}}, 403), "network rules"),
        (StubResponse("", 401), "Check the key"),
        (StubResponse("", 429), "fewer calls"),
        (StubResponse({"error": {"code": "InternalServerError", "message": "Oh"}}, 500), "Try again later"),
        (StubResponse("", 418), "request id"),
        (StubResponse("<html>Sign in to the network</html>"), "proxy or a firewall"),
        (ServiceResponseError("Connection aborted"), "may have been billed"),
        (ClientAuthenticationError("DefaultAzureCredential failed"), "sign in"),
    ],
)
def test_error_handling_explains_other_failures(step: Any, what_to_do: str) -> None:
    advice = module("sample_error_handling").advice
    client = ImageAnalysisClient(
        "https://example.org", AzureKeyCredential("0" * 32), transport=FakeTransport(step), retry_total=0
    )
    with pytest.raises(Exception) as failed:
        client.analyze(b"x", TAGS)
    assert what_to_do in advice(failed.value)


@pytest.mark.slow
@twins("sample_test_your_app_offline")
def test_test_your_app_passes_its_own_tests(sample: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out, err, status = as_process(sample, environment={})
    assert (err, status) == ("", 0)
    tests = 4 if "async" in sample else 6
    assert out.count(" PASSED") == tests
    assert f"{tests} passed" in out
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.slow
@twins("sample_test_your_app_offline")
def test_test_your_app_fails_when_the_app_is_wrong(
    sample: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, service: ImageAnalysisEmulator
) -> None:
    # Each of the ways finds its mistake in a copy of the sample.
    monkeypatch.chdir(tmp_path)
    for path in (path_of("sample_test_your_app_offline"), path_of(sample)):
        shutil.copy(path, tmp_path)
    text = path_of(sample).read_text(encoding="utf-8")
    copied = tmp_path / f"{sample}.py"
    monkeypatch.setattr("sample_programs.path_of", lambda name: copied)
    mistakes = [
        ("< 0.5", "< 0.05", "test_1_models_by_keyword"),
        ("gender_neutral_caption=True", "gender_neutral_caption=False", "test_2_fake_transport_shows_what_is_sent"),
        ("status_code == 400", "status_code == 404", "test_3_emulator"),
    ]
    for right, wrong, test in mistakes[1:] if "async" in sample else mistakes:
        assert right in text
        copied.write_text(text.replace(right, wrong), encoding="utf-8")
        ended = as_process(sample, environment={})
        assert ended.status == 1
        assert re.search(rf"{test}.* FAILED", ended.out)
