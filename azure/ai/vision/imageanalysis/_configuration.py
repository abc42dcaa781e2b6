"""Client configuration and pipeline assembly."""

import inspect
import re
from functools import lru_cache
from typing import Any, Dict, List, Optional
from urllib.parse import urlsplit

from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.policies import (
    AsyncRetryPolicy,
    AzureKeyCredentialPolicy,
    CustomHookPolicy,
    DistributedTracingPolicy,
    HeadersPolicy,
    HttpLoggingPolicy,
    NetworkTraceLoggingPolicy,
    ProxyPolicy,
    RequestIdPolicy,
    RetryPolicy,
    UserAgentPolicy,
)

from ._authentication import HttpsPolicy
from ._policies import JsonResponsePolicy, PolicySet, TransportPolicy
from ._redirect import origin
from ._version import VERSION

NAME = "azure-ai-vision-imageanalysis"
KEY_HEADER = "Ocp-Apim-Subscription-Key"
API_VERSION = "2023-10-01"
SCOPE = "https://cognitiveservices.azure.com/.default"

INSTRUMENTATION: Dict[str, Any] = {
    "library_name": NAME,
    "library_version": VERSION,
    "attributes": {"az.namespace": "Microsoft.CognitiveServices"},
}
"""What azure-core's tracing says of the spans' origin."""


class Configuration:
    """A client's settings."""

    def __init__(
        self,
        endpoint: str,
        credential: Any,
        policy_set: PolicySet,
        *,
        api_version: Optional[str] = None,
        credential_scopes: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        self.endpoint = _check_endpoint(endpoint)
        self.api_version = api_version or API_VERSION
        scopes = credential_scopes or [SCOPE]
        self._scopes = [scopes] if isinstance(scopes, str) else scopes
        _check_credential(credential, policy_set)
        self.credential = credential  # some programs look for it here
        kwargs.setdefault("sdk_moniker", f"{NAME[len('azure-') :]}/{VERSION}")
        kwargs.setdefault("instrumentation_config", INSTRUMENTATION)
        self.analyze_options: Dict[str, Any] = {}
        if kwargs.get("policies") is not None:
            self.policies: List[Any] = kwargs["policies"]
            return
        retry = kwargs.get("retry_policy") or policy_set.retry(**kwargs)
        self.policies = self._make_policies(credential, policy_set, retry, **kwargs)
        if isinstance(retry, (RetryPolicy, AsyncRetryPolicy)):
            # An analysis changes nothing at the service, so its POST is as safe to retry as a GET. Only azure-core's
            # policies take the option off again, and a transport would not know it.
            self.analyze_options["retry_on_methods"] = kwargs.get("retry_on_methods", ["GET", "POST"])

    def _make_policies(self, credential: Any, policy_set: PolicySet, retry: Any, **kwargs: Any) -> List[Any]:
        """List the pipeline's policies, from the caller to the transport."""
        https: Any = None
        authentication: Any = kwargs.get("authentication_policy")
        if not authentication and isinstance(credential, AzureKeyCredential):
            authentication = AzureKeyCredentialPolicy[Any, Any](credential, KEY_HEADER)
        elif not authentication:
            https, authentication = HttpsPolicy(), policy_set.bearer(credential, *self._scopes, **kwargs)
        # azure-core's session for aiohttp keeps no cookies anyway.
        owns_session = not policy_set.is_async and not kwargs.get("transport") and not kwargs.get("session")
        return [
            RequestIdPolicy(**kwargs),
            kwargs.get("headers_policy") or HeadersPolicy(**kwargs),
            kwargs.get("user_agent_policy") or UserAgentPolicy(**kwargs),
            kwargs.get("proxy_policy") or ProxyPolicy(**kwargs),
            JsonResponsePolicy(**kwargs),
            kwargs.get("redirect_policy") or policy_set.redirect(**kwargs),
            https,
            retry,
            authentication,
            kwargs.get("custom_hook_policy") or CustomHookPolicy(**kwargs),
            kwargs.get("logging_policy") or NetworkTraceLoggingPolicy(**kwargs),
            DistributedTracingPolicy(**kwargs),
            TransportPolicy(KEY_HEADER, owns_session=owns_session, **kwargs),
            kwargs.get("http_logging_policy") or HttpLoggingPolicy(**kwargs),
        ]


def _check_endpoint(endpoint: Any) -> str:
    """Take any str: what is in it matters to calls alone, and some clients never make one."""
    if endpoint is None:
        raise ValueError("Parameter 'endpoint' must not be None.")
    if not isinstance(endpoint, str):
        raise TypeError(f"Parameter 'endpoint' must be a str, not {type(endpoint).__name__}.")
    return endpoint.strip().rstrip("/")


def usable_endpoint(endpoint: str) -> str:
    """Check the endpoint of a request, and give it back."""
    if not _is_usable(endpoint):
        # The endpoint itself is not shown: it may hold a password.
        raise ServiceRequestError(
            "Parameter 'endpoint' must be an http(s) URL without a user, a query or a fragment, such as "
            "'https://your-resource-name.cognitiveservices.azure.com'."
        )
    return endpoint


@lru_cache(maxsize=16)  # the same at each call
def _is_usable(endpoint: str) -> bool:
    """Tell whether an endpoint is an http(s) URL of a host and a path."""
    try:
        origin(endpoint)
        return not (re.search(r"[\s\x00-\x1f\x7f?#\\]", endpoint) or "@" in urlsplit(endpoint).netloc)
    except ValueError:
        return False


def _check_credential(credential: Any, policy_set: PolicySet) -> None:
    """Refuse what is not a credential, or is one of the other client's."""
    if credential is None:
        raise ValueError("Parameter 'credential' must not be None.")
    if isinstance(credential, AzureKeyCredential):
        return
    get_token = getattr(credential, "get_token_info", None) or getattr(credential, "get_token", None)
    if get_token is None:
        raise TypeError(
            "Parameter 'credential' must be an AzureKeyCredential, or a token credential with a method get_token or "
            f"get_token_info, not {type(credential).__name__}."
        )
    if inspect.iscoroutinefunction(get_token) and not policy_set.is_async:
        raise TypeError("Parameter 'credential' is asynchronous: use it with azure.ai.vision.imageanalysis.aio.")
