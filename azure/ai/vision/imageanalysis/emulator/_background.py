"""How does a web application run beside the program that started it, and stop without a trace?"""

import asyncio
import contextlib
import logging
import os
import socket
import ssl
import threading
import weakref
from typing import Any, Coroutine, Iterator, Optional, Tuple

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

# How long what still runs when the service stops may take to end.
_LAST_SECONDS = 0.5

_LOGGER = logging.getLogger("azure.ai.vision.imageanalysis.emulator")
# What aiohttp would log of a malformed request quotes it, and so could show a key.
_LOGGER.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError)))


class Listener(socket.socket):
    """A listening socket that knows whom it let in."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self.accepted: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        try:
            if os.name == "posix":  # On Windows this option would let two programs have the same port.
                self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.bind((host, port))
            self.listen()
        except OSError:
            self.close()
            raise

    def accept(self) -> Tuple[socket.socket, Any]:
        connection, address = super().accept()
        self.accepted.add(connection)
        return connection, address


@contextlib.contextmanager
def serving(app: web.Application, listener: Listener, context: Optional[ssl.SSLContext]) -> Iterator[None]:
    """Run an application in a thread with an event loop of its own."""
    loop = asyncio.SelectorEventLoop()  # On Windows the usual loop would not ask the listener to accept.
    thread = threading.Thread(target=loop.run_forever, name="image-analysis-emulator", daemon=True)

    def wait_for(work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result()

    runner = web.AppRunner(
        app,
        access_log=None,
        logger=_LOGGER,
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
    await web.SockSite(runner, listener, ssl_context=context).start()


async def _close(runner: web.AppRunner, listener: Listener) -> None:
    loop = asyncio.get_running_loop()
    # Those who were let in get their transport before the door closes; after that, asyncio would forget them.
    loop.remove_reader(listener)
    await asyncio.sleep(0)
    for site in runner.sites:
        await site.stop()
    # aiohttp would only ask a TLS client to end its connection, and does not know one that is still shaking hands.
    for connection in listener.accepted:
        with contextlib.suppress(OSError):  # It is closed already.
            connection.shutdown(socket.SHUT_RDWR)
    await runner.cleanup()
    deadline = loop.time() + _LAST_SECONDS
    while any(connection.fileno() != -1 for connection in listener.accepted) and loop.time() < deadline:
        await asyncio.sleep(0.001)
    # What still waits for the rest of a refused request is of no use any more.
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
