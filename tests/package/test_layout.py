"""Checks the package's structure: imports point downward, the clients are twins, everything public is documented."""

import ast
import importlib
import inspect
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Optional, Tuple, Union, get_type_hints

import public_api
import pytest
from azure.ai.vision.imageanalysis import ImageAnalysisClient, aio
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, VisualFeatures
from project import ROOT

PACKAGE = ROOT / "azure" / "ai" / "vision" / "imageanalysis"
# The emulator is an application beside the library, with dependencies and an order of its own.
EMULATOR = PACKAGE / "emulator"
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


def modules() -> Iterator[Tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if EMULATOR in path.parents:
            continue
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path


MODULES = dict(modules())


class Imports(ast.NodeVisitor):
    """The package's modules that one of them imports when it runs."""

    def __init__(self, module: str, path: Path) -> None:
        is_package = path.name == "__init__.py"
        self._folder = module.split(".") if module and is_package else module.split(".")[:-1]
        self.found: List[str] = []
        self.visit(ast.parse(path.read_text("utf-8")))

    def visit_If(self, node: ast.If) -> None:
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        assert not [name.name for name in node.names if name.name.startswith(NAME)], "inside, imports are relative"

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if not node.level:
            assert not str(node.module).startswith(NAME), "inside, imports are relative"
            return
        folder = self._folder[: len(self._folder) - node.level + 1]
        target = ".".join([*folder, *([node.module] if node.module else [])])
        for name in node.names:
            inner = f"{target}.{name.name}" if target else name.name
            self.found.append(inner if inner in MODULES else target)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downward(module: str) -> None:
    assert module in HEIGHTS, f"add {module} to LAYERS"
    imported = Imports(module, MODULES[module]).found
    assert [target for target in imported if HEIGHTS[target] >= HEIGHTS[module]] == []
    if module in MODELS:
        assert set(imported) <= MODELS  # they know nothing of HTTP


def test_library_does_not_import_the_emulator() -> None:
    assert [name for name, path in MODULES.items() if "emulator" in path.read_text("utf-8")] == []


METHODS = sorted(public_api.CLIENT_NAMES)


def test_signatures_are_those_of_1_0_0() -> None:
    for name, function in vars(public_api.SyncClient).items():
        if inspect.isfunction(function):
            assert inspect.signature(getattr(ImageAnalysisClient, name)) == inspect.signature(function), name


def test_methods_of_the_asynchronous_client_are_awaited() -> None:
    awaited = {
        name
        for name in dir(aio.ImageAnalysisClient)
        if inspect.iscoroutinefunction(getattr(aio.ImageAnalysisClient, name))
    }
    assert {"analyze", "analyze_from_url", "close", "__aenter__", "__aexit__", "_analyze_from_url"} <= awaited
    assert "send_request" not in awaited  # it returns an awaitable, as in 1.0.0


@pytest.mark.parametrize("client", [ImageAnalysisClient, aio.ImageAnalysisClient], ids=["sync", "async"])
def test_clients_public_names_are_pinned(client: Any) -> None:
    assert {name for name in dir(client) if not name.startswith("_")} == public_api.CLIENT_NAMES


@pytest.mark.parametrize("module, names", public_api.PUBLIC_NAMES.items())
def test_modules_public_names_are_pinned(module: str, names: List[str]) -> None:
    imported = importlib.import_module(module)
    assert imported.__all__ == names
    submodules = {name for name in MODULES if not name.startswith("_") and "." not in name} | {"emulator"}
    public = {name for name in vars(imported) if not name.startswith("_")}
    assert public - submodules - {"VERSION"} == set(names)


@pytest.mark.parametrize("name", METHODS)
def test_both_clients_take_the_same_arguments(name: str) -> None:
    ours, theirs = (inspect.signature(getattr(each, name)) for each in (ImageAnalysisClient, aio.ImageAnalysisClient))
    assert ours.parameters == theirs.parameters


def public_callables() -> Iterator[Tuple[str, Any]]:
    for module, names in public_api.PUBLIC_NAMES.items():
        for name in names:
            kind = getattr(importlib.import_module(module), name)
            yield f"{module}.{name}", kind
            for method in dir(kind):
                if inspect.isfunction(getattr(kind, method)):
                    yield f"{module}.{name}.{method}", getattr(kind, method)


CALLABLES = dict(public_callables())


def test_type_hints_can_be_resolved() -> None:
    for function in CALLABLES.values():
        hints = get_type_hints(function)
        if inspect.isfunction(function):
            parameters = inspect.signature(function).parameters.values()
            assert {each.name for each in parameters if each.annotation is not each.empty} <= set(hints), function


@pytest.mark.parametrize("client", [ImageAnalysisClient, aio.ImageAnalysisClient], ids=["sync", "async"])
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
    ("Default: with aiohttp.", "Default: with requests."),
    ("transport.AsyncHttpTransport", "transport.HttpTransport"),
    ("rest.AsyncHttpResponse", "rest.HttpResponse"),
]


