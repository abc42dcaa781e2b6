"""Failures to come, and the record of requests."""

import threading
from collections import deque
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Deque, Dict, List, Mapping, NamedTuple, Optional, Tuple

from . import _errors as errors

_KEPT_REQUESTS = 1000
_KEPT_BODY = 1024 * 1024
_KEPT_BODIES = 64 * 1024 * 1024
_KEPT_HEADERS = 64 * 1024

_SECRET_HEADERS = frozenset({"authorization", "ocp-apim-subscription-key", "x-identity-header", "cookie"})


@dataclass
class RecordedRequest:
    """A request that the emulator received, without its key and its token."""

    method: str
    """The HTTP method."""
    path: str
    """The path of the URL."""
    features: Tuple[str, ...]
    """The names of the requested features, as sent."""
    options: Dict[str, str]
    """The other query parameters."""
    headers: Dict[str, str] = field(repr=False)
    """The headers, by names in lower case, without credentials. Empty if they are longer than 64 KiB in total."""
    body: Optional[bytes] = field(default=None, repr=False)
    """The body; None if it is longer than 1 MiB, or no longer kept (64 MiB in total are)."""
    body_size: int = 0
    """The length of the body."""
    image_url: Optional[str] = field(default=None, repr=False)
    """The URL of the image, if the request has one."""
    status: Optional[int] = None
    """The status of the response; None if there is none yet, or if the connection was cut."""


class Fault(NamedTuple):
    """How a call is to fail."""

    problem: Optional[errors.Problem]
    """The response; None: the connection is cut."""
    retry_after: Optional[float] = None


class Control:
    """Failures to come and requests that came in. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: Deque[Fault] = deque()
        self._requests: Deque[RecordedRequest] = deque(maxlen=_KEPT_REQUESTS)
        self._bodies: Deque[RecordedRequest] = deque()
        self._body_bytes = 0

    def add_fault(self, fault: Fault, times: Any) -> None:
        """Let calls fail, after those that were to fail before.

        :param fault: How they fail.
        :param times: How many of them.
        """
        if isinstance(times, bool) or not isinstance(times, int) or times < 1:
            raise ValueError(f"'times' must be a whole number from 1, not {times!r}.")
        with self._lock:
            self._faults.extend([fault] * times)

    def next_fault(self) -> Optional[Fault]:
        """Return how the next call is to fail, if it is to, and count it."""
        with self._lock:
            return self._faults.popleft() if self._faults else None

    def record(self, request: RecordedRequest) -> None:
        """Remember a request.

        :param request: The request.
        """
        with self._lock:
            self._requests.append(request)

    def keep_body(self, request: RecordedRequest, body: bytes) -> None:
        """Remember the body of a request, unless it is too long.

        :param request: The request.
        :param body: Its body.
        """
        if len(body) > _KEPT_BODY:
            return
        with self._lock:
            request.body = body
            self._bodies.append(request)
            self._body_bytes += len(body)
            while self._body_bytes > _KEPT_BODIES or len(self._bodies) > _KEPT_REQUESTS:
                oldest = self._bodies.popleft()
                self._body_bytes -= len(oldest.body or b"")
                oldest.body = None

    def requests(self) -> List[RecordedRequest]:
        """Return the last requests, oldest first."""
        with self._lock:
            return list(self._requests)

    def clear(self) -> None:
        """Forget all of it."""
        with self._lock:
            self._faults.clear()
            self._requests.clear()
            self._bodies.clear()
            self._body_bytes = 0


def failure(status: Any, retry_after: Any) -> Fault:
    """Return the failure with a status, in the service's own words where they are known.

    :param status: The status.
    :param retry_after: In how many seconds the call may be sent again; None: nothing is said of it.
    :raises ValueError: If the status is none of a failure, or the seconds are no number from 0.
    """
    if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
        raise ValueError(f"'status' must be a whole number from 400 to 599, not {status!r}.")
    if retry_after is not None and (
        isinstance(retry_after, bool) or not isinstance(retry_after, (int, float)) or not 0 <= retry_after < 1e9
    ):
        raise ValueError(f"'retry_after' must be a number of seconds from 0, or None, not {retry_after!r}.")
    known = {
        400: errors.IMAGE_FORMAT,
        401: errors.WRONG_KEY,
        404: errors.NOT_FOUND,
        408: errors.TIMEOUT,
        415: errors.CONTENT_TYPE,
        429: errors.too_many_requests("S1", 1 if retry_after is None else retry_after),
        500: errors.INTERNAL,
        503: errors.UNAVAILABLE,
    }
    return Fault(known.get(status) or errors.Problem(status, str(status), _phrase(status)), retry_after)


def recorded(method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> RecordedRequest:
    """Return the record of a request.

    :param method: Its method.
    :param path: Its path.
    :param query: Its query by names in small letters.
    :param headers: Its headers.
    """
    kept: Mapping[str, str] = (
        headers if sum(len(name) + len(value) for name, value in headers.items()) <= _KEPT_HEADERS else {}
    )
    options = {name: value for name, value in query.items() if name not in ("features", "subscription-key")}
    return RecordedRequest(
        method=method,
        path=path,
        features=tuple(query["features"].split(",")) if "features" in query else (),
        options=options,
        headers={name.lower(): value for name, value in kept.items() if name.lower() not in _SECRET_HEADERS},
    )


def _phrase(status: int) -> str:
    """Return the reason phrase of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "The request failed."
