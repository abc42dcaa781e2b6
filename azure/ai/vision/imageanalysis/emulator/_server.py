"""How does the service start, where is it, and how does it stop?"""

import contextlib
import secrets
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Dict, Optional, Type

from ._app import IDENTITY_PATH, SAMPLE_PATH, AnalyzeService
from ._background import Listener, serving
from ._identity import Identity
from ._rate import RateLimit

PUBLIC_AUDIENCE = "https://cognitiveservices.azure.com"
PUBLIC_SAMPLE_URL = "https://aka.ms/azsdk/image-analysis/sample.jpg"

# The service is for this machine only.
_HOST = "127.0.0.1"
_NAMES = (_HOST, "localhost")


class ImageAnalysisEmulator:
    """The service, running in a thread of its own while its ``with`` block runs.

    :keyword https: Serve https, with a throw-away certificate, and take bearer tokens as well as the key.
    :keyword key: The key that lets a call in; a random one by default.
    :keyword rate: How many calls a second are answered; no limit by default.
    :keyword captions: Whether the service plays an Azure region where captions are known.
    :keyword audience: The resource that a bearer token must be for; that of the public cloud by default.
    :keyword role: Whether the identity that gets tokens has the role to analyze images.
    :keyword port: The port to listen on; one that the system chooses by default.
    """

    endpoint: str
    """The address to give to a client, once started."""
    ca_file: Optional[str] = None
    """Over https, once started: the PEM file of the authority that a client must trust."""

    def __init__(
        self,
        *,
        https: bool = False,
        key: Optional[str] = None,
        rate: Optional[float] = None,
        captions: bool = True,
        audience: str = PUBLIC_AUDIENCE,
        role: bool = True,
        port: int = 0,
    ) -> None:
        self.key = secrets.token_hex(16) if key is None else key
        self._rate_limit = None if rate is None else RateLimit(rate)
        self._identity = Identity(audience, role) if https else None
        self._captions = captions
        self._port = port
        self._undo = contextlib.ExitStack()

    def environment(self) -> Dict[str, str]:
        """Return the environment variables that lead a sample to this service."""
        variables = {"VISION_ENDPOINT": self.endpoint, "VISION_KEY": self.key}
        if self._identity is not None and self.ca_file is not None:
            variables["IDENTITY_ENDPOINT"] = self.endpoint + IDENTITY_PATH
            variables["IDENTITY_HEADER"] = self._identity.secret
            variables["REQUESTS_CA_BUNDLE"] = variables["SSL_CERT_FILE"] = self.ca_file
        return variables

    def __enter__(self) -> "ImageAnalysisEmulator":
        # What is open by then is closed again if a later step fails.
        with contextlib.ExitStack() as undo:
            listener = undo.enter_context(Listener(_HOST, self._port))
            scheme, port = "http" if self._identity is None else "https", listener.getsockname()[1]
            self.endpoint = f"{scheme}://{_HOST}:{port}"
            context = None
            if self._identity is not None:
                from ._certificate import throw_away_context  # Needs a library that http does not.

                folder = undo.enter_context(tempfile.TemporaryDirectory(prefix="emulator_"))
                self.ca_file = str(Path(folder, "ca.pem"))
                context = throw_away_context(_NAMES, Path(self.ca_file))
            service = AnalyzeService(
                key=self.key,
                identity=self._identity,
                rate_limit=self._rate_limit,
                captions=self._captions,
                sample_urls=[PUBLIC_SAMPLE_URL, *(f"{scheme}://{name}:{port}{SAMPLE_PATH}" for name in _NAMES)],
            )
            undo.enter_context(serving(service.application(), listener, context))
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self,
        exception_type: Optional[Type[BaseException]],
        exception: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._undo.close()
