"""The programs that others publish tables with: in an environment of their own, made at first use.

They are no dependencies of the project, and nothing of it imports them.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("roapi==0.12.7", "datasette==0.65.5")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dphub-tests"
FOLDER = CACHE / "peers" / "-".join(each.replace("==", "-") for each in PACKAGES)


class Missing(Exception):
    """The programs cannot be had; the message says why."""


def programs() -> Path:
    """The folder with the programs in it. Raises Missing."""
    done = FOLDER / ".installed"
    if not done.is_file():
        try:
            _install()
        except subprocess.CalledProcessError as problem:
            shutil.rmtree(FOLDER, ignore_errors=True)
            said = (problem.stderr or "").strip().splitlines() or ["it does not say why"]
            raise Missing(f"{' and '.join(PACKAGES)} not installed: {said[-1]}") from problem
        done.touch()
    return FOLDER / "bin"


def _install() -> None:
    pip = [str(FOLDER / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(FOLDER)],
        [*pip, "install", "--quiet", *PACKAGES],
    ):
        subprocess.run(command, check=True, capture_output=True, text=True)
