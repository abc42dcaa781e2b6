"""Redirect policies: azure-core's, which follow only what can be followed safely."""

import re
from typing import Any, Tuple, cast
from urllib.parse import urljoin, urlsplit

from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import AsyncRedirectPolicy, RedirectPolicy

from ._attempts import can_send_again

_UNSAFE_IN_URL = re.compile(r"[\x00-\x20\x7f\\]")


def origin(url: str) -> Tuple[str, str, int]:
    """Split an http(s) URL into scheme, host and port; anything else raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.hostname.encode("idna"):
        raise ValueError("not an http(s) address")
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}[parts.scheme]


class _RedirectRules:
    """What both redirect policies do otherwise than azure-core's: what cannot be followed is the response."""

    def get_redirect_location(self, response: PipelineResponse[Any, Any]) -> Any:
        """Read where the response redirects to."""
        location: Any = cast(Any, super()).get_redirect_location(response)
        if not location or not can_send_again(response.http_request):
            return None
        try:
            target: str = urljoin(response.http_request.url, location)
            origin(target)
        except ValueError:
            return None
        # A URL that two parsers could read in two ways would make origin() worthless.
        return None if _UNSAFE_IN_URL.search(target) or "@" in urlsplit(target).netloc else target


class AnalysisRedirectPolicy(_RedirectRules, RedirectPolicy[Any, Any]):
    """Redirects."""


class AsyncAnalysisRedirectPolicy(_RedirectRules, AsyncRedirectPolicy[Any, Any]):
    """Redirects, asynchronously."""
