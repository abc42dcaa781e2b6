"""Tests of authentication at the emulator: keys, tokens, https, and no leaked secret.

Expected values are written out here, not taken from the emulator's own tables.
"""

import logging
import os
import socket
import ssl
from pathlib import Path
from typing import Any, Dict, Optional

import pytest
import requests
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from emulator_calls import GATE_HEADERS, MODULE, PATH, SAMPLE, call, raw_connection, run_python

AUDIENCE = "https://cognitiveservices.azure.com"


def bearer(token: str) -> Dict[str, Optional[str]]:
    return {"Ocp_Apim_Subscription_Key": None, "Authorization": f"Bearer {token}"}


def get_token(
    emulator: ImageAnalysisEmulator, resource: str = AUDIENCE, version: str = "2019-08-01", secret: Optional[str] = None
) -> requests.Response:
    variables = emulator.environment()
    with requests.Session() as session:
        session.trust_env = False
        return session.get(
            variables["IDENTITY_ENDPOINT"],
            params={"api-version": version, "resource": resource},
            headers={"X-IDENTITY-HEADER": variables["IDENTITY_HEADER"] if secret is None else secret},
            verify=emulator.ca_file,
        )


def test_https_by_address_and_by_name(secure: ImageAnalysisEmulator) -> None:
    assert secure.endpoint.startswith("https://127.0.0.1:")
    assert call(secure).status_code == 200
    url = secure.endpoint.replace("127.0.0.1", "localhost") + "/images/sample.jpg"
    assert requests.get(url, verify=secure.ca_file).content == SAMPLE
    assert call(secure, body={"url": url}).status_code == 200


def test_certificate_is_for_allowed_hosts_too() -> None:
    with ImageAnalysisEmulator(https=True, allow_host=["vision.test", "[::2]"], ocr=False) as emulator:
        context = ssl.create_default_context(cafile=emulator.ca_file)
        for name in ("127.0.0.1", "localhost", "vision.test", "::2"):
            with socket.create_connection(("127.0.0.1", int(emulator.endpoint.rsplit(":", 1)[1]))) as connection:
                context.wrap_socket(connection, server_hostname=name).close()


def test_host_without_a_possible_certificate_is_named() -> None:
    with pytest.raises(ValueError, match="'allow_host': a certificate cannot have one of the names: .*'no_name'"):
        ImageAnalysisEmulator(https=True, allow_host=["no_name"]).start()
    with ImageAnalysisEmulator(allow_host=["no_name"], ocr=False) as emulator:
        assert call(emulator, Host="no_name").status_code == 200


def test_issued_tokens_are_accepted(secure: ImageAnalysisEmulator) -> None:
    token = get_token(secure).json()
    assert set(token) == {"access_token", "expires_on", "resource", "token_type"}
    assert (token["resource"], token["token_type"]) == (AUDIENCE, "Bearer")
    assert call(secure, **bearer(token["access_token"])).status_code == 200
    with_slash = get_token(secure, AUDIENCE + "/").json()["access_token"]
    assert with_slash != token["access_token"]
    assert call(secure, **bearer(with_slash)).status_code == 200


def test_token_request_is_refused(secure: ImageAnalysisEmulator) -> None:
    for request, status in (({"secret": "wrong"}, 401), ({"version": "2017-09-01"}, 400), ({"resource": ""}, 400)):
        response = get_token(secure, **request)
        assert (response.status_code, response.json()["statusCode"]) == (status, status)
        assert "access_token" not in response.text


def unauthorized(audience: str = AUDIENCE) -> Dict[str, Any]:
    text = f"Unauthorized. Access token is missing, invalid, audience is incorrect ({audience}), or have expired."
    return {"statusCode": 401, "message": text}


