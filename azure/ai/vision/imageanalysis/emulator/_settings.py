"""The settings of an emulator, and checks of their values."""

import ipaddress
import math
import re
from typing import Any, NamedTuple, Optional, Sequence, Tuple, cast

PUBLIC_AUDIENCE = "https://cognitiveservices.azure.com"

_HOST_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_LONGEST_WAIT = 1e9
_ORIGIN = re.compile(r"https?://[^/\s]+")


class Settings(NamedTuple):
    """The settings of an emulator; see :class:`ImageAnalysisEmulator`."""

    host: str
    port: int
    key: str
    https: bool
    rate: Optional[float]
    captions: bool
    audience: str
    role: bool
    strict: bool
    fetch_urls: bool
    allow_host: Sequence[str]
    allow_origin: Sequence[str]


def check_settings(given: Any, *, key_is_given: bool) -> Settings:
    """Check settings of any type, and return them."""
    hosts = tuple(name.strip("[]") for name in check_strings("allow_host", given.allow_host))
    for name in hosts:
        if not _HOST_NAME.fullmatch(name):
            raise ValueError(f"'allow_host' must hold names or addresses of hosts without a port, not {name!r}.")
    origins = check_strings("allow_origin", given.allow_origin)
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(f"'allow_origin' must hold origins such as http://localhost:3000, not {origin!r}.")
    if not isinstance(given.host, str) or not _HOST_NAME.fullmatch(given.host):
        raise ValueError(f"'host' must be the name or address of a network interface, not {given.host!r}.")
    if not is_loopback(given.host) and not (key_is_given and hosts):
        raise ValueError(
            f"'host': other machines can reach {given.host}, so it requires a 'key' and, in 'allow_host', the names by "
            "which clients call the emulator."
        )
    check_integer("port", given.port, 0, 65535)
    if not isinstance(given.key, str) or not re.fullmatch(r"[!-~]+", given.key):
        raise ValueError("'key' must be a text of printable ASCII characters without blanks.")
    if given.rate is not None and not (_is_number(given.rate) and 0 < given.rate < math.inf):
        raise ValueError(f"'rate' must be a positive number of calls per second, not {given.rate!r}.")
    if not isinstance(given.audience, str):
        raise TypeError(f"'audience' must be a URL, not {type(given.audience).__name__}.")
    return cast(Settings, given._replace(allow_host=hosts, allow_origin=origins))


def check_integer(name: str, value: Any, lowest: int, highest: float = math.inf) -> int:
    """Check that an argument is an integer within bounds, and return it."""
    if not isinstance(value, int) or not _is_number(value) or not lowest <= value <= highest:
        up_to = "" if highest == math.inf else f" to {highest}"
        raise ValueError(f"'{name}' must be a whole number from {lowest}{up_to}, not {value!r}.")
    return int(value)


def check_seconds(name: str, value: Any) -> float:
    """Check that an argument is a number of seconds, and return it."""
    if not _is_number(value) or not 0 <= value < _LONGEST_WAIT:
        raise ValueError(f"'{name}' must be a number of seconds from 0, not {value!r}.")
    return float(value)


def is_loopback(host: str) -> bool:
    """Return whether a name or address is loopback."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_number(value: Any) -> bool:
    """Return whether a value is a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_strings(name: str, values: Any) -> Tuple[str, ...]:
    """Check that an argument is a list of strings, and return it."""
    is_list = hasattr(values, "__iter__") and not isinstance(values, str)
    given: Tuple[Any, ...] = tuple(values) if is_list else (None,)
    if not all(isinstance(value, str) for value in given):
        raise TypeError(f"'{name}' must be a list of names, not {values!r}.")
    return given
