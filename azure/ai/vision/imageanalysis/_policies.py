"""Pipeline policies that extend azure-core's, and the policies that differ between the two clients."""

import os
import re
import sys
from contextlib import suppress
from functools import lru_cache
from typing import Any, List, NamedTuple, Optional, Tuple, Type, Union

from azure.core.exceptions import DecodeError
from azure.core.pipeline import PipelineRequest, PipelineResponse, policies
from azure.core.rest import HttpRequest

from ._authentication import AnalysisBearerPolicy, AsyncAnalysisBearerPolicy
from ._body import with_large_body
from ._errors import complete_error, loaded_class, raise_translated, read_json
from ._redirect import AnalysisRedirectPolicy, AsyncAnalysisRedirectPolicy
from ._retry import AnalysisRetryPolicy, AsyncAnalysisRetryPolicy
from ._urls import origin

_Request = PipelineRequest[Any]
_Response = PipelineResponse[Any, Any]

_is_header_name = lru_cache(maxsize=256)(re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch)  # names recur
_HEADER_VALUE = re.compile(r"(?![\t ])[\t -~\x80-\xff]*(?<![\t ])")


class JsonResponsePolicy(policies.ContentDecodePolicy):
    """Parses the response body once, and fills in error details."""

    def on_response(self, request: _Request, response: _Response) -> None:
        """Store the parsed body where azure-core stores it. Invalid JSON is reported when the body is read."""
        if not response.context.options.get("stream", True):
            with suppress(DecodeError):
                encoding = request.context.get("response_encoding")
                response.context[self.CONTEXT_NAME] = read_json(response.http_response, encoding)

    def on_exception(self, request: _Request) -> Any:
        """Fill in the details of the exception."""
        complete_error(sys.exc_info()[1])
        return _close_superseded_response(request)


class TraceLoggingPolicy(policies.NetworkTraceLoggingPolicy):
    """Logs requests and responses in full, but only the size and type of an image."""

    def on_request(self, request: _Request) -> None:
        """Log a request."""
        if request.context.options.get("logging_enable", self.enable_http_logger):
            sent, content = request.http_request, getattr(request.http_request, "content", None)
            kind = sent.headers.get("Content-Type", "")
            if isinstance(content, bytes) and kind.startswith(("image/", "application/octet-stream")):
                text = f"{len(content)} bytes of {kind}"
                request = PipelineRequest(
                    HttpRequest(sent.method, sent.url, headers=sent.headers, content=text), request.context
                )
        super().on_request(request)


