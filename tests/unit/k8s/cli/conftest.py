import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from dphub_k8s.cli import main


@dataclass(frozen=True, slots=True)
class Run:
    status: int
    out: str
    err: str


Dphub = Callable[..., Run]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, with a folder of products, and nothing in the environment."""
    for name in ("PRODUCTS", "HOME", "DATA_ROOT", "ALLOWED_ROOTS", "URL", "PORT", "DAGSTER_PORT"):
        monkeypatch.delenv(f"DPHUB_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "products").mkdir()
    return tmp_path


@pytest.fixture
def dphub(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Dphub:
    """The command line, in this process."""

    def run(*arguments: str | Path) -> Run:
        monkeypatch.setattr(sys, "argv", ["dphub", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Run(int(ended.value.code or 0), printed.out, printed.err)

    return run
