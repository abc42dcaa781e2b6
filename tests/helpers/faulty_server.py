"""A server that misbehaves by a script, over raw sockets on loopback, and keeps what it received."""

import json
import socket
import ssl
import struct
import threading
from typing import Any, Callable, Dict, List, Mapping, MutableMapping, Optional, Union

from azure.core.utils import case_insensitive_dict
from fake_transport import RESULT, StubResponse
from typing_extensions import Self


class Received:
    """A request as it was received.

    :param bytes head: The request line and the headers, with the empty line after them.
    """

    def __init__(self, head: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = lines[0].split(" ")
        pairs = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:-2])]
        assert len(dict(pairs)) == len(pairs), f"a header came twice: {pairs}"
        self.headers: MutableMapping[str, str] = case_insensitive_dict(pairs)
        self.body = b""
        self.complete = False
        """Whether the body was received to its end."""


class ScriptedResponse:
    """What the server does with one request.

    :param parts: What it sends, piece by piece.
    :keyword str after: What it reads before that: nothing on "accept", the "head", the first bytes of the "body", or
     all of the "request".
    :keyword str end: What it does after that: "keep" the connection for another request, "close" or "reset" it, or
     "wait" until the client disconnects.
    """

    def __init__(self, *parts: bytes, after: str = "request", end: str = "close") -> None:
        self.parts = parts
        self.after = after
        self.end = end


def http_response(
    body: Any = RESULT, status: int = 200, reason: str = "OK", end: str = "keep", **headers: Optional[str]
) -> ScriptedResponse:
    """Return a well-formed response, unless its headers are wrong.

    :param body: The body: bytes as they are, anything else as JSON.
    :param int status: The status.
    :param str reason: The reason phrase.
    :param str end: What to do with the connection.
    :keyword headers: Headers to add or replace, with ``_`` for ``-``; None removes one.
    """
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent: Mapping[str, Optional[str]] = {
        "content_type": "application/json; charset=utf-8",
        "content_length": str(len(content)),
        **headers,
    }
    lines = [f"HTTP/1.1 {status} {reason}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in sent.items() if value is not None]
    return ScriptedResponse("\r\n".join([*lines, "", ""]).encode("latin-1") + content, end=end)


Response = Union[ScriptedResponse, StubResponse]
Step = Union[Response, Callable[[Received], Response]]


def _script_of(response: Response) -> ScriptedResponse:
    if isinstance(response, ScriptedResponse):
        return response
    headers = {name.replace("-", "_").lower(): value for name, value in response.headers.items()}
    return http_response(response.body, response.status, response.reason, **headers)


class FaultyServer:
    """Listens on a port of 127.0.0.1 while it is open, with a thread for each connection.

    :param script: For each request in turn, what to do, or a function of the request that returns it. The last step
     serves all requests that follow.
    :keyword ssl.SSLContext tls: The TLS context. Plain text connections get plain text.
    """

    def __init__(self, *script: Step, tls: Optional[ssl.SSLContext] = None) -> None:
        self._tls = tls
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._open: Dict[threading.Thread, socket.socket] = {}
        self._closing = False
        self.port: int = self._listener.getsockname()[1]
        self.script: List[Step] = list(script)
        self.requests: List[Received] = []
        self.connections = 0

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self._tls else 'http'}://{'localhost' if self._tls else '127.0.0.1'}:{self.port}"

    @property
    def bodies(self) -> List[bytes]:
        """The bodies of all requests."""
        return [request.body for request in self.requests]

    def wait_for_connections(self, count: int, seconds: float = 60) -> bool:
        """Wait until at most ``count`` connections are open, and return whether that happened in time."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._open) <= count, seconds)

    def __enter__(self) -> Self:
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._closing = True
        with socket.socket() as waker:  # it ends the wait of the acceptor
            waker.connect(self._listener.getsockname())
        self._acceptor.join()
        self._listener.close()
        with self._lock:
            left = list(self._open.items())
        for _thread, connection in left:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # it is closed by now
                pass
        for thread, _connection in left:
            thread.join()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._closing:
                return connection.close()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,))
            with self._lock:
                self._open[thread] = connection
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        thread = threading.current_thread()
        try:
            step = self._next("accept")
            if not step and self._tls and connection.recv(1, socket.MSG_PEEK) == b"\x16":
                connection = self._open[thread] = self._tls.wrap_socket(connection, server_side=True)
            while (step and self._do(step, connection)) or (not step and self._exchange(connection)):
                step = None
        except OSError:  # the client has left, or does not trust the certificate
            pass
        finally:
            connection.close()
            with self._changed:
                del self._open[thread]
                self._changed.notify_all()

    def _next(self, *after: str) -> Any:
        # Return the next step if it is due now. One after "accept" is due before there is a request.
        with self._lock:
            step = self.script[0]
            if (step.after if isinstance(step, ScriptedResponse) else "request") not in after:
                return None
            return self.script.pop(0) if len(self.script) > 1 else step

    def _exchange(self, connection: socket.socket) -> bool:
        # Receive a request, unless the client has left, and respond.
        with connection.makefile("rb") as stream:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                line = stream.readline()
                if not line:
                    return False
                head += line
            request = Received(head)
            with self._lock:
                self.requests.append(request)
            step = self._next("head") or self._receive_body(request, stream) or self._next("request")
        return self._do(_script_of(step(request) if callable(step) else step), connection)

    def _receive_body(self, request: Received, stream: Any) -> Any:
        # Return the step that interrupts the body, or None at its end.
        for piece in _pieces(stream, request.headers):
            request.body += piece
            step = self._next("body")
            if step:
                return step
        request.complete = True

    @staticmethod
    def _do(step: ScriptedResponse, connection: socket.socket) -> bool:
        for part in step.parts:
            connection.sendall(part)
        if step.end == "wait":
            while connection.recv(65536):
                pass
        if step.end == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return step.end == "keep"


def _pieces(stream: Any, headers: Mapping[str, str]) -> Any:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while True:
            size = int(stream.readline(), 16)
            piece = stream.read(size + 2)[:size]
            if not size:
                return
            yield piece
    left = int(headers.get("content-length", 0))
    while left:
        piece = stream.read1(min(left, 65536))
        if not piece:
            raise ConnectionError("the client has left")
        left -= len(piece)
        yield piece


class Loopback(FaultyServer):
    """A faulty server under the names that the tests of client patterns use."""

    endpoint = FaultyServer.origin

    @property
    def received(self) -> List[Received]:
        """The requests."""
        return self.requests
