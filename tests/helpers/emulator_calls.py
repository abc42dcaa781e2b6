"""Shared parts of the emulator's tests: running emulators, raw calls, and images to send."""

import contextlib
import io
import json
import os
import socket
import ssl
import subprocess
import sys
import zlib
from typing import Any, Dict, Iterator, NamedTuple, Optional, Union

import pytest
import requests
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.emulator._text.recognizer import is_available
from azure.core.credentials import AzureKeyCredential
from client_kinds import ClientKind
from PIL import Image
from project import SAMPLES

SAMPLE = (SAMPLES / "sample.jpg").read_bytes()
PATH = "/computervision/imageanalysis:analyze"
KEY = "0123456789abcdef0123456789abcdef"

needs_ocr = pytest.mark.skipif(not is_available(), reason="The packages of text recognition are not installed.")

# The headers of a response that comes from the gate before the service.
GATE_HEADERS = {"apim-request-id", "Content-Type", "Content-Length", "Date"}


@pytest.fixture(scope="module")
def service() -> Iterator[ImageAnalysisEmulator]:
    """A service over plain http for the tests of a file."""
    with ImageAnalysisEmulator(key=KEY) as running:
        yield running


@pytest.fixture(scope="module")
def secure() -> Iterator[ImageAnalysisEmulator]:
    """A service over https, which issues tokens too, for the tests of a file."""
    with ImageAnalysisEmulator(https=True, key=KEY) as running:
        yield running


@pytest.fixture(scope="module")
def running() -> Iterator[ImageAnalysisEmulator]:
    """An emulator that does not recognize text, for the tests of a file."""
    with ImageAnalysisEmulator(ocr=False) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: ImageAnalysisEmulator) -> ImageAnalysisEmulator:
    """The same, as if it had just been started."""
    running.reset()
    return running


class Remote(NamedTuple):
    """An emulator that runs in another process."""

    endpoint: str
    key: str
    ca_file: Optional[str] = None


AnyEmulator = Union[ImageAnalysisEmulator, Remote]


@contextlib.contextmanager
def by_hand(*arguments: str, **variables: str) -> Iterator[Any]:
    """Run the emulator's command, from a folder that is not the project's."""
    with subprocess.Popen(
        [sys.executable, "-m", "azure.ai.vision.imageanalysis.emulator", *arguments],
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
    service: AnyEmulator,
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
        "Ocp-Apim-Subscription-Key": service.key,
    }
    sent.update({name.replace("_", "-"): value for name, value in headers.items()})
    with requests.Session() as session:
        # Neither a proxy nor a .netrc of this machine's user.
        session.trust_env = False
        return session.request(
            method,
            f"{service.endpoint}{path}?api-version={version}&{query}",
            data=json.dumps(body) if is_json else body,
            headers={name: value for name, value in sent.items() if value is not None},
            verify=service.ca_file,
            timeout=120,  # A test that hangs says nothing.
        )


def analyze(kind: ClientKind, emulator: ImageAnalysisEmulator, image: Any, features: Any, **options: Any) -> Any:
    """Call the real client once, without retries, for a URL or for bytes."""
    with kind.client(emulator.endpoint, AzureKeyCredential(emulator.key), retry_total=0) as client:
        method = client.analyze_from_url if isinstance(image, str) else client.analyze
        return method(image, features, **options)


def beginning_of_call(key: str = KEY, length: int = 1000) -> bytes:
    """The head and the first byte of a call whose body does not come to its end."""
    return (
        f"POST {PATH}?api-version=2023-10-01&features=tags HTTP/1.1\r\nHost: localhost\r\n"
        f"Ocp-Apim-Subscription-Key: {key}\r\nContent-Length: {length}\r\n\r\nx"
    ).encode()


def raw_connection(service: AnyEmulator) -> socket.socket:
    """Connect as a client that says nothing by itself, over TLS if the service does."""
    host, port = service.endpoint.split("//")[1].split(":")
    connection = socket.create_connection((host, int(port)), timeout=60)
    if service.ca_file is None:
        return connection
    return ssl.create_default_context(cafile=service.ca_file).wrap_socket(connection, server_hostname=host)


def clean_environment() -> Dict[str, str]:
    """This process's environment without what could lead a program to Azure or to a proxy."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("AZURE_", "IDENTITY_", "MSI_")) and not name.upper().endswith("_PROXY")
    }


def picture(width: int, height: int, format: str = "PNG", **options: Any) -> bytes:
    """An image of one colour, in the size and the format that are asked for."""
    return encoded(Image.new("L" if format != "ICO" else "RGB", (width, height), 200), format, **options)


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    """An image as a file."""
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def picture_with_parts(format: str, count: int) -> bytes:
    """A picture with so many small parts before its pixels."""
    if format == "JPEG":
        return SAMPLE[:2] + b"\xff\xe1\x00\x08Exif\0\0" * count + SAMPLE[2:]
    image = picture(60, 60, format)
    if format == "PNG":
        return image[:33] + (b"\0\0\0\0teSt" + zlib.crc32(b"teSt").to_bytes(4, "big")) * count + image[33:]
    header = 13 + (3 << ((image[10] & 7) + 1))
    return image[:header] + b"!\xfe" + b"\x01x" * count + b"\0" + image[header:]


def name_of(value: Any) -> Optional[str]:
    """Name a case of a table: images are too long for that."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else None
