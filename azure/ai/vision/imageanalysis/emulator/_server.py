"""The public class of the emulator."""

import contextlib
import os
import secrets
import shutil
import ssl
import tempfile
import threading
import weakref
from pathlib import Path
from types import TracebackType
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Type, Union

from ._errors import RequestRefused
from ._faults import Body, Fault, FaultQueue, FeatureNames, failure
from ._http.access import Identity
from ._http.app import IDENTITY_PATH, SAMPLE_PATH, Backend, EmulatorApp
from ._http.control import Control
from ._http.serving import ephemeral_tls_context, listen, serving
from ._pictures.engines import EngineFunction, load_engines
from ._pictures.known import SAMPLE_FILE, SAMPLE_URLS, KnownPicture, Registry, known_at_url, sample
from ._pictures.pictures import Pictures, digest_of
from ._pictures.results import ImageLike, Parts, ResultLike, parse_result, read_picture, read_results
from ._pictures.schema import printable
from ._recorder import RecordedRequest, Recorder
from ._settings import PUBLIC_AUDIENCE, Settings, check_integer, check_seconds, check_settings

_LOOPBACK_NAMES = ("127.0.0.1", "localhost")
# The time for threads to notice that the worker for which they wait has ended.
_JOIN_SECONDS = 0.5


