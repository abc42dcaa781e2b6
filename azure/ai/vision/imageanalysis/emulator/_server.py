"""The emulator's public class."""

import contextlib
import os
import re
import secrets
import shutil
import ssl
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Type, Union, cast

from ._control import Control, Fault, RecordedRequest, failure
from ._errors import Refused
from ._http.access import Identity, RateLimit
from ._http.app import IDENTITY_PATH, SAMPLE_PATH, EmulatorApp, Settings
from ._http.listener import Listener
from ._http.serving import serving, throw_away_context
from ._pictures.engines import EngineFunction, engines_of
from ._pictures.known import SAMPLE_FILE, SAMPLE_URLS, Known, Registry, known_at_url, sample
from ._pictures.pictures import Pictures, digest_of
from ._pictures.results import ImageLike, Parts, ResultLike, parse_result, read_picture, results_in
from ._pictures.schema import printable

PUBLIC_AUDIENCE = "https://cognitiveservices.azure.com"

# The emulator is for this machine only.
_HOST = "127.0.0.1"
_NAMES = (_HOST, "localhost")
_HOST_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
# How long threads that wait for a worker may take to notice that it has been ended.
_LAST_SECONDS = 0.5


class ImageAnalysisEmulator:
    """An emulator of the service.

    It runs in a thread of its own, from :meth:`start` to :meth:`stop` or in a ``with`` block. It recognizes the text in
    any picture, if the packages for that are installed, and returns the results that are registered with
    :meth:`set_result`. Its members can be used from any thread.

    :keyword port: The port to listen on. Default: a free one.
    :keyword key: The key that calls must have. Default: a new random one.
    :keyword https: Serve https, with a certificate that :attr:`ca_file` vouches for, and accept bearer tokens, too.
    :keyword ocr: Whether to recognize text. Without it, a call for the text of an unregistered picture is refused.
    :keyword rate: How many calls per second are allowed. Default: any number.
    :keyword captions: Whether to offer captions. If not, they are refused, as in regions without them.
    :keyword audience: The audience that a token must have. Default: that of the public cloud.
    :keyword role: Whether the owner of a token has the role to analyze images.
    :keyword strict: Refuse features that the emulator cannot compute, rather than return empty results.
    :keyword results: A folder of pictures, such as ``NAME.png``, and their results, such as ``NAME.png.json``.
    :keyword fetch_urls: Fetch images by URL, from public addresses only. Otherwise, a URL without a registered result
     is "not accessible".
    :keyword allow_host: Host names that requests may use, besides those of this machine.
    :keyword engines: Functions, or where to find them (``"module:function"``), by the features that they compute for
     pictures without a registered result: ``caption``, ``dense_captions``, ``tags``, ``objects``, ``people``, ``read``.
     A function takes a ``PIL.Image.Image`` in RGB and returns the service's JSON of the feature, such as
     ``{"values": [{"boundingBox": {"x": 1, "y": 2, "w": 3, "h": 4}, "confidence": 0.9}]}``.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        key: Optional[str] = None,
        https: bool = False,
        ocr: bool = True,
        rate: Optional[float] = None,
        captions: bool = True,
        audience: str = PUBLIC_AUDIENCE,
        role: bool = True,
        strict: bool = False,
        results: Union[str, "os.PathLike[str]", None] = None,
        fetch_urls: bool = False,
        allow_host: Sequence[str] = (),
        engines: Optional[Mapping[str, Union[EngineFunction, str]]] = None,
    ) -> None:
        self._port = _checked_port(port)
        self._settings = Settings(
            key=secrets.token_hex(16) if key is None else _checked_key(key),
            rate=rate,
            captions=captions,
            strict=strict,
            fetch_urls=fetch_urls,
            allow_host=_checked_hosts(allow_host),
            engines=engines_of(engines),
        )
        if rate is not None:
            RateLimit(rate)  # Refuses one that cannot be.
        if not isinstance(cast(Any, audience), str):
            raise TypeError(f"'audience' must be a URL, not {type(audience).__name__}.")
        self._ocr = ocr
        self._identity = Identity(audience, role) if https else None
        self._folder = None if results is None else results_in(os.fspath(results))
        self._control = Control()
        self._lock = threading.Lock()
        self._running: Optional[_Running] = None
        self._latest: Optional[_Running] = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._running.endpoint if self._running else 'not running'}>"

    @property
    def endpoint(self) -> str:
        """The endpoint for a client."""
        return self._started_once().endpoint

    @property
    def key(self) -> str:
        """The key for a client."""
        return self._settings.key

    @property
    def ca_file(self) -> Optional[str]:
        """The PEM file of the authority that a client must trust; None without https."""
        return self._started_once().ca_file

    @property
    def requests(self) -> List[RecordedRequest]:
        """The last 1,000 requests since the start or :meth:`reset`, oldest first."""
        return self._control.requests()

    def environment(self) -> Dict[str, str]:
        """Return the environment variables for a program that calls the emulator.

        :return: ``VISION_ENDPOINT`` and ``VISION_KEY``; with https also those for a managed identity and for the
         authority to trust.
        """
        running = self._started_once()
        variables = {"VISION_ENDPOINT": running.endpoint, "VISION_KEY": self.key}
        if self._identity is not None and running.ca_file is not None:
            variables["IDENTITY_ENDPOINT"] = running.endpoint + IDENTITY_PATH
            variables["IDENTITY_HEADER"] = self._identity.secret
            variables["REQUESTS_CA_BUNDLE"] = variables["SSL_CERT_FILE"] = running.ca_file
        return variables

    def set_result(self, image: ImageLike, result: ResultLike) -> None:
        """Register the result for a picture. A call gets the features that it requests.

        A picture is recognized by what it shows, so it can be scaled, or saved in another format.

        :param image: The bytes of an image file, its path, an http(s) URL, a Pillow image, or a binary file, which is
         read from its current position.
        :param result: An ``ImageAnalysisResult``, or a mapping with the service's JSON. Features that it lacks are
         computed as for any picture.
        :raises ValueError: If the image is not valid, or a name or a value in the result is wrong; the message begins
         with its path.
        :raises TypeError: If one of them is of the wrong type.
        """
        running = self._started()
        parts = parse_result(result)
        if isinstance(image, str) and image.lower().startswith(("http://", "https://")):
            running.registry.add_url(image, known_at_url(parts))
        else:
            running.set_result(*read_picture(image), parts)

    def fail_next(self, status: int, *, times: int = 1, retry_after: Optional[float] = None) -> None:
        """Make the next calls fail.

        :param status: The status of the responses, 400 to 599. They have the service's own body.
        :keyword times: How many calls fail. Each attempt counts.
        :keyword retry_after: The seconds in the header ``Retry-After``. Default: no such header.
        """
        self._control.add_fault(failure(status, retry_after), times)

    def disconnect_next(self, *, times: int = 1) -> None:
        """Make the next calls lose their connection before they get a response.

        :keyword times: How many calls. Each attempt counts.
        """
        self._control.add_fault(Fault(None), times)

    def reset(self) -> None:
        """Forget results, failures and requests, except the results of the folder ``results``."""
        running = self._running
        if running is not None:
            running.registry.replace(running.configured)
        self._control.clear()

    def start(self) -> "ImageAnalysisEmulator":
        """Start listening.

        :return: The emulator itself.
        :raises OSError: If the port is taken.
        :raises RuntimeError: If it is already running.
        """
        with self._lock:
            if self._running is not None:
                raise RuntimeError("The emulator runs already.")
            self._running = self._latest = _Running(
                self._settings, self._identity, Pictures(self._ocr), self._control, self._port, self._folder
            )
        return self

    def stop(self) -> None:
        """Stop listening, and end all calls in progress. If it is not running, nothing happens."""
        running = self._running
        if running is not None and running.process != os.getpid():
            self._running = None  # This is a fork, in which nothing of it runs.
            return
        with self._lock:
            running, self._running = self._running, None
            if running is not None:
                running.close()

    def warm_up(self) -> None:
        """Begin to load the text recognizer, which takes seconds. Otherwise, the first call for text does."""
        self._started().pictures.warm_up()

    def _started(self) -> "_Running":
        """Return what runs."""
        running = self._running
        if running is None:
            raise RuntimeError("The emulator does not run: start it, or use it in a 'with' block.")
        return running

    def _started_once(self) -> "_Running":
        """Return what runs, or what ran last."""
        if self._latest is None:
            raise RuntimeError("The emulator was not started yet.")
        return self._latest

    def __enter__(self) -> "ImageAnalysisEmulator":
        return self.start()

    def __exit__(
        self,
        exception_type: Optional[Type[BaseException]],
        exception: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.stop()


class _Running:
    """An emulator from its start to its end."""

    def __init__(
        self,
        settings: Settings,
        identity: Optional[Identity],
        pictures: Pictures,
        control: Control,
        port: int,
        folder: Optional[Sequence[Tuple[Path, Parts]]],
    ) -> None:
        self.process = os.getpid()
        self.pictures = pictures
        self.ca_file: Optional[str] = None
        self.configured, self.registry = (Registry(pictures.fingerprint, pictures.distance) for _ in range(2))
        # What is open by then is closed again if a later step fails.
        with contextlib.ExitStack() as undo:
            listener = undo.enter_context(Listener(_HOST, port))
            port = listener.getsockname()[1]
            scheme = "http" if identity is None else "https"
            self.endpoint = f"{scheme}://{_HOST}:{port}"
            context = None
            if identity is not None:
                self.ca_file, context = _certificate(undo, settings.allow_host)
            undo.callback(pictures.close)
            self._add_sample(f"{scheme}://{name}:{port}{SAMPLE_PATH}" for name in _NAMES)
            for picture, parts in folder or ():
                digest, name = digest_of(picture.read_bytes()), printable(str(picture))
                self.configured.add_picture(Known(parts, read=picture.read_bytes, digest=digest, name=name))
            self.registry.replace(self.configured)
            app = EmulatorApp(
                settings,
                identity=identity,
                listener=listener,
                registry=self.registry,
                pictures=pictures,
                control=control,
            )
            undo.callback(app.threads.join, _LAST_SECONDS)
            undo.callback(pictures.close)  # Ends what those threads wait for.
            undo.enter_context(serving(app.application(), listener, context))
            self._undo = undo.pop_all()

    def close(self) -> None:
        """Undo the start."""
        self._undo.close()

    def set_result(self, image: bytes, name: str, parts: Parts) -> None:
        """Register the result of a picture.

        :param image: The bytes of its file.
        :param name: What an error calls the picture.
        :param parts: The result.
        """
        known = Known(parts, read=lambda: image, digest=digest_of(image))
        try:
            known.look(self.pictures.fingerprint)
        except Refused as refused:
            raise ValueError(f"{name} is not an image that the service takes: {refused}") from None
        self.registry.add_picture(known)

    def _add_sample(self, urls: Iterable[str]) -> None:
        """Register the sample picture, and the addresses that lead to it."""
        known = sample(digest_of(SAMPLE_FILE.read_bytes()))
        self.configured.add_picture(known)
        for url in (*SAMPLE_URLS, *urls):
            self.configured.add_url(url, known)


def _certificate(undo: contextlib.ExitStack, further_names: Sequence[str]) -> Tuple[str, ssl.SSLContext]:
    """Make a certificate, and the file of its authority, which is removed in the end."""
    folder = tempfile.mkdtemp(prefix="image_analysis_emulator_")
    # A fork of this process must not remove it, so it is no TemporaryDirectory.
    undo.callback(shutil.rmtree, folder, ignore_errors=True)
    ca_file = Path(folder, "ca.pem")
    return str(ca_file), throw_away_context([*_NAMES, *further_names], ca_file)


def _checked_port(port: Any) -> int:
    """Return a port, if it is one."""
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise ValueError(f"'port' must be a whole number from 0 to 65535, not {port!r}.")
    return port


def _checked_key(key: Any) -> str:
    """Return a key, if a header can carry it."""
    if not isinstance(key, str) or not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("'key' must be a text of printable ASCII characters without blanks.")
    return key


def _checked_hosts(hosts: Any) -> Tuple[str, ...]:
    """Return names of hosts, if they are some."""
    if isinstance(hosts, str) or not all(isinstance(host, str) for host in hosts):
        raise TypeError("'allow_host' must be a list of names of hosts.")
    names = tuple(host.strip("[]") for host in hosts)
    for name in names:
        if not _HOST_NAME.fullmatch(name):
            raise ValueError(f"'allow_host' must hold names or addresses of hosts without a port, not {name!r}.")
    return names
