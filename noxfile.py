"""The checks, one session for each.

``python -m nox --list`` lists them, ``python -m nox -s types`` runs one. They run in the environment of nox, installed
by ``pip install -e ".[dev,ci]"``; only sessions that need another environment create one.
"""

import json
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Set

import nox

PYTHONS = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]
PACKAGE = "azure.ai.vision.imageanalysis"
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
EMULATOR = "*/imageanalysis/emulator/*"
IN_PARALLEL = ["-q", "-n", "auto"]
"""Arguments of pytest. README's command runs the tests one by one."""

# Find all Pythons that pyenv has installed: its shims may not offer them.
os.environ["PATH"] = os.pathsep.join([*map(str, Path.home().glob(".pyenv/versions/*/bin")), os.environ["PATH"]])

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.stop_on_first_error = True


def first_installed(*pythons: str) -> str:
    """Return the first of these Pythons that is installed, or the first of all."""
    return next((python for python in pythons if shutil.which(f"python{python}")), pythons[0])


def run(session: nox.Session, module: str, *arguments: str) -> None:
    session.run(sys.executable, "-m", module, *arguments, external=True)


@nox.session(python=False)
def lint(session: nox.Session) -> None:
    """Check for mistakes and formatting with ruff."""
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")


@nox.session(python=False)
def types(session: nox.Session) -> None:
    """Check the package, the samples and programs of users with mypy and pyright."""
    run(session, "mypy")
    run(session, "pyright", "--pythonpath", sys.executable)
    session.run(sys.executable, "tests/typing/check.py", external=True)