class ImageAnalysisEmulator:
    """An emulator of the service.

    It runs in its own thread, from :meth:`start` to :meth:`stop` or in a ``with`` block. It recognizes the text in any
    picture, if the packages for that are installed, and returns the results that are registered with
    :meth:`set_result`. Its members are thread-safe.

    :keyword host: The network interface to listen on. Default: 127.0.0.1, which other machines cannot reach. An
     interface that they can reach requires ``key`` and ``allow_host``.
    :keyword port: The port to listen on. Default: a free one.
    :keyword key: The key that calls must have. Default: a new random one.
    :keyword https: Whether to serve https, with a certificate signed by :attr:`ca_file`, and also accept bearer tokens.
    :keyword ocr: Whether to recognize text. Without it, a call for the text of an unregistered picture is refused.
    :keyword rate: The number of calls per second that are allowed. Default: unlimited.
    :keyword captions: Whether to offer captions. If not, they are refused, as in regions without them.
    :keyword audience: The audience that a token must have. Default: that of the public cloud.
    :keyword role: Whether the owner of a token has the role to analyze images.
    :keyword strict: Whether to refuse features that the emulator cannot compute, rather than return empty results.
    :keyword results: A folder of pictures, such as ``NAME.png``, and their results, such as ``NAME.png.json``.
    :keyword fetch_urls: Whether to fetch images by URL, from public addresses only. If not, a URL without a registered
     result is "not accessible".
    :keyword allow_host: Host names that requests may use, besides those of this machine.
    :keyword allow_origin: Origins such as ``http://localhost:3000`` whose web pages may call the emulator.
    :keyword engines: Functions or their names (``"module:function"``), by the features that they compute for pictures
     without a registered result: ``caption``, ``dense_captions``, ``tags``, ``objects``, ``people``, ``read``. A
     function takes a ``PIL.Image.Image`` in RGB and returns the service's JSON of the feature, such as
     ``{"values": [{"boundingBox": {"x": 1, "y": 2, "w": 3, "h": 4}, "confidence": 0.9}]}``.
    :raises ValueError: If one of the values is invalid.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
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
        allow_origin: Sequence[str] = (),
        engines: Optional[Mapping[str, Union[EngineFunction, str]]] = None,
    ) -> None:
        settings = Settings(
            host=host,
            port=port,
            key=secrets.token_hex(16) if key is None else key,
            https=https,
            rate=rate,
            captions=captions,
            audience=audience,
            role=role,
            strict=strict,
            fetch_urls=fetch_urls,
            allow_host=allow_host,
            allow_origin=allow_origin,
        )
        self._settings = check_settings(settings, key_is_given=key is not None)
        self._ocr = ocr
        self._engines = load_engines(engines)
        self._identity = Identity(audience, role) if https else None
        self._folder = None if results is None else read_results(os.fspath(results))
        self._faults = FaultQueue()
        self._recorder = Recorder()
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
        """The PEM file of the certificate authority that a client must trust; None without https."""
        return self._started_once().ca_file

    @property
    def requests(self) -> List[RecordedRequest]:
        """The last 1,000 requests, oldest first, until :meth:`reset` forgets them."""
        return self._recorder.requests()

    @property
    def pending(self) -> int:
        """The number of faults that still wait for a matching call."""
        return len(self._faults)

    def environment(self) -> Dict[str, str]:
        """Return the environment variables for a program that calls the emulator.

        :return: ``VISION_ENDPOINT``, ``VISION_KEY`` and ``NO_PROXY``, so that no proxy gets the key and the pictures;
         with https also those for a managed identity and for the certificate authority.
        """
        running = self._started_once()
        variables = {"VISION_ENDPOINT": running.endpoint, "VISION_KEY": self.key, **_no_proxy(self._settings.host)}
        if self._identity is not None and running.ca_file is not None:
            variables["IDENTITY_ENDPOINT"] = running.endpoint + IDENTITY_PATH
            variables["IDENTITY_HEADER"] = self._identity.secret
            variables["REQUESTS_CA_BUNDLE"] = variables["SSL_CERT_FILE"] = running.ca_file
        return variables

    def set_result(self, image: ImageLike, result: ResultLike) -> None:
        """Register the result for a picture. A call gets the features that it requests.

        A picture is recognized by its content, so it can be scaled or saved in another format.

        :param image: The bytes of an image file, its path, an http(s) URL, a Pillow image, or a binary file, which is
         read from its current position.
        :param result: An ``ImageAnalysisResult``, or a mapping with the service's JSON. Missing features are computed
         as for any picture.
        :raises ValueError: If the image is invalid, or a name or a value in the result is wrong; the message begins
         with its path.
        :raises TypeError: If one of them has the wrong type.
        """
        running = self._started()
        parts = parse_result(result)
        if isinstance(image, str) and image.lower().startswith(("http://", "https://")):
            running.registry.add_url(image, known_at_url(parts))
        else:
            running.set_result(*read_picture(image), parts)

    def fail_next(
        self,
        status: int,
        times: int = 1,
        retry_after: Optional[float] = None,
        *,
        features: Optional[FeatureNames] = None,
        body: Optional[Body] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> None:
        """Make the next calls fail.

        Faults wait for calls in the order in which they were added. A call gets the first one that matches it.

        :param status: The status of the responses, 400 to 599.
        :param times: The number of calls that fail. Each attempt counts.
        :param retry_after: The seconds in the header ``Retry-After``. Default: no such header.
        :keyword features: Only calls that request one of these features fail. Default: any call.
        :keyword body: The body of the responses, as text, bytes or JSON. Default: the service's.
        :keyword headers: Additional headers of the responses, such as ``Content-Type``.
        :raises ValueError: If one of the values is invalid.
        """
        self._faults.add(Fault(failure(status, retry_after, body, headers)), times, features)

    def disconnect_next(self, times: int = 1, *, features: Optional[FeatureNames] = None) -> None:
        """Close the connections of the next calls before they get a response.

        :param times: The number of calls. Each attempt counts.
        :keyword features: Only calls that request one of these features. Default: any call.
        """
        self._faults.add(Fault(disconnect=True), times, features)

    def delay_next(self, seconds: float, times: int = 1, *, features: Optional[FeatureNames] = None) -> None:
        """Delay the responses to the next calls.

        :param seconds: The delay in seconds.
        :param times: The number of calls. Each attempt counts.
        :keyword features: Only calls that request one of these features. Default: any call.
        """
        self._faults.add(Fault(delay=check_seconds("seconds", seconds)), times, features)

    def truncate_next(self, size: int, times: int = 1, *, features: Optional[FeatureNames] = None) -> None:
        """Break off the responses to the next calls.

        :param size: The number of bytes of the body to send.
        :param times: The number of calls. Each attempt counts.
        :keyword features: Only calls that request one of these features. Default: any call.
        """
        self._faults.add(Fault(truncate=check_integer("size", size, 0)), times, features)

    def reset(self) -> None:
        """Forget results, faults and requests, except the results of the folder ``results``."""
        running = self._running
        if running is not None:
            running.registry.replace(running.configured)
        self._faults.clear()
        self._recorder.clear()

    def start(self) -> "ImageAnalysisEmulator":
        """Start listening.

        :return: The emulator itself.
        :raises OSError: If the port is taken or cannot be opened.
        :raises RuntimeError: If it is already running.
        """
        with self._lock:
            if self._running is not None:
                raise RuntimeError("The emulator is already running.")
            self._running = self._latest = _Running(self)
        return self

    def stop(self) -> None:
        """Stop listening, end all calls in progress, and forget registered results. Does nothing if stopped."""
        running = self._running
        if running is not None and running.process != os.getpid():
            self._running = None  # The threads of the emulator do not run in a fork.
            return
        with self._lock:
            running, self._running = self._running, None
            if running is not None:
                running.close()

    def warm_up(self) -> None:
        """Start to load the text recognizer, which takes seconds. Otherwise, the first call for text loads it."""
        self._started().pictures.warm_up()

    def _started(self) -> "_Running":
        """Return the running emulator."""
        running = self._running
        if running is None:
            raise RuntimeError("The emulator is not running: start it, or use it in a 'with' block.")
        return running

    def _started_once(self) -> "_Running":
        """Return the running emulator, or the last one."""
        if self._latest is None:
            raise RuntimeError("The emulator has not been started yet.")
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
    """The parts of an emulator between start and stop."""

    def __init__(self, emulator: ImageAnalysisEmulator) -> None:
        settings, identity = emulator._settings, emulator._identity
        self.process = os.getpid()
        self.pictures = Pictures(emulator._ocr)
        self.ca_file: Optional[str] = None
        fingerprint, compare = self.pictures.fingerprint, self.pictures.distance
        self.configured, self.registry = Registry(fingerprint, compare), Registry(fingerprint, compare)
        # If a step fails, the earlier ones are undone.
        with contextlib.ExitStack() as undo:
            listener = undo.enter_context(listen(settings.host, settings.port))
            port = listener.getsockname()[1]
            scheme = "http" if identity is None else "https"
            host = _client_host(settings.host)
            self.endpoint = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
            context = None
            if identity is not None:
                context = self._certificate(undo, dict.fromkeys((*_LOOPBACK_NAMES, host, *settings.allow_host)))
            undo.callback(self.pictures.close)
            names = (*_LOOPBACK_NAMES, *settings.allow_host)
            self._add_sample(f"{scheme}://{name}:{port}{SAMPLE_PATH}" for name in names)
            samples = len(self.configured)
            for picture, parts in emulator._folder or ():
                digest, name = digest_of(picture.read_bytes()), printable(str(picture))
                self.configured.add_picture(KnownPicture(parts, read=picture.read_bytes, digest=digest, name=name))
            self.registry.replace(self.configured)
            control = Control(emulator, lambda: len(self.registry) - samples, self.pictures)
            app = EmulatorApp(
                Backend(
                    settings,
                    identity,
                    self.registry,
                    self.pictures,
                    emulator._engines,
                    emulator._faults,
                    emulator._recorder,
                    control,
                )
            )
            undo.callback(app.threads.join, _JOIN_SECONDS)
            undo.callback(self.pictures.close)  # Ends the workers for which those threads wait.
            undo.enter_context(serving(app.application(), listener, context))
            self._undo = undo.pop_all()

    def close(self) -> None:
        """Undo the start."""
        self._undo.close()

    def set_result(self, image: bytes, name: str, parts: Parts) -> None:
        """Register the result of a picture. ``name`` stands for it in errors."""
        known = KnownPicture(parts, read=lambda: image, digest=digest_of(image))
        try:
            known.fingerprint(self.pictures.fingerprint)
        except RequestRefused as refused:
            raise ValueError(f"{name} is not an image that the service accepts: {refused}") from None
        self.registry.add_picture(known)

    def _certificate(self, undo: contextlib.ExitStack, names: Iterable[str]) -> ssl.SSLContext:
        """Create a certificate, and the file of its authority."""
        folder = tempfile.mkdtemp(prefix="image_analysis_emulator_")
        # Without stop(), it is removed at the exit of the interpreter.
        undo.callback(weakref.finalize(self, _remove, folder, os.getpid()))
        self.ca_file = os.path.join(folder, "ca.pem")
        return ephemeral_tls_context(list(names), Path(self.ca_file))

    def _add_sample(self, urls: Iterable[str]) -> None:
        """Register the sample picture and its URLs."""
        known = sample(digest_of(SAMPLE_FILE.read_bytes()))
        self.configured.add_picture(known)
        for url in (*SAMPLE_URLS, *urls):
            self.configured.add_url(url, known)


def _remove(folder: str, process: int) -> None:
    """Remove a folder, unless this process is a fork of the one that made it."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


def _no_proxy(host: str) -> Dict[str, str]:
    """Return ``NO_PROXY`` with the emulator added to its current value, in the spellings that clients read."""
    before = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    names = [*filter(None, map(str.strip, before.split(","))), *_LOOPBACK_NAMES, _client_host(host)]
    value = "*" if "*" in names else ",".join(dict.fromkeys(names))  # Clients ignore an asterisk in a list.
    # Clients prefer the name in lower case, if it is set.
    return {name: value for name in ("NO_PROXY", "no_proxy") if name == "NO_PROXY" or name in os.environ}


def _client_host(host: str) -> str:
    """Return the address by which clients on this machine reach a network interface."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
