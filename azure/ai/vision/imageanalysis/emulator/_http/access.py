"""Access control: hosts and origins, keys and tokens, rate limits."""

import math
import secrets
import time
from typing import Dict, Iterable, Mapping, Optional, Tuple
from urllib.parse import urlsplit

from aiohttp import web

from .._errors import NO_ROLE, RequestRefused, forbidden_host, forbidden_origin, too_many_requests, wrong_token
from .._settings import is_loopback

TOKEN_SECONDS = 3600
IDENTITY_API_VERSION = "2019-08-01"


class Origins:
    """Checks the Host and Origin headers of requests."""

    def __init__(self, hosts: Iterable[str], origins: Iterable[str]) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._origins = frozenset(origins)

    def check(self, headers: Mapping[str, str]) -> None:
        """Refuse a request that may come from a web page without permission."""
        host, origin = headers.get("Host"), headers.get("Origin")
        if host is not None:
            name = _host_name(host)
            if name not in self._hosts and not is_loopback(name):
                raise RequestRefused(forbidden_host(host))
        # Pages of the emulator itself have its host and port; another port belongs to another program.
        if origin is not None and origin not in self._origins and origin.partition("://")[2] != host:
            raise RequestRefused(forbidden_origin(origin))

    def cors_headers(self, headers: Mapping[str, str]) -> Dict[str, str]:
        """Return the headers that let a page of an allowed origin read a response."""
        if headers.get("Origin") not in self._origins:
            return {}
        return {
            "Access-Control-Allow-Origin": headers["Origin"],
            "Access-Control-Expose-Headers": "*",
            "Vary": "Origin",
        }

    def is_preflight(self, request: web.Request) -> bool:
        """Return whether a request is a preflight for an allowed origin."""
        is_preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        return is_preflight and request.headers.get("Origin") in self._origins

    def preflight(self, request: web.Request) -> web.Response:
        """Return the response to a preflight."""
        method = request.headers["Access-Control-Request-Method"]
        names = request.headers.get("Access-Control-Request-Headers", "")
        return web.Response(
            status=204, headers={"Access-Control-Allow-Methods": method, "Access-Control-Allow-Headers": names}
        )


def _host_name(host: str) -> str:
    """Return the name in a Host header, in lower case, or ""."""
    try:
        return urlsplit("//" + host).hostname or ""
    except ValueError:
        return ""


def same_secret(given: Optional[str], expected: str) -> bool:
    """Compare secrets in constant time."""
    # In a header, aiohttp decodes bytes that are not UTF-8 as surrogates.
    return secrets.compare_digest((given or "").encode("utf-8", "surrogateescape"), expected.encode("utf-8"))


class Identity:
    """A managed identity as on Azure App Service: issues and checks tokens."""

    def __init__(self, audience: str, role: bool) -> None:
        self._audience = audience.rstrip("/")
        self._role = role
        self._issued: Dict[str, Tuple[str, float]] = {}
        self.secret = secrets.token_hex(16)

    def issue(self, request: web.Request) -> web.Response:
        """Handle a GET of the managed identity endpoint."""
        if not same_secret(request.headers.get("X-IDENTITY-HEADER"), self.secret):
            return _refusal(401, "The header X-IDENTITY-HEADER is missing or wrong.")
        if request.query.get("api-version") != IDENTITY_API_VERSION:
            return _refusal(400, f"The api-version is not {IDENTITY_API_VERSION}.")
        resource = request.query.get("resource")
        if not resource:
            return _refusal(400, "The resource is missing.")
        token, expires_on = secrets.token_urlsafe(32), int(time.time()) + TOKEN_SECONDS
        self._issued[token] = (resource.rstrip("/"), expires_on)
        return web.json_response(
            {"access_token": token, "expires_on": str(expires_on), "resource": resource, "token_type": "Bearer"}
        )

    def check(self, token: str) -> None:
        """Refuse a token that is unknown, expired or for another audience, or any token without the role."""
        resource, expires_on = self._issued.get(token, ("", 0.0))
        if resource != self._audience or expires_on <= time.time():
            raise RequestRefused(wrong_token(self._audience))
        if not self._role:
            raise RequestRefused(NO_ROLE)


def _refusal(status: int, message: str) -> web.Response:
    """Return an error in the format of the managed identity endpoint."""
    return web.json_response({"statusCode": status, "message": message}, status=status)


class RateLimit:
    """Limits calls per second. A burst may have as many calls as one second allows, and at least one."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._limit = max(1.0, rate)
        self._remaining = self._limit
        self._updated = time.monotonic()

    def check(self) -> None:
        """Count one call, and refuse it if it exceeds the rate."""
        now = time.monotonic()
        self._remaining = min(self._limit, self._remaining + (now - self._updated) * self._rate)
        self._updated = now
        if self._remaining < 1:
            seconds = math.ceil((1 - self._remaining) / self._rate)
            raise RequestRefused(too_many_requests("S1" if self._rate >= 1 else "F0", seconds), retry_after=seconds)
        self._remaining -= 1
