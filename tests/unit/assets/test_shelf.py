"""What the lake is found to hold, from look to look."""

from dataclasses import replace
from pathlib import Path

import pytest

from dphub_assets.decide.levels import Shelf
from dphub_assets.decide.reconcile import Wanted
from dphub_assets.lake.writer import Lake
from tests.lake_factory import product, publish

ORDERS = product({"a": "int"})
WANTED = Wanted("uid-1", 1, "stamp", "digest", "another level", "route")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake.open_at(tmp_path / "lake")
    publish(made, ORDERS, "SELECT 1 AS a")
    return made


def pointer(lake: Lake) -> Path:
    return Path(lake.uri("orders")).parents[1] / "pointers" / "orders.json"


def test_a_new_snapshot_is_seen(lake: Lake) -> None:
    shelf = Shelf(lake)
    _, first = shelf.look({"orders": WANTED})
    _, again = shelf.look({"orders": WANTED})
    assert again["orders"] is first["orders"]
    publish(lake, ORDERS, "SELECT 2 AS a")
    built, newest = shelf.look({"orders": WANTED})
    assert (first["orders"].sequence, newest["orders"].sequence) == (0, 1)
    assert built["orders"].data == newest["orders"].document.data_version


def test_a_lost_pointer_is_made_again_of_what_is_wanted(lake: Lake) -> None:
    pointer(lake).unlink()
    refused = replace(WANTED, refused=True)
    assert Shelf(lake).look({"orders": refused, "nothing": WANTED}) == ({}, {})
    assert [*Shelf(lake).look({"orders": WANTED})[1]] == ["orders"]


def test_what_nobody_wants_is_seen_by_the_shard_that_has_it(lake: Lake) -> None:
    assert [*Shelf(lake).look({})[0]] == ["orders"]
    assert Shelf(lake).look({}, lambda _: False) == ({}, {})


def test_a_pointer_that_cannot_be_read_is_made_again(lake: Lake) -> None:
    pointer(lake).write_bytes(b"{")
    built, _ = Shelf(lake).look({})
    assert [*built] == ["orders"]
    assert [*lake.pointers()] == ["orders"]


def test_rules_are_part_of_the_level(lake: Lake) -> None:
    before = Shelf(lake).look({})[0]["orders"]
    ruled = product({"a": "int"}, quality=[{"metric": "nullValues", "column": "a"}])
    publish(lake, ruled, "SELECT 1 AS a")
    after = Shelf(lake).look({})[0]["orders"]
    assert after.shape != before.shape


def test_a_fault_that_is_over_is_forgotten(lake: Lake) -> None:
    shelf = Shelf(lake)
    publish(lake, ORDERS, "SELECT 2 AS a")
    commit = Path(lake.uri("orders")) / "_delta_log" / f"{1:020d}.json"
    whole = commit.read_bytes()
    commit.write_bytes(b"nonsense")
    shelf.look({"orders": WANTED})
    assert shelf.faults.keys() == {"orders"}
    commit.write_bytes(whole)
    shelf.look({"orders": WANTED})
    assert shelf.faults == {}