class TransportPolicy(policies.SansIOHTTPPolicy[Any, Any]):
    """Prepares each request for the transport, and translates exceptions of the transport.

    One policy has several jobs because each further policy costs an asynchronous call 8% more CPU time. It comes after
    authentication, to see all credentials, and after tracing, so that spans record the translated exceptions.
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
        if blocked_redirect_headers is None:
            blocked_redirect_headers = [*policies.SensitiveHeaderCleanupPolicy.DEFAULT_SENSITIVE_HEADERS, *key_headers]
        self._credentials = [] if disable_redirect_cleanup else blocked_redirect_headers

    def on_request(self, request: _Request) -> Any:
        """Prepare a request."""
        _strip_credentials(request, self._credentials)
        problem = _normalize_headers(request.http_request.headers)
        if problem:
            raise problem[0](problem[1])
        transport: Any = request.context.transport
        if self._process != os.getpid():
            self._prepare_session(transport)
        if self._uses_aiohttp:
            if "Accept-Encoding" not in getattr(transport.session, "headers", ()):  # aiohttp asks for too many
                request.http_request.headers.setdefault("Accept-Encoding", "gzip")
            request.http_request = with_large_body(request.http_request)
        return _close_superseded_response(request)

    def _prepare_session(self, transport: Any) -> None:
        """Prepare the session before the first request of a process."""
        aiohttp_transport = loaded_class("azure.core.pipeline.transport._aiohttp", "AioHttpTransport")
        requests_transport = loaded_class("azure.core.pipeline.transport._requests_basic", "RequestsTransport")
        self._uses_aiohttp = isinstance(transport, aiohttp_transport)
        if self._owns_session and self._process is not None:
            # After a fork, shared connections would mix up the responses of both processes.
            if self._uses_aiohttp:
                raise RuntimeError("This client was used before the process was forked: make a client in each process.")
            for adapter in getattr(transport.session, "adapters", {}).values():
                adapter.__setstate__(adapter.__getstate__())  # as requests does for an unpickled adapter
        elif self._owns_session and isinstance(transport, requests_transport):
            with suppress(ValueError, AttributeError):  # a closed transport, which will fail to send
                transport.open()
                # azure-core follows redirects; requests would parse them, too, and fail if they are malformed.
                transport.session.get_redirect_target = _no_target
        self._process = os.getpid()

    def on_response(self, request: _Request, response: _Response) -> Any:
        """Store the response, and read its body if the transport has not."""
        received = request.context["response"] = response.http_response
        is_unread = getattr(received, "is_stream_consumed", None) is False and hasattr(received, "read")
        return received.read() if is_unread and not response.context.options.get("stream", True) else None

    def on_exception(self, request: _Request) -> None:
        """Translate the exception of the transport."""
        if _is_closed(request.context.transport):
            raise ValueError("The client has been closed. Make calls before close(), or inside ``with``.") from None
        raise_translated(sys.exc_info()[1])


def _no_target(_: object) -> None: ...


def _strip_credentials(request: _Request, headers: List[str]) -> None:
    """Remove credentials from a request to another origin than the first of the call."""
    request.context.options.pop("insecure_domain_change", None)  # left by a redirect of older versions of azure-core
    url = request.http_request.url
    first = request.context.setdefault("first_url", url)
    if url != first and origin(url) != origin(first):
        for header in headers:
            request.http_request.headers.pop(header, None)


def _normalize_headers(headers: Any) -> Optional[Tuple[Type[Exception], str]]:
    """Normalize headers, and return the type and text of an exception if one of them cannot be sent.

    A transport would quote the value in its exception. The caller raises this one, because this frame holds the value.
    """
    for name, value in list(headers.items()):
        if value is None:  # from the client's headers; the call's are already filtered
            del headers[name]
            continue
        if isinstance(value, bytes):  # accepted by requests, but not by aiohttp
            headers[name] = value = value.decode("latin-1")
        if not isinstance(value, str):
            return TypeError, f"header {name!r}: expected a str, got {type(value).__name__}"
        if not _is_header_name(name):
            return ValueError, f"header {name!r}: this is not a valid header name"
        if not _HEADER_VALUE.fullmatch(value):
            return ValueError, (
                f"header {name!r}: the value begins or ends with a blank, or holds a line break or another character "
                "that a header cannot carry"
            )
    return None


def _is_closed(transport: Any) -> bool:
    """Return whether the session of one of azure-core's transports has been closed."""
    session = getattr(transport, "session", transport)
    if session is None:
        return bool(getattr(transport, "_has_been_opened", True))
    return getattr(session, "closed", False) is True


def _close_superseded_response(request: _Request) -> Any:
    """Close a streamed response that the caller will not get. Before a retry, azure-core leaves it open."""
    response = request.context.pop("response", None)
    return None if getattr(response, "is_closed", True) else response.close()


class PolicySet(NamedTuple):
    """The policies that differ between the two clients."""

    redirect: Union[Type[AnalysisRedirectPolicy], Type[AsyncAnalysisRedirectPolicy]]
    retry: Union[Type[AnalysisRetryPolicy], Type[AsyncAnalysisRetryPolicy]]
    bearer: Union[Type[AnalysisBearerPolicy], Type[AsyncAnalysisBearerPolicy]]
    is_async: bool


SYNC = PolicySet(AnalysisRedirectPolicy, AnalysisRetryPolicy, AnalysisBearerPolicy, is_async=False)
ASYNC = PolicySet(AsyncAnalysisRedirectPolicy, AsyncAnalysisRetryPolicy, AsyncAnalysisBearerPolicy, is_async=True)
