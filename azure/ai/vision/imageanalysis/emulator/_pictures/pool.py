"""Runs operations in worker processes, which are replaced when they are late or gone."""

import contextlib
import io
import math
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Optional

_SCRIPT = Path(__file__).with_name("worker.py")
# Relative entries of sys.path count from the folder in which the program imported its modules.
_FOLDER = os.getcwd()


class WorkerFailed(RuntimeError):
    """An operation failed, took too long, or its worker died. The text quotes nothing of the image."""


class QueueFull(Exception):
    """Too many operations are waiting already.

    :param retry_after: In how many seconds those that wait now are likely to be done.
    """

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Retry after {retry_after} seconds.")
        self.retry_after = retry_after


class WorkerPool:
    """A few worker processes with the same operations, started when they are needed.

    Its methods are for any thread. They block.

    :param operations: The module whose functions the workers call, relative to the package ``emulator``.
    :keyword workers: The largest number of workers.
    :keyword waiting: How many operations may wait for a worker.
    :keyword seconds: The time limit of one operation.
    :raises RuntimeError: If this program cannot start Python.
    """

    def __init__(self, operations: str, *, workers: int, waiting: int, seconds: float) -> None:
        # A frozen program is its own sys.executable: it would start itself, again and again.
        if getattr(sys, "frozen", False) or not sys.executable:
            raise RuntimeError(
                "The emulator cannot run in this program: it needs to start Python for its worker processes, but the "
                "program is frozen (by PyInstaller, for example) or embeds Python."
            )
        self.is_ready = False
        """Whether a worker has loaded its operations."""
        self._workers = [_Worker(operations, seconds) for _ in range(workers)]
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._limit = workers + waiting
        self._lock = threading.Lock()
        self._pending = 0
        self._usual_seconds = 1.0

    def warm_up(self) -> None:
        """Begin to load a worker, so that the first operation need not wait for it."""

        def load() -> None:
            with contextlib.suppress(WorkerFailed, QueueFull):
                self.call("")

        threading.Thread(target=load, name="image-analysis-emulator-load", daemon=True).start()

    def call(self, operation: str, *arguments: Any) -> Any:
        """Carry out an operation.

        :param operation: The name of the function; "" only loads the module.
        :param arguments: Its arguments.
        :return: What it returns.
        :raises WorkerFailed: If it does not succeed.
        :raises QueueFull: If too many wait already.
        """
        with self._lock:
            if self._pending >= self._limit:
                raise QueueFull(math.ceil(self._usual_seconds * self._pending / len(self._workers)))
            self._pending += 1
        try:
            worker = self._idle.get()
            started = time.monotonic()
            try:
                result = worker.call(operation, arguments)
            finally:
                self._usual_seconds += (time.monotonic() - started - self._usual_seconds) / 4
                self._idle.put(worker)
        finally:
            with self._lock:
                self._pending -= 1
        self.is_ready = True
        return result

    def close(self) -> None:
        """End all workers, and with them what they are doing."""
        for worker in self._workers:
            worker.close()


class _Worker:
    """A process, of use to one thread at a time; it is started when it is needed and does not run."""

    def __init__(self, operations: str, seconds: float) -> None:
        self._operations = operations
        self._seconds = seconds
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._is_closed = False
        self._lock = threading.RLock()

    def call(self, operation: str, arguments: Any) -> Any:
        """Carry out an operation. Without a reply to it, the process ends."""
        process = self._running_process()
        started = time.monotonic()
        reply = None
        try:
            _send((operation, arguments), process)
            reply = pickle.load(self._output)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):  # ValueError: the pipe is closed.
            pass
        finally:
            if reply is None:
                self._end()
        if reply is None:
            is_late = time.monotonic() - started >= self._seconds
            raise WorkerFailed(f"no result after {self._seconds:g} seconds" if is_late else "the worker died")
        failure, result = reply
        if failure is not None:
            raise WorkerFailed(failure)
        return result

    def close(self) -> None:
        """End the process for good."""
        self._is_closed = True
        self._end()

    def _running_process(self) -> "subprocess.Popen[bytes]":
        """Return the process, started anew if need be."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return self._process
            self._end()
            if self._is_closed:
                raise WorkerFailed("the emulator stops")
            try:
                self._process = subprocess.Popen(
                    # Without site, its sys.path has the standard library only; the rest is sent.
                    [sys.executable, "-S", str(_SCRIPT)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    # Otherwise, onnxruntime stores a device id in the home folder and sends it to Microsoft.
                    env={**os.environ, "PYTHONPATH": "", "ORT_DISABLE_TELEMETRY": "1"},
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except OSError as error:
                raise WorkerFailed(f"a worker process cannot be started: {error}") from None
            # A pipe of eventlet has no buffer, and may return less than it is asked for.
            raw: Any = getattr(self._process.stdout, "raw", self._process.stdout)
            self._output = io.BufferedReader(raw)
            with contextlib.suppress(OSError):  # The call finds out if the process has ended.
                path = [os.path.join(_FOLDER, entry) for entry in sys.path]
                _send((path, self._operations, self._seconds), self._process)
            return self._process

    def _end(self) -> None:
        """End the process."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):  # Python 3.8, if the process ends just now.
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # What was not written yet has nobody to read it.
                pipe.close()  # type: ignore[union-attr]


def _send(message: Any, process: "subprocess.Popen[bytes]") -> None:
    """Send a message to a worker."""
    pickle.dump(message, process.stdin)  # type: ignore[arg-type]
    process.stdin.flush()  # type: ignore[union-attr]
