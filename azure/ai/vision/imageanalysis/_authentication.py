"""Authentication policies: azure-core's bearer policies, with safe challenges, and a check for https."""

import binascii
from typing import Any

from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    BearerTokenCredentialPolicy,
    SansIOHTTPPolicy,
)

from ._attempts import BELOW_AUTHENTICATION, can_send_again, remaining_time, restore_options
from ._redirect import origin

_UNREADABLE_CLAIMS = (binascii.Error, UnicodeDecodeError)


def _prepare_second_attempt(request: PipelineRequest[Any]) -> bool:
    """Tell whether a request may be sent again, with a token that fits a challenge, and give it its options back."""
    left = remaining_time(request.context)
    restore_options(request.context, BELOW_AUTHENTICATION)
    return can_send_again(request.http_request) and (left is None or left > 0)


class AnalysisBearerPolicy(BearerTokenCredentialPolicy[Any, Any]):
    """Tokens. An unanswerable challenge stays a 401."""

    def on_challenge(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> bool:
        """Look for claims, and get a token with them."""
        try:
            return _prepare_second_attempt(request) and super().on_challenge(request, response)
        except _UNREADABLE_CLAIMS:
            return False


class AsyncAnalysisBearerPolicy(AsyncBearerTokenCredentialPolicy[Any, Any]):
    """Tokens, asynchronously."""

    async def on_challenge(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> bool:
        """Look for claims, and get a token with them."""
        try:
            return _prepare_second_attempt(request) and await super().on_challenge(request, response)
        except _UNREADABLE_CLAIMS:
            return False


class HttpsPolicy(SansIOHTTPPolicy[Any, Any]):
    """Refuses to send a token over http, in words that say what to do."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Refuse any other scheme than https."""
        # Behind a redirect, azure-core has moved the option.
        enforced = request.context.get("enforce_https", request.context.options.get("enforce_https", True))
        if enforced and origin(request.http_request.url)[0] != "https":
            raise ServiceRequestError("A token credential needs an https endpoint: a token is not sent over http.")
