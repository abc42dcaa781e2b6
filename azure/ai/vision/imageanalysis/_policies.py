"""What does our pipeline do that azure-core's own policies do not?

Each class here takes one of azure-core's and changes one rule, or adds one. Where azure-core has a class for each
policy_set, the rule is a mixin for both.
"""

import binascii
import math
import re
import sys
from functools import lru_cache
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Type, cast
from urllib.parse import urljoin, urlsplit

from azure.core.exceptions import AzureError, DecodeError, HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    AsyncRedirectPolicy,
    AsyncRetryPolicy,
    BearerTokenCredentialPolicy,
    ContentDecodePolicy,
    RedirectPolicy,
    RetryPolicy,
    SansIOHTTPPolicy,
    SensitiveHeaderCleanupPolicy,
)

from ._body import with_large_body
from ._errors import ensure_error_details, read_json, translated_error

_DAY = 24 * 60 * 60
_header_name = lru_cache(maxsize=256)(re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch)  # the same few at each call
_HEADER_VALUE = re.compile(r"(?![\t ])[\t -~\x80-\xff]*(?<![\t ])")
_UNREADABLE_CLAIMS = (binascii.Error, UnicodeDecodeError)
_UNSAFE_IN_URL = re.compile(r"[\x00-\x20\x7f\\]")


def can_send_again(content: Any) -> bool:
    """Tell whether a request's content is whole when it is sent a second time.

    :param any content: The content. A file that can be rewound has been read into bytes already.
    :return: False for a generator or a pipe.
    :rtype: bool
    """
    return not any(hasattr(content, name) for name in ("read", "__next__", "__anext__"))


class _RetryRules:
    # A body that is used up is not sent again, and a Retry-After that makes no sense is as none.
    def send(self, request: PipelineRequest[Any]) -> Any:
        """Send a request, and again if need be. A call's options for that hold behind a redirect too.

        :param ~azure.core.pipeline.PipelineRequest request: The request.
        :return: The answer, or what it can be awaited from.
        :rtype: any
        """
        options = request.context.options  # azure-core takes its own out of them
        given = {name: value for name, value in options.items() if name == "timeout" or name.startswith("retry_")}
        options.update(request.context.setdefault("retry_options", given))
        return cast(Any, super()).send(request)

    def _configure_positions(self, request: PipelineRequest[Any], retry_settings: Dict[str, Any]) -> None:
        # A pipe cannot tell its position, and azure-core would let its OSError through.
        if can_send_again(request.http_request.content):
            cast(Any, super())._configure_positions(request, retry_settings)

    def _is_read_error(self, err: Exception) -> bool:
        # azure-core forgets that an answer that breaks off is one, and does not wait before it tries again.
        return isinstance(err, (ServiceResponseError, HttpResponseError))

    def get_retry_after(self, response: PipelineResponse[Any, Any]) -> Optional[float]:
        """Read how long the service asks to wait.

        :param ~azure.core.pipeline.PipelineResponse response: The answer.
        :return: Seconds; None if it does not ask, or asks for more than a day, or for what is no time.
        :rtype: float or None
        """
        try:
            delay: Any = cast(Any, super()).get_retry_after(response)
        except (ValueError, ArithmeticError, TypeError):
            return None
        return delay if delay is not None and math.isfinite(delay) and delay <= _DAY else None

    def increment(self, settings: Dict[str, Any], response: Any = None, error: Optional[Exception] = None) -> bool:
        """Count a try that failed.

        :param dict settings: The counters of the call.
        :param response: The answer, or the request that got none.
        :type response: ~azure.core.pipeline.PipelineResponse or ~azure.core.pipeline.PipelineRequest
        :param Exception error: What failed, where there is no answer.
        :return: Whether to try again.
        :rtype: bool
        """
        again = can_send_again(response.http_request.content)
        return again and bool(cast(Any, super()).increment(settings, response=response, error=error))


