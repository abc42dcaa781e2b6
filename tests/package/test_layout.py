"""Checks the package's structure: imports point downward, the clients are twins, everything public is documented."""

import ast
import importlib
import inspect
from pathlib import Path
from typing import Any, Iterator, List, Optional, Tuple, get_type_hints

import public_api
import pytest
from azure.ai.vision.imageanalysis import ImageAnalysisClient, aio
from azure.ai.vision.imageanalysis._image import AsyncImageSource, ImageSource
from project import ROOT

PACKAGE = ROOT / "azure" / "ai" / "vision" / "imageanalysis"
# The emulator is an application beside the library, with dependencies and an order of its own.
EMULATOR = PACKAGE / "emulator"
PLUGIN = ROOT / "_image_analysis_pytest.py"
NAME = "azure.ai.vision.imageanalysis"

# Each module may import what stands above it, but nothing beside it.
LAYERS = [
    {"_version", "_body", "_errors", "_fields", "_image", "models._enums"},
    {"_attempts", "_loader"},
    {"_redirect", "_retry", "_attributes"},
    {"_authentication", "_model_base"},
    {"_policies"},
    {"_configuration", "models._models"},
    {"models"},
    {"_wire"},
    {"_client", "aio._client"},
    {"", "aio"},
]
HEIGHTS = {module: height for height, layer in enumerate(LAYERS) for module in layer}
KNOWS_NOTHING_OF_THE_WIRE = {
    "_fields",
    "_loader",
    "_attributes",
    "_model_base",
    "models",
    "models._enums",
    "models._models",
}


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
    assert module in HEIGHTS, f"give {module} its place in LAYERS"
    imported = Imports(module, MODULES[module]).found
    assert [target for target in imported if HEIGHTS[target] >= HEIGHTS[module]] == []
    if module in KNOWS_NOTHING_OF_THE_WIRE:
        assert set(imported) <= KNOWS_NOTHING_OF_THE_WIRE


def test_import_visitor_finds_imports() -> None:
    assert Imports("", MODULES[""]).found == ["_client", "_version"]
    assert {"models", "_configuration", "_wire"} <= set(Imports("aio._client", MODULES["aio._client"]).found)
    assert set(Imports("models._models", MODULES["models._models"]).found) == {"_fields", "_model_base"}


def test_library_does_not_import_the_emulator() -> None:
    assert [name for name, path in MODULES.items() if "emulator" in path.read_text("utf-8")] == []


def test_every_layer_still_exists() -> None:
    assert set(HEIGHTS) == set(MODULES)


METHODS = sorted(public_api.CLIENT_NAMES)


@pytest.mark.parametrize(
    "client, expected",
    [(ImageAnalysisClient, public_api.SyncClient), (aio.ImageAnalysisClient, public_api.AsyncClient)],
    ids=["sync", "async"],
)
def test_signatures_are_those_of_1_0_0(client: Any, expected: Any) -> None:
    for name, function in vars(expected).items():
        if inspect.isfunction(function):
            assert inspect.signature(getattr(client, name)) == inspect.signature(function), name
            assert inspect.iscoroutinefunction(getattr(client, name)) == inspect.iscoroutinefunction(function), name
    assert list(inspect.signature(client).parameters) == ["endpoint", "credential", "kwargs"]


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
    source = ours.parameters.get("image_data")
    expected = dict(ours.parameters)
    if source is not None:
        assert source.annotation == ImageSource
        expected["image_data"] = source.replace(annotation=AsyncImageSource)
    assert expected == dict(theirs.parameters)


def public_callables() -> Iterator[Tuple[str, Any]]:
    for module, names in public_api.PUBLIC_NAMES.items():
        for name in names:
            kind = getattr(importlib.import_module(module), name)
            yield f"{module}.{name}", kind
            for method in dir(kind):
                if inspect.isfunction(getattr(kind, method)):
                    yield f"{module}.{name}.{method}", getattr(kind, method)


CALLABLES = dict(public_callables())


@pytest.mark.parametrize("function", CALLABLES.values(), ids=CALLABLES)
def test_type_hints_can_be_resolved(function: Any) -> None:
    hints = get_type_hints(function)
    if inspect.isfunction(function):
        annotated = [
            each for each in inspect.signature(function).parameters.values() if each.annotation is not each.empty
        ]
        assert {each.name for each in annotated} <= set(hints)


# The few words in which the asynchronous client's text differs.
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


def test_text_differences_are_current() -> None:
    texts = [str(inspect.getdoc(each)) for each in (aio.ImageAnalysisClient, aio.ImageAnalysisClient.send_request)]
    text = " ".join(" ".join(texts).split())
    assert [words for words, _ in WORDS if words not in text] == []


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
    """What the docstring of a definition leaves out."""
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


def definitions(node: Any) -> Iterator[Any]:
    """Every class and function of a module, private ones too, but for special methods and what is inside functions."""
    for child in node.body:
        if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            if not child.name.startswith("__"):
                yield child
            if isinstance(child, ast.ClassDef):
                yield from definitions(child)


@pytest.mark.parametrize("path", [*EMULATOR.glob("*.py"), PLUGIN], ids=lambda path: path.name)
def test_emulators_private_helpers_have_a_docstring_too(path: Path) -> None:
    found = list(definitions(ast.parse(path.read_text("utf-8"))))
    assert [node.name for node in found if not ast.get_docstring(node)] == []
    assert found or path.name == "__init__.py"


def test_emulators_modules_are_described_by_statements() -> None:
    for path in [*EMULATOR.glob("*.py"), PLUGIN]:
        first = str(ast.get_docstring(ast.parse(path.read_text("utf-8")))).splitlines()[0]
        assert first.endswith(".") and "?" not in first, path


def test_files_are_small_and_have_a_docstring() -> None:
    files = [path for folder in ("azure", "samples", "tests") for path in (ROOT / folder).rglob("*.py")]
    assert Path(__file__).resolve() in files
    for path in files:
        text = path.read_text("utf-8")
        assert len(text.splitlines()) <= 500, path
        assert ast.get_docstring(ast.parse(text)), path