@nox.session
def public(session: nox.Session) -> None:
    """Check with pyright that every public name of the installed package has a known type and a docstring."""
    session.install(".[aio]", "pillow", "pyright[nodejs]")
    with session.chdir(session.create_tmp()):
        command = ["pyright", "--verifytypes", PACKAGE, "--ignoreexternal", "--outputjson"]
        quiet = {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
        report = json.loads(str(session.run(*command, env=quiet, silent=True, success_codes=[0, 1])))
    findings = [
        finding["message"]
        for symbol in report["typeCompleteness"]["symbols"]
        if symbol["name"].startswith(PACKAGE)
        for finding in symbol["diagnostics"]
    ]
    score = report["typeCompleteness"]["completenessScore"]
    session.log(f"Type completeness {score:.1%}")
    if score < 1 or findings:
        session.error("\n".join(findings))


@nox.session(python=False)
def docs(session: nox.Session) -> None:
    """Build the site: every page and docstring, without a warning or an unresolved reference."""
    run(session, "sphinx", "-W", "-n", "--keep-going", "-E", "-q", "docs", "docs/_build")


@nox.session(python=False)
def coverage(session: nox.Session) -> None:
    """Check that the tests reach every line and branch of the library, and nearly all of the emulator.

    Much of the emulator runs in processes that are killed, where coverage cannot be measured. So it has a lower bound
    of its own, which does not hide a gap in the library.
    """
    run(session, "pytest", *IN_PARALLEL, "--cov", "--cov-report=", *session.posargs)
    run(session, "coverage", "report", f"--omit={EMULATOR}", "--fail-under=100")
    run(session, "coverage", "report", f"--include={EMULATOR}", "--fail-under=90")


@nox.session(python=first_installed("3.11", "3.10", "3.9", "3.8"))
def guidelines(session: nox.Session) -> None:
    """Check Azure's guidelines for SDKs. The checker needs an old pylint, and that Python 3.8 to 3.11."""
    session.install("azure-pylint-guidelines-checker", "pylint<3", "setuptools", ".[aio]")
    session.run("pylint", "azure")


@nox.session(python=[python for python in PYTHONS if python != THIS_PYTHON])
def tests(session: nox.Session) -> None:
    """Run the tests on every other Python: all of them on the newest, and those that are not slow on the rest.

    The slow tests also run on this Python, for the coverage, and most of them on the oldest, with the lowest versions.
    """
    session.install("-e", ".[dev]")
    selected = [] if session.python == first_installed(*reversed(PYTHONS)) else ["-m", "not slow"]
    session.run("python", "-m", "pytest", *IN_PARALLEL, *selected, *session.posargs)


@nox.session(python=first_installed(*PYTHONS))
def lowest(session: nox.Session) -> None:
    """Run the tests of the package with the lowest versions that pyproject.toml allows."""
    session.install("-e", ".[dev]", "azure-core==1.30.0", "isodate==0.6.1", "typing-extensions==4.6.0")
    folders = [f"tests/{name}" for name in ("client", "models", "package", "emulator")]
    session.run("python", "-m", "pytest", *IN_PARALLEL, *folders, *session.posargs)


@nox.session(python="pypy3")
def pypy(session: nox.Session) -> None:
    """Run the tests of the models, and one call of each client, on PyPy."""
    session.install("--prefer-binary", ".[aio]", "pytest")
    options = ["-q", "-c", os.devnull, "--rootdir", ".", "--noconftest", "-p", "no:cacheprovider"]
    session.run("python", "-m", "pytest", *options, "tests/models", env={"PYTHONPATH": "tests/helpers"})
    for sample in ("sample_caption_image_file.py", "async_samples/sample_caption_image_file_async.py"):
        call = [".ci/with_emulator.py", str(Path(session.bin, "python")), f"samples/{sample}"]
        session.run(sys.executable, *call, external=True)


@nox.session
def browser(session: nox.Session) -> None:
    """Run the tests of the models, and one asynchronous call, in WebAssembly: in Pyodide under Node.js."""
    if not shutil.which("npm"):
        session.skip("Node.js is not installed")
    from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator

    folder = Path(session.create_tmp()).resolve()
    session.run("npm", "install", "--silent", "--prefix", str(folder), "pyodide@314", external=True)
    session.run("python", "-m", "pip", "wheel", "-q", "--wheel-dir", str(folder / "wheels"), ".", "pytest")
    program = ["tests/browser/run.mjs", str(folder / "node_modules/pyodide/pyodide.mjs"), str(folder / "wheels"), "."]
    with ImageAnalysisEmulator(ocr=False, https=True) as emulator:
        trusted = {"NODE_EXTRA_CA_CERTS": emulator.ca_file}
        session.run("node", *program, env={**emulator.environment(), **trusted}, external=True)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Run the benchmarks on small sizes. Their figures are not checked."""
    session.install("-e", ".[benchmarks]")
    session.run("pytest", "tests/benchmarks", "--quick", *session.posargs)
    session.run("python", "tests/benchmarks/bench_ocr.py", "--help", silent=True)


@nox.session(python=False)
def build(session: nox.Session) -> None:
    """Build sdist and wheel without a deprecation warning, from a clean tree, with exactly the project's files."""
    shutil.rmtree("dist", ignore_errors=True)
    project = str(session.run("git", "ls-files", external=True, silent=True)).splitlines()
    with tempfile.TemporaryDirectory() as folder:
        # Files left by an earlier build would be packed, too.
        for name in project:
            target = Path(folder, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, target)
        command = [sys.executable, "-m", "build", "--outdir", "dist", folder]
        output = str(session.run(*command, external=True, silent=True))
    if "deprecat" in output.lower():
        session.error(output)
    (sdist,) = Path("dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        packed = {member.name.partition("/")[2] for member in archive if member.isfile()}
    packed = {name for name in packed if ".egg-info/" not in name} - {"PKG-INFO", "setup.cfg"}
    compare(session, "sdist", packed, {name for name in project if not name.startswith(".git")})
    (wheel,) = Path("dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    compare(session, "wheel", packed, {name for name in project if name.startswith(("azure/", "_image_analysis"))})


def compare(session: nox.Session, kind: str, packed: Set[str], expected: Set[str]) -> None:
    """Fail unless a distribution has exactly the files of the project."""
    if packed != expected:
        session.error(f"{kind}: without {sorted(expected - packed)}, but with {sorted(packed - expected)}")


@nox.session
@nox.parametrize("pattern", ["*.tar.gz", "*.whl"], ids=["sdist", "wheel"])
def installed(session: nox.Session, pattern: str) -> None:
    """Run samples with the built distributions, the wheel also with its extras, in an empty environment elsewhere."""
    (package,) = Path("dist").resolve().glob(pattern)
    samples = Path("samples").resolve()
    served = [sys.executable, str(Path(".ci/with_emulator.py").resolve()), str(Path(session.bin, "python"))]
    with session.chdir(session.create_tmp()):
        session.install(str(package))
        session.run("python", "-c", f"import azure.core, {PACKAGE}.aio as it; assert 'site-packages' in it.__file__")
        session.run(*served, str(samples / "sample_caption_image_file.py"), external=True)
        if pattern == "*.whl":
            session.install(f"{package}[aio,identity]")
            sample = samples / "async_samples" / "sample_caption_image_file_entra_id_auth_async.py"
            session.run(*served, str(sample), external=True)
            # As a user without Azure: the emulator reads an unknown page.
            session.install(f"{package}[emulator]")
            page = [str(samples / "sample_ocr_image_file.py"), str(samples / "page.jpg")]
            session.run("python", served[1], "python", *page)
