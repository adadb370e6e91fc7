"""The whole way: what `infer` prints, `validate` takes and `materialize` builds."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.factories import ROOT
from tests.unit.k8s.cli.conftest import Dphub


def piped(here: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dphub_k8s", *arguments],
        cwd=here,
        input=given,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def orders(here: Path) -> Path:
    (here / "data").mkdir()
    file = here / "data" / "orders.csv"
    pl.DataFrame({"order id": [1, 2], "price": ["1.50", "2"]}).write_csv(file)
    return file


def test_what_is_printed_is_valid_and_built(here: Path, orders: Path) -> None:
    drafted = piped(here, "infer", "data/orders.csv", "--name", "sales")
    assert (drafted.returncode, drafted.stderr) == (0, "")
    assert "orders: {path: data/orders.csv, rename: {order id: order_id}}" in drafted.stdout
    checked = piped(here, "validate", "-", given=drafted.stdout)
    assert (checked.returncode, checked.stdout) == (0, "-: ok\n")
    (here / "sales.yaml").write_text(drafted.stdout)
    built = piped(here, "materialize", "sales.yaml")
    assert (built.returncode, built.stderr) == (0, "")
    assert "sales: published snapshot 0: 2 rows" in built.stdout


def test_nothing_is_written_over_unasked(dphub: Dphub, here: Path, orders: Path) -> None:
    (here / "orders.yaml").write_text("mine")
    run = dphub("infer", orders, "-o", "orders.yaml")
    assert (run.status, (here / "orders.yaml").read_text()) == (1, "mine")
    assert run.err == "dphub: orders.yaml is there already; --force writes over it\n"
    assert dphub("infer", orders, "-o", "orders.yaml", "--force").status == 0
    assert "path: data/orders.csv" in (here / "orders.yaml").read_text()


def test_what_fails_writes_nothing(here: Path) -> None:
    run = piped(here, "infer", "nothing.csv", "-o", "x.yaml")
    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (1, "", 1)
    assert "nothing.csv: No such file or directory" in run.stderr
    assert not (here / "x.yaml").exists()