class _RedirectRules:
    # What cannot be followed is handed on as the answer that it is.
    def get_redirect_location(self, response: PipelineResponse[Any, Any]) -> Any:
        """Read where the answer redirects to.

        :param ~azure.core.pipeline.PipelineResponse response: The answer.
        :return: The absolute address, or something false.
        :rtype: str or bool or None
        """
        location: Any = cast(Any, super()).get_redirect_location(response)
        if not location or not can_send_again(response.http_request.content):
            return None
        try:
            target: str = urljoin(response.http_request.url, location)
            origin(target)
        except ValueError:
            return None
        # An address that two parsers could read in two ways would make origin() worthless.
        return None if _UNSAFE_IN_URL.search(target) or "@" in urlsplit(target).netloc else target


class AnalysisRetryPolicy(_RetryRules, RetryPolicy[Any, Any]):
    """Retries."""


class AsyncAnalysisRetryPolicy(_RetryRules, AsyncRetryPolicy[Any, Any]):
    """Retries, asynchronously."""


class AnalysisRedirectPolicy(_RedirectRules, RedirectPolicy[Any, Any]):
    """Redirects."""


class AsyncAnalysisRedirectPolicy(_RedirectRules, AsyncRedirectPolicy[Any, Any]):
    """Redirects, asynchronously."""


