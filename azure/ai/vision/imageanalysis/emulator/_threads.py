"""Lets a coroutine wait for a blocking function without holding up its event loop."""

import asyncio
import contextlib
import threading
import time
from typing import Any, Callable, List, TypeVar, cast

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
