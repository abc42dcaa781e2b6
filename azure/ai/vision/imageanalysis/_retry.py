"""Retry policies that limit what is retried and how long a call waits."""

import logging
import math
import time
from typing import TYPE_CHECKING, Any, Dict, Optional

from azure.core import exceptions
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.policies import AsyncRetryPolicy, RetryPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest, HttpResponse

if TYPE_CHECKING:
    from azure.core.pipeline.policies._retry import RetryPolicyBase
else:
    RetryPolicyBase = object

_LOGGER = logging.getLogger(__name__)

_MAX_WAIT = 5 * 60
"""The longest Retry-After, in seconds, that is honored when the call has no ``timeout``."""


def can_resend(request: Any, *, rewinds: bool = False) -> bool:
    """Return whether a body can be sent again: an iterator cannot, and a file only if it is rewound."""
    content = getattr(request, "content", None)  # missing on requests of azure.core.pipeline.transport
    if hasattr(content, "read"):
        return rewinds
    return not (hasattr(content, "__next__") or hasattr(content, "__anext__"))


def _is_lost_connection(error: Exception) -> bool:
    """Return whether a connection could not be made or was lost."""
    if type(error) is exceptions.HttpResponseError:
        return error.inner_exception is not None  # requests lost the connection while it read a body
    return isinstance(error, (ServiceRequestError, ServiceResponseError, exceptions.IncompleteReadError))


def _no_retry(reason: str, *args: Any) -> bool:
    """Log why a call is not retried."""
    _LOGGER.debug(f"No retry: {reason}", *args)
    return False


class _RetryRules(RetryPolicyBase):
    """Retry behavior shared by both policies: where it differs from azure-core."""

    def __init__(self, **kwargs: Any) -> None:
        self._has_deadline = "timeout" in kwargs
        super().__init__(**kwargs)

    def configure_retries(self, options: Dict[str, Any]) -> Dict[str, Any]:
        """Read the settings of a call, and start its deadline."""
        has_deadline = self._has_deadline or "timeout" in options
        settings = super().configure_retries(options)
        settings["options"] = dict(options)  # policies remove theirs during the first attempt
        settings["deadline"] = time.monotonic() + settings["timeout"] if has_deadline else None
        return settings

    def get_retry_after(self, response: Any) -> Optional[float]:
        """Return the seconds that the service asks to wait, or None if the header cannot be parsed."""
        try:
            delay = super().get_retry_after(response)
        except (ValueError, ArithmeticError, TypeError):
            return None
        return delay if delay is not None and math.isfinite(delay) else None

    def is_retry(self, settings: Dict[str, Any], response: Any) -> bool:
        """Return whether the status of a response calls for a retry."""
        retry, status = super().is_retry(settings, response), response.http_response.status_code
        if not retry and status >= 400:
            return _no_retry("status %s" if settings["total"] else "status %s, and no retries are left", status)
        return retry

    def increment(self, settings: Dict[str, Any], response: Any = None, error: Optional[Exception] = None) -> bool:
        """Count a failed attempt, and return whether to make another."""
        if error and not _is_lost_connection(error):
            return _no_retry("%s is not a lost connection", type(error).__name__)
        if isinstance(error, exceptions.ServiceResponseTimeoutError):
            return _no_retry("the response did not come in time, and the service may still be at work on it")
        if not can_resend(response.http_request, rewinds=settings.get("body_position") is not None):
            return _no_retry("the body can be sent only once")
        if error and not isinstance(error, (ServiceRequestError, ServiceResponseError)):
            error = ServiceResponseError(error, error=error)  # azure-core backs off only for these
        if not super().increment(settings, response=response, error=error):
            return _no_retry("no retries are left, or the body cannot be rewound")
        wait = (None if error else self.get_retry_after(response)) or self.get_backoff_time(settings)
        remaining = _MAX_WAIT if settings["deadline"] is None else settings["deadline"] - time.monotonic()
        if wait > remaining:
            return _no_retry("a wait of %.1f seconds is longer than the %.1f that are allowed", wait, remaining)
        response.context.options.update(settings["options"])
        return True


class AnalysisRetryPolicy(_RetryRules, RetryPolicy[HttpRequest, HttpResponse]):
    """Retries failed attempts."""


class AsyncAnalysisRetryPolicy(_RetryRules, AsyncRetryPolicy[HttpRequest, AsyncHttpResponse]):
    """Retries failed attempts, asynchronously."""
