"""Transports without a network: they record requests and respond by a plan."""

import json
from typing import Any, Callable, Dict, List, Mapping, Optional, Union

from azure.core.pipeline.transport import AsyncHttpTransport, HttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest, HttpResponse
from azure.core.utils import case_insensitive_dict

RESULT: Dict[str, Any] = {
    "modelVersion": "2023-10-01",
    "captionResult": {"text": "two boats on a lake", "confidence": 0.75},
    "metadata": {"width": 640, "height": 480},
}
"""A small response, for tests that check something else."""


class StubResponse:
    """A response of the service.

    :param body: The body: bytes and str as they are, anything else as JSON.
    :param int status: The status.
    :param str reason: The reason phrase.
    :param headers: Headers to add to ``Content-Type: application/json``, or to replace it with.
    """

    def __init__(
        self, body: Any = RESULT, status: int = 200, reason: str = "OK", headers: Optional[Mapping[str, str]] = None
    ) -> None:
        self.body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.status = status
        self.reason = reason
        self.headers = case_insensitive_dict({"Content-Type": "application/json", **(headers or {})})


class SentRequest:
    """A request at the moment when the transport received it.

    :param ~azure.core.rest.HttpRequest request: The request.
    :param dict options: The transport's keywords.
    """

    def __init__(self, request: HttpRequest, options: Dict[str, Any]) -> None:
        self.method = request.method
        self.url = request.url
        self.query = request.url.partition("?")[2]
        self.headers = case_insensitive_dict(dict(request.headers))
        content = request.content
        self.body = content.read() if hasattr(content, "read") else content
        self.options = options


class _Response:
    def __init__(self, request: HttpRequest, stub: StubResponse, stream: bool) -> None:
        self._request = request
        self._stub = stub
        self._read = not stream
        self._closed = not stream

    request = property(lambda self: self._request)
    status_code = property(lambda self: self._stub.status)
    reason = property(lambda self: self._stub.reason)
    headers = property(lambda self: self._stub.headers)
    content_type = property(lambda self: self._stub.headers.get("Content-Type"))
    url = property(lambda self: self._request.url)
    is_closed = property(lambda self: self._closed)
    is_stream_consumed = property(lambda self: self._read)
    encoding = None

    @property
    def content(self) -> bytes:
        assert self._read, "the body was not read"
        return self._stub.body

    def text(self, encoding: Optional[str] = None) -> str:
        return self.content.decode(encoding or "utf-8")

    def json(self) -> Any:
        return json.loads(self.text())

    def raise_for_status(self) -> None: ...

    def _chunks(self) -> List[bytes]:
        self._read = True
        body = self._stub.body
        return [body[start : start + 16] for start in range(0, len(body), 16)]


class FakeResponse(_Response, HttpResponse):
    """The response of :class:`FakeTransport`."""

    def read(self) -> bytes:
        self._read = True
        return self.content

    def iter_bytes(self, **kwargs: Any) -> Any:
        return iter(self._chunks())

    iter_raw = iter_bytes

    def close(self) -> None:
        self._closed = True

    def __enter__(self) -> "FakeResponse":
        return self

    def __exit__(self, *args: Any) -> None:
        self.close()


class AsyncFakeResponse(_Response, AsyncHttpResponse):
    """The response of :class:`AsyncFakeTransport`."""

    async def read(self) -> bytes:
        self._read = True
        return self.content

    async def iter_bytes(self, **kwargs: Any) -> Any:
        for chunk in self._chunks():
            yield chunk

    iter_raw = iter_bytes

    async def close(self) -> None:
        self._closed = True

    async def __aenter__(self) -> "AsyncFakeResponse":
        return self

    async def __aexit__(self, *args: Any) -> None:
        await self.close()


Plan = Union[StubResponse, Exception, Callable[[SentRequest], Any]]


class _Transport:
    def __init__(self, *plan: Plan) -> None:
        self.plan: List[Plan] = list(plan)
        self.sent: List[SentRequest] = []
        self.slept: List[float] = []
        self.opened = 0
        self.closed = 0

    def _respond(self, request: HttpRequest, options: Dict[str, Any]) -> StubResponse:
        # One step per request; the last step serves all requests that follow.
        self.sent.append(SentRequest(request, options))
        step = (self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]) if self.plan else StubResponse()
        if callable(step) and not isinstance(step, Exception):
            step = step(self.sent[-1])
        if isinstance(step, Exception):
            raise step
        return step  # type: ignore[return-value]


class FakeTransport(_Transport, HttpTransport[Any, Any]):
    """Responds by a plan, and records requests and waits.

    :param plan: For each request in turn, a response, an exception or a function of the request.
    """

    def send(self, request: HttpRequest, *, stream: bool = False, **options: Any) -> FakeResponse:
        return FakeResponse(request, self._respond(request, options), stream)

    def sleep(self, duration: float) -> None:
        self.slept.append(duration)

    def open(self) -> None:
        self.opened += 1

    def close(self) -> None:
        self.closed += 1

    def __enter__(self) -> "FakeTransport":
        self.open()
        return self

    def __exit__(self, *args: Any) -> None:
        self.close()


class AsyncFakeTransport(_Transport, AsyncHttpTransport[Any, Any]):
    """Responds by a plan asynchronously."""

    async def send(self, request: HttpRequest, *, stream: bool = False, **options: Any) -> AsyncFakeResponse:
        return AsyncFakeResponse(request, self._respond(request, options), stream)

    async def sleep(self, duration: float) -> None:
        self.slept.append(duration)

    async def open(self) -> None:
        self.opened += 1

    async def close(self) -> None:
        self.closed += 1

    async def __aenter__(self) -> "AsyncFakeTransport":
        await self.open()
        return self

    async def __aexit__(self, *args: Any) -> None:
        await self.close()
