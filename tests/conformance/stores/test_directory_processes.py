"""Two processes on the same folders."""

import subprocess
import sys
from pathlib import Path

from dphub_k8s.stores.directory import DirectoryStore
from tests.factories import ROOT, product


def test_a_hundred_increments_of_two_processes(tmp_path: Path) -> None:
    folder, state = tmp_path / "products", tmp_path / "state"
    folder.mkdir()
    store = DirectoryStore(folder, state)
    made = store.create(product("counter", displayName="0"))
    module = "tests.conformance.stores.increments"
    program = [sys.executable, "-m", module, str(folder), str(state), "50"]
    children = [subprocess.Popen(program, cwd=ROOT) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    counter = store.get("counter")
    assert counter.document["spec"]["displayName"] == "100"
    assert (counter.uid, counter.generation) == (made.uid, 101)


def test_a_restarted_process_knows_everybody(tmp_path: Path) -> None:
    folder, state = tmp_path / "products", tmp_path / "state"
    folder.mkdir()
    made = DirectoryStore(folder, state).create(product("orders"))
    assert DirectoryStore(folder, state).get("orders") == made
