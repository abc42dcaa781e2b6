"""A listening socket with a limit of connections, which makes room for new ones when clients keep silent."""

import contextlib
import errno
import os
import socket
import time
from typing import Any, Dict, List, Tuple

HEAD_SECONDS = 30.0

# On Windows, select takes 512 sockets.
_MOST_CONNECTIONS = 400
_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class _Connection:
    """What is known of a connection that was let in."""

    def __init__(self, accepted: socket.socket) -> None:
        self.socket = accepted
        self.since = time.monotonic()
        self.busy = False
        self.served = False

    def is_open(self) -> bool:
        """Tell whether it is still open on this side."""
        return self.socket.fileno() != -1

    def end(self) -> None:
        """End it, as seen from both sides."""
        with contextlib.suppress(OSError):  # It is closed already.
            self.socket.shutdown(socket.SHUT_RDWR)


class Listener(socket.socket):
    """A socket that listens, and knows whom it let in.

    :param host: The address to listen on.
    :param port: The port; 0: any that is free.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self._connections: Dict[int, _Connection] = {}
        self._limit = connection_limit()
        try:
            if os.name == "posix":  # On Windows this option would let two programs have the same port.
                self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.bind((host, port))
            self.listen()
        except OSError as error:
            self.close()
            taken = error.errno == errno.EADDRINUSE
            reason = "is taken by another program" if taken else f"cannot be opened: {error.strerror}"
            raise OSError(error.errno, f"port {port} of {host} {reason}") from None

    def accept(self) -> Tuple[socket.socket, Any]:
        """Let a client in. If there is no room, the one that has kept silent longest must leave."""
        try:
            accepted, address = super().accept()
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            # Anything but this, asyncio would log, for each waiting client anew.
            if not self._make_room():
                time.sleep(0.01)
            raise BlockingIOError from None
        self._connections[accepted.fileno()] = _Connection(accepted)
        if len(self.open()) > self._limit and not self._make_room():
            # All are at work: the new one finds its connection closed, and can come again.
            self._connections[accepted.fileno()].end()
        return accepted, address

    def open(self) -> List[_Connection]:
        """Return the connections that are open."""
        self._connections = {number: one for number, one in self._connections.items() if one.is_open()}
        return list(self._connections.values())

    def begin(self, number: int) -> None:
        """Note that a request has come.

        :param number: The file descriptor of its connection.
        """
        if number in self._connections:
            self._connections[number].busy = True

    def finish(self, number: int) -> None:
        """Note that a request has got its response.

        :param number: The file descriptor of its connection.
        """
        if number in self._connections:
            connection = self._connections[number]
            connection.busy, connection.served, connection.since = False, True, time.monotonic()

    def end_silent(self) -> None:
        """End the connections on which no request has come in time. Between requests, aiohttp sees to it."""
        latest = time.monotonic() - HEAD_SECONDS
        for connection in self.open():
            if not connection.busy and not connection.served and connection.since < latest:
                connection.end()

    def end_all(self) -> None:
        """End all connections."""
        for connection in self.open():
            connection.end()

    def _make_room(self) -> bool:
        """End the connection that has kept silent longest, if there is one."""
        silent = [connection for connection in self.open()[:-1] if not connection.busy]
        if silent:
            min(silent, key=lambda connection: connection.since).end()
        return bool(silent)


def connection_limit() -> int:
    """Return how many connections may be open: half of what this process may open, at most."""
    try:
        import resource
    except ImportError:  # Windows.
        return _MOST_CONNECTIONS
    return max(8, min(_MOST_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2))
