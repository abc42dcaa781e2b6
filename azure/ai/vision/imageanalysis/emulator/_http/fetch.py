"""Fetches an image from a public address, if the user wants that.

A name is resolved once, and the connection goes to the address that was checked, so that the name cannot lead to this
machine or its network afterwards. No proxy is used, and no credential is sent.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from typing import List, Tuple
from urllib.parse import SplitResult, urljoin, urlsplit

from .._errors import IMAGE_BYTES_LIMIT

FETCH_SECONDS = 10.0
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}
# Addresses that stand for IPv4 addresses, which are not checked, and those of a site, which ipaddress calls global.
_NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in (
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


def fetch(url: str) -> bytes:
    """Fetch an image. Blocks, for ten seconds at most after its name is looked up.

    :param url: An address of http or https.
    :return: The image, or the beginning of it if it is larger than the service takes.
    :raises NotAccessible: If it cannot be fetched.
    """
    deadline = time.monotonic() + FETCH_SECONDS
    try:
        for _ in range(_MOST_REDIRECTS + 1):
            status, location, body = _get(urlsplit(url), deadline)
            if status == 200:
                return body
            if status not in _REDIRECTS or not location:
                break
            url = urljoin(url, location)
    except (OSError, ValueError, http.client.HTTPException):  # ValueError: no address, or one that is not ASCII.
        pass
    raise NotAccessible


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet.

    :param address: The address.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in _NOT_PUBLIC):
            return False
    return ip.is_global and not ip.is_multicast


def _get(url: SplitResult, deadline: float) -> Tuple[int, str, bytes]:
    """Send one GET, and return status, location and body of its response."""
    host = url.hostname
    if url.scheme not in _PORTS or not host or url.username is not None or url.password is not None:
        raise NotAccessible
    port = url.port or _PORTS[url.scheme]
    connection = http.client.HTTPConnection(host, port)
    connection.sock = connected = _connect(host, port, url.scheme == "https", deadline)
    with contextlib.closing(connection):
        # The timeout of a socket is for one read; a server that sends byte by byte would never meet it.
        timer = threading.Timer(_left(deadline), _end, [connected])
        timer.daemon = True
        timer.start()
        try:
            if isinstance(connected, ssl.SSLSocket):
                connected.do_handshake()
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            connection.request("GET", path, headers={"User-Agent": "image-analysis-emulator", "Accept": "image/*"})
            response = connection.getresponse()
            body = _read(response) if response.status == 200 else b""
            _left(deadline)  # What was cut off at the deadline is not whole.
            return response.status, response.headers.get("Location", ""), body
        finally:
            timer.cancel()


def _connect(host: str, port: int, https: bool, deadline: float) -> socket.socket:
    """Connect to a public address; the handshake of TLS is still to come."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses or not all(map(is_public, addresses)):
        raise NotAccessible
    connected = socket.create_connection((addresses[0], port), timeout=_left(deadline))
    if not https:
        return connected
    try:
        context = ssl.create_default_context()
        return context.wrap_socket(connected, server_hostname=host, do_handshake_on_connect=False)
    except BaseException:
        connected.close()
        raise


def _read(response: http.client.HTTPResponse) -> bytes:
    """Read a body, up to a little more than the limit."""
    parts: List[bytes] = []
    left = IMAGE_BYTES_LIMIT + 1  # One more than is allowed, so that it is refused in the service's words.
    while left > 0:
        part = response.read1(min(left, 65536))
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _end(connected: socket.socket) -> None:
    """End a connection, and with it a read that waits in another thread."""
    with contextlib.suppress(OSError):  # It is closed already.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)  # That of TLS would change what the other thread uses.


def _left(deadline: float) -> float:
    """Return how many seconds are left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise NotAccessible
    return left
