"""The wheel is all that a hub needs: installed away from the checkout, it checks and builds."""

import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import polars as pl
import pytest

from tests.factories import product, write
from tests.integration.stack import ROOT

pytestmark = pytest.mark.integration

PACKAGES = ("dphub_k8s", "dphub_assets", "dphub_serving")
PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


def said(*command: str | Path, cwd: Path) -> str:
    """What a program prints, on either stream."""
    run = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    return run.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without a network: the build backend is in the lock file."""
    folder: Path = tmp_path_factory.mktemp("wheel")
    said(
        *PIP, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", folder, ROOT,
        cwd=folder,
    )  # fmt: skip
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def programs(wheel: Path) -> Path:
    """The `bin` of an environment that has the wheel; the libraries are those of this one."""
    environment = wheel.parent / "environment"
    said(sys.executable, "-m", "venv", "--without-pip", environment, cwd=wheel.parent)
    python = environment / "bin" / "python"
    said(*PIP, "--python", python, "install", "--no-index", "--no-deps", wheel, cwd=wheel.parent)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(said(python, "-c", where, cwd=wheel.parent).strip())
    # The .pth files over there, such as the one that leads to the checkout, are not read.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    return python.parent


def test_the_wheel_has_every_file_of_the_packages(wheel: Path) -> None:
    listed = said("git", "ls-files", *PACKAGES, cwd=ROOT).splitlines()
    held = {name for name in ZipFile(wheel).namelist() if name.startswith(PACKAGES)}
    assert held == set(listed)


def test_the_programs_of_the_wheel_check_and_build(programs: Path, tmp_path: Path) -> None:
    pl.DataFrame({"item": ["a", "b"]}).write_parquet(tmp_path / "orders.parquet")
    write(tmp_path / "orders.yaml", product())
    for package in PACKAGES:
        here = f"import {package}; print({package}.__file__)"
        assert said(programs / "python", "-c", here, cwd=tmp_path).startswith(str(programs.parent))
    dphub = programs / "dphub"
    assert said(dphub, "validate", "orders.yaml", cwd=tmp_path) == "orders.yaml: ok\n"
    assert "published snapshot 0: 2 rows" in said(dphub, "materialize", "orders.yaml", cwd=tmp_path)
    assert (tmp_path / ".dphub" / "lake" / "tables" / "orders").is_dir()
