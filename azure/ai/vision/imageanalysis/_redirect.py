"""Redirect policies that follow only safe redirects."""

from typing import TYPE_CHECKING, Any, Optional
from urllib.parse import urljoin

from azure.core.pipeline.policies import AsyncRedirectPolicy, RedirectPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest, HttpResponse

from ._retry import can_resend
from ._urls import is_safe

if TYPE_CHECKING:
    from azure.core.pipeline.policies._redirect import RedirectPolicyBase
else:
    RedirectPolicyBase = object


class _RedirectRules(RedirectPolicyBase):
    """Redirect behavior shared by both policies: an unsafe redirect is not followed, but returned."""

    def get_redirect_location(self, response: Any) -> Optional[str]:
        """Return the URL to follow, or None for no redirect or an unsafe one."""
        location = super().get_redirect_location(response)
        if not location or not can_resend(response.http_request):
            return None
        try:
            target = urljoin(response.http_request.url, location)
        except ValueError:
            return None
        return target if is_safe(target) else None


class AnalysisRedirectPolicy(_RedirectRules, RedirectPolicy[HttpRequest, HttpResponse]):
    """Follows redirects."""


class AsyncAnalysisRedirectPolicy(_RedirectRules, AsyncRedirectPolicy[HttpRequest, AsyncHttpResponse]):
    """Follows redirects, asynchronously."""
