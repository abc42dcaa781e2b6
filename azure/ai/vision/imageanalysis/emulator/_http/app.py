"""The application: routes and handlers of requests."""

import asyncio
import contextlib
import time
from functools import partial
from typing import Awaitable, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from aiohttp import web

from ..._version import VERSION
from .._errors import (
    CONTENT_TYPE,
    INTERNAL,
    NOT_FOUND,
    UNAVAILABLE,
    URL_NOT_ACCESSIBLE,
    WRONG_KEY,
    RequestRefused,
    analysis_failed,
    bad_control_request,
    too_many_requests,
)
from .._faults import FaultQueue
from .._pictures.analysis import Analysis, Finder, Picture
from .._pictures.engines import Engine
from .._pictures.known import SAMPLE_FILE, Registry
from .._pictures.pictures import Pictures, digest_of
from .._pictures.pool import QueueFull, WorkerFailed
from .._pictures.results import Parts
from .._pictures.worker import describe_error
from .._recorder import Recorder, new_record
from .._settings import Settings
from .access import Identity, Origins, RateLimit, same_secret
from .control import CONTROL_PATH, Control
from .fetch import NotAccessible, fetch
from .requests import API_VERSION, BODY_LIMIT, Query, check_query, gather_query, image_url, read_body
from .responses import CallHeaders, failure, refusal, send_truncated, success
from .serving import LOGGER, DaemonThreads

ANALYZE_PATH = "/computervision/imageanalysis:analyze"
VECTORIZE_PATH, VECTORIZE_VERSION = "/computervision/retrieval:vectorizeImage", "2024-02-01"
VECTOR_MODEL = "2023-04-15"
SAMPLE_PATH = "/images/sample.jpg"
IDENTITY_PATH = "/msi/token"
HEALTH_PATH = "/health"

CALL_LIMIT = 200
"""The number of calls that are handled at the same time."""

_KEY_HEADER = "Ocp-Apim-Subscription-Key"
_JSON, _IMAGE = "application/json", "application/octet-stream"
# Computing the digest of a longer image would block the event loop.
_LONG_IMAGE = 256 * 1024


class Call:
    """A request that is being handled."""

    def __init__(self, request: web.Request, headers: CallHeaders) -> None:
        self.request = request
        self.headers = headers
        # Clients that join it to an endpoint with a final slash send two slashes.
        self.path = "/" + request.path.lstrip("/")
        self.is_json = request.content_type == _JSON
        self.query = gather_query(request.query.items())
        self.record = new_record(request.method, request.path, self.query, request.headers)
        self.truncate: Optional[int] = None
        """The number of bytes of the body after which the response breaks off."""
        self.notes: List[str] = []
        """Notes for its line in the log."""


_Handler = Callable[[Call], Awaitable[web.Response]]


class Backend(NamedTuple):
    """The parts that request handlers use."""

    settings: Settings
    identity: Optional[Identity]
    """Issues tokens; None for http, where only the key is accepted."""
    registry: Registry
    pictures: Pictures
    engines: Mapping[str, Engine]
    faults: FaultQueue
    recorder: Recorder
    control: Control


