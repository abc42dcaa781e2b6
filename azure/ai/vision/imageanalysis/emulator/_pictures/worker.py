"""The worker process: runs operations on images, one after the other, until its input ends.

Decoding an untrusted image can take minutes or gigabytes, so it is done in a process with limited memory and time.
"""

import contextlib
import faulthandler
import importlib
import os
import pickle
import signal
import sys
import types
import warnings
from pathlib import Path
from typing import Any, BinaryIO, Generator, Optional, Tuple

# The name of the package ``emulator`` in a worker. Under its real name, it would load the client library and aiohttp.
_PACKAGE = "image_analysis_emulator_worker"


def main() -> None:
    """Run the operations that arrive on standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # At Ctrl-C, the emulator ends its workers.
    warnings.simplefilter("ignore")
    source, target = sys.stdin.buffer, _take_standard_output()
    path, name, seconds = pickle.load(source)
    # After the standard library, so that a user's random.py does not replace Python's.
    folder = str(Path(__file__).parent)
    sys.path[:] = [*(entry for entry in sys.path if entry != folder), *path]
    with _time_limit(seconds):
        operations, failure = _load(name)
    while True:
        try:
            operation, arguments = pickle.load(source)
        except EOFError:
            return
        with _time_limit(seconds):
            reply = (failure, None) if failure or not operation else run(getattr(operations, operation), arguments)
        pickle.dump(reply, target)
        target.flush()


@contextlib.contextmanager
def _time_limit(seconds: float) -> Generator[None, None, None]:
    """End this process if the ``with`` block takes longer, even in C code."""
    faulthandler.dump_traceback_later(seconds, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def _load(name: str) -> Tuple[Any, Optional[str]]:
    """Load a module of operations, and return it or the reason why it cannot be loaded."""
    package = types.ModuleType(_PACKAGE)
    package.__path__ = [str(Path(__file__).parents[1])]
    sys.modules[_PACKAGE] = package
    try:
        operations = importlib.import_module(name, _PACKAGE)
    except Exception as error:
        return None, f"{describe_error(error)} at the start: {error}"
    limit_memory(operations.MEMORY)
    return operations, None


def run(operation: Any, arguments: Any) -> Tuple[Optional[str], Any]:
    """Run an operation, and return its failure and its result."""
    try:
        return None, operation(*arguments)
    except TimeoutError as error:  # Raised by our code, with a safe text.
        return str(error), None
    except Exception as error:
        return describe_error(error), None


def describe_error(error: BaseException) -> str:
    """Describe an error without its text, which could quote an image or a request."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" in {os.path.basename(trace.tb_frame.f_code.co_filename)}, line {trace.tb_lineno}" if trace else ""
    return type(error).__name__ + place


def _take_standard_output() -> BinaryIO:
    """Return standard output, and redirect what libraries print to standard error."""
    taken = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return taken


def limit_memory(size: int) -> None:
    """Limit the address space of this process, where the system supports it."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))


if __name__ == "__main__":
    main()
