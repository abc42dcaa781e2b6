"""Runs a web application in a thread with its own event loop, and stops it cleanly."""

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any, Callable, Coroutine, Dict, Generator, List, Optional, Sequence, TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from .._errors import missing

# The time limits for the start, and for running work when the emulator stops.
_START_SECONDS = 30.0
_SHUTDOWN_SECONDS = 0.3

LOGGER = logging.getLogger("azure.ai.vision.imageanalysis.emulator")
# For a malformed request, aiohttp logs its text, which could contain a key.
LOGGER.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError)))


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, or raise an OSError that names host and port."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "is taken by another program" if taken else f"cannot be opened: {error.strerror}"
        raise OSError(error.errno, f"port {port} of {host} {reason}") from None


@contextlib.contextmanager
def serving(
    app: web.Application, listener: socket.socket, context: Optional[ssl.SSLContext]
) -> Generator[None, None, None]:
    """Run an application while the ``with`` block runs."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(_log_briefly)
    thread = threading.Thread(target=loop.run_forever, name="image-analysis-emulator", daemon=True)

    def wait_for(work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(_START_SECONDS)

    runner = web.AppRunner(
        app,
        access_log=None,
        logger=LOGGER,
        auto_decompress=False,  # The service does not decompress bodies either.
        shutdown_timeout=_SHUTDOWN_SECONDS,
    )
    thread.start()
    try:
        wait_for(runner.setup())
        wait_for(web.SockSite(runner, listener, ssl_context=context).start())
        yield
    finally:
        try:
            wait_for(_close(runner, listener))
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


async def _close(runner: web.AppRunner, listener: socket.socket) -> None:
    """Stop listening, and end all connections and tasks."""
    with contextlib.suppress(NotImplementedError):  # The event loop of Windows has no readers to remove.
        asyncio.get_running_loop().remove_reader(listener)
    await _some_steps()  # Otherwise, asyncio would not close the sockets of clients that were just accepted.
    for connection in runner.server.connections if runner.server is not None else ():
        if connection.transport is not None:
            connection.transport.abort()  # With TLS, close() would wait for the client.
    await runner.cleanup()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}  # Handshakes and waiting handlers.
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await _some_steps()


async def _some_steps() -> None:
    """Run the loop a few times, because asyncio opens and closes connections in several steps."""
    for _ in range(5):
        await asyncio.sleep(0)


def _log_briefly(loop: asyncio.AbstractEventLoop, context: Dict[str, Any]) -> None:
    """Log an error in the loop without its text, which could quote a request."""
    error = context.get("exception")
    if isinstance(error, OSError):  # The client has gone, or does not use TLS.
        LOGGER.debug("A connection ended with %s.", type(error).__name__)
    else:
        LOGGER.error("%s (%s)", context.get("message"), type(error).__name__)


T = TypeVar("T")


class DaemonThreads:
    """Runs blocking functions, each in its own daemon thread, which does not delay the interpreter's exit."""

    def __init__(self) -> None:
        self._running: List[threading.Thread] = []

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function in a thread, and return its result."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        thread = threading.Thread(
            target=_settle, args=(future, function, *arguments), name="image-analysis-emulator-call", daemon=True
        )
        thread.start()
        self._running = [thread, *(other for other in self._running if other.is_alive())]
        try:
            return await future
        finally:
            del future  # Its exception refers to this frame: a cycle would keep the image in memory.

    def join(self, seconds: float) -> None:
        """Wait for running threads, up to a time limit."""
        deadline = time.monotonic() + seconds
        for thread in self._running:
            thread.join(max(0.0, deadline - time.monotonic()))


def _settle(future: "asyncio.Future[Any]", function: Callable[..., Any], *arguments: Any) -> None:
    """Call a function, and pass its result or exception to the event loop."""
    try:
        setter: Callable[[Any], None] = future.set_result
        outcome: Any = function(*arguments)
    except Exception as error:
        setter, outcome = future.set_exception, error
    with contextlib.suppress(RuntimeError):  # The loop is closed.
        future.get_loop().call_soon_threadsafe(_set, future, setter, outcome)
    del future, setter, outcome  # As above.


def _set(future: "asyncio.Future[Any]", setter: Callable[[Any], None], value: Any) -> None:
    """Set the result of a future, unless it is done."""
    if not future.done():
        setter(value)


def ephemeral_tls_context(names: Sequence[str], ca_file: Path) -> ssl.SSLContext:
    """Return the TLS context of a server with a new certificate, and write its authority to a PEM file."""
    try:
        import trustme
    except ModuleNotFoundError as error:
        raise missing(error) from None
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        certificate: Any = authority.issue_cert(*names)
    except ValueError as error:
        raise ValueError(f"'allow_host': a certificate cannot have one of the names: {error}") from None
    certificate.configure_cert(context)
    return context
