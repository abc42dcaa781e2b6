"""Plants secrets, and searches all that calls leave behind for them."""

import logging
import traceback
import warnings
from typing import Any, List

from faults import TEXT

SECRETS = {
    "key": "5ec4e7c0de5ec4e7c0de5ec4e7c0de00",
    "token": "token-of-somebody-3d80",
    "image": "bytes-of-an-image-7b2f",
    "url": "signature-of-a-url-91aa",
    "text": TEXT,
}
"""The secrets. They are made of letters that no one quotes or escapes."""


def chain(error: Any, links: List[BaseException]) -> List[BaseException]:
    """Gather an exception and all that it is linked to, in whatever way.

    :param error: The exception; of anything else nothing is gathered.
    :param list links: What has been gathered so far; it is added to.
    :return: The same list.
    """
    if isinstance(error, BaseException) and not any(error is link for link in links):
        links.append(error)
        named = [getattr(error, name, None) for name in ("inner_exception", "exc_value", "reason")]
        for link in (error.__cause__, error.__context__, *named, *error.args):
            chain(link, links)
    return links


class Watch(logging.Handler):
    """Searches texts; as a handler of the root logger, all log records."""

    def __init__(self) -> None:
        super().__init__(0)
        self.title = ""
        """What is being done."""
        self.looked = 0
        """How many texts it has searched."""
        self.found: List[List[str]] = []
        """What was done when a secret turned up, which one, and where."""

    def look(self, where: str, *things: Any) -> None:
        """Search what things look like to those who print them."""
        for thing in things:
            text = f"{thing} {thing!r}"
            self.looked += 1
            self.found += [[self.title, name, where] for name, secret in SECRETS.items() if secret in text]

    def emit(self, record: logging.LogRecord) -> None:
        """Search a log record, all that is in it."""
        self.look(f"log of {record.name}", record.getMessage(), vars(record))
        if record.exc_info and record.exc_info[1]:
            self.exception(record.exc_info[1])

    def warning(self, message: warnings.WarningMessage) -> None:
        """Search a warning."""
        self.look("warning", message.message, message.source)

    def exception(self, error: BaseException) -> None:
        """Search an exception, its traceback, and all that it is linked to."""
        self.look("traceback", "".join(traceback.format_exception(type(error), error, error.__traceback__)))
        for link in chain(error, []):
            texts = [getattr(link, name, None) for name in ("message", "exc_msg", "error")]
            self.look(f"{type(error).__name__}: {type(link).__name__}", link, link.args, *texts)
