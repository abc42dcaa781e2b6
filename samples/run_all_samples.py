"""Runs the samples, and shows the output of the first ones, the outcomes and the times.

Without VISION_ENDPOINT and VISION_KEY in the environment, the samples call the emulator, which runs meanwhile: no Azure
account, no network. With both set, the samples call that service.
"""

import argparse
import ast
import asyncio
import contextlib
import importlib.util
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, FrozenSet, Iterator, List, Mapping, Optional, Set

SAMPLES = Path(__file__).resolve().parent
# These come first, and their output is shown: all features of a known picture, and the text of an unknown page.
SHOWN_FIRST = ("sample_analyze_all_image_file", "sample_ocr_image_file")

# Imports show what a sample needs, except for a library that another one imports only on use.
ALSO_NEEDED = {"azure.ai.vision.imageanalysis.aio": "aiohttp", "azure.identity.aio": "aiohttp"}
# A sample fails without these, which are not optional.
NEVER_SKIPPED = ("azure.ai.vision.imageanalysis", "azure.core")

# The variables that a process needs. With the emulator, all others are removed: proxies, certificates and credentials
# of the user could lead the samples away from it.
KEPT_VARIABLES = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYTHONPATH"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP"),
)


@dataclass(frozen=True)
class Sample:
    """One sample: its file and the names of the modules that it imports."""

    path: Path
    modules: FrozenSet[str]

    @property
    def title(self) -> str:
        """The file name, relative to the folder of the samples."""
        return self.path.relative_to(SAMPLES).as_posix()

    @property
    def uses_entra_id(self) -> bool:
        """Whether it signs in with a token, which requires https and, at Azure, more than a key."""
        return any(module.startswith("azure.identity") for module in self.modules)

    @property
    def reads_page(self) -> bool:
        """Whether it needs the text of a picture that the emulator does not know."""
        return "page.jpg" in self.path.read_text(encoding="utf-8", errors="replace")

    def missing_library(self) -> Optional[str]:
        """The first missing library."""
        needed = set(self.modules)
        needed.update(ALSO_NEEDED[module] for module in self.modules if module in ALSO_NEEDED)
        for module in sorted(needed):
            if not module.startswith(NEVER_SKIPPED) and not is_installed(module):
                return module
        return None


@dataclass(frozen=True)
class Outcome:
    """The outcome of one sample."""

    word: str
    note: str = ""
    seconds: Optional[float] = None
    output: str = ""


def is_installed(module: str) -> bool:
    """Return whether a module can be found."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of a package above it
        return False


def can_recognize_text() -> bool:
    """Return whether the emulator can recognize text."""
    return is_installed("rapidocr") and is_installed("onnxruntime")


def imported_modules(path: Path) -> FrozenSet[str]:
    """Return the modules that a script imports anywhere except in a ``try``."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError:
        return frozenset()  # running it will report the error
    names: Set[str] = set()
    optional = {part for node in ast.walk(tree) if isinstance(node, ast.Try) for part in ast.walk(node)}
    for node in set(ast.walk(tree)) - optional:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
    return frozenset(names)


def find_samples() -> List[Sample]:
    """Find all samples: first those whose output is shown, then the synchronous, then the asynchronous ones."""
    paths = sorted(SAMPLES.glob("sample_*.py")) + sorted(SAMPLES.glob("async_samples/sample_*.py"))
    paths.sort(key=lambda path: SHOWN_FIRST.index(path.stem) if path.stem in SHOWN_FIRST else len(SHOWN_FIRST))
    return [Sample(path, imported_modules(path)) for path in paths]


def choose(samples: List[Sample], names: List[str]) -> List[Sample]:
    """Select samples by name, with or without folder and extension; without names, all of them."""
    if not names:
        return samples
    wanted = {Path(name).stem: name for name in names}
    unknown = set(wanted) - {sample.path.stem for sample in samples}
    if unknown:
        raise ValueError(f"no such sample: {', '.join(sorted(wanted[stem] for stem in unknown))} (see --list)")
    return [sample for sample in samples if sample.path.stem in wanted]


@contextlib.contextmanager
def service_for(samples: List[Sample]) -> Iterator[Callable[[Sample], Dict[str, str]]]:
    """Start a service, and yield a function that returns the environment for a sample."""
    if os.environ.get("VISION_ENDPOINT"):
        print(f"The samples call the service at {os.environ['VISION_ENDPOINT']}.")
        yield lambda sample: {**os.environ, "PYTHONIOENCODING": "utf-8"}
        return

    try:
        from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
    except ModuleNotFoundError as error:
        raise SystemExit(f"{error}, or set VISION_ENDPOINT and VISION_KEY to use your own Azure resource.") from None

    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    kept.update(PYTHONIOENCODING="utf-8", NO_PROXY="127.0.0.1,localhost")
    with contextlib.ExitStack() as services:
        # Tokens require https; for the others, http is simpler.
        secured = {
            https: services.enter_context(ImageAnalysisEmulator(https=https)).environment()
            for https in sorted({sample.uses_entra_id for sample in samples})
        }
        print("The samples call the emulator, which knows one of their pictures and recognizes text in any.")
        if not can_recognize_text():
            print("Its packages for text are not installed (they need Python 3.9 or later): it recognizes none.")
        yield lambda sample: {**kept, **secured[sample.uses_entra_id]}


