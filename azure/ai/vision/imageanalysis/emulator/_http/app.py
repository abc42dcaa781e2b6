"""The routes of the emulator, and how a call becomes a response."""

import asyncio
import contextlib
import json
import time
from functools import partial
from typing import Awaitable, Callable, Dict, Mapping, NamedTuple, Optional, Tuple

from aiohttp import web

from .._control import Control, Fault, recorded
from .._errors import (
    BAD_SEGMENT_MODE,
    BAD_URL_BODY,
    CONTENT_TYPE,
    INTERNAL,
    NOT_FOUND,
    UNAVAILABLE,
    URL_NOT_ACCESSIBLE,
    WRONG_KEY,
    Refused,
    too_many_requests,
)
from .._pictures.analysis import Analysis, Finder, Picture
from .._pictures.engines import Engine
from .._pictures.known import SAMPLE_FILE, Registry
from .._pictures.pictures import Pictures, digest_of
from .._pictures.pool import QueueFull, WorkerFailed
from .._pictures.results import Parts
from .._pictures.worker import kind_and_place
from .access import Guard, Identity, RateLimit, same_secret
from .fetch import FETCH_SECONDS, NotAccessible, fetch
from .listener import Listener
from .requests import API_VERSION, Bodies, Query, check_query, gather_query
from .responses import CallHeaders, drop_server_header, refusal, success
from .serving import LOGGER, Threads

ANALYZE_PATH = "/computervision/imageanalysis:analyze"
VECTORIZE_PATH, VECTORIZE_VERSION = "/computervision/retrieval:vectorizeImage", "2024-02-01"
SEGMENT_PATH, SEGMENT_VERSION = "/computervision/imageanalysis:segment", "2023-02-01-preview"
VECTOR_MODEL = "2023-04-15"
SAMPLE_PATH = "/images/sample.jpg"
IDENTITY_PATH = "/msi/token"
HEALTH_PATH = "/health"

MOST_CALLS = 100
"""How many calls are worked on at one time."""

_JSON, _IMAGE = "application/json", "application/octet-stream"
# What the emulator offers beside the service is not in the list of requests.
_OWN_PATHS = frozenset({SAMPLE_PATH, IDENTITY_PATH, HEALTH_PATH})
# Digests of longer images take longer than the event loop is to be held up.
_LONG_IMAGE = 256 * 1024


class Call:
    """A request that is being handled."""

    def __init__(self, request: web.Request, headers: CallHeaders) -> None:
        self.request = request
        self.headers = headers
        self.is_json = request.content_type == _JSON
        self.query = gather_query(request.query.items())
        self.record = recorded(request.method, request.path, self.query, request.headers)
        self.note = ""
        """What the line of the log says of it."""


_Handler = Callable[[Call], Awaitable[web.Response]]


class Settings(NamedTuple):
    """The settings of an emulator; see :class:`ImageAnalysisEmulator`."""

    key: str
    rate: Optional[float]
    captions: bool
    strict: bool
    fetch_urls: bool
    allow_host: Tuple[str, ...]
    engines: Mapping[str, Engine]


