"""Builds responses: their headers and their JSON."""

import json
import time
import uuid
from typing import Any, Dict

from aiohttp import web

from .._errors import RequestRefused, ServiceError
from .._faults import Failure
from .requests import API_VERSION

# Responses with these statuses come from the gateway in front of the service, with few headers.
_GATE_STATUSES = frozenset({401, 403, 404, 429})


class CallHeaders:
    """The headers of the response to one call, with its id and times."""

    def __init__(self, region: str, https: bool) -> None:
        self._region = region
        self._https = https
        self._id = str(uuid.uuid4())
        self._started = self._received = time.monotonic()

    def body_received(self) -> None:
        """Record the time at which the request is complete."""
        self._received = time.monotonic()

    def for_success(self) -> Dict[str, str]:
        """Return the headers of a result."""
        return {
            **self._service_headers(),
            "ms-vision-response-time-input-received": _milliseconds(self._started, self._received),
            "ms-vision-response-time-input-processed": _milliseconds(self._received, time.monotonic()),
        }

    def for_refusal(self, refusal: RequestRefused) -> Dict[str, str]:
        """Return the headers of an error."""
        problem = refusal.problem
        if problem.status in _GATE_STATUSES:
            headers = {"apim-request-id": self._id, "Content-Type": "application/json"}
        else:
            headers = {**self._service_headers(), "x-ms-error-code": str(problem.code)}
        if refusal.retry_after is not None:
            headers["Retry-After"] = f"{refusal.retry_after:g}"
        return headers

    def _service_headers(self) -> Dict[str, str]:
        """Return the headers of responses that do not come from the gateway."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "apim-request-id": self._id,
            "request-id": self._id,
            "x-ms-region": self._region,
            "api-supported-versions": API_VERSION,
            "CSP-Billing-Usage": "CognitiveServices.ComputerVision.Transaction=1",
            "x-envoy-upstream-service-time": _milliseconds(self._started, time.monotonic()),
            "X-Content-Type-Options": "nosniff",
        }
        if self._https:  # Over http, it would stop browsers from using http.
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains; preload"
        return headers


def _milliseconds(start: float, end: float) -> str:
    """Return the milliseconds between two times, in the format of the service."""
    return str(round((end - start) * 1000))


def success(result: Dict[str, Any], headers: CallHeaders) -> web.Response:
    """Return the response with a result."""
    return web.Response(body=_json(result), headers=headers.for_success())


def refusal(refused: RequestRefused, headers: CallHeaders) -> web.Response:
    """Return the response to a refused request."""
    problem: ServiceError = refused.problem
    return web.Response(
        status=problem.status,
        reason=problem.reason,
        headers=headers.for_refusal(refused),
        body=_json(problem.body()),
    )


def failure(fault: Failure, headers: CallHeaders) -> web.Response:
    """Return the response for a fault."""
    if fault.body is None:
        response = refusal(RequestRefused(fault.problem), headers)
    else:
        response = web.Response(
            status=fault.problem.status, body=fault.body, headers={"Content-Type": fault.content_type}
        )
    response.headers.update(fault.headers)
    return response


async def send_truncated(request: web.Request, response: web.Response, size: int) -> web.StreamResponse:
    """Send the first bytes of a response, and close the connection."""
    body = bytes(response.body) if isinstance(response.body, bytes) else b""
    beginning = web.StreamResponse(status=response.status, reason=response.reason, headers=response.headers)
    beginning.content_length = len(body)
    await beginning.prepare(request)
    await beginning.write(body[:size])
    if request.transport is not None:
        request.transport.close()
    return beginning


def _json(value: Any) -> bytes:
    """Return compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")