class AnalysisBearerPolicy(BearerTokenCredentialPolicy[Any, Any]):
    """Tokens. A challenge that cannot be answered is the refusal that it is."""

    def on_challenge(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> bool:
        """Look for claims, and get a token with them.

        :param ~azure.core.pipeline.PipelineRequest request: The request.
        :param ~azure.core.pipeline.PipelineResponse response: The answer.
        :return: Whether to send the request again.
        :rtype: bool
        """
        try:
            return can_send_again(request.http_request.content) and super().on_challenge(request, response)
        except _UNREADABLE_CLAIMS:
            return False


class AsyncAnalysisBearerPolicy(AsyncBearerTokenCredentialPolicy[Any, Any]):
    """Tokens, asynchronously."""

    async def on_challenge(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> bool:
        """Look for claims, and get a token with them.

        :param ~azure.core.pipeline.PipelineRequest request: The request.
        :param ~azure.core.pipeline.PipelineResponse response: The answer.
        :return: Whether to send the request again.
        :rtype: bool
        """
        try:
            return can_send_again(request.http_request.content) and await super().on_challenge(request, response)
        except _UNREADABLE_CLAIMS:
            return False


def origin(url: str) -> Tuple[str, str, int]:
    """Give scheme, host and port of an address.

    :param str url: The address.
    :return: All three, in lower case, with the scheme's own port if the address names none.
    :rtype: tuple[str, str, int]
    :raises ValueError: If it is no http or https address.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.hostname.encode("idna"):
        raise ValueError("not an http or https address")
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}[parts.scheme]


class CredentialScopePolicy(SansIOHTTPPolicy[Any, Any]):
    """Lets no secret pass: no credentials to elsewhere than where the call began, nothing of an answer in an exception.

    It stands below authentication and tracing.

    :keyword blocked_redirect_headers: The headers to take off; by default azure-core's and the given ones.
    :paramtype blocked_redirect_headers: list[str] or None
    :keyword bool disable_redirect_cleanup: Take nothing off.
    """

    def __init__(
        self,
        *key_headers: str,
        blocked_redirect_headers: Optional[List[str]] = None,
        disable_redirect_cleanup: bool = False,
        **_: Any,
    ) -> None:
        defaults = [*SensitiveHeaderCleanupPolicy.DEFAULT_SENSITIVE_HEADERS, *key_headers]
        self._headers = defaults if blocked_redirect_headers is None else blocked_redirect_headers
        if disable_redirect_cleanup:
            self._headers = []

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Compare where the request goes with where the call began.

        :param ~azure.core.pipeline.PipelineRequest request: The request.
        """
        request.context.options.pop("insecure_domain_change", None)  # left there by the redirects of older azure-cores
        url = request.http_request.url
        first = request.context.setdefault("first_url", url)
        if url != first and origin(url) != origin(first):
            for header in self._headers:
                request.http_request.headers.pop(header, None)

    def on_exception(self, request: PipelineRequest[Any]) -> None:
        """Translate the transport's exception.

        :param ~azure.core.pipeline.PipelineRequest request: The request.
        :raises ~azure.core.exceptions.AzureError: If it is none of azure-core's.
        """
        error: Any = sys.exc_info()[1]
        told = translated_error(error)
        if told is not error:
            raise told


class HttpsPolicy(SansIOHTTPPolicy[Any, Any]):
    """Refuses to send a token over http. azure-core does too, but below the retries, which then wait."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Look at the scheme.

        :param ~azure.core.pipeline.PipelineRequest request: The request.
        :raises ~azure.core.exceptions.ServiceRequestError: If it is not https.
        """
        # Behind a redirect, azure-core has moved the option.
        enforced = request.context.get("enforce_https", request.context.options.get("enforce_https", True))
        if enforced and origin(request.http_request.url)[0] != "https":
            raise ServiceRequestError("A token credential needs an https endpoint: a token is not sent over http.")


def _close_superseded_response(request: PipelineRequest[Any]) -> Any:
    # Of a streamed answer that it does not hand on, but tries again, azure-core leaves the connection open.
    answer: Any = request.context.pop("answer", None)
    return None if getattr(answer, "is_closed", True) else answer.close()


class JsonResponsePolicy(ContentDecodePolicy):
    """Parses the body, once, and gives each HTTP error an ``error``."""

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Put the answer's JSON where other readers of azure-core's pipeline look for it.

        What is no JSON is not the business of this: who reads it will say so.

        :param ~azure.core.pipeline.PipelineRequest request: The request.
        :param ~azure.core.pipeline.PipelineResponse response: The answer.
        """
        if not response.context.options.get("stream", True):
            try:
                encoding = request.context.get("response_encoding")
                response.context[self.CONTEXT_NAME] = read_json(response.http_response, encoding)
            except DecodeError:
                pass

    def on_exception(self, request: PipelineRequest[Any]) -> Any:
        """Look at the exception.

        :param ~azure.core.pipeline.PipelineRequest request: The request.
        :return: What is to be awaited, if anything is.
        :rtype: any
        """
        error: Any = sys.exc_info()[1]
        if isinstance(error, HttpResponseError):
            ensure_error_details(error)
        if isinstance(error, AzureError) and error.__suppress_context__:
            error.__context__ = None  # python's own chain, to an exception that may quote the answer
        return _close_superseded_response(request)


class TransportPolicy(SansIOHTTPPolicy[Any, Any]):
    """Keeps from the transport what it would trip over, and closes what an earlier try has left open."""

    def on_request(self, request: PipelineRequest[Any]) -> Any:
        """Check the headers, since a transport would put a bad value, the key even, into its exception.

        :param ~azure.core.pipeline.PipelineRequest request: The request.
        :return: What is to be awaited, if anything is.
        :rtype: any
        :raises TypeError: If a header is not a str.
        :raises ValueError: If a header could not be sent as it is.
        """
        given = request.http_request
        for name, value in given.headers.items():
            if not isinstance(value, str):
                raise TypeError(f"header {name!r}: expected a str, got {type(value).__name__}")
            if not _header_name(name):
                raise ValueError(f"header {name!r}: this is not a header's name")
            if not _HEADER_VALUE.fullmatch(value):
                raise ValueError(
                    f"header {name!r}: the value begins or ends with a blank, or holds a line break or another "
                    "character that a header cannot carry"
                )
        if _is_aiohttp(request.context.transport):
            request.http_request = with_large_body(given)
        return _close_superseded_response(request)

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Remember the response.

        :param ~azure.core.pipeline.PipelineRequest request: The request.
        :param ~azure.core.pipeline.PipelineResponse response: The response.
        """
        request.context["answer"] = response.http_response


def _is_aiohttp(transport: Any) -> bool:
    # By its name: where aiohttp is not installed, there is no such class.
    return any(kind.__name__ == "AioHttpTransport" for kind in type(transport).__mro__)


class PolicySet(NamedTuple):
    """What a synchronous and an asynchronous pipeline do not share."""

    redirect: Type[Any]
    retry: Type[Any]
    bearer: Type[Any]
    is_async: bool


SYNC = PolicySet(AnalysisRedirectPolicy, AnalysisRetryPolicy, AnalysisBearerPolicy, False)
ASYNC = PolicySet(AsyncAnalysisRedirectPolicy, AsyncAnalysisRetryPolicy, AsyncAnalysisBearerPolicy, True)
