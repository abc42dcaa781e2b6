"""Faults that a test arranges for the next calls."""

import json
import threading
from http import HTTPStatus
from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, NamedTuple, Optional, Union

from ..models import VisualFeatures
from . import _errors as errors
from ._settings import check_integer, check_seconds, check_strings

FeatureNames = Iterable[Union[VisualFeatures, str]]
Body = Union[str, bytes, Mapping[str, Any], List[Any]]

_FEATURES = {feature.value.lower(): feature.value for feature in VisualFeatures}


class Failure(NamedTuple):
    """A response that replaces the normal one."""

    problem: errors.ServiceError
    """The status, and the body unless there is another."""
    headers: Mapping[str, str]
    """Additional headers, which take precedence."""
    body: Optional[bytes] = None
    """Another body; None for that of the status."""
    content_type: str = "application/json"
    """The content type of the other body, unless the headers set one."""


class Fault(NamedTuple):
    """A fault for one call, with one effect."""

    failure: Optional[Failure] = None
    """The response with which the call fails."""
    disconnect: bool = False
    """Whether the connection is lost before the response."""
    delay: float = 0.0
    """The delay of the response in seconds."""
    truncate: Optional[int] = None
    """The number of bytes of the body after which the response breaks off."""
    features: FrozenSet[str] = frozenset()
    """Features in lower case, one of which the call must request; empty for any call."""


class FaultQueue:
    """The faults that wait for a matching call. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: List[Fault] = []

    def __len__(self) -> int:
        return len(self._faults)

    def add(self, fault: Fault, times: Any, features: Optional[FeatureNames]) -> None:
        """Add a fault for a number of calls, after the faults that already wait."""
        check_integer("times", times, 1, 1_000_000)
        fault = fault._replace(features=_feature_names(features))
        with self._lock:
            self._faults.extend([fault] * times)

    def take(self, features: Iterable[str]) -> Optional[Fault]:
        """Remove and return the first fault that matches a call with these features."""
        requested = {name.strip().lower() for name in features}
        with self._lock:
            for index, fault in enumerate(self._faults):
                if not fault.features or fault.features & requested:
                    return self._faults.pop(index)
        return None

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()


def failure(status: Any, retry_after: Any, body: Optional[Body], headers: Optional[Mapping[str, str]]) -> Failure:
    """Check the arguments of :meth:`ImageAnalysisEmulator.fail_next`, and return the failure."""
    check_integer("status", status, 400, 599)
    sent: Dict[str, str] = {}
    if retry_after is not None:
        sent["Retry-After"] = f"{check_seconds('retry_after', retry_after):.10g}"
    sent.update(_checked_headers(headers or {}))
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
    phrase = next((each.phrase for each in HTTPStatus if each == status), "The request failed.")
    problem = known.get(status) or errors.ServiceError(status, str(status), phrase)
    if body is None:
        return Failure(problem, sent)
    if isinstance(body, bytes):
        return Failure(problem, sent, body, "application/octet-stream")
    if isinstance(body, str):
        return Failure(problem, sent, body.encode("utf-8"), "text/plain; charset=utf-8")
    try:
        return Failure(problem, sent, json.dumps(body).encode("ascii"))
    except (TypeError, ValueError) as error:
        raise ValueError(f"'body' must be text, bytes or JSON: {error}") from None


def _feature_names(features: Any) -> FrozenSet[str]:
    """Check the names of features, and return them in lower case."""
    names = frozenset(name.lower() for name in check_strings("features", () if features is None else features))
    for name in names.difference(_FEATURES):
        raise ValueError(f"'features': {name!r} is unknown; the names are {', '.join(_FEATURES.values())}.")
    return names


def _checked_headers(headers: Any) -> Dict[str, str]:
    """Check that headers can be sent, and return them."""
    given: List[Any] = [part for pair in headers.items() for part in pair] if hasattr(headers, "items") else [None]
    if not all(isinstance(part, str) and part.isprintable() for part in given):
        raise ValueError("'headers' must be a mapping of names to values, which are texts of one line.")
    return dict(headers)
