"""Client configuration and pipeline assembly."""

import inspect
import re
from typing import Any, Dict, List, Optional, Union

from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline import policies
from azure.core.rest import HttpRequest

from ._authentication import HttpsPolicy
from ._policies import JsonResponsePolicy, PolicySet, TraceLoggingPolicy, TransportPolicy
from ._urls import is_safe
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
"""The library that azure-core's spans name as their origin."""


class Configuration:
    """Client settings and pipeline policies."""

    def __init__(
        self,
        endpoint: Any,
        credential: Any,
        policy_set: PolicySet,
        *,
        api_version: Optional[str],
        credential_scopes: Union[List[str], str, None],
        **kwargs: Any,
    ) -> None:
        if endpoint is None:
            raise ValueError("Parameter 'endpoint' must not be None.")
        if not isinstance(endpoint, str):
            raise TypeError(f"Parameter 'endpoint' must be a str, not {type(endpoint).__name__}.")
        self.endpoint = endpoint.strip().rstrip("/")
        self._is_usable = is_safe(self.endpoint) and not re.search("[?#]", self.endpoint)
        self.api_version = api_version or API_VERSION
        if credential is None or not kwargs.get("authentication_policy"):
            _check_credential(credential, policy_set)
        self.credential = credential  # some programs read it from here
        kwargs.setdefault("sdk_moniker", f"{NAME[len('azure-') :]}/{VERSION}")
        kwargs.setdefault("instrumentation_config", INSTRUMENTATION)
        self.analyze_options: Dict[str, Any] = {}
        self.policies: Any = kwargs.get("policies")
        if self.policies is not None or kwargs.get("pipeline"):
            return
        retry = kwargs.get("retry_policy") or policy_set.retry(**kwargs)
        scopes = [credential_scopes] if isinstance(credential_scopes, str) else credential_scopes
        self.policies = _make_policies(credential, scopes or [SCOPE], policy_set, retry, **kwargs)
        if isinstance(retry, policy_set.retry):
            # An analysis changes nothing, so its POST is as safe to retry as a GET. A user's policy keeps its rules.
            self.analyze_options["retry_on_methods"] = kwargs.get("retry_on_methods", ["GET", "POST"])

    def usable_endpoint(self) -> str:
        """Return the endpoint, or raise if it is unusable. As in 1.0.0, the constructor accepts any str."""
        if not self._is_usable:
            # The endpoint itself is not shown: it may contain a password.
            raise ServiceRequestError(
                "Parameter 'endpoint' must be an http(s) URL without a user, a query or a fragment, such as "
                "'https://your-resource-name.cognitiveservices.azure.com'."
            )
        return self.endpoint


def _make_policies(credential: Any, scopes: List[str], policy_set: PolicySet, retry: Any, **kwargs: Any) -> List[Any]:
    """Return the pipeline policies in order, from the caller to the transport."""
    https: Any = None
    authentication: Any = kwargs.get("authentication_policy")
    if not authentication and isinstance(credential, AzureKeyCredential):
        authentication = policies.AzureKeyCredentialPolicy[HttpRequest, Any](credential, KEY_HEADER)
    elif not authentication:
        https, authentication = HttpsPolicy(), policy_set.bearer(credential, *scopes, **kwargs)
    transport: Any = kwargs.get("transport")
    session: Any = getattr(transport, "session", transport) if transport else kwargs.get("session")
    http_logging: Any = kwargs.get("http_logging_policy")
    if not http_logging:
        http_logging = policies.HttpLoggingPolicy(**kwargs)
        http_logging.allowed_header_names.update(["apim-request-id", "x-ms-region", "x-envoy-upstream-service-time"])
    return [
        policies.RequestIdPolicy(**kwargs),
        kwargs.get("headers_policy") or policies.HeadersPolicy(**kwargs),
        kwargs.get("user_agent_policy") or policies.UserAgentPolicy(**kwargs),
        kwargs.get("proxy_policy") or policies.ProxyPolicy(**kwargs),
        JsonResponsePolicy(**kwargs),
        kwargs.get("redirect_policy") or policy_set.redirect(**kwargs),
        https,
        retry,
        authentication,
        kwargs.get("custom_hook_policy") or policies.CustomHookPolicy(**kwargs),
        kwargs.get("logging_policy") or TraceLoggingPolicy(**kwargs),
        policies.DistributedTracingPolicy(**kwargs),
        TransportPolicy(KEY_HEADER, owns_session=session is None, **kwargs),
        http_logging,
    ]


def _check_credential(credential: Any, policy_set: PolicySet) -> None:
    """Check the type of a credential, and refuse an asynchronous one for the synchronous client."""
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
