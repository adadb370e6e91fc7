"""Twelve publishers of one product at a time: twelve versions, none lost, none out of order."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dphub_assets.lake.reader import Snapshot
from dphub_assets.lake.writer import Lake
from tests.gateway import Gateway
from tests.integration.stack import ROOT
from tests.lake_documents import identity, product

pytestmark = pytest.mark.integration
PUBLISHERS = 12


def publish_at_once(place: str, work: Path, meanwhile: Callable[[], None]) -> list[str]:
    """What each publisher says is its own."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.integration.s3.publisher", place, str(work / str(n))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for n in range(PUBLISHERS)
    ]
    try:
        for each in started:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        for each in started:
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        meanwhile()
        said = [each.communicate(timeout=100)[0].strip() for each in started]
        assert [each.returncode for each in started] == [0] * PUBLISHERS
        return said
    finally:
        for each in started:
            each.kill()
            each.communicate()


def check(lake: Lake, own: list[str]) -> None:
    commits = list(lake.commits("orders"))[::-1]
    assert [commit.version for commit in commits] == list(range(PUBLISHERS))
    assert sorted(str(commit.snapshot) for commit in commits) == sorted(own)
    pointer = lake.pointer("orders")
    assert pointer is not None
    assert pointer.current is not None
    numbers = [*(old.sequence for old in pointer.retained), pointer.current.sequence]
    edits = [edit(lake.at_sequence(pointer, number)) for number in numbers]
    assert edits == sorted(edits), "a build of an older declaration came after one of a newer"
    assert edits[-1] == PUBLISHERS
    rows = pl.read_delta(lake.uri("orders"), storage_options={"allow_http": "true"})
    assert rows["a"].to_list() == [PUBLISHERS]


def edit(snapshot: Snapshot) -> int:
    """The number of the declaration that it was built from."""
    return int(str(snapshot.document.spec.spec.description).removeprefix("edit "))


def test_twelve_publishers_make_twelve_versions_in_order(place: str, tmp_path: Path) -> None:
    lake = Lake.open_at(place, work=tmp_path)
    lake.accept(identity(product()), "orders")
    own = publish_at_once(place, tmp_path, lambda: None)
    check(lake, own)
    pointer = lake.pointer("orders")
    assert pointer is not None
    assert len(pointer.retained) == PUBLISHERS - 1


def test_the_server_dies_in_the_middle_and_comes_back(
    place: str, tmp_path: Path, server: Gateway
) -> None:
    lake = Lake.open_at(place, work=tmp_path)
    lake.accept(identity(product()), "orders")

    def kill_twice() -> None:
        for least in (2, 6):
            while (lake.version("orders") or 0) < least:
                time.sleep(0.05)
            server.kill()
            time.sleep(0.5)  # an outage, not a wait
            server.start()

    own = publish_at_once(place, tmp_path, kill_twice)
    check(lake, own)
