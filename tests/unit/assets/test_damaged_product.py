"""What of one product cannot be read or understood: that product's fault, and no other's."""

from collections.abc import Callable
from logging import getLogger
from pathlib import Path

import pytest

from dphub_assets.decide.levels import Shelf
from dphub_assets.decide.reconcile import Decision, Wanted
from dphub_assets.lake.errors import Corrupt
from dphub_assets.lake.writer import Lake
from dphub_assets.loop import deeds
from tests.lake_factory import product, publish

ORDERS, BILLS = product({"a": "int"}), product({"a": "int"}, name="bills")
WANTED = Wanted("uid-1", 1, "stamp", "digest", "another level", "route")


@pytest.fixture(params=[b'{"commitInfo":{"dphub.snap', b"nonsense", bytes(range(256)), b"[]"])
def lake(tmp_path: Path, request: pytest.FixtureRequest) -> Lake:
    """The last commit of `orders` is damaged."""
    made = Lake.open_at(tmp_path)
    for rows in ("SELECT 1 AS a", "SELECT 2 AS a"):
        publish(made, ORDERS, rows)
        publish(made, BILLS, rows)
    _commit(made).write_bytes(request.param)
    return made


def _commit(lake: Lake) -> Path:
    return Path(lake.uri("orders")) / "_delta_log" / f"{1:020d}.json"


def test_a_document_of_a_newer_hub_hides_no_other_product(tmp_path: Path) -> None:
    lake = Lake.open_at(tmp_path)
    for each in (ORDERS, BILLS):
        publish(lake, each, "SELECT 1 AS a")
    (document,) = (Path(lake.uri("orders")) / "_dphub").glob("*.json")
    document.write_text(document.read_text().replace('"type": "int"', '"type": "geography"'))
    shelf = Shelf(lake)
    assert shelf.look({})[1].keys() == {"bills"}
    assert "'geography' is no type" in shelf.faults["orders"]


DEEDS: list[Callable[[Lake], object]] = [
    lambda lake: lake.heal("orders"),
    lambda lake: lake.rebuild("orders"),
    lambda lake: lake.retire("orders"),
    lambda lake: lake.republish(ORDERS, lake.pointers()["orders"].product),
    lambda lake: publish(lake, ORDERS, "SELECT 3 AS a"),
]


@pytest.mark.parametrize("deed", DEEDS)
def test_whoever_needs_the_commit_is_told_the_table(
    lake: Lake, deed: Callable[[Lake], object]
) -> None:
    with pytest.raises(Corrupt, match="tables/orders"):
        deed(lake)


def test_a_look_at_the_lake_sees_all_products(lake: Lake) -> None:
    shelf = Shelf(lake)
    built, snapshots = shelf.look({"orders": WANTED, "bills": WANTED})
    assert built.keys() == snapshots.keys() == {"orders", "bills"}
    assert shelf.faults.keys() == {"orders"}
    assert _commit(lake).name in shelf.faults["orders"]


def test_a_tick_that_retires_it_retires_the_others(lake: Lake) -> None:
    decision = Decision(retire=("orders", "bills"))
    deeds.act(lake, decision, {}, Shelf(lake).look({})[1], getLogger())
    assert list(lake.pointers()) == ["orders"]
