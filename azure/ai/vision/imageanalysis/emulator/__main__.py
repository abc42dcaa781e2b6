"""The command line of the emulator."""

import argparse
import contextlib
import io
import logging
import os
import select
import shlex
import signal
import sys
import time
from typing import Any, Dict, Generator, Iterator, List, NamedTuple, Optional, Sequence, Tuple, cast

from .._version import VERSION
from ._http.serving import LOGGER
from ._server import ImageAnalysisEmulator

_VARIABLE = "IMAGE_ANALYSIS_EMULATOR_"
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


def _names(text: str) -> List[str]:
    """Split a text at commas and blanks."""
    return text.replace(",", " ").split()


def _engines(text: str) -> List[Tuple[str, str]]:
    """Parse pairs of features and functions."""
    pairs = [name.partition("=") for name in _names(text)]
    if not all(feature and function for feature, _, function in pairs):
        raise argparse.ArgumentTypeError(f"expected FEATURE=MODULE:FUNCTION, not {text!r}")
    return [(feature, function) for feature, _, function in pairs]


class _Option(NamedTuple):
    """An option of the command line, which is also an environment variable."""

    name: str
    help: str
    metavar: Optional[str] = None
    """The placeholder of its value in the help; None for a switch."""
    type: Any = str
    """The converter of its value. An option whose values are lists can be repeated."""


_OPTIONS = (
    _Option("host", "the network interface to listen on (default: 127.0.0.1)", "NAME"),
    _Option("port", "the port to listen on (default: a free one)", "NUMBER", int),
    _Option("key", "the key of the service (default: a new random one)", "KEY"),
    _Option("https", "serve https, and also accept bearer tokens"),
    _Option("rate", "the number of calls per second that are allowed (default: unlimited)", "NUMBER", float),
    _Option("no-captions", "refuse captions, as regions without them do"),
    _Option("audience", "the audience that a token must have (default: that of the public cloud)", "URL"),
    _Option("no-role", "refuse tokens, as a resource without the role does"),
    _Option("no-ocr", "do not recognize text"),
    _Option("strict", "refuse features that cannot be computed, rather than leave them empty"),
    _Option("results", "a folder of pictures NAME.png and their results NAME.png.json", "FOLDER"),
    _Option("engine", "a function that computes a feature (repeatable)", "FEATURE=MODULE:FUNCTION", _engines),
    _Option("fetch-urls", "fetch images from public addresses"),
    _Option("allow-host", "additional host names that requests may use (repeatable)", "NAME", _names),
    _Option("allow-origin", "origins whose web pages may call the emulator (repeatable)", "ORIGIN", _names),
)


def _arguments(arguments: Sequence[str]) -> Dict[str, Any]:
    """Parse the command line and the environment into keywords of the emulator."""
    parser = argparse.ArgumentParser(
        prog="image-analysis-emulator",
        description="A local emulator of the Image Analysis service. It recognizes the text in pictures and returns "
        "registered results.",
        epilog=f"Each option is also an environment variable, such as {_VARIABLE}PORT. There, commas separate values.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {VERSION}")
    for option in _OPTIONS:
        kind: Dict[str, Any] = {"action": "store_true"}
        if option.metavar is not None:
            is_list = option.type in (_names, _engines)
            kind = {"action": "extend" if is_list else "store", "metavar": option.metavar, "type": option.type}
        parser.add_argument(f"--{option.name}", help=option.help, **kind)
    given = vars(parser.parse_args([*_from_environment(parser), *arguments]))
    keywords = {name: value for name, value in given.items() if value is not None and not name.startswith("no_")}
    keywords.update((name[3:], not value) for name, value in given.items() if name.startswith("no_"))
    if "engine" in keywords:
        keywords["engines"] = dict(keywords.pop("engine"))
    return keywords


def _from_environment(parser: argparse.ArgumentParser) -> List[str]:
    """Return the options set by environment variables. They come first, so the command line takes precedence."""
    arguments: List[str] = []
    for option in _OPTIONS:
        variable = _VARIABLE + option.name.upper().replace("-", "_")
        text = os.environ.get(variable, "")
        if option.metavar is not None:
            arguments += [f"--{option.name}={text}"] if text else []
        elif text.lower() in _TRUE:
            arguments.append(f"--{option.name}")
        elif text.lower() not in _FALSE:
            parser.error(f"{variable} must be 1 or 0, not {text!r}")
    return arguments


def _lines(emulator: ImageAnalysisEmulator) -> Iterator[str]:
    """Yield the lines that are printed at the start."""
    yield f"Listening on {emulator.endpoint} (stop with Ctrl-C). In the terminal of a client:"
    for name, value in emulator.environment().items():
        yield f"$env:{name} = '{value}'" if os.name == "nt" else f"export {name}={shlex.quote(value)}"


def _end_on_signals() -> None:
    """Interrupt the program once at Ctrl-C, a termination signal, or the end of the terminal."""
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]

    def interrupt(number: int, frame: Any) -> None:
        for other in numbers:
            signal.signal(other, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        # A background program of a script ignores Ctrl-C by default. Under nohup, it must outlive the terminal.
        if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the emulator until Ctrl-C or a termination signal.

    :param arguments: The command line, without the program.
    :return: The exit status.
    """
    try:
        _end_on_signals()
        with contextlib.suppress(AttributeError):  # The encoding may not support all characters.
            cast(io.TextIOWrapper, sys.stdout).reconfigure(errors="backslashreplace")
        keywords = _arguments(sys.argv[1:] if arguments is None else arguments)
        if "engines" in keywords:
            sys.path.insert(0, os.getcwd())
        with _printed(), ImageAnalysisEmulator(**keywords) as emulator:
            print("\n".join(_lines(emulator)), flush=True)
            emulator.warm_up()
            while True:
                time.sleep(3600)
    except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
        print(f"image-analysis-emulator: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


class _Printer(logging.Handler):
    """Prints log lines as long as they are read: a pipe that is full or closed does not delay a request."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record, unless the output is blocked."""
        with contextlib.suppress(OSError, ValueError, TypeError):  # Windows, or not a file.
            if not select.select([], [sys.stdout], [], 0)[1]:
                return
        try:
            print(self.format(record), flush=True)
        except OSError:  # The reader has gone. At exit, Python would try to print the rest.
            sys.stdout = open(os.devnull, "w")


@contextlib.contextmanager
def _printed() -> Generator[None, None, None]:
    """Print log records while the ``with`` block runs."""
    handler = _Printer()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    level, propagate = LOGGER.level, LOGGER.propagate
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level)
        LOGGER.propagate = propagate


if __name__ == "__main__":
    sys.exit(main())
