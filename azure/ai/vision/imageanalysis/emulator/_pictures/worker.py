"""The worker process: decodes images and recognizes text, one request after the other, until its input ends.

Images come from anywhere, and decoding one can take minutes or gigabytes. So it happens in a process whose memory is
bounded and which the emulator ends when it is late.

Emulator and worker exchange frames: a head of JSON and a blob of bytes, each with its length before it.
"""

import contextlib
import importlib
import json
import os
import queue
import signal
import struct
import sys
import threading
import types
import warnings
from pathlib import Path
from typing import Any, BinaryIO, Callable, Dict, Mapping, Tuple

Frame = Tuple[Dict[str, Any], bytes]
Operations = Dict[str, Callable[..., Frame]]

# Address space, in bytes. A picture of 16,000 x 16,000 pixels takes 1 GB, and onnxruntime reserves more than it uses.
_MEMORY = {"images": 3 << 30, "text": 8 << 30}
_LENGTHS = struct.Struct(">II")
# The name of this folder as a package, in a worker process.
_PACKAGE = "image_analysis_emulator_worker"


def main(role: str) -> None:
    """Serve the requests that come on standard input.

    :param role: "images" or "text".
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the emulator, which ends its workers itself.
    warnings.simplefilter("ignore")
    limit_memory(_MEMORY[role])
    source, target = sys.stdin.buffer, _take_standard_output()
    requests: queue.SimpleQueue[Frame] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(source, requests), daemon=True).start()
    try:
        operations = _load(role)
    except Exception as error:
        requests.get()
        write_frame(target, {"failed": f"{kind_and_place(error)} at the start"})
        return
    while True:
        write_frame(target, *handle(operations, *requests.get()))


def handle(operations: Operations, head: Dict[str, Any], blob: bytes) -> Frame:
    """Carry out one request.

    :param operations: What can be done, by name.
    :param head: The name of the operation, and its arguments.
    :param blob: The image.
    :return: The reply. A failure names its kind and place only, as its text could quote the image's.
    """
    try:
        return operations[head["operation"]](blob, *head["arguments"])
    except Exception as error:
        return {"failed": kind_and_place(error)}, b""


def _load(role: str) -> Operations:
    """Load what a role needs, and return its operations by name."""
    if role == "text":
        return _load_text_operations()
    from .comparison import compare
    from .images import inspect, pixels
    from .other_operations import segment, vectorize

    return {"inspect": inspect, "pixels": pixels, "compare": compare, "vectorize": vectorize, "segment": segment}


def _load_text_operations() -> Operations:
    """Load the recognizer, which takes seconds, and return what it can do."""
    from .._text.recognizer import TextRecognizer
    from .images import open_picture, orientation_of

    recognizer = TextRecognizer()

    def read(data: bytes) -> Frame:
        with contextlib.closing(open_picture(data)) as picture:
            return {"readResult": recognizer.read(picture, orientation_of(picture))}, b""

    return {"read": read}


def kind_and_place(error: BaseException) -> str:
    """Say what went wrong without the text of the error.

    :param error: The error.
    :return: Its class, and where it was raised.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" in {os.path.basename(trace.tb_frame.f_code.co_filename)}, line {trace.tb_lineno}" if trace else ""
    return type(error).__name__ + place


def _receive(source: BinaryIO, requests: "queue.SimpleQueue[Frame]") -> None:
    """Hand requests on. When there can be no more, as the emulator has ended, end at once whatever is going on."""
    while True:
        try:
            frame = read_frame(source)
        except (EOFError, OSError, MemoryError):
            os._exit(0)
        requests.put(frame)


def _take_standard_output() -> BinaryIO:
    """Return what was standard output; what libraries print goes to standard error from now on."""
    taken = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return taken


def limit_memory(size: int) -> None:
    """Bound the address space of this process, where the system can.

    :param size: How many bytes it may have.
    """
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))


def write_frame(stream: BinaryIO, head: Mapping[str, Any], blob: bytes = b"") -> None:
    """Write one frame and flush it."""
    packed = json.dumps(head).encode("ascii")
    stream.write(_LENGTHS.pack(len(packed), len(blob)) + packed)
    stream.write(blob)
    stream.flush()


def read_frame(stream: BinaryIO) -> Tuple[Dict[str, Any], bytes]:
    """Read one frame.

    :raises EOFError: If the stream ends before the frame does.
    """
    head_length, blob_length = _LENGTHS.unpack(_read(stream, _LENGTHS.size))
    return json.loads(_read(stream, head_length)), _read(stream, blob_length)


def _read(stream: BinaryIO, length: int) -> bytes:
    """Read so many bytes. A stream of eventlet returns what is there, so it takes several reads."""
    data = bytearray()
    while len(data) < length:
        part = stream.read(length - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def _run_script() -> None:
    """Run the worker without importing the client library and aiohttp, which it has no use for.

    The folder of this file becomes a package of another name, so that the modules in it can import each other.
    """
    del sys.path[0]  # This folder, which is no place for modules of the top level.
    package = types.ModuleType(_PACKAGE)
    package.__path__ = [str(Path(__file__).resolve().parents[1])]
    sys.modules[_PACKAGE] = package
    importlib.import_module(_PACKAGE + "._pictures.worker").main(*sys.argv[1:])


if __name__ == "__main__":
    _run_script()
