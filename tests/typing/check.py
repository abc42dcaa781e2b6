"""Checks that mypy and pyright reject just the marked lines of rejected.py, and nothing in accepted.py."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Iterator, Set, Tuple

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FILES = ["tests/typing/accepted.py", "tests/typing/rejected.py"]

Line = Tuple[str, int]


def marked() -> Iterator[Line]:
    for number, line in enumerate((HERE / "rejected.py").read_text("utf-8").splitlines(), 1):
        if "  # rejected: " in line:
            yield "rejected.py", number


def refused_by_mypy() -> Iterator[Line]:
    command = [sys.executable, "-m", "mypy", "--hide-error-context", "--no-pretty", *FILES]
    output = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout
    for name, number in re.findall(r"^tests.typing.(\w+\.py):(\d+): error: ", output, re.MULTILINE):
        yield name, int(number)


def refused_by_pyright() -> Iterator[Line]:
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson", *FILES]
    output = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout
    for finding in json.loads(output)["generalDiagnostics"]:
        if finding["severity"] == "error":
            yield Path(finding["file"]).name, finding["range"]["start"]["line"] + 1


def main() -> int:
    expected: Set[Line] = set(marked())
    failures = 0
    for checker, found in (("mypy", set(refused_by_mypy())), ("pyright", set(refused_by_pyright()))):
        for name, number in sorted(expected ^ found):
            failures += 1
            verdict = "accepts" if (name, number) in expected else "rejects"
            print(f"tests/typing/{name}:{number}: {checker} {verdict} it")
        print(f"{checker}: {len(expected & found)} of {len(expected)} mistakes found")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