class EmulatorApp:
    """The handlers of requests."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._settings = backend.settings
        self._rate_limit = None if self._settings.rate is None else RateLimit(self._settings.rate)
        self._origins = Origins([self._settings.host, *self._settings.allow_host], self._settings.allow_origin)
        self._calls = 0
        self._sample = SAMPLE_FILE.read_bytes()
        self.threads = DaemonThreads()
        self._routes: Dict[Tuple[str, str], _Handler] = {
            ("POST", ANALYZE_PATH): self._operation(API_VERSION, self._analyze),
            ("POST", VECTORIZE_PATH): self._operation(VECTORIZE_VERSION, self._vectorize),
        }
        # Only calls of the service are recorded.
        self._own_routes: Dict[Tuple[str, str], _Handler] = {
            ("GET", SAMPLE_PATH): self._send_sample,
            ("GET", HEALTH_PATH): self._send_health,
        }
        if backend.identity is not None:
            self._own_routes["GET", IDENTITY_PATH] = self._issue_token

    def application(self) -> web.Application:
        """Return the application for aiohttp to run."""
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", r"/{path:[\s\S]*}", self._handle)
        app.on_response_prepare.append(self._complete_headers)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Record, handle and log a request."""
        started = time.monotonic()
        region = "East US" if self._settings.captions else "West US 2"
        call = Call(request, CallHeaders(region, self._backend.identity is not None))
        handler = self._handler(call)
        try:
            self._origins.check(request.headers)
            response = await handler(call)
        except Exception as error:
            response = _refuse(call, error)
        if request.transport is not None and not request.transport.is_closing():
            call.record.status = response.status
        _log(call, started)
        return response if call.truncate is None else await send_truncated(request, response, call.truncate)

    def _handler(self, call: Call) -> _Handler:
        """Return the handler of a request, and record a request for the service."""
        if self._origins.is_preflight(call.request):
            return self._allow_origin
        method = "GET" if call.request.method == "HEAD" else call.request.method
        own = self._own_routes.get((method, call.path))
        if own is not None:
            return own
        if call.path.startswith(CONTROL_PATH):
            return self._send_control
        self._backend.recorder.add(call.record)
        # The gateway of the service also returns "not found" for a wrong method.
        return self._routes.get((method, call.path), self._not_found)

    async def _complete_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        """Complete the headers of every response."""
        response.headers.pop("Server", None)  # Set by aiohttp; responses of the service do not have it.
        response.headers.update(self._origins.cors_headers(request.headers))

    async def _allow_origin(self, call: Call) -> web.Response:
        """Handle a preflight request."""
        return self._origins.preflight(call.request)

    async def _send_sample(self, call: Call) -> web.Response:
        """Handle a GET of the sample picture."""
        return web.Response(body=self._sample, content_type="image/jpeg")

    async def _send_health(self, call: Call) -> web.Response:
        """Handle a GET of the state of the emulator."""
        return web.json_response({"status": "ready", "version": VERSION, "text": self._backend.pictures.text_state})

    async def _issue_token(self, call: Call) -> web.Response:
        """Handle a GET of a token."""
        assert self._backend.identity is not None
        return self._backend.identity.issue(call.request)

    async def _send_control(self, call: Call) -> web.Response:
        """Handle a request to the control interface."""
        if not same_secret(call.request.headers.get(_KEY_HEADER), self._settings.key):
            raise RequestRefused(WRONG_KEY)
        body = await read_body(call.request)
        name = call.path[len(CONTROL_PATH) :]
        try:
            data = await self.threads.run(self._backend.control.respond, call.request.method, name, call.query, body)
        except (ValueError, TypeError) as error:
            raise RequestRefused(bad_control_request(error)) from None
        if data is None:
            raise RequestRefused(NOT_FOUND)
        return web.json_response(data)

    async def _not_found(self, call: Call) -> web.Response:
        """Handle a request without a route."""
        raise RequestRefused(NOT_FOUND)

    def _operation(self, version: str, work: _Handler) -> _Handler:
        """Return the handler of an operation of the service."""

        async def handle(call: Call) -> web.Response:
            if self._calls >= CALL_LIMIT:
                raise RequestRefused(UNAVAILABLE, retry_after=1)
            self._calls += 1
            try:
                response = await self._apply_fault(call)
                if response is not None:
                    return response
                if call.query.get("api-version") != version:
                    raise RequestRefused(NOT_FOUND)
                self._authenticate(call.request)
                if self._rate_limit is not None:
                    self._rate_limit.check()
                return await work(call)
            finally:
                self._calls -= 1

        return handle

    async def _apply_fault(self, call: Call) -> Optional[web.Response]:
        """Apply the fault that matches a call. Return a response if the fault replaces the normal one."""
        fault = self._backend.faults.take(call.record.features)
        if fault is None:
            return None
        call.notes.append("fault on demand")
        call.truncate = fault.truncate
        with contextlib.suppress(RequestRefused):
            await self._read_body(call)  # Clients send all of a request before they read the response.
        await asyncio.sleep(fault.delay)
        if fault.failure is None and not fault.disconnect:
            return None
        if fault.failure is not None:
            return failure(fault.failure, call.headers)
        if call.request.transport is not None:
            call.request.transport.abort()
        return web.Response()

    def _authenticate(self, request: web.Request) -> None:
        """Refuse a call whose key or token is wrong."""
        key = request.headers.get(_KEY_HEADER)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if key is None and scheme.lower() == "bearer" and self._backend.identity is not None:
            self._backend.identity.check(token.strip())
        elif not same_secret(key, self._settings.key):
            raise RequestRefused(WRONG_KEY)

    async def _read_body(self, call: Call) -> bytes:
        """Read the body of a call, and record it."""
        if call.request.content_type not in (_JSON, _IMAGE):
            raise RequestRefused(CONTENT_TYPE)
        body = await read_body(call.request)
        call.headers.body_received()
        call.record.body_size = len(body)
        self._backend.recorder.keep_body(call.record, body)
        if call.is_json:
            call.record.image_url = image_url(body)
        return body

    async def _analyze(self, call: Call) -> web.Response:
        """Handle a call that analyzes an image."""
        query = check_query(call.query, self._settings.captions)
        body = await self._read_body(call)
        url = call.record.image_url
        picture = await (self._picture(body, query) if url is None else self._picture_at(url, query))
        analysis = Analysis(picture, query, self._settings.strict, self.threads.run)
        result = await analysis.result()
        call.record.source = dict(analysis.sources)
        call.notes += _source_notes(call.record.source)
        return success(result, call.headers)

    async def _vectorize(self, call: Call) -> web.Response:
        """Handle a call for the vector of an image."""
        body = await self._read_body(call)
        url = call.record.image_url
        if url is not None:
            known = self._backend.registry.by_url(url)
            body = known is not None and known.read() or await self._fetch(url)
        facts, _ = await self.threads.run(self._backend.pictures.compute, "vectorize", body)
        return success({"modelVersion": VECTOR_MODEL, "vector": facts["vector"]}, call.headers)

    async def _picture_at(self, url: str, query: Query) -> Picture:
        """Return the picture at a URL."""
        known = self._backend.registry.by_url(url)
        if known is not None and known.size is not None:
            return Picture(known.size, known.parts_for(known.size, query.gender_neutral), {}, False)
        return await self._picture(await self._fetch(url), query)

    async def _fetch(self, url: str) -> bytes:
        """Fetch an image, if that is allowed."""
        if not self._settings.fetch_urls:
            raise RequestRefused(URL_NOT_ACCESSIBLE)
        try:
            return await fetch(url, self.threads)
        except NotAccessible:
            raise RequestRefused(URL_NOT_ACCESSIBLE) from None

    async def _picture(self, image: bytes, query: Query) -> Picture:
        """Return the picture in a file."""
        digest = await self.threads.run(digest_of, image) if len(image) > _LONG_IMAGE else digest_of(image)
        known = self._backend.registry.by_digest(digest)
        if known is not None and known.size is not None:
            size = known.size
        else:
            size, known = await self.threads.run(self._backend.registry.find, image, digest)
        pictures = self._backend.pictures
        finders: Dict[str, Finder] = {}
        if pictures.can_read:
            finders["read"] = "computed", partial(self.threads.run, pictures.text, image, digest)
        for feature, engine in self._backend.engines.items():
            finders[feature] = "engine", partial(self.threads.run, engine.find, image, digest, pictures.pixels)
        parts: Parts = {} if known is None else known.parts_for(size, query.gender_neutral)
        return Picture(size, parts, finders, True)


