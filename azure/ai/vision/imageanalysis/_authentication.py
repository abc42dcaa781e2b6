"""Authentication policies: azure-core's bearer policies, with safe challenges, and a check for https."""

import binascii
from typing import Any

from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import AsyncBearerTokenCredentialPolicy, BearerTokenCredentialPolicy, SansIOHTTPPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest, HttpResponse

from ._retry import can_resend
from ._urls import origin


class AnalysisBearerPolicy(BearerTokenCredentialPolicy[HttpRequest, HttpResponse]):
    """Authenticates with tokens. An unanswerable challenge stays a 401."""

    def on_challenge(self, request: PipelineRequest[HttpRequest], response: Any) -> bool:
        """Get a token with the claims of a challenge, and return whether there is one."""
        try:
            return can_resend(request.http_request) and super().on_challenge(request, response)
        except (binascii.Error, UnicodeDecodeError):  # malformed claims
            return False


class AsyncAnalysisBearerPolicy(AsyncBearerTokenCredentialPolicy[HttpRequest, AsyncHttpResponse]):
    """Authenticates with tokens, asynchronously."""

    async def on_challenge(self, request: PipelineRequest[HttpRequest], response: Any) -> bool:
        """Get a token with the claims of a challenge, and return whether there is one."""
        try:
            return can_resend(request.http_request) and await super().on_challenge(request, response)
        except (binascii.Error, UnicodeDecodeError):  # malformed claims
            return False


class HttpsPolicy(SansIOHTTPPolicy[HttpRequest, Any]):
    """Refuses to send a token over http, with a message that says what to do."""

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Refuse any scheme other than https."""
        # azure-core moves the option during the first attempt.
        enforced = request.context.get("enforce_https", request.context.options.get("enforce_https", True))
        if enforced and origin(request.http_request.url)[0] != "https":
            raise ServiceRequestError("A token credential needs an https endpoint: a token is not sent over http.")