@pytest.mark.parametrize("name", [None, *METHODS])
def test_both_clients_have_the_same_text(name: Optional[str]) -> None:
    sync_text, async_text = [
        " ".join(str(inspect.getdoc(getattr(each, name) if name else each)).split())
        for each in (ImageAnalysisClient, aio.ImageAnalysisClient)
    ]
    for async_words, sync_words in WORDS:
        async_text = async_text.replace(async_words, sync_words)
    assert async_text == sync_text


def public_definitions() -> Iterator[Tuple[str, Any, bool]]:
    """Every function, method and class whose name is not private, and whether ``__all__`` of a module leads to it."""
    exported = {name for names in public_api.PUBLIC_NAMES.values() for name in names}

    def below(title: str, node: Any, exported_holder: bool) -> Iterator[Tuple[str, Any, bool]]:
        for child in node.body:
            if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                if not child.name.startswith("_"):
                    is_exported = exported_holder or (node is tree and child.name in exported)
                    yield f"{title}{child.name}", child, is_exported
                    if isinstance(child, ast.ClassDef):
                        yield from below(f"{title}{child.name}.", child, is_exported)

    for module, path in MODULES.items():
        tree = ast.parse(path.read_text("utf-8"))
        yield from below(f"{module or '__init__'}:", tree, False)


def missing_documentation(node: Any, is_exported: bool) -> Iterator[str]:
    """List what the docstring of a definition omits."""
    text = ast.get_docstring(node) or ""
    if isinstance(node, ast.ClassDef):
        # A few classes give each instance a text of its own, as functools.partial does.
        if not text and "__doc__" not in {
            getattr(each.target, "id", "") for each in node.body if hasattr(each, "target")
        }:
            yield "a docstring"
        return
    if not text:
        yield "a docstring"
    if not is_exported:
        return
    arguments = [*node.args.args, *node.args.kwonlyargs]
    described = {"self", "cls", *_described(text)}
    yield from (each.arg for each in arguments if each.arg not in described)
    returns = node.returns is not None and not (isinstance(node.returns, ast.Constant) and node.returns.value is None)
    decorators = {getattr(decorator, "id", None) for decorator in node.decorator_list}
    if returns and "property" not in decorators and ":return:" not in text:
        yield ":return:"


def _described(text: str) -> Iterator[str]:
    # ":param str name:" and ":keyword name:" both describe name.
    for line in text.splitlines():
        if line.startswith((":param ", ":keyword ")):
            yield line[1:].partition(":")[0].split()[-1]


def test_public_definitions_are_documented() -> None:
    exported = {}
    for title, node, is_exported in public_definitions():
        exported[title] = is_exported
        assert list(missing_documentation(node, is_exported)) == [], title
    assert exported["_client:ImageAnalysisClient.analyze"]
    assert exported["models._models:ImagePoint"]
    assert False in exported.values()
