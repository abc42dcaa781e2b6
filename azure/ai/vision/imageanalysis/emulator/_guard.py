"""Keeps web pages out, which could otherwise reach the emulator through the browser of its user."""

import ipaddress
from typing import FrozenSet, Iterable, Mapping
from urllib.parse import urlsplit

from ._errors import FORBIDDEN_HOST, FORBIDDEN_ORIGIN, Refused


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