class EmulatorApp:
    """The handlers of requests, and what they need to know.

    :param settings: The settings of the emulator.
    :keyword identity: The identity whose tokens let a call in, if any do; then it speaks https.
    :keyword listener: Where clients connect.
    :keyword registry: The known results.
    :keyword pictures: What looks at pictures.
    :keyword control: The failures to come, and the requests that came in.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        identity: Optional[Identity],
        listener: Listener,
        registry: Registry,
        pictures: Pictures,
        control: Control,
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._listener = listener
        self._registry = registry
        self._pictures = pictures
        self._control = control
        self._rate_limit = None if settings.rate is None else RateLimit(settings.rate)
        self._guard = Guard(settings.allow_host, listener.getsockname()[1])
        self._bodies = Bodies()
        self._calls = 0
        self._sample = SAMPLE_FILE.read_bytes()
        self.threads = Threads()

    def application(self) -> web.Application:
        """Return the routes for aiohttp to run."""
        app = web.Application()
        app.router.add_post(ANALYZE_PATH, self._operation(API_VERSION, self._analyze))
        app.router.add_post(VECTORIZE_PATH, self._operation(VECTORIZE_VERSION, self._vectorize))
        app.router.add_post(SEGMENT_PATH, self._operation(SEGMENT_VERSION, self._segment))
        app.router.add_get(SAMPLE_PATH, self._watched(self._send_sample))
        app.router.add_get(HEALTH_PATH, self._watched(self._send_health))
        if self._identity is not None:
            app.router.add_get(IDENTITY_PATH, self._watched(self._issue_token))
        # The gate of an Azure service looks a call up by method and path, so a wrong method is "not found" as well.
        app.router.add_route("*", r"/{path:[\s\S]*}", self._watched(self._not_found))
        app.on_response_prepare.append(drop_server_header)
        return app

    def _watched(self, handler: _Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return what records and logs a request, keeps web pages out, and turns refusals into responses."""

        async def handle(request: web.Request) -> web.StreamResponse:
            started = time.monotonic()
            call = Call(request, self._headers())
            if request.path not in _OWN_PATHS:
                self._control.record(call.record)
            connection = _connection_of(request)
            self._listener.begin(connection)
            try:
                self._guard.check(request.headers)
                response = await handler(call)
            except Refused as refused:
                response = refusal(refused, call.headers)
            except Exception as error:  # A mistake of the emulator. Its text could quote the request.
                LOGGER.error("A request failed: %s.", kind_and_place(error))
                response = refusal(Refused(INTERNAL), call.headers)
            finally:
                self._listener.finish(connection)
            if request.transport is not None and not request.transport.is_closing():
                call.record.status = response.status
            _log(call, started)
            return response

        return handle

    async def _send_sample(self, call: Call) -> web.Response:
        """Handle a GET of the sample picture."""
        return web.Response(body=self._sample, content_type="image/jpeg")

    async def _send_health(self, call: Call) -> web.Response:
        """Handle a GET that asks whether the emulator listens."""
        return web.json_response({"status": "ready"})

    async def _issue_token(self, call: Call) -> web.Response:
        """Handle a GET of a token."""
        assert self._identity is not None
        return self._identity.issue(call.request)

    async def _not_found(self, call: Call) -> web.Response:
        """Handle what no other route takes."""
        raise Refused(NOT_FOUND)

    def _operation(self, version: str, work: _Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return the handler of one of the service's operations."""

        async def handle(call: Call) -> web.Response:
            fault = self._control.next_fault()
            if self._calls >= MOST_CALLS:
                raise Refused(UNAVAILABLE, retry_after=1)
            self._calls += 1
            try:
                if fault is not None:
                    return await self._fail(call, fault)
                if call.query.get("api-version") != version:
                    raise Refused(NOT_FOUND)
                self._authenticate(call.request.headers)
                if self._rate_limit is not None:
                    self._rate_limit.check()
                return await work(call)
            except WorkerFailed as failed:
                LOGGER.error("An image could not be analyzed: %s.", failed)
                raise Refused(INTERNAL) from None
            except QueueFull:
                raise Refused(too_many_requests("S1", 1), retry_after=1) from None
            finally:
                self._calls -= 1

        return self._watched(handle)

    async def _analyze(self, call: Call) -> web.Response:
        """Handle a call that analyzes an image."""
        wanted = check_query(call.query, self._settings.captions)
        body = await self._read_body(call)
        if call.is_json:
            picture = await self._picture_at(_url_in(body), wanted)
        else:
            picture = await self._picture(body, wanted)
        analysis = Analysis(picture, wanted, self._settings.strict, self.threads.run)
        result = await analysis.result()
        empty = [name for name, source in analysis.sources.items() if source == "none"]
        if empty:
            call.note = f"no engine for {', '.join(empty)}"
        return success(result, call.headers)

    async def _vectorize(self, call: Call) -> web.Response:
        """Handle a call for the vector of an image."""
        image = await self._image(call)
        facts, _ = await self.threads.run(self._pictures.compute, "vectorize", image)
        call.note = "a crude vector"
        result = {"modelVersion": VECTOR_MODEL, "vector": facts["vector"]}
        return success(result, call.headers)

    async def _segment(self, call: Call) -> web.Response:
        """Handle a call for the foreground of an image."""
        mode = call.query.get("mode", "").lower()
        if mode not in ("backgroundremoval", "foregroundmatting"):
            raise Refused(BAD_SEGMENT_MODE)
        image = await self._image(call)
        _, png = await self.threads.run(self._pictures.compute, "segment", image, mode == "foregroundmatting")
        call.note = "a crude foreground"
        return web.Response(body=png, headers={**call.headers.of_success(), "Content-Type": "image/png"})

    def _headers(self) -> CallHeaders:
        """Return the headers of a new call."""
        return CallHeaders("East US" if self._settings.captions else "West US 2", self._identity is not None)

    async def _fail(self, call: Call, fault: Fault) -> web.Response:
        """Fail a call as a test has arranged."""
        await self._read_body(call, checked=False)
        call.note = "failed on demand"
        if fault.problem is not None:
            raise Refused(fault.problem, fault.retry_after)
        if call.request.transport is not None:
            call.request.transport.abort()
        return web.Response()

    def _authenticate(self, headers: Mapping[str, str]) -> None:
        """Refuse a call whose key or token is wrong."""
        key = headers.get("Ocp-Apim-Subscription-Key")
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if key is None and scheme.lower() == "bearer" and self._identity is not None:
            self._identity.check(token.strip())
        elif not same_secret(key, self._settings.key):
            raise Refused(WRONG_KEY)

    async def _read_body(self, call: Call, checked: bool = True) -> bytes:
        """Read the body of a call, and record it."""
        if checked and call.request.content_type not in (_JSON, _IMAGE):
            raise Refused(CONTENT_TYPE)
        body, call.record.body_size = await self._bodies.read(call.request, call.is_json)
        call.headers.body_received()
        self._control.keep_body(call.record, body)
        if call.is_json:
            with contextlib.suppress(Refused):
                call.record.image_url = _url_in(body)
        return body

    async def _image(self, call: Call) -> bytes:
        """Return the image that a body is or, by its address, names."""
        body = await self._read_body(call)
        if not call.is_json:
            return body
        url = _url_in(body)
        known = self._registry.by_url(url)
        return known is not None and known.read() or await self._fetch(url)

    async def _picture_at(self, url: str, wanted: Query) -> Picture:
        """Return the picture at an address."""
        known = self._registry.by_url(url)
        if known is not None and known.size is not None:
            return Picture(known.size, known.parts_for(known.size, wanted.gender_neutral), {}, False)
        return await self._picture(await self._fetch(url), wanted)

    async def _fetch(self, url: str) -> bytes:
        """Fetch an image, if that is allowed."""
        if not self._settings.fetch_urls:
            raise Refused(URL_NOT_ACCESSIBLE)
        try:
            # Looking up a name has no deadline of its own.
            return await asyncio.wait_for(self.threads.run(fetch, url), FETCH_SECONDS + 1)
        except (NotAccessible, asyncio.TimeoutError):
            raise Refused(URL_NOT_ACCESSIBLE) from None

    async def _picture(self, image: bytes, wanted: Query) -> Picture:
        """Return the picture that a body holds."""
        digest = await self.threads.run(digest_of, image) if len(image) > _LONG_IMAGE else digest_of(image)
        known = self._registry.by_digest(digest)
        if known is not None and known.size is not None:
            size = known.size
        else:
            size, known = await self.threads.run(self._registry.find, image, digest)
        finders: Dict[str, Finder] = {}
        if self._pictures.can_read:
            finders["read"] = "computed", partial(self.threads.run, self._pictures.text, image, digest)
        for feature, engine in self._settings.engines.items():
            find = partial(self.threads.run, engine.find, image, digest, self._pictures.pixels)
            finders[feature] = "engine", find
        parts: Parts = {} if known is None else known.parts_for(size, wanted.gender_neutral)
        return Picture(size, parts, finders, True)


def _connection_of(request: web.Request) -> int:
    """Return the file descriptor of a request's connection; -1 if it is closed."""
    accepted = request.transport.get_extra_info("socket") if request.transport is not None else None
    return -1 if accepted is None else int(accepted.fileno())


def _url_in(body: bytes) -> str:
    """Return the address in a body."""
    try:
        url = json.loads(body)["url"]
    except (ValueError, TypeError, LookupError, RecursionError):
        raise Refused(BAD_URL_BODY) from None
    if not isinstance(url, str):
        raise Refused(URL_NOT_ACCESSIBLE)
    return url


def _log(call: Call, started: float) -> None:
    """Log a request on one line, whatever characters its client put into its URL."""
    LOGGER.info(
        "%s %s %s%s, %d bytes, %d ms%s",
        call.record.status or "cut",
        call.record.method,
        ascii(call.record.path)[1:-1],
        ascii(" " + ",".join(call.record.features))[1:-1] if call.record.features else "",
        call.record.body_size,
        (time.monotonic() - started) * 1000,
        f" ({call.note})" if call.note else "",
    )
