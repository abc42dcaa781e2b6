"""Which headers does an answer carry?"""

import time
import uuid
from typing import Dict

from ._errors import Refused
from ._query import API_VERSION

# These statuses are answered by the gate in front of the service, with few headers.
_GATE_STATUSES = frozenset({401, 404, 429})


class CallHeaders:
    """The headers of one call's answer: its own id, and how long its parts took.

    :param region: The Azure region that the service plays.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._id = str(uuid.uuid4())
        self._started = self._received = time.monotonic()

    def body_received(self) -> None:
        """Note that the whole request is there."""
        self._received = time.monotonic()

    def of_success(self) -> Dict[str, str]:
        """Return the headers of a result."""
        return {
            **self._of_service(),
            "ms-vision-response-time-input-received": _milliseconds(self._started, self._received),
            "ms-vision-response-time-input-processed": _milliseconds(self._received, time.monotonic()),
        }

    def of_refusal(self, refusal: Refused) -> Dict[str, str]:
        """Return the headers of an error."""
        problem = refusal.problem
        if problem.status in _GATE_STATUSES:
            headers = {"apim-request-id": self._id, "Content-Type": "application/json"}
        else:
            headers = {**self._of_service(), "x-ms-error-code": str(problem.code)}
        if refusal.retry_after is not None:
            headers["Retry-After"] = str(refusal.retry_after)
        return headers

    def _of_service(self) -> Dict[str, str]:
        return {
            "Content-Type": "application/json; charset=utf-8",
            "apim-request-id": self._id,
            "request-id": self._id,
            "x-ms-region": self._region,
            "api-supported-versions": API_VERSION,
            "CSP-Billing-Usage": "CognitiveServices.ComputerVision.Transaction=1",
            "x-envoy-upstream-service-time": _milliseconds(self._started, time.monotonic()),
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
            "X-Content-Type-Options": "nosniff",
        }


def _milliseconds(start: float, end: float) -> str:
    return str(round((end - start) * 1000))
