"""Runs operations in worker processes, which are ended when they are late and replaced when they are gone."""

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO, Dict, List, Optional, Sequence, Set, Tuple, cast

from .worker import read_frame, write_frame

_START = Path(__file__).with_name("worker.py")

Reply = Tuple[Dict[str, Any], bytes]


class WorkerFailed(RuntimeError):
    """An operation failed, took too long, or its worker died. The text quotes nothing of the image."""


class QueueFull(Exception):
    """So many operations are waiting already that one more is refused."""

    retry_after = 1.0


class WorkerPool:
    """A few worker processes of one role, started when they are needed.

    Its methods are for any thread. They block.

    :param role: What the workers can do; see the module ``_worker``.
    :keyword most: How many workers there are at most.
    :keyword waiting: How many operations may wait for a worker.
    :keyword seconds: How long a worker may take for one operation.
    """

    def __init__(self, role: str, *, most: int, waiting: int, seconds: float) -> None:
        self._role = role
        self._most = most
        self._waiting = waiting
        self.seconds = seconds
        self._slots = threading.Semaphore(most)
        self._lock = threading.Lock()
        self._idle: List[_Worker] = []
        self._all: Set[_Worker] = set()
        self._pending = 0
        self._closed = False

    def warm_up(self) -> None:
        """Start a worker, so that the first operation need not wait for it to load."""
        self._put_back(self._take())

    def call(self, operation: str, image: bytes, *arguments: Any) -> Reply:
        """Carry out an operation.

        :param operation: Its name.
        :param image: What it is carried out on.
        :param arguments: Its further arguments.
        :return: What it gives.
        :raises WorkerFailed: If it does not succeed.
        :raises QueueFull: If too many wait already.
        """
        with self._lock:
            if self._pending >= self._most + self._waiting:
                raise QueueFull
            self._pending += 1
        try:
            with self._slots:
                worker = self._take()
                try:
                    reply = worker.call(operation, image, arguments, self.seconds)
                except BaseException:
                    self._drop(worker)
                    raise
                self._put_back(worker)
        finally:
            with self._lock:
                self._pending -= 1
        failure = reply[0].get("failed")
        if failure is not None:
            raise WorkerFailed(failure)
        return reply

    def close(self) -> None:
        """End all workers, and with them what they are doing."""
        with self._lock:
            self._closed = True
            workers = list(self._all)
        for worker in workers:
            self._drop(worker)

    def _take(self) -> "_Worker":
        """Return a worker that is idle, or a new one."""
        with self._lock:
            idle = self._idle.pop() if self._idle else None
        if idle is not None and idle.is_alive():
            return idle
        if idle is not None:
            self._drop(idle)
        with self._lock:
            if self._closed:
                raise WorkerFailed("the emulator stops")
            worker = _Worker(self._role)
            self._all.add(worker)
        return worker

    def _put_back(self, worker: "_Worker") -> None:
        """Keep a worker for the next operation."""
        with self._lock:
            if worker in self._all:
                self._idle.append(worker)

    def _drop(self, worker: "_Worker") -> None:
        """End a worker."""
        with self._lock:
            self._all.discard(worker)
            if worker in self._idle:
                self._idle.remove(worker)
        worker.end()


class _Worker:
    """One process, of use to one thread at a time."""

    def __init__(self, role: str) -> None:
        if not sys.executable:
            raise WorkerFailed("Python does not know its own executable")
        try:
            self._process = subprocess.Popen(
                [sys.executable, str(_START), role],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # It finds the same libraries as this process.
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:  # As in a test that fakes the file system.
            raise WorkerFailed(f"a worker process cannot be started: {error}") from None
        self._late = False
        self._ending = threading.Lock()

    def is_alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process.poll() is None

    def call(self, operation: str, image: bytes, arguments: Sequence[Any], seconds: float) -> Reply:
        """Carry out one operation, and end the process if it is late."""
        timer = threading.Timer(seconds, self._end_late)
        timer.daemon = True
        timer.start()
        try:
            write_frame(cast(BinaryIO, self._process.stdin), {"operation": operation, "arguments": arguments}, image)
            reply: Optional[Reply] = read_frame(cast(BinaryIO, self._process.stdout))
        except (OSError, EOFError, ValueError):  # ValueError: another thread has closed the pipe.
            reply = None
        finally:
            timer.cancel()
            timer.join()  # Nothing of a call is left when it ends.
        if reply is None or self._late:
            raise WorkerFailed(f"no result after {seconds:g} seconds" if self._late else "the worker died")
        return reply

    def _end_late(self) -> None:
        """End the process, as it is late."""
        self._late = True
        self._kill()

    def _kill(self) -> None:
        """Kill the process, unless another thread has just seen its end: Python 3.8 raises there."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def end(self) -> None:
        """End the process."""
        self._kill()
        with self._ending:
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    try:
                        pipe.close()
                    except OSError:  # What was not written yet has nobody to read it.
                        pass
