"""Fetches images from public addresses.

Names are resolved here, and connections go to the addresses that were checked, so that no name can lead to this machine
or its network. No proxy is used, and no credential is sent.
"""

import asyncio
import ipaddress
import socket

import aiohttp
from yarl import URL

from .._errors import IMAGE_BYTES_LIMIT
from .serving import DaemonThreads

FETCH_SECONDS = 10.0
_REDIRECT_LIMIT = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"User-Agent": "image-analysis-emulator", "Accept": "image/*"}
# Networks that some versions of ipaddress treat as global: internal services of clouds, embedded IPv4 addresses, and
# site-local addresses.
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
    """An address that cannot or must not be fetched."""


async def fetch(url: str, threads: DaemonThreads) -> bytes:
    """Return an image, or the beginning of one that is larger than the service accepts."""
    try:
        return await asyncio.wait_for(_fetch(URL(url), threads), FETCH_SECONDS)
    except (OSError, ValueError, aiohttp.ClientError, asyncio.TimeoutError):
        raise NotAccessible from None


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return is_public(str(ip.ipv4_mapped))
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_PUBLIC)


async def _fetch(url: URL, threads: DaemonThreads) -> bytes:
    """Send requests until a response is not a redirect."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), headers=_HEADERS) as session:
        for _ in range(_REDIRECT_LIMIT + 1):
            host = url.raw_host
            if url.scheme not in ("http", "https") or not host or url.user is not None or url.password is not None:
                break
            found = await threads.run(socket.getaddrinfo, host, url.port, 0, socket.SOCK_STREAM)
            addresses = [str(entry[4][0]) for entry in found]
            if not all(map(is_public, addresses)):
                break
            async with session.get(
                url.with_host(addresses[0]),
                headers={"Host": url.raw_authority},
                server_hostname=host if url.scheme == "https" else None,
                allow_redirects=False,
            ) as response:
                if response.status == 200:
                    return await _beginning(response.content)
                if response.status not in _REDIRECTS or "Location" not in response.headers:
                    break
                url = url.join(URL(response.headers["Location"]))
    raise NotAccessible


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    """Return a body, or its beginning if it is too large."""
    body = bytearray()
    async for part in content.iter_any():
        body += part
        if len(body) > IMAGE_BYTES_LIMIT:
            break
    return bytes(body)
