"""Runs operations in worker processes, which are replaced when they take too long or die."""

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
# Relative entries of sys.path refer to the current folder at the time of the import.
_FOLDER = os.getcwd()


class WorkerFailed(RuntimeError):
    """An operation failed, took too long, or its worker died. The text does not quote the image."""


class QueueFull(Exception):
    """Too many operations are waiting. They should be done in ``retry_after`` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Retry after {retry_after} seconds.")
        self.retry_after = retry_after


class WorkerPool:
    """A few worker processes with the same operations, started on demand.

    Its methods are thread-safe, and block.
    """

    def __init__(self, operations: str, *, workers: int, waiting: int, seconds: float) -> None:
        # In a frozen program, sys.executable is the program itself, which would start itself endlessly.
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
        """Start to load a worker before the first operation needs it."""

        def load() -> None:
            with contextlib.suppress(WorkerFailed, QueueFull):
                self.call("")

        threading.Thread(target=load, name="image-analysis-emulator-load", daemon=True).start()

    def call(self, operation: str, *arguments: Any) -> Any:
        """Run an operation."""
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
        """End all workers and their operations."""
        for worker in self._workers:
            worker.close()


class _Worker:
    """A process for one thread at a time, started on demand."""

    def __init__(self, operations: str, seconds: float) -> None:
        self._operations = operations
        self._seconds = seconds
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._is_closed = False
        self._lock = threading.RLock()

    def call(self, operation: str, arguments: Any) -> Any:
        """Run an operation. If there is no reply, end the process."""
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
            timed_out = time.monotonic() - started >= self._seconds
            raise WorkerFailed(f"no result after {self._seconds:g} seconds" if timed_out else "the worker died")
        failure, result = reply
        if failure is not None:
            raise WorkerFailed(failure)
        return result

    def close(self) -> None:
        """End the process for good."""
        self._is_closed = True
        self._end()

    def _running_process(self) -> "subprocess.Popen[bytes]":
        """Return the process, and start it if it is not running."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return self._process
            self._end()
            if self._is_closed:
                raise WorkerFailed("the emulator is stopping")
            try:
                self._process = subprocess.Popen(
                    # Without site, sys.path has only the standard library; the rest is sent.
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
            # A pipe of eventlet is unbuffered, and may return fewer bytes than requested.
            raw: Any = getattr(self._process.stdout, "raw", self._process.stdout)
            self._output = io.BufferedReader(raw)
            with contextlib.suppress(OSError):  # If the process has ended, the call fails.
                path = [os.path.join(_FOLDER, entry) for entry in sys.path]
                _send((path, self._operations, self._seconds), self._process)
            return self._process

    def _end(self) -> None:
        """End the process."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):  # Python 3.8, if the process has just ended.
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # Unwritten data has no reader.
                pipe.close()  # type: ignore[union-attr]


def _send(message: Any, process: "subprocess.Popen[bytes]") -> None:
    """Send a message to a worker."""
    pickle.dump(message, process.stdin)  # type: ignore[arg-type]
    process.stdin.flush()  # type: ignore[union-attr]
