import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dphub_k8s.stores.directory import DirectoryStore
from tests.factories import product, write
from tests.integration.stack import eventually
from tests.unit.k8s.cli.conftest import Dphub


@pytest.mark.parametrize("how", [(), ("--once", "--watch")])
def test_it_wants_to_know_until_when(dphub: Dphub, how: tuple[str, ...]) -> None:
    run = dphub("reconcile", *how)
    assert run.status == 2
    assert "--once or --watch" in run.err


def test_it_tells_where_products_stand_without_a_hub(dphub: Dphub, here: Path) -> None:
    write(here / "products" / "a.yaml", product("a"))
    write(here / "products" / "b.yaml", product("b", colour=1))
    assert dphub("reconcile", "--once").status == 0
    found = {each["name"]: each["state"] for each in json.loads(dphub("status", "-o", "json").out)}
    assert found == {"a": "Waiting", "b": "Refused"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_goes_on_until_it_is_stopped(here: Path, number: signal.Signals) -> None:
    store = DirectoryStore(here / "products", here / ".dphub" / "store")

    def observed(generation: int) -> bool:
        status = store.status("a")
        return status is not None and status.observed_generation == generation

    file = write(here / "products" / "a.yaml", product("a"))
    store.list()
    command = [sys.executable, "-m", "dphub_assets", "reconcile", "--watch"]
    watching = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    with watching, kept_short(watching):
        eventually(lambda: observed(1), "it was told")
        (here / "products").rename(here / "aside")
        assert watching.stderr
        assert any("there is no folder" in line for line in watching.stderr)
        (here / "aside").rename(here / "products")
        write(file, product("a", owner="me"))
        eventually(lambda: store.list() and observed(2), "the edit was told")
        watching.send_signal(number)
        assert watching.wait(30) == 0


@contextmanager
def kept_short(process: "subprocess.Popen[str]") -> Iterator[None]:
    """It does not outlive its test."""
    try:
        yield
    finally:
        process.kill()
