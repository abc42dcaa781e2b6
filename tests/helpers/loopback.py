"""A small HTTP server on the loopback address that responds by a plan."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, List, Union

from azure.core.utils import case_insensitive_dict
from fake_transport import StubResponse


class Received:
    """A request as it came over the network."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self.method = handler.command
        self.target = handler.path
        self.headers = case_insensitive_dict(handler.headers.items())
        self.body = handler.rfile.read(int(self.headers.get("Content-Length", 0)))


class Loopback:
    """A server, to be used in a ``with`` block.

    :param plan: A response, or a function of the request that gives one, for each request in turn; the last one serves
     all that follow.
    """

    def __init__(self, *plan: Union[StubResponse, Callable[[Received], StubResponse]]) -> None:
        self.plan: List[Any] = list(plan)
        self.received: List[Received] = []
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            def respond(self) -> None:
                loopback._respond(self)

            do_GET = do_POST = respond

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False  # so that the end waits for them
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def _respond(self, handler: BaseHTTPRequestHandler) -> None:
        self.received.append(Received(handler))
        step = self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]
        response: StubResponse = step if isinstance(step, StubResponse) else step(self.received[-1])
        try:
            handler.send_response(response.status, response.reason)
            for name, value in {**response.headers, "Content-Length": str(len(response.body))}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(response.body)
        except ConnectionError:
            pass  # a client that has stopped waiting

    def __enter__(self) -> "Loopback":
        self._thread.start()
        return self

    def __exit__(self, *details: Any) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
