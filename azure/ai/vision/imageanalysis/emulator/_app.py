"""How is a request answered?"""

import contextlib
import json
from typing import Any, Container, Mapping, Optional

from aiohttp import web

from . import _query as query
from ._errors import BAD_URL_BODY, CONTENT_TYPE, NOT_FOUND, URL_NOT_ACCESSIBLE, WRONG_KEY, Refused
from ._headers import CallHeaders
from ._identity import Identity, same_secret
from ._rate import RateLimit
from ._results import Results

ANALYZE_PATH = "/computervision/imageanalysis:analyze"
SAMPLE_PATH = "/images/sample.jpg"
IDENTITY_PATH = "/msi/token"

_JSON, _IMAGE = "application/json", "application/octet-stream"

# A body that is too large is read to its end, so that it can be refused in the service's words: but no more than this.
_READ_LIMIT = 64 * 1024 * 1024


class AnalyzeService:
    """The handlers of the service's requests, and what they need to know.

    :keyword key: The key that lets a call in.
    :keyword identity: The identity whose tokens let a call in, if any do.
    :keyword rate_limit: How many calls are answered, if there is a limit.
    :keyword captions: Whether captions are known in the region that the service plays.
    :keyword sample_urls: The addresses of the sample picture.
    """

    def __init__(
        self,
        *,
        key: str,
        identity: Optional[Identity],
        rate_limit: Optional[RateLimit],
        captions: bool,
        sample_urls: Container[str],
    ) -> None:
        self._key = key
        self._identity = identity
        self._rate_limit = rate_limit
        self._captions = captions
        self._sample_urls = sample_urls
        self._answers = Results()

    def application(self) -> web.Application:
        """Return the routes for aiohttp to run."""
        app = web.Application()
        app.router.add_post(ANALYZE_PATH, self._analyze)
        app.router.add_get(SAMPLE_PATH, self._sample)
        if self._identity is not None:
            app.router.add_get(IDENTITY_PATH, self._identity.issue)
        # The gate of an Azure service looks a call up by method and path, so a wrong method is "not found" as well.
        app.router.add_route("*", "/{path:.*}", self._not_found)
        app.on_response_prepare.append(_drop_server_header)
        return app

    async def _sample(self, request: web.Request) -> web.Response:
        return web.Response(body=self._answers.sample, content_type="image/jpeg")

    async def _not_found(self, request: web.Request) -> web.Response:
        return _refusal(Refused(NOT_FOUND), self._headers())

    async def _analyze(self, request: web.Request) -> web.Response:
        headers = self._headers()
        try:
            wanted = self._admit(request)
            body = await _read(request)
            headers.body_received()
            image = self._image(request.content_type, body)
            answer = self._answers.about(image, wanted)
        except Refused as refused:
            return _refusal(refused, headers)
        return web.Response(body=_json(answer), headers=headers.of_success())

    def _headers(self) -> CallHeaders:
        return CallHeaders("East US" if self._captions else "West US 2")

    def _admit(self, request: web.Request) -> query.Query:
        """Check all but the body, the gate's part before the service's, and return what the call asks for."""
        parameters = query.gather(request.query.items())
        if parameters.get("api-version") != query.API_VERSION:
            raise Refused(NOT_FOUND)
        self._authenticate(request.headers)
        if self._rate_limit is not None:
            self._rate_limit.check()
        wanted = query.check(parameters, self._captions)
        if request.content_type not in (_JSON, _IMAGE):
            raise Refused(CONTENT_TYPE)
        return wanted

    def _authenticate(self, headers: Mapping[str, str]) -> None:
        key = headers.get("Ocp-Apim-Subscription-Key")
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if key is None and scheme.lower() == "bearer" and self._identity is not None:
            self._identity.check(token.strip())
        elif not same_secret(key, self._key):
            raise Refused(WRONG_KEY)

    def _image(self, content_type: str, body: bytes) -> bytes:
        """Return the image that a body is or, by its address, names. Nothing is ever fetched."""
        if content_type == _IMAGE:
            return body
        try:
            url = json.loads(body)["url"]
        except (ValueError, TypeError, LookupError, RecursionError):
            raise Refused(BAD_URL_BODY) from None
        if url not in self._sample_urls:
            raise Refused(URL_NOT_ACCESSIBLE)
        return self._answers.sample


async def _read(request: web.Request) -> bytes:
    body = bytearray()
    # A client that goes away before its request is complete is no error, and does not hear the answer.
    with contextlib.suppress(ConnectionError, web.RequestPayloadError):
        async for part in request.content.iter_any():
            body += part
            if len(body) > _READ_LIMIT:
                break
    return bytes(body)


def _refusal(refused: Refused, headers: CallHeaders) -> web.Response:
    problem = refused.problem
    return web.Response(
        status=problem.status,
        reason=problem.reason,
        headers=headers.of_refusal(refused),
        body=_json(problem.body()),
    )


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")


async def _drop_server_header(request: web.Request, response: web.StreamResponse) -> None:
    # aiohttp names itself; the service's answers have no such header.
    response.headers.pop("Server", None)
