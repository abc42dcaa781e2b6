"""Decides which requests are let in: no web page's, only those with the key or a token, and so many a second."""

import ipaddress
import math
import secrets
import time
from typing import Any, Dict, FrozenSet, Iterable, Mapping, Optional, Tuple
from urllib.parse import urlsplit

from aiohttp import web

from .._errors import FORBIDDEN_HOST, FORBIDDEN_ORIGIN, NO_ROLE, Refused, too_many_requests, wrong_token

TOKEN_SECONDS = 3600
IDENTITY_API_VERSION = "2019-08-01"


class Guard:
    """Checks where requests come from.

    :param allowed: The names of hosts, beside those of this machine, by which the emulator may be called.
    :param port: The port that it listens on.
    """

    def __init__(self, allowed: Iterable[str], port: int) -> None:
        self._port = port
        self._allowed: FrozenSet[str] = frozenset(name.lower() for name in allowed)

    def check(self, headers: Mapping[str, str]) -> None:
        """Check the headers of a request.

        :param headers: The headers.
        :raises Refused: If the request may be one of a web page.
        """
        host = headers.get("Host")
        if host is not None and not self._is_known(_host_of("//" + host)):
            raise Refused(FORBIDDEN_HOST)
        origin = headers.get("Origin")
        if origin is not None and not self._is_own(origin):
            raise Refused(FORBIDDEN_ORIGIN)

    def _is_own(self, origin: str) -> bool:
        """Tell whether an origin is the emulator itself."""
        name = _host_of(origin)
        # Other programs of this machine serve web pages too, on other ports.
        return self._is_known(name) and (name in self._allowed or origin.endswith(f":{self._port}"))

    def _is_known(self, name: str) -> bool:
        """Tell whether a name is one of this machine's, or an allowed one."""
        if name in self._allowed or name == "localhost":
            return True
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False


def _host_of(url: str) -> str:
    """Return the name of the host in a URL; empty if there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def same_secret(given: Optional[str], expected: str) -> bool:
    """Compare in a time that does not tell how much of a secret was right."""
    # aiohttp hands over the bytes of a header that are no UTF-8 as surrogates.
    return secrets.compare_digest((given or "").encode("utf-8", "surrogateescape"), expected.encode("utf-8"))


class Identity:
    """A managed identity as a web app on Azure App Service has one: it issues tokens, and knows those it issued.

    :param audience: The resource that a token must be for.
    :param role: Whether the identity has the role that may analyze images.
    """

    def __init__(self, audience: str, role: bool) -> None:
        self._audience = audience.rstrip("/")
        self._role = role
        self._issued: Dict[str, Tuple[str, float]] = {}
        self.secret = secrets.token_hex(16)

    def issue(self, request: web.Request) -> web.Response:
        """Handle a GET of the managed identity's endpoint."""
        if not same_secret(request.headers.get("X-IDENTITY-HEADER"), self.secret):
            return _refusal(401, "The header X-IDENTITY-HEADER is missing or wrong.")
        if request.query.get("api-version") != IDENTITY_API_VERSION:
            return _refusal(400, f"The api-version is not {IDENTITY_API_VERSION}.")
        resource = request.query.get("resource")
        if not resource:
            return _refusal(400, "The resource is missing.")
        token, expires_on = secrets.token_urlsafe(32), int(time.time()) + TOKEN_SECONDS
        now = time.time()
        self._issued = {issued: facts for issued, facts in self._issued.items() if facts[1] > now}
        self._issued[token] = (resource.rstrip("/"), expires_on)
        return web.json_response(
            {"access_token": token, "expires_on": str(expires_on), "resource": resource, "token_type": "Bearer"}
        )

    def check(self, token: str) -> None:
        """Check a bearer token.

        :raises Refused: If it was not issued here, is for another audience, has expired, or its identity has no role.
        """
        resource, expires_on = self._issued.get(token, ("", 0.0))
        if resource != self._audience or expires_on <= time.time():
            raise Refused(wrong_token(self._audience))
        if not self._role:
            raise Refused(NO_ROLE)


def _refusal(status: int, message: str) -> web.Response:
    """Return an error as the managed identity's endpoint writes it."""
    return web.json_response({"statusCode": status, "message": message}, status=status)


class RateLimit:
    """Lets through a number of calls a second, as many of them at once as one second allows, and at least one.

    :param rate: Calls a second; one third is the rate of the free tier.
    """

    def __init__(self, rate: Any) -> None:
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 < rate < math.inf:
            raise ValueError(f"'rate' must be a positive number of calls a second, not {rate!r}.")
        self._rate = rate
        self._most = max(1.0, rate)
        self._left = self._most
        self._seen = time.monotonic()

    def check(self) -> None:
        """Count one call.

        :raises Refused: If it is one too many.
        """
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._seen) * self._rate)
        self._seen = now
        if self._left < 1:
            seconds = math.ceil((1 - self._left) / self._rate)
            raise Refused(too_many_requests("S1" if self._rate >= 1 else "F0", seconds), retry_after=seconds)
        self._left -= 1
