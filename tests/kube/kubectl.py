"""The real kubectl, of `make kube`."""

import subprocess
from pathlib import Path

from tests.kube import programs


def run(
    kubeconfig: Path, *arguments: str | Path, text: str | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """With `text` for its input; with `check` it must not fail. Raises programs.Missing."""
    command = [programs.folder() / "kubectl", "--kubeconfig", kubeconfig, *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done
