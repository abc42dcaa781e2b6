"""Runs a web application in a thread with an event loop of its own, and stops it without a trace."""

import asyncio
import logging
import ssl
import threading
from contextlib import contextmanager
from typing import Any, Coroutine, Dict, Generator, Optional

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from ._listener import Listener

# How long the start may take, and what still runs when the emulator stops may take to end.
_START_SECONDS = 30.0
_LAST_SECONDS = 0.3
_SWEEP_SECONDS = 1.0

LOGGER = logging.getLogger("azure.ai.vision.imageanalysis.emulator")
# What aiohttp would log of a malformed request quotes it, and so could show a key.
LOGGER.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError)))


@contextmanager
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
