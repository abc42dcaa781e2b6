"""What a call keeps across its attempts: body, options, deadline, and the failure that may be retried."""

import time
from http.client import HTTPException
from typing import Any, Iterable, Optional

from ._errors import causes

BELOW_AUTHENTICATION = (
    "logging_enable",
    "raw_request_hook",
    "network_span_namer",
    "tracing_attributes",
    "tracing_options",
)
"""Options that azure-core's policies below authentication take off at the first attempt."""

_OPTIONS = "attempt_options"
_DEADLINE = "deadline"
_BEGAN = "attempt_began"
_FAILURE = "transport_failure"
_CLOCK_STEP = 0.05
"""How many seconds early a timeout may seem to come, since clocks go in steps."""


def can_send_again(request: Any) -> bool:
    """Tell whether a request's content is whole when it is sent a second time."""
    content = getattr(request, "content", None)  # azure-core itself rewinds what a request of the older kind has
    return not any(hasattr(content, name) for name in ("read", "__next__", "__anext__"))


def keep_options(context: Any) -> None:
    """Remember the options of a call, which policies take off as they read them."""
    context[_OPTIONS] = dict(context.options)


def restore_options(context: Any, names: Optional[Iterable[str]] = None) -> None:
    """Give the next attempt the options of the first: all, or those that are named."""
    kept = context.get(_OPTIONS, {})
    context.options.update(kept if names is None else {name: kept[name] for name in names if name in kept})


def set_deadline(context: Any, seconds: float) -> None:
    """Let the call's time begin."""
    context[_DEADLINE] = time.monotonic() + seconds


def remaining_time(context: Any) -> Optional[float]:
    """Tell how many seconds a call has left; None if it has no deadline."""
    return context[_DEADLINE] - time.monotonic() if _DEADLINE in context else None


def begin_attempt(context: Any) -> None:
    """Note when the transport got a request."""
    context[_BEGAN] = time.monotonic()


def allow_retry(error: BaseException, context: Any) -> None:
    """Note that a failure is the transport's. What a user's policy, hook or credential raises is not retried."""
    context[_FAILURE] = error


def is_retryable(error: BaseException, context: Any) -> bool:
    """Tell whether a failure is the transport's, and hardly one that a signal handler has raised to end the call."""
    return error is context.get(_FAILURE) and not _is_early_timeout(error, context) and not _is_plain(error)


def _is_plain(error: Any) -> bool:
    """Tell whether a connection broke for an OSError without a number, which the system's have."""
    wrapper, cause = [error, *causes(error)][-2:]
    has_number = getattr(cause, "errno", None) is not None
    return type(cause) in (OSError, ConnectionError) and not has_number and type(wrapper).__name__ == "ProtocolError"


def _is_early_timeout(error: Any, context: Any) -> bool:
    """Tell whether a timeout comes earlier than the transport's own could: from a signal handler, most likely.

    Its class does not tell: HTTP libraries take a TimeoutError for the socket's, and raise their own in its place.
    """
    cause = causes(error)[-1]
    # An HTTPException of ours is in the place of others, whose classes it names.
    names = [type(error).__name__, str(cause) if type(cause) is HTTPException else type(cause).__name__]
    if "timeout" not in " ".join(names).lower() or getattr(cause, "errno", None) is not None:  # the system's have one
        return False
    config = getattr(context.transport, "connection_config", None)
    limits = (
        context.options.get("connection_timeout", getattr(config, "timeout", None)),
        context.options.get("read_timeout", getattr(config, "read_timeout", None)),
    )
    numbers = [limit for limit in limits if isinstance(limit, (int, float))]
    elapsed = time.monotonic() - context[_BEGAN]
    return len(numbers) == 2 and elapsed < min(numbers) - _CLOCK_STEP
