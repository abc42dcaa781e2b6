"""Fetches images from public addresses.

A name is looked up once, and the connection goes to the addresses that were checked, so that the name cannot lead to
this machine or its network afterwards. No proxy is used, and no credential is sent.
"""

import asyncio
import ipaddress
import socket
from typing import Any, List

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from .._errors import IMAGE_BYTES_LIMIT
from .serving import Threads

FETCH_SECONDS = 10.0
_REDIRECT_LIMIT = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"User-Agent": "image-analysis-emulator", "Accept": "image/*"}
# Networks that some versions of ipaddress call global: addresses of clouds' own services, addresses that stand for IPv4
# addresses, and those of a site.
_NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",
        "192.0.0.0/24",
        "::/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "fec0::/10",
        "3fff::/20",
        "5f00::/16",
    )
]


class NotAccessible(Exception):
    """The address cannot be fetched, or must not be."""


async def fetch(url: str, threads: Threads) -> bytes:
    """Return an image, or the beginning of it if it is larger than the service takes."""
    try:
        return await asyncio.wait_for(_fetch(URL(url), threads), FETCH_SECONDS)
    except (OSError, ValueError, aiohttp.ClientError, asyncio.TimeoutError):
        raise NotAccessible from None


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return is_public(str(ip.ipv4_mapped))
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_PUBLIC)


async def _fetch(url: URL, threads: Threads) -> bytes:
    """Send requests until one leads to no further address."""
    connector = aiohttp.TCPConnector(resolver=_PublicResolver(threads), force_close=True)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, headers=_HEADERS) as session:
        for _ in range(_REDIRECT_LIMIT + 1):
            if url.scheme not in ("http", "https") or url.user is not None or url.password is not None:
                break
            if _is_address(url.host or "") and not is_public(url.host or ""):
                break  # The resolver sees names only.
            async with session.get(url, allow_redirects=False) as response:
                if response.status == 200:
                    return await _beginning(response.content)
                if response.status not in _REDIRECTS or "Location" not in response.headers:
                    break
                url = url.join(URL(response.headers["Location"]))
    raise NotAccessible


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    """Return a body, or as much of it as shows that it is too large."""
    body = bytearray()
    async for part in content.iter_any():
        body += part
        if len(body) > IMAGE_BYTES_LIMIT:
            break
    return bytes(body)


def _is_address(host: str) -> bool:
    """Return whether a host is an IP address, not a name."""
    try:
        return bool(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return False


class _PublicResolver(AbstractResolver):
    """Looks up names that lead to public addresses only."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_UNSPEC) -> List[Any]:
        """Return the addresses of a name."""

        def look_up() -> List[Any]:
            return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)

        found = await self._threads.run(look_up)
        if not all(is_public(address[0]) for *_, address in found):
            raise OSError("not public")
        return [
            {
                "hostname": host,
                "host": address[0],
                "port": port,
                "family": kind,
                "proto": proto,
                "flags": socket.AI_NUMERICHOST,
            }
            for kind, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""
