"""Whole calls. The floor is azure-core's bare pipeline, ``response.json()`` and plain dicts."""

from typing import Any, Callable

import pytest
from callers import AsyncCaller, SyncCaller
from pairs import Pairs
from walks import walk_dicts, walk_models

IMAGE = bytes(10_000)


@pytest.fixture(params=[SyncCaller, AsyncCaller], ids=["sync", "async"])
def caller_class(request: Any) -> Any:
    return request.param


@pytest.fixture
def calling(caller_class: Any, server: str) -> Callable[[int], Any]:
    """Makes a caller for responses with a given number of words."""
    return lambda words: caller_class(f"{server}/words/{words}")


def read_caption(result: Any) -> Any:
    return result.caption.text, result.caption.confidence


def read_caption_dict(response: Any) -> Any:
    return response["captionResult"]["text"], response["captionResult"]["confidence"]


def test_small_call(pairs: Pairs, calling: Callable[[int], Any]) -> None:
    calls = 32
    with calling(0) as caller:
        pairs.measure(
            f"a small call, {caller.client_kind}, {calls} {caller.order}",
            lambda: caller.ours(IMAGE, "caption", read_caption, calls),
            lambda: caller.bare(IMAGE, "caption", read_caption_dict, calls),
            pairs=401,  # the bound is near, and so is the noise
            pieces=calls,
            bound=1.08,
        )


def test_text_call(pairs: Pairs, calling: Callable[[int], Any]) -> None:
    with calling(1000) as caller:
        pairs.measure(
            f"a call for 1,000 words, read, {caller.client_kind}",
            lambda: caller.ours(IMAGE, "read", walk_models),
            lambda: caller.bare(IMAGE, "read", walk_dicts),
            times=3,
            bound=1.6,
        )
