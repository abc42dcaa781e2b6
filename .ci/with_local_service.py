"""Does a program work with the service? This runs a command with a local service to talk to, and ends as it ends."""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "samples"))

from local_service import LocalService  # noqa: E402  (it is importable only now)

if __name__ == "__main__":
    with LocalService(https=True) as service:
        sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, **service.environment()}).returncode)
