"""What do all tests share?"""

import os
from typing import Any

import pytest
from certificates import Certificates, make_certificates
from flavours import Flavour


@pytest.fixture(params=["sync", "async"])
def flavour(request: Any) -> Flavour:
    """Each of the two clients in turn."""
    return Flavour(request.param == "async")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that the machine's owner has set up changes what a client does."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("AZURE_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """What a server of https, and a client that trusts it, need."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))
