"""Tests that failures change nothing that the process shares with other libraries."""

import copy
import copyreg
import inspect
import pickle
from typing import Any, Dict

import pytest
from azure.core import exceptions
from azure.core.exceptions import AzureError
from client_kinds import ClientKind
from faults import FAULTS
from faulty_server import FaultyServer

CLASSES = [kind for _, kind in inspect.getmembers(exceptions, inspect.isclass) if issubclass(kind, BaseException)]
FAILURES = [
    "connection: closed without a response",
    "body: cut JSON",
    "body: not gzip",
    "status: 401",
    "status: 307 to itself",
]


def state() -> Dict[Any, Any]:
    """Return what other libraries see: the registry of pickle and copy, and azure-core's exceptions."""
    return {
        "copyreg": {kind: id(reducer) for kind, reducer in copyreg.dispatch_table.items()},
        **{kind: {name: id(value) for name, value in vars(kind).items() if name != "__doc__"} for kind in CLASSES},
    }


@pytest.mark.parametrize("name", FAILURES)
def test_failure_changes_neither_a_registry_nor_azure_cores_classes(client_kind: ClientKind, name: str) -> None:
    before = state()
    fault = FAULTS[name]
    with FaultyServer(*fault.script) as server:
        with client_kind.client(server.origin, retry_backoff_factor=0) as client, pytest.raises(AzureError) as caught:
            client.analyze(b"image", ["caption"], **fault.call)
    copy.copy(caught.value)
    pickle.loads(pickle.dumps(caught.value))
    assert state() == before


def test_exception_of_another_library_is_copied_as_before() -> None:
    error = AzureError("theirs", error=ValueError("inner"))
    assert "__reduce_ex__" not in vars(error)
    assert isinstance(copy.copy(error).inner_exception, ValueError)
