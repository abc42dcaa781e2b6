"""Fixtures and settings of all tests."""

import os
import signal
from typing import Any

import pytest
from certificates import Certificates, make_certificates
from client_kinds import ClientKind
from libraries import LEAVES_TRANSPORTS_OPEN


def pytest_configure(config: pytest.Config) -> None:
    """Tolerate warnings of older libraries, and let programs that tests start be interrupted."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # the tests were started in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if LEAVES_TRANSPORTS_OPEN:
        config.addinivalue_line("filterwarnings", "ignore:unclosed:ResourceWarning")
        # Older versions of aiohttp never await the writer of a connection that is lost at once.
        config.addinivalue_line("filterwarnings", "ignore:coroutine .ClientRequest.write_bytes:RuntimeWarning")


@pytest.fixture(params=["sync", "async"])
def client_kind(request: Any) -> ClientKind:
    """Each of the two clients in turn."""
    return ClientKind(request.param == "async")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove settings of the machine's owner that would change what a client does."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("AZURE_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """What an https server, and a client that trusts it, need."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))
