"""Differences of older versions of the libraries below us: the tests that see them, with the reason.

The rules hold with the newest version of each library. With an older one, which this package admits, or which is the
newest that an old Python can have, a test that is listed may fail; it need not, since some of it is a matter of time.
"""

import sys
from importlib.metadata import version
from typing import List, NamedTuple, Tuple


class Difference(NamedTuple):
    """Something that is otherwise."""

    library: str
    below: Tuple[int, ...]
    """The first version without it."""
    tests: str
    """A regular expression; it is searched for in the names of tests."""
    reason: str


def _is_older(library: str, below: Tuple[int, ...]) -> bool:
    return tuple(int(part) for part in version(library).split(".")[:3] if part.isdigit()) < below


DIFFERENCES: List[Difference] = [
    difference
    for difference in (
        Difference(
            "azure-core", (1, 31), r"test_wait_after_a_status\[.*fraction", "azure-core reads whole seconds only"
        ),
        Difference(
            "azure-core",
            (1, 31),
            r"test_closed_client_(raises|says_so)_at_once|test_client_closed_during_a_wait_raises"
            r"|test_users_see_the_message\[.*been closed",
            "azure-core opens a closed transport again",
        ),
        Difference(
            "azure-core",
            (1, 35),
            r"test_exception_of_each_fault\[sync-.*(gzip|deflate|compressed)",
            "azure-core says ServiceRequestError of a body that requests cannot decompress",
        ),
        Difference(
            "azure-core",
            (1, 35),
            r"test_exception_of_each_fault\[async-http: (a body shorter than announced|a cut chunk)",
            "azure-core says ServiceRequestError of a response that breaks off under aiohttp",
        ),
        Difference(
            "urllib3",
            (2,),
            r"\[sync-http: (a length beyond all bounds|a body shorter than announced)",
            "urllib3 does not hold a response to its length",
        ),
        Difference(
            "aiohttp",
            (3, 12),
            r"\[async-http: 500 headers|test_send_request_fails_in_the_same_kinds\[async",
            "aiohttp reads any number of headers",
        ),
        Difference(
            "aiohttp",
            (3, 14),
            r"test_(generator|pipe)_body_is_sent_once\[async-lost",
            "aiohttp sends a PUT again when its connection is lost, though its body is used up",
        ),
    )
    if _is_older(difference.library, difference.below)
]

LEAVES_TRANSPORTS_OPEN = sys.version_info < (3, 11) or _is_older("aiohttp", (3, 12))
"""Whether asyncio or aiohttp closes a connection only some time after its session."""
