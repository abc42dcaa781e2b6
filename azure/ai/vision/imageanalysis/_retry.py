"""Retry policies: azure-core's, with one deadline and one budget of retries for a whole call."""

import math
from typing import Any, Dict, Optional, cast

from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncRetryPolicy, RetryPolicy

from ._attempts import can_send_again, is_retryable, keep_options, remaining_time, restore_options, set_deadline

_LONGEST_WAIT = 5 * 60
"""How many seconds a Retry-After may ask for, to be obeyed where a call has no ``timeout``."""

_SETTINGS = "retry_settings"


class _RetryRules:
    """What both retry policies do otherwise than azure-core's."""

    def __init__(self, **kwargs: Any) -> None:
        self._has_deadline = "timeout" in kwargs
        cast(Any, super()).__init__(**kwargs)

    def send(self, request: PipelineRequest[Any]) -> Any:
        """Send a request, and again if need be. Behind a redirect, the call goes on with what it has left."""
        context, options = request.context, request.context.options
        settings = context.get(_SETTINGS)
        if settings is None:
            has_deadline = self._has_deadline or "timeout" in options
            settings = context[_SETTINGS] = self.configure_retries(options)
            if has_deadline:
                set_deadline(context, settings["timeout"])
            keep_options(context)
        else:
            restore_options(context)
            left = remaining_time(context)
            settings["timeout"] = settings["timeout"] if left is None else left
        if not can_send_again(request.http_request):
            return cast(Any, self).next.send(request)
        options[_SETTINGS] = settings
        return cast(Any, super()).send(request)

    def configure_retries(self, options: Dict[str, Any]) -> Dict[str, Any]:
        """Take the options about retries off a call's options."""
        settings: Dict[str, Any] = options.pop(_SETTINGS, None) or cast(Any, super()).configure_retries(options)
        return settings

    def get_retry_after(self, response: PipelineResponse[Any, Any]) -> Optional[float]:
        """Read how long the service asks to wait."""
        try:
            delay: Any = cast(Any, super()).get_retry_after(response)
        except (ValueError, ArithmeticError, TypeError):
            return None
        return delay if delay is not None and math.isfinite(delay) else None

    def increment(self, settings: Dict[str, Any], response: Any = None, error: Optional[Exception] = None) -> bool:
        """Count an attempt that failed."""
        if error and not is_retryable(error, response.context):
            return False
        if isinstance(error, HttpResponseError):  # a response that breaks off, after which azure-core would not wait
            error = ServiceResponseError(error.message, error=error)
        again: bool = cast(Any, super()).increment(settings, response=response, error=error)
        if not again or not self._may_wait(settings, response, error):
            return False
        restore_options(response.context)
        return True

    def _may_wait(self, settings: Dict[str, Any], response: Any, error: Optional[Exception]) -> bool:
        """Tell whether the time before the next attempt is within the deadline or, without one, bearable."""
        asked = 0 if error else self.get_retry_after(response) or 0
        left = remaining_time(response.context)
        if left is None:
            return asked <= _LONGEST_WAIT
        backoff: float = cast(Any, self).get_backoff_time(settings)
        return (asked or backoff) < left


class AnalysisRetryPolicy(_RetryRules, RetryPolicy[Any, Any]):
    """Retries."""


class AsyncAnalysisRetryPolicy(_RetryRules, AsyncRetryPolicy[Any, Any]):
    """Retries, asynchronously."""
