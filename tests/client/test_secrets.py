"""Tests that no secret leaks: key, token, a URL's signature, an image's bytes, recognized text."""

import logging
import socket
import traceback
from typing import Any, Dict, Iterator, List, Optional

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError
from certificates import Certificates
from client_kinds import KEY, ClientKind
from faults import BODY, HEAD, LENGTH, TEXT
from faulty_server import FaultyServer, ScriptedResponse, Step, http_response

TOKEN = "token-1"
IMAGE = "bytes-of-an-image-7b2f"
SIGNATURE = "signature-of-a-url-91aa"
SECRETS = [KEY, TOKEN, IMAGE, SIGNATURE, TEXT]

SCRIPTS: Dict[str, Optional[Step]] = {
    "a result": http_response(BODY),
    "a result that is not JSON": http_response(BODY[:-1]),
    "a refusal": http_response({"error": {"code": "401", "message": "Access denied."}}, 401),
    "a refused connection": None,
    "a lost response": ScriptedResponse(HEAD + LENGTH % 999 + BODY),
    "a response that does not come": ScriptedResponse(end="wait"),
    "a body that stalls": ScriptedResponse(HEAD + LENGTH % 999 + BODY, end="wait"),
}


def chain(error: Optional[BaseException]) -> Iterator[BaseException]:
    """Iterate over an exception and all exceptions that it refers to."""
    seen: List[Any] = []
    left: List[Any] = [error]
    while left:
        link = left.pop()
        if isinstance(link, BaseException) and not any(link is other for other in seen):
            seen.append(link)
            left += [link.__cause__, link.__context__, getattr(link, "inner_exception", None), *link.args]
            yield link


def found(text: str) -> List[str]:
    """Return the secrets in a text."""
    return [secret for secret in SECRETS if secret in text]


def printed(error: BaseException) -> Iterator[BaseException]:
    """Iterate over an exception and those that are printed with it."""
    link: Optional[BaseException] = error
    while link is not None:
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def check(error: BaseException, is_async: bool) -> None:
    """Check that an exception shows no secret, and no local variable that is shown with it the key or the token."""
    for link in chain(error):
        assert found(f"{link} {link!r} {getattr(link, 'message', '')} {getattr(link, 'error', '')}") == []
        assert found("".join(traceback.format_exception(type(link), link, link.__traceback__))) == []
    for link in printed(error):
        # azure-core raises from aiohttp's exceptions, in the frames of which is the request, as in 1.0.0.
        if not (is_async and link is not error):
            for frame, _ in traceback.walk_tb(link.__traceback__):
                shown = repr(frame.f_locals)
                assert not (KEY in shown or TOKEN in shown), frame


@pytest.mark.parametrize("scheme", ["http", "https"], ids=["key and image", "token and URL"])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_no_secret_is_in_a_log_an_exception_or_a_representation(
    client_kind: ClientKind,
    certificates: Certificates,
    caplog: pytest.LogCaptureFixture,
    script: Optional[Step],
    scheme: str,
) -> None:
    credential = client_kind.token_credential() if scheme == "https" else AzureKeyCredential(KEY)
    options = {"connection_verify": certificates.authority, "read_timeout": 0.2, "retry_backoff_factor": 0}
    tls = certificates.server if scheme == "https" else None
    with FaultyServer(script or http_response(), tls=tls) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = server.origin if script else f"{scheme}://localhost:{closed.getsockname()[1]}"
        with client_kind.client(endpoint, credential, **options) as client, caplog.at_level(logging.DEBUG):
            try:
                if scheme == "https":
                    result = client.analyze_from_url(f"https://a.example/?sig={SIGNATURE}", ["caption"])
                else:
                    result = client.analyze(IMAGE.encode(), ["caption"])
                assert result.metadata
            except AzureError as error:
                check(error, client_kind.is_async)
            assert found(f"{client.client!r} {client._client!r} {vars(client.client)!r}") == []
    assert caplog.records
    assert found(caplog.text + repr([vars(record) for record in caplog.records])) == []


@pytest.mark.parametrize("end", ["\n", "\0", "\u20ac"])
def test_key_that_is_not_a_header_is_not_shown(client_kind: ClientKind, end: str) -> None:
    with client_kind.client(credential=AzureKeyCredential(KEY + end)) as client:
        with pytest.raises(ValueError, match="^header 'Ocp-Apim-Subscription-Key'") as caught:
            client.analyze(b"image", ["caption"])
    check(caught.value, is_async=False)