def test_foreign_and_expired_tokens_are_refused(secure: ImageAnalysisEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{MODULE}._http.access.TOKEN_SECONDS", 0)
    for token in ("eyJ0eXAiOiJKV1QifQ.e30.", get_token(secure).json()["access_token"]):
        response = call(secure, **bearer(token))
        assert (response.status_code, response.reason) == (401, "Unauthorized")
        assert response.json() == unauthorized()
        assert set(response.headers) == GATE_HEADERS


def test_token_for_another_cloud_is_refused(secure: ImageAnalysisEmulator) -> None:
    audience = "https://cognitiveservices.azure.us"
    foreign = get_token(secure, audience).json()["access_token"]
    assert call(secure, **bearer(foreign)).json() == unauthorized()
    with ImageAnalysisEmulator(https=True, audience=audience, ocr=False) as sovereign:
        assert call(sovereign, **bearer(get_token(sovereign, audience).json()["access_token"])).status_code == 200
        public = get_token(sovereign).json()["access_token"]
        assert call(sovereign, **bearer(public)).json() == unauthorized(audience)


def test_token_without_the_role_is_refused() -> None:
    with ImageAnalysisEmulator(https=True, role=False, ocr=False) as strict:
        response = call(strict, **bearer(get_token(strict).json()["access_token"]))
        assert response.status_code == 401
        assert response.json() == {
            "error": {"code": "PermissionDenied", "message": "Principal does not have access to API/Operation."}
        }
        assert call(strict).status_code == 200


DEFAULT_CREDENTIAL_PROGRAM = """
import asyncio
from azure import identity
from azure.identity import aio

async def get_token():
    async with aio.DefaultAzureCredential() as credential:
        return await credential.get_token("https://cognitiveservices.azure.com/.default")

with identity.DefaultAzureCredential() as credential:
    print(credential.get_token("https://cognitiveservices.azure.com/.default").token)
print(asyncio.run(get_token()).token)
"""


@pytest.mark.slow
def test_azure_identity_gets_its_tokens_here(secure: ImageAnalysisEmulator, tmp_path: Path) -> None:
    ended = run_python("-c", DEFAULT_CREDENTIAL_PROGRAM, folder=tmp_path, **secure.environment())
    assert [call(secure, **bearer(token)).status_code for token in ended.stdout.split()] == [200, 200]


def test_environment_has_what_a_client_needs(emulator: ImageAnalysisEmulator, secure: ImageAnalysisEmulator) -> None:
    assert emulator.environment() == {
        "VISION_ENDPOINT": emulator.endpoint,
        "VISION_KEY": emulator.key,
        "NO_PROXY": "127.0.0.1,localhost",
    }
    assert emulator.ca_file is None
    variables = secure.environment()
    added = {"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}
    assert set(variables) == added | set(emulator.environment())
    assert variables["SSL_CERT_FILE"] == variables["REQUESTS_CA_BUNDLE"] == secure.ca_file


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_environment_adds_the_emulator_to_what_is_called_without_a_proxy(
    emulator: ImageAnalysisEmulator, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv(name, "corp.example, localhost")
    for variable, value in emulator.environment().items():
        monkeypatch.setenv(variable, value)
    assert os.environ[name] == os.environ["NO_PROXY"] == "corp.example,localhost,127.0.0.1"
    assert requests.get(emulator.endpoint + "/health").status_code == 200
    monkeypatch.setenv(name, "*")
    assert emulator.environment()[name] == "*"


def test_no_secret_is_logged(secure: ImageAnalysisEmulator, caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    caplog.set_level(logging.DEBUG)
    token = get_token(secure).json()["access_token"]
    call(secure)
    call(secure, body=b"")
    call(secure, **bearer(token))
    # aiohttp quotes what it cannot read.
    with raw_connection(secure) as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nOcp-Apim-Subscription-Key: {secure.key}\0\r\n\r\n".encode())
        assert b" 400 " in connection.recv(1000)
    output = "".join(capfd.readouterr()) + caplog.text + repr(secure)
    for secret in (secure.key, token, secure.environment()["IDENTITY_HEADER"]):
        assert secret not in output
