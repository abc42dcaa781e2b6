"""The emulator's command line."""

import argparse
import contextlib
import logging
import os
import select
import shlex
import signal
import sys
import threading
from typing import Any, Dict, Generator, List, Optional, Sequence

_VARIABLE = "IMAGE_ANALYSIS_EMULATOR_"
_LONGEST_LINE = 2000  # A pipe that has room has room for twice as much.
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


class _Option:
    """One option, which is also a variable of the environment."""

    def __init__(self, name: str, help: str, metavar: Optional[str] = None, kind: Any = str) -> None:
        self.name, self.help, self.metavar, self.kind = name, help, metavar, kind
        self.variable = _VARIABLE + name.upper().replace("-", "_")

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        """Add it to a parser, with the default from the environment."""
        default = self._from_environment(parser)
        if self.metavar is None:
            parser.add_argument(f"--{self.name}", action="store_true", help=self.help, default=default or False)
        else:
            parser.add_argument(f"--{self.name}", type=self.kind, metavar=self.metavar, help=self.help, default=default)

    def _from_environment(self, parser: argparse.ArgumentParser) -> Any:
        """Return the value of its variable, if it has one."""
        text = os.environ.get(self.variable)
        if self.metavar is not None:
            return text or None  # argparse converts a default that is text.
        if text is None or text.lower() in _FALSE:
            return False
        if text.lower() not in _TRUE:
            parser.error(f"{self.variable} must be 1 or 0, not {text!r}")
        return True


_OPTIONS = (
    _Option("port", "the port to listen on (default: one that is free)", "NUMBER", int),
    _Option("key", "the key of the service (default: a new random one)", "KEY"),
    _Option("https", "serve https, and accept bearer tokens, too"),
    _Option("rate", "how many calls a second are allowed (default: any number)", "NUMBER", float),
    _Option("no-captions", "refuse captions, as regions without them do"),
    _Option("audience", "the audience that a token must have (default: that of the public cloud)", "URL"),
    _Option("no-role", "refuse tokens, as a resource without the role does"),
    _Option("no-ocr", "do not recognize text"),
    _Option("strict", "refuse features for which there is no engine, rather than leave them empty"),
    _Option("results", "a folder of pictures NAME.png and their results NAME.png.json", "FOLDER"),
    _Option("fetch-urls", "fetch images from public addresses"),
    _Option("allow-host", "further host names that requests may use, with commas between", "NAMES"),
)


def _arguments(arguments: Optional[Sequence[str]]) -> Dict[str, Any]:
    """Return the keywords of the emulator."""
    parser = argparse.ArgumentParser(
        prog="python -m azure.ai.vision.imageanalysis.emulator",
        description="An emulator of the Image Analysis service on this machine. It recognizes the text in pictures and "
        "returns the results that it is given.",
        epilog=f"Each option is also a variable of the environment, such as {_VARIABLE}PORT.",
    )
    for option in _OPTIONS:
        option.add_to(parser)
    given = vars(parser.parse_args(arguments))
    keywords = {name: value for name, value in given.items() if value is not None and not name.startswith("no_")}
    keywords.update((name[3:], not value) for name, value in given.items() if name.startswith("no_"))
    if "allow_host" in keywords:
        keywords["allow_host"] = [name for name in keywords["allow_host"].replace(",", " ").split() if name]
    return keywords


def _lines(emulator: Any, key_is_given: bool) -> List[str]:
    """Return what is printed at the start."""
    lines = [f"Listening on {emulator.endpoint} (stop with Ctrl-C). In the terminal of a client:"]
    for name, value in emulator.environment().items():
        if name == "VISION_KEY" and key_is_given:
            lines.append(f"# {name} is the key that was given")
        else:
            lines.append(f"export {name}={shlex.quote(value)}")
    return lines


def _end_on_signals(ready: threading.Event) -> threading.Event:
    """Return what is set by Ctrl-C, a termination signal, or the end of the terminal; they end the start at once."""
    end = threading.Event()

    def stop(number: int, frame: Any) -> None:
        is_first = not end.is_set()
        end.set()
        if is_first and not ready.is_set():
            raise KeyboardInterrupt

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        # A program that a script starts in the background ignores Ctrl-C unless it asks for it. One that nohup starts
        # goes on when the terminal ends.
        if number is not None and not (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            signal.signal(number, stop)
    return end


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the emulator until Ctrl-C or a termination signal.

    :param arguments: The command line, without the program.
    :return: The exit status.
    """
    ready = threading.Event()
    try:
        end = _end_on_signals(ready)
        keywords = _arguments(arguments)
        from ._http.serving import LOGGER
        from ._server import ImageAnalysisEmulator

        with _printed(LOGGER), ImageAnalysisEmulator(**keywords) as emulator:
            ready.set()
            print("\n".join(_lines(emulator, "key" in keywords)), flush=True)
            emulator.warm_up()
            while not end.wait(3600):
                pass
    except (OSError, ValueError, TypeError, ModuleNotFoundError) as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    _flush()
    return 0


def _flush() -> None:
    """Print what is left, or drop it if nobody reads it any more: Python would fail at its end."""
    try:
        print(end="", flush=True)
    except OSError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Printer(logging.Handler):
    """Prints what is logged, as long as somebody reads it: a pipe that is full or closed holds up no request."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record, if somebody reads it."""
        if _has_room():
            with contextlib.suppress(OSError):
                print(self.format(record)[:_LONGEST_LINE], flush=True)


def _has_room() -> bool:
    """Tell whether a line can be printed without waiting for a reader."""
    try:
        return bool(select.select([], [sys.stdout], [], 0)[1])
    except (OSError, ValueError, TypeError):  # Windows, or no file.
        return True


@contextlib.contextmanager
def _printed(logger: logging.Logger) -> Generator[None, None, None]:
    """Print what is logged meanwhile, and nowhere else."""
    handler = _Printer()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


if __name__ == "__main__":
    sys.exit(main())