async def run(sample: Sample, environment: Mapping[str, str], timeout: float) -> Outcome:
    """Run one sample as a program in an empty folder, and end it if it takes too long."""
    started = time.monotonic()
    # The output goes to a file: with a pipe, that of a stopped sample would be lost.
    with tempfile.TemporaryDirectory(prefix="sample-") as folder, tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(sample.path),
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            status = await asyncio.wait_for(process.wait(), timeout)
            failure = f"exit status {status}" if status else ""
        except asyncio.TimeoutError:
            failure = f"stopped after {timeout:g} seconds"
        finally:
            await stop(process)
        log.seek(0)
        output = log.read().decode("utf-8", errors="replace")
    return Outcome("failed" if failure else "passed", failure, time.monotonic() - started, output)


async def stop(process: asyncio.subprocess.Process) -> None:
    """End a process that is still running, and its child processes."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    # Ctrl-C can cancel a task twice; wait for the process nevertheless.
    end = asyncio.ensure_future(process.wait())
    while not end.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(end)


def reason_to_skip(sample: Sample, entra_id: bool) -> str:
    """Return the reason why a sample cannot run here, or an empty text."""
    if sample.reads_page and not os.environ.get("VISION_ENDPOINT") and not can_recognize_text():
        return "needs text recognition, which is not installed"
    library = sample.missing_library()
    if library is not None:
        return f"needs the library {library}, which is not installed"
    if sample.uses_entra_id and os.environ.get("VISION_ENDPOINT") and not entra_id:
        return "needs a sign-in with Entra ID, ask for it with --entra-id"
    return ""


async def run_all(samples: List[Sample], options: argparse.Namespace) -> Dict[str, int]:
    """Run the samples, a few at a time, report them in order, and count the outcomes."""
    skipped = {sample: reason_to_skip(sample, options.entra_id) for sample in samples}
    at_once = asyncio.Semaphore(options.jobs)
    count = {"passed": 0, "failed": 0, "skipped": 0}

    async def outcome_of(sample: Sample, environment_of: Callable[[Sample], Dict[str, str]]) -> Outcome:
        if skipped[sample]:
            return Outcome("skipped", skipped[sample])
        async with at_once:
            return await run(sample, environment_of(sample), options.timeout)

    with service_for([sample for sample in samples if not skipped[sample]]) as environment_of:
        tasks = [asyncio.ensure_future(outcome_of(sample, environment_of)) for sample in samples]
        try:
            for sample, task in zip(samples, tasks):
                outcome = await task
                count[outcome.word] += 1
                report(sample, outcome, show_output=bool(options.names) or sample.title[:-3] in SHOWN_FIRST)
        finally:
            # Only an interruption leaves tasks behind. The service stops after them.
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return count


def report(sample: Sample, outcome: Outcome, show_output: bool) -> None:
    """Print one line about a sample, and its output if requested or if it failed."""
    if outcome.output and (show_output or outcome.word == "failed"):
        print(f"\n--- {sample.title}\n{outcome.output.rstrip()}\n---\n")
    seconds = "" if outcome.seconds is None else f"{outcome.seconds:.1f} s"
    note = f" ({outcome.note})" if outcome.note else ""
    print(f"{outcome.word:7} {seconds:>7}  {sample.title}{note}", flush=True)


def parse(arguments: Optional[List[str]]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description="Run the samples and show which passed.",
        epilog="Without the environment variables VISION_ENDPOINT and VISION_KEY the samples run against the emulator, "
        "which is started and stopped here. With both set they run against the service at that endpoint; every call "
        "then counts on your Azure bill.",
    )
    parser.add_argument("names", nargs="*", metavar="SAMPLE", help="run only these, and show what they print")
    parser.add_argument("--list", action="store_true", help="print the names of the samples and stop")
    parser.add_argument(
        "--entra-id",
        action="store_true",
        help="with your own service: run the samples that sign in with Entra ID too. They need a sign-in that "
        "DefaultAzureCredential finds, such as `az login`, and the role Cognitive Services User. "
        "(The emulator offers such a sign-in itself, so there they always run.)",
    )
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1), help="samples at once (%(default)s)")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds that a sample may take (%(default)g)")
    options = parser.parse_args(arguments)
    if options.jobs < 1:
        parser.error("--jobs must be 1 or more")
    if bool(os.environ.get("VISION_ENDPOINT")) != bool(os.environ.get("VISION_KEY")):
        parser.error("set both VISION_ENDPOINT and VISION_KEY to use that service, or none to use the emulator")
    try:
        options.samples = choose(find_samples(), options.names)
    except ValueError as error:
        parser.error(str(error))
    return options


def main(arguments: Optional[List[str]] = None) -> int:
    """Run the program, and return the exit status."""
    options = parse(arguments)
    if options.list:
        for sample in options.samples:
            print(sample.title)
        return 0
    try:
        count = asyncio.run(run_all(options.samples, options))
    except KeyboardInterrupt:
        print("\nStopped; no sample is running any more.", file=sys.stderr)
        return 130
    print(f"\n{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
