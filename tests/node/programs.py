"""Programs for Node that nobody here wrote, where `make node` puts them: outside the work tree."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dphub-tests"
PACKAGES = CACHE / "node" / "node_modules"
DEADLINE = 120

needed = pytest.mark.skipif(
    not (PACKAGES.is_dir() and shutil.which("node")),
    reason="no Node or none of its packages: `make node` fetches them, and needs Node and npm",
)


def run(script: str, *arguments: str, text: str = "") -> Any:
    """What the script writes as JSON; it is CommonJS, and `require` finds the packages."""
    done = subprocess.run(
        ["node", "--unhandled-rejections=strict", "-e", script, *arguments],
        input=text,
        capture_output=True,
        text=True,
        env={**os.environ, "NODE_PATH": str(PACKAGES)},
        timeout=DEADLINE,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
