"""Serves a web application from a thread with an event loop of its own, and stops it without a trace."""

import asyncio
import contextlib
import logging
import ssl
import threading
import time
from pathlib import Path
from typing import Any, Callable, Coroutine, Dict, Generator, List, Optional, Sequence, TypeVar, cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from .._errors import missing
from .listener import Listener

# How long the start may take, and what still runs when the emulator stops may take to end.
_START_SECONDS = 30.0
_LAST_SECONDS = 0.3
_SWEEP_SECONDS = 1.0

LOGGER = logging.getLogger("azure.ai.vision.imageanalysis.emulator")
# What aiohttp would log of a malformed request quotes it, and so could show a key.
LOGGER.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError)))


@contextlib.contextmanager
def serving(app: web.Application, listener: Listener, context: Optional[ssl.SSLContext]) -> Generator[None, None, None]:
    """Run an application while the ``with`` block runs.

    :param app: The application.
    :param listener: Where clients connect.
    :param context: The settings of TLS; None: plain http.
    """
    loop = asyncio.SelectorEventLoop()  # On Windows the usual loop would not ask the listener to accept.
    loop.set_exception_handler(_log_briefly)
    thread = threading.Thread(target=loop.run_forever, name="image-analysis-emulator", daemon=True)

    def wait_for(work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(_START_SECONDS)

    runner = web.AppRunner(
        app,
        access_log=None,
        logger=LOGGER,
        auto_decompress=False,  # A body is judged as it comes, packed or not.
        shutdown_timeout=_LAST_SECONDS,
    )
    thread.start()
    try:
        wait_for(runner.setup())
        wait_for(_listen(runner, listener, context))
        yield
    finally:
        try:
            wait_for(_close(runner, listener))
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


async def _listen(runner: web.AppRunner, listener: Listener, context: Optional[ssl.SSLContext]) -> None:
    """Start to let clients in."""
    await web.SockSite(runner, listener, ssl_context=context).start()
    _sweep(asyncio.get_running_loop(), listener)


def _sweep(loop: asyncio.AbstractEventLoop, listener: Listener) -> None:
    """End silent connections, now and every second."""
    listener.end_silent()
    loop.call_later(_SWEEP_SECONDS, _sweep, loop, listener)


async def _close(runner: web.AppRunner, listener: Listener) -> None:
    """Stop listening, and end all connections and tasks."""
    loop = asyncio.get_running_loop()
    # Those who were let in get their transport before the door closes; after that, asyncio would forget them.
    loop.remove_reader(listener)
    await asyncio.sleep(0)
    for site in runner.sites:
        await site.stop()
    # aiohttp would only ask a TLS client to end its connection, and does not know one that is still shaking hands.
    listener.end_all()
    await runner.cleanup()
    deadline = loop.time() + _LAST_SECONDS
    while listener.open() and loop.time() < deadline:
        await asyncio.sleep(0.001)
    # What still waits for the rest of a refused request is of no use any more.
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def _log_briefly(loop: asyncio.AbstractEventLoop, context: Dict[str, Any]) -> None:
    """Log what went wrong in the loop without its text, which could quote a request."""
    error = context.get("exception")
    if isinstance(error, OSError):  # A client has gone, or has sent no TLS.
        LOGGER.debug("A connection ended with %s.", type(error).__name__)
    else:
        LOGGER.error("%s (%s)", context.get("message"), type(error).__name__)


T = TypeVar("T")


class Threads:
    """Threads that end with what they do, and do not keep the interpreter from ending."""

    def __init__(self) -> None:
        self._running: List[threading.Thread] = []

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function in a thread of its own.

        :param function: The function.
        :param arguments: Its arguments.
        :return: What it returns.
        """
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        def settle(setter: Callable[[Any], None], value: Any) -> None:
            if not future.done():
                setter(value)

        def work() -> None:
            try:
                outcome: Any = (future.set_result, function(*arguments))
            except Exception as error:
                outcome = (future.set_exception, error)
            with contextlib.suppress(RuntimeError):  # The loop is closed, nobody waits any more.
                loop.call_soon_threadsafe(settle, *outcome)

        thread = threading.Thread(target=work, name="image-analysis-emulator-call", daemon=True)
        thread.start()
        self._running = [thread, *(other for other in self._running if other.is_alive())]
        return cast(T, await future)

    def join(self, seconds: float) -> None:
        """Wait for those that still run, but not for ever.

        :param seconds: How long to wait.
        """
        deadline = time.monotonic() + seconds
        for thread in self._running:
            thread.join(max(0.0, deadline - time.monotonic()))


def throw_away_context(names: Sequence[str], ca_file: Path) -> ssl.SSLContext:
    """Return the TLS settings of a server with a new certificate, which no one trusts but who trusts the CA file.

    :param names: The host names and addresses of the server.
    :param ca_file: Where to write the certificate of the authority that signed, in PEM.
    """
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
