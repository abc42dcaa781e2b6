"""A managed identity that issues tokens, and the check of tokens."""

import secrets
import time
from typing import Dict, Optional, Tuple

from aiohttp import web

from ._errors import NO_ROLE, Refused, wrong_token

TOKEN_SECONDS = 3600
IDENTITY_API_VERSION = "2019-08-01"


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
