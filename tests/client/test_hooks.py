"""Tests that our classes extend azure-core's through public hooks only."""

import importlib
import inspect
import pkgutil
from typing import Any, Iterator

from azure.ai.vision import imageanalysis


def our_classes() -> Iterator[Any]:
    """Yield every class that a module of the package defines."""
    for found in pkgutil.walk_packages(imageanalysis.__path__, f"{imageanalysis.__name__}."):
        if ".emulator" not in found.name:
            for _, kind in inspect.getmembers(importlib.import_module(found.name), inspect.isclass):
                if kind.__module__ == found.name:
                    yield kind


def private_names_of_azure_core(kind: Any) -> Iterator[str]:
    """Yield the underscored names that a class shares with a class of azure-core among its ancestors."""
    ours = {name for base in kind.__mro__ if base.__module__.startswith(imageanalysis.__name__) for name in vars(base)}
    for base in kind.__mro__:
        if base.__module__.startswith("azure.core"):
            for name in ours & set(vars(base)):
                if name.startswith("_") and not name.endswith("__") and name != "_abc_impl":  # which Python makes
                    yield name


CLASSES = list(our_classes())


def test_no_class_overrides_a_private_name_of_azure_core() -> None:
    assert [name for kind in CLASSES for name in private_names_of_azure_core(kind)] == []
