"""The record of requests."""

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Deque, Dict, List, Mapping, Optional, Tuple

_KEPT_REQUESTS = 1000
_KEPT_BODY = 1024 * 1024
_KEPT_BODIES = 64 * 1024 * 1024

_SECRET_HEADERS = frozenset({"authorization", "ocp-apim-subscription-key", "x-identity-header", "cookie"})


@dataclass
class RecordedRequest:
    """A request that the emulator received, without key and token."""

    method: str
    """The HTTP method."""
    path: str
    """The path of the URL."""
    features: Tuple[str, ...]
    """The names of the requested features, as sent."""
    options: Dict[str, str]
    """The other query parameters."""
    headers: Dict[str, str] = field(repr=False)
    """The headers, by names in lower case, without credentials."""
    body: Optional[bytes] = field(default=None, repr=False)
    """The body; None if it is longer than 1 MiB, or dropped because all bodies exceeded 64 MiB."""
    body_size: int = 0
    """The length of the body."""
    image_url: Optional[str] = field(default=None, repr=False)
    """The URL of the image, if the request has one."""
    status: Optional[int] = None
    """The status of the response; None until it is sent, and if the connection was cut."""
    source: Dict[str, str] = field(default_factory=lambda: {})
    """The source of the result of each feature: ``registered``, ``engine``, ``computed``, or ``none`` if the
    emulator cannot compute it. Keys are the names that the service uses."""
    time: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    """The time of the request, in UTC."""


class Recorder:
    """The latest requests. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Deque[RecordedRequest] = deque(maxlen=_KEPT_REQUESTS)

    def add(self, request: RecordedRequest) -> None:
        """Record a request."""
        with self._lock:
            self._requests.append(request)

    def keep_body(self, request: RecordedRequest, body: bytes) -> None:
        """Record the body of a request, unless it is too long. Drop the oldest bodies above the total limit."""
        if len(body) > _KEPT_BODY:
            return
        with self._lock:
            request.body = body
            excess = sum(len(kept.body or b"") for kept in self._requests) - _KEPT_BODIES
            for kept in self._requests:
                if excess <= 0:
                    break
                excess -= len(kept.body or b"")
                kept.body = None

    def requests(self) -> List[RecordedRequest]:
        """Return the latest requests, oldest first."""
        with self._lock:
            return list(self._requests)

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._requests.clear()


def new_record(method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> RecordedRequest:
    """Return the record of a request. ``query`` has names in lower case."""
    return RecordedRequest(
        method=method,
        path=path,
        features=tuple(query["features"].split(",")) if "features" in query else (),
        options={name: value for name, value in query.items() if name not in ("features", "subscription-key")},
        headers={name.lower(): value for name, value in headers.items() if name.lower() not in _SECRET_HEADERS},
    )
