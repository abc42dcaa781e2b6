"""Shared parts of the emulator's tests: raw calls, emulators in other processes, and images to send."""

import contextlib
import io
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional, Union

import pytest
import requests
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._text.recognizer import is_available
from azure.core.credentials import AzureKeyCredential
from client_kinds import ClientKind
from PIL import Image
from project import SAMPLES

MODULE = "azure.ai.vision.imageanalysis.emulator"
SAMPLE = (SAMPLES / "sample.jpg").read_bytes()
SAMPLE_URL = "https://aka.ms/azsdk/image-analysis/sample.jpg"
PATH = "/computervision/imageanalysis:analyze"
KEY = "0123456789abcdef0123456789abcdef"
# How long a test waits for another thread or process before it fails.
SECONDS = 30

needs_ocr = pytest.mark.skipif(not is_available(), reason="The packages of text recognition are not installed.")

# The headers of a response that comes from the gate before the service.
GATE_HEADERS = {"apim-request-id", "Content-Type", "Content-Length", "Date"}


class RemoteEmulator(NamedTuple):
    """An emulator that runs in another process."""

    endpoint: str
    key: str
    ca_file: Optional[str] = None


AnyEmulator = Union[ImageAnalysisEmulator, RemoteEmulator]


@contextlib.contextmanager
def running_command(*arguments: str, **variables: str) -> Iterator[Any]:
    """Run the emulator's command, from a folder that is not the project's."""
    with subprocess.Popen(
        [sys.executable, "-m", MODULE, *arguments],
        cwd=SAMPLES,
        env={**clean_environment(), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def call(
    emulator: AnyEmulator,
    query: str = "features=tags",
    body: Union[bytes, Dict[str, Any]] = SAMPLE,
    *,
    path: str = PATH,
    method: str = "POST",
    version: str = "2023-10-01",
    **headers: Union[str, bytes, None],
) -> requests.Response:
    """Send one raw request: a dict is sent as JSON, bytes as an image; a header given as None is left out."""
    is_json = isinstance(body, dict)
    sent: Dict[str, Union[str, bytes, None]] = {
        "Content-Type": "application/json" if is_json else "application/octet-stream",
        "Ocp-Apim-Subscription-Key": emulator.key,
    }
    sent.update({name.replace("_", "-"): value for name, value in headers.items()})
    with requests.Session() as session:
        # Neither a proxy nor a .netrc of this machine's user.
        session.trust_env = False
        return session.request(
            method,
            f"{emulator.endpoint}{path}?api-version={version}&{query}",
            data=json.dumps(body) if is_json else body,
            headers={name: value for name, value in sent.items() if value is not None},
            verify=emulator.ca_file,
            timeout=120,
        )


def analyze(emulator: ImageAnalysisEmulator, image: Any, features: Any, **options: Any) -> Any:
    """Call the synchronous client once, without retries, for a URL or for bytes."""
    credential = AzureKeyCredential(emulator.key)
    with ClientKind(is_async=False).client(emulator.endpoint, credential, retry_total=0) as client:
        method = client.analyze_from_url if isinstance(image, str) else client.analyze
        return method(image, features, **options)


def beginning_of_call(key: str = KEY, length: int = 1000) -> bytes:
    """Return the headers and the first byte of the body of a call."""
    return (
        f"POST {PATH}?api-version=2023-10-01&features=tags HTTP/1.1\r\nHost: localhost\r\n"
        f"Ocp-Apim-Subscription-Key: {key}\r\nContent-Length: {length}\r\n\r\nx"
    ).encode()


def raw_connection(emulator: AnyEmulator) -> socket.socket:
    """Connect a socket, over TLS if the emulator serves https."""
    host, port = emulator.endpoint.split("//")[1].split(":")
    connection = socket.create_connection((host, int(port)), timeout=60)
    if emulator.ca_file is None:
        return connection
    return ssl.create_default_context(cafile=emulator.ca_file).wrap_socket(connection, server_hostname=host)


def clean_environment() -> Dict[str, str]:
    """Return this process's environment without what could lead a program to Azure or to a proxy."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("AZURE_", "IDENTITY_", "MSI_")) and not name.upper().endswith("_PROXY")
    }


def run_python(*arguments: str, folder: Any, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in a folder, from which it can import, with more environment variables."""
    environment = {**clean_environment(), "PYTHONPATH": str(folder), **variables}
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, env=environment, cwd=folder, text=True, timeout=60)


def wait_until(condition: Callable[[], Any]) -> None:
    """Wait for something that another thread or process does."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def picture(width: int, height: int, format: str = "PNG", **options: Any) -> bytes:
    """Return an image file of one color."""
    return encoded(Image.new("L" if format != "ICO" else "RGB", (width, height), 200), format, **options)


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    """Return an image as a file."""
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def name_of(value: Any) -> Optional[str]:
    """Name a case of a table by its bytes' length, as images are too long for a name."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else None
