"""URL helpers: origins, safety checks, and completion of relative URLs."""

import re
from typing import Callable, Tuple
from urllib.parse import urlsplit

_AMBIGUOUS = re.compile(r"[\s\x00-\x1f\x7f\\]")
"""Characters that can make parsers disagree on the host of a URL."""


def origin(url: str) -> Tuple[str, str, int]:
    """Return the scheme, host and port of an http(s) URL. Any other URL raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.hostname.encode("idna"):
        raise ValueError("not an http(s) URL")
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}[parts.scheme]


def is_safe(url: str) -> bool:
    """Return whether a URL is an http(s) URL without a user, and unambiguous to all parsers."""
    try:
        origin(url)
        return not (_AMBIGUOUS.search(url) or "@" in urlsplit(url).netloc)
    except ValueError:
        return False


def absolute_url(url: str, endpoint: Callable[[], str]) -> str:
    """Complete a URL that is relative to ``{endpoint}/computervision`` or contains ``{endpoint}``."""
    before, placeholder, after = url.partition("{endpoint}")
    if placeholder:
        if after and after[0] not in "/?#" and not set(before).intersection("/?#"):
            raise ValueError("request: expected '/', '?', '#' or nothing more after {endpoint} in the URL")
        url = before + endpoint() + after
    try:
        parts = urlsplit(url)
        if not (parts.scheme and parts.netloc):
            slash = "/" if url and url[0] not in "?#" else ""
            url = f"{endpoint()}/computervision{slash}{url.lstrip('/')}"
        origin(url)
    except ValueError:
        raise ValueError("request: expected a relative URL, or an http(s) URL") from None
    return url