def _refuse(call: Call, error: Exception) -> web.Response:
    """Return the response to a request that was refused or failed."""
    if isinstance(error, RequestRefused):
        refused = error
    elif isinstance(error, QueueFull):
        refused = RequestRefused(too_many_requests("S1", error.retry_after), error.retry_after)
    elif isinstance(error, WorkerFailed):
        LOGGER.error("An image could not be analyzed: %s.", error)
        refused = RequestRefused(analysis_failed(error))
    else:
        LOGGER.error("A request failed: %s.", describe_error(error))  # The text of the error could quote the request.
        refused = RequestRefused(INTERNAL)
    call.notes.append(refused.problem.detail)
    return refusal(refused, call.headers)


def _source_notes(sources: Mapping[str, str]) -> List[str]:
    """Return notes for the log on the sources of a result."""
    features: Dict[str, List[str]] = {}
    for feature, source in sources.items():
        features.setdefault(source, []).append(feature)
    return [f"{source}: {', '.join(names)}" for source, names in features.items()]


def _log(call: Call, started: float) -> None:
    """Log a request on one line, whatever characters are in its URL."""
    LOGGER.info(
        "%s %s %s%s, %d bytes, %d ms%s",
        call.record.status or "cut",
        call.record.method,
        _printable(call.record.path),
        _printable(" " + ",".join(call.record.features) if call.record.features else ""),
        call.record.body_size,
        (time.monotonic() - started) * 1000,
        _printable(f" ({'; '.join(call.notes)})" if call.notes else ""),
    )


def _printable(text: str) -> str:
    """Return a text in printable characters, truncated if it is long."""
    return ascii(text)[1:-1][:1000]
