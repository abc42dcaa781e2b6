"""Redirect policies: azure-core's, which follow only what can be followed safely."""

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
    """Redirect behavior shared by both policies: a redirect that cannot be followed safely is the response."""

    def get_redirect_location(self, response: Any) -> Optional[str]:
        """Return where a response redirects to, if that is followed."""
        location = super().get_redirect_location(response)
        if not location or not can_resend(response.http_request):
            return None
        try:
            target = urljoin(response.http_request.url, location)
        except ValueError:
            return None
        return target if is_safe(target) else None


class AnalysisRedirectPolicy(_RedirectRules, RedirectPolicy[HttpRequest, HttpResponse]):
    """Redirects."""


class AsyncAnalysisRedirectPolicy(_RedirectRules, AsyncRedirectPolicy[HttpRequest, AsyncHttpResponse]):
    """Redirects, asynchronously."""
