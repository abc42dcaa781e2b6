"""Operations of worker processes for tests: an image says in plain bytes what happens to its worker."""

import importlib
import os
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Tuple

MEMORY = 1 << 30


def inspect(image: bytes) -> Tuple[Dict[str, Any], bytes]:
    """Do what the image says, and return a fixed fingerprint."""
    _obey(image)
    return {"size": [60, 70], "lossless": True, "gray_size": [1, 1]}, bytes(49)


def read(image: bytes) -> Dict[str, Any]:
    """Do what the image says, and return an empty text."""
    if image.startswith(b"read: "):
        _obey(image[len("read: ") :])
    return {"blocks": []}


def _obey(order: bytes) -> None:
    word, _, argument = order.decode().partition(" ")
    if word == "sleep":
        time.sleep(600)
    elif word == "die":
        os._exit(3)
    elif word == "hang-up":
        os.close(0)
        os.close(1)
        os.closerange(3, 20)
        time.sleep(600)
    elif word == "fail":
        raise LookupError("text of the image")
    elif word == "wait":
        with open(f"{argument}.seen", "a") as seen:
            seen.write("x")
        while not os.path.exists(argument):
            time.sleep(0.01)


def process() -> int:
    """Return the number of the worker's process."""
    return os.getpid()


def files_of(modules: List[str]) -> List[str]:
    """Return the folder that each module comes from."""
    return [str(Path(importlib.import_module(name).__file__ or "").parent) for name in modules]


def take(megabytes: int) -> int:
    """Allocate memory."""
    return len(bytearray(megabytes << 20))


def say(text: str) -> None:
    """Print to standard output, as a library might."""
    print(text)
    sys.stdout.flush()
