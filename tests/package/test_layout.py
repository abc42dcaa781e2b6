"""Tests of the package's structure: imports point downward, the clients are twins, public names are those of 1.0.0."""

import ast
import importlib
import inspect
import re
from importlib.util import resolve_name
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Optional, Tuple, Union, get_type_hints

import public_api
import pytest
from azure.ai.vision.imageanalysis import ImageAnalysisClient, aio
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, VisualFeatures
from project import PACKAGE, ROOT

NAME = "azure.ai.vision.imageanalysis"

# Each module may import from the layers above its own, but not from its own.
LAYERS = [
    {"_version", "_body", "_errors", "_image", "_retry", "_urls", "_model_base", "models._enums"},
    {"_redirect", "_authentication", "models._models"},
    {"_policies", "models"},
    {"_configuration"},
    {"_wire"},
    {"_client", "aio._client"},
    {"", "aio"},
]
HEIGHTS = {module: height for height, layer in enumerate(LAYERS) for module in layer}
MODELS = {"_model_base", "models", "models._enums", "models._models"}

CLIENTS = [ImageAnalysisClient, aio.ImageAnalysisClient]
METHODS = sorted(public_api.CLIENT_NAMES)
each_client = pytest.mark.parametrize("client", CLIENTS, ids=["sync", "async"])


def modules() -> Iterator[Tuple[str, Path]]:
    """Yield the modules of the library. The emulator is an application beside it, with an order of its own."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] != "emulator":
            yield ".".join(part for part in parts if part != "__init__"), path


MODULES = dict(modules())


def imported_by(path: Path) -> Iterator[str]:
    """Yield the package's modules that a module imports when it runs."""
    package = ".".join([NAME, *path.parent.relative_to(PACKAGE).parts])
    tree = ast.parse(path.read_text("utf-8"))
    guarded = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    for_types = {inner for node in guarded for inner in ast.walk(node)}
    for node in set(ast.walk(tree)) - for_types:
        names: List[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            names = [f"{origin}.{alias.name}" for alias in node.names]
        for name in names:
            inner = name[len(NAME) + 1 :]
            if name.startswith(NAME):
                yield inner if inner in MODULES else inner.rpartition(".")[0]


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downward(module: str) -> None:
    assert module in HEIGHTS, f"add {module} to LAYERS"
    imported = set(imported_by(MODULES[module]))
    assert {target for target in imported if HEIGHTS[target] >= HEIGHTS[module]} == set()
    if module in MODELS:
        assert imported <= MODELS  # they know nothing of HTTP


@pytest.mark.parametrize("folder", ["azure", "azure/ai", "azure/ai/vision"])
def test_namespaces_are_open_to_other_distributions(folder: str) -> None:
    assert not (ROOT / folder / "__init__.py").exists()
    assert getattr(importlib.import_module(folder.replace("/", ".")), "__file__", None) is None


def test_library_does_not_import_the_emulator() -> None:
    assert [name for name, path in MODULES.items() if "emulator" in path.read_text("utf-8")] == []


def test_signatures_are_those_of_1_0_0() -> None:
    for name, function in vars(public_api.SyncClient).items():
        if inspect.isfunction(function):
            assert inspect.signature(getattr(ImageAnalysisClient, name)) == inspect.signature(function), name


@pytest.mark.parametrize("name", METHODS)
def test_clients_differ_by_await(name: str) -> None:
    ours, theirs = (inspect.signature(getattr(client, name)) for client in CLIENTS)
    assert ours.parameters == theirs.parameters
    is_awaited = inspect.iscoroutinefunction(getattr(aio.ImageAnalysisClient, name))
    assert is_awaited is (name != "send_request")  # which returns an awaitable, as in 1.0.0


@each_client
def test_clients_public_names_are_pinned(client: Any) -> None:
    assert {name for name in dir(client) if not name.startswith("_")} == public_api.CLIENT_NAMES


@pytest.mark.parametrize("module, names", public_api.PUBLIC_NAMES.items())
def test_modules_public_names_are_pinned(module: str, names: List[str]) -> None:
    imported = importlib.import_module(module)
    assert imported.__all__ == names
    submodules = {name for name in MODULES if not name.startswith("_") and "." not in name} | {"emulator"}
    public = {name for name in vars(imported) if not name.startswith("_")}
    assert public - submodules - {"VERSION"} == set(names)


@pytest.mark.parametrize("module, names", public_api.PUBLIC_NAMES.items())
def test_type_hints_can_be_resolved(module: str, names: List[str]) -> None:
    for name in names:
        kind = getattr(importlib.import_module(module), name)
        get_type_hints(kind)
        for function in vars(kind).values():
            if inspect.isfunction(function):
                parameters = inspect.signature(function).parameters.values()
                annotated = {each.name for each in parameters if each.annotation is not each.empty}
                assert annotated <= set(get_type_hints(function)), function


@each_client
def test_schema_can_be_made_of_the_types_of_analyze(client: Any) -> None:
    # As pydantic and the libraries for agents do, which know classes but no protocols.
    hints = get_type_hints(client.analyze)
    assert hints["image_data"] is bytes
    assert hints["visual_features"] == Iterable[Union[VisualFeatures, str]]
    assert hints["language"] == Optional[str]
    assert hints["smart_crops_aspect_ratios"] == Optional[Iterable[float]]
    assert hints["return"] is ImageAnalysisResult


# Where the text of the asynchronous client differs.
WORDS = [
    ("by many tasks of one event loop at once", "by many threads at once"),
    ("an ``async with`` block", "a ``with`` block"),
    ("credentials_async.AsyncTokenCredential", "credentials.TokenCredential"),
    ("one that uses aiohttp.", "one that uses requests."),
    ("transport.AsyncHttpTransport", "transport.HttpTransport"),
    ("rest.AsyncHttpResponse", "rest.HttpResponse"),
]


@pytest.mark.parametrize("name", [None, *METHODS])
def test_both_clients_have_the_same_text(name: Optional[str]) -> None:
    sync_text, async_text = [
        " ".join(str(inspect.getdoc(getattr(each, name) if name else each)).split()) for each in CLIENTS
    ]
    for async_words, sync_words in WORDS:
        async_text = async_text.replace(async_words, sync_words)
    assert async_text == sync_text


@pytest.mark.parametrize("name", [None, *METHODS])
def test_text_describes_each_parameter(name: Optional[str]) -> None:
    function = getattr(ImageAnalysisClient, name) if name else ImageAnalysisClient
    text = inspect.getdoc(function) or ""
    described = {"self", "kwargs", *re.findall(r"^:(?:param|keyword) (?:[^:\n]* )?(\w+):", text, re.MULTILINE)}
    assert set(inspect.signature(function).parameters) <= described
    assert (":return:" in text) is (name in ("analyze", "analyze_from_url", "send_request"))
