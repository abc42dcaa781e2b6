"""Pipeline policies next to the transport and for the response, and the sets of policies of both clients."""

import os
import re
import sys
from functools import lru_cache
from typing import Any, List, Optional

from azure.core.exceptions import AzureError, DecodeError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import ContentDecodePolicy, SansIOHTTPPolicy, SensitiveHeaderCleanupPolicy

from ._attempts import allow_retry, begin_attempt
from ._authentication import AnalysisBearerPolicy, AsyncAnalysisBearerPolicy
from ._body import with_large_body
from ._errors import complete_error, is_of_http_library, read_json, translated_error
from ._redirect import AnalysisRedirectPolicy, AsyncAnalysisRedirectPolicy, origin
from ._retry import AnalysisRetryPolicy, AsyncAnalysisRetryPolicy

_header_name = lru_cache(maxsize=256)(re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch)  # the same few at each call
_HEADER_VALUE = re.compile(r"(?![\t ])[\t -~\x80-\xff]*(?<![\t ])")


class JsonResponsePolicy(ContentDecodePolicy):
    """Parses the body, once, and completes each error that leaves the pipeline."""

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Put the response's JSON where azure-core's users look for it. Invalid JSON is reported by the reader."""
        if not response.context.options.get("stream", True):
            try:
                encoding = request.context.get("response_encoding")
                response.context[self.CONTEXT_NAME] = read_json(response.http_response, encoding)
            except DecodeError:
                pass

    def on_exception(self, request: PipelineRequest[Any]) -> Any:
        """Complete the exception."""
        error: Any = sys.exc_info()[1]
        if isinstance(error, AzureError):
            complete_error(error)
            if error.__suppress_context__:
                error.__context__ = None  # Python's own chain, to an exception that may quote the response
        return _close_superseded_response(request)


class TransportPolicy(SansIOHTTPPolicy[Any, Any]):
    """Prepares requests for the transport, and responses for their readers; translates the transport's exceptions.

    It stands below authentication, and below tracing, which records exceptions.
    """

    def __init__(
        self,
        *key_headers: str,
        owns_session: bool = False,
        blocked_redirect_headers: Optional[List[str]] = None,
        disable_redirect_cleanup: bool = False,
        **_: Any,
    ) -> None:
        self._owns_session = owns_session
        self._process: Optional[int] = None
        self._uses_aiohttp = False
        defaults = [*SensitiveHeaderCleanupPolicy.DEFAULT_SENSITIVE_HEADERS, *key_headers]
        self._credentials = defaults if blocked_redirect_headers is None else blocked_redirect_headers
        if disable_redirect_cleanup:
            self._credentials = []

    def on_request(self, request: PipelineRequest[Any]) -> Any:
        """Prepare a request."""
        _strip_credentials(request, self._credentials)
        _check_headers(request.http_request.headers)
        if self._process != os.getpid():
            self._prepare_session(request.context.transport)
        if self._uses_aiohttp:
            request.http_request = with_large_body(request.http_request)
        begin_attempt(request.context)
        return _close_superseded_response(request)

    def _prepare_session(self, transport: Any) -> None:
        """Set the transport's session up, at the first request of a process."""
        if self._owns_session:
            from http.cookiejar import DefaultCookiePolicy  # costs more than all of this library, and requests has it

            transport.open()
            transport.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if self._process is not None:
            _leave_connections_to_parent(transport)
        self._uses_aiohttp = _is_aiohttp(transport)
        self._process = os.getpid()

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> Any:
        """Remember the response, and read what the transport has left unread."""
        request.context["response"] = response.http_response
        if not response.context.options.get("stream", True) and _is_unread(response.http_response):
            return response.http_response.read()

    def on_exception(self, request: PipelineRequest[Any]) -> None:
        """Translate the transport's exception."""
        error: Any = sys.exc_info()[1]
        session: Any = getattr(request.context.transport, "session", request)
        # Of a closed client, azure-core says that this be reported as a bug.
        if session is None and str(error).startswith("No session available"):
            raise ValueError("The client has been closed.") from None
        translated = translated_error(error, parsing=is_of_http_library(session.__class__))
        if _is_network_failure(translated):
            allow_retry(translated, request.context)
        if translated is not error:
            raise translated


def _strip_credentials(request: PipelineRequest[Any], headers: List[str]) -> None:
    """Take credentials off a request that goes elsewhere than where the call began."""
    request.context.options.pop("insecure_domain_change", None)  # left there by the redirects of older azure-cores
    url = request.http_request.url
    first = request.context.setdefault("first_url", url)
    if url != first and origin(url) != origin(first):
        for header in headers:
            request.http_request.headers.pop(header, None)


def _check_headers(headers: Any) -> None:
    """Refuse headers that cannot be sent. A transport would put a bad value, the key even, into its exception."""
    for name, value in list(headers.items()):
        if value is None:  # of a client's headers; a call's have been left out
            del headers[name]
            continue
        if isinstance(value, bytes):  # which requests takes, and aiohttp does not
            headers[name] = value = value.decode("latin-1")
        if not isinstance(value, str):
            raise TypeError(f"header {name!r}: expected a str, got {type(value).__name__}")
        if not _header_name(name):
            raise ValueError(f"header {name!r}: this is not a header's name")
        if not _HEADER_VALUE.fullmatch(value):
            raise ValueError(
                f"header {name!r}: the value begins or ends with a blank, or holds a line break or another "
                "character that a header cannot carry"
            )


def _leave_connections_to_parent(transport: Any) -> None:
    """Give a forked process connections of its own: on its parent's, each would read the other's responses."""
    if _is_aiohttp(transport):
        raise RuntimeError("This client was used before the process was forked: make a client in each process.")
    for adapter in getattr(getattr(transport, "session", None), "adapters", {}).values():
        if hasattr(adapter, "init_poolmanager"):
            adapter.__setstate__(adapter.__getstate__())  # what requests does to unpickle one: its pools are new


def _is_aiohttp(transport: Any) -> bool:
    """Tell whether a transport is azure-core's for aiohttp. By its name, since aiohttp may not be installed."""
    return any(kind.__name__ == "AioHttpTransport" for kind in type(transport).__mro__)


def _is_unread(response: Any) -> bool:
    """Tell whether a transport has left the body unread."""
    return getattr(response, "is_stream_consumed", None) is False and hasattr(response, "read")


def _close_superseded_response(request: PipelineRequest[Any]) -> Any:
    """Close a streamed response that is not handed on, which azure-core leaves open before a retry."""
    response: Any = request.context.pop("response", None)
    return None if getattr(response, "is_closed", True) else response.close()


def _is_network_failure(error: Any) -> bool:
    """Tell whether a failure is the network's. A bare AzureError has come from a signal handler or a user's session."""
    if not isinstance(error, AzureError) or type(error.inner_exception) is ValueError:
        return False
    return error.inner_exception is not None or isinstance(error, (ServiceRequestError, ServiceResponseError))


class PolicySet:
    """What a synchronous and an asynchronous pipeline do not share."""

    def __init__(self, redirect: Any, retry: Any, bearer: Any, *, is_async: bool) -> None:
        self.redirect = redirect
        self.retry = retry
        self.bearer = bearer
        self.is_async = is_async


SYNC = PolicySet(AnalysisRedirectPolicy, AnalysisRetryPolicy, AnalysisBearerPolicy, is_async=False)
ASYNC = PolicySet(AsyncAnalysisRedirectPolicy, AsyncAnalysisRetryPolicy, AsyncAnalysisBearerPolicy, is_async=True)
