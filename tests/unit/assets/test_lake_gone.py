"""A lake that is gone for a while is no empty lake, and no new one is begun in its place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dphub_assets.lake.errors import SnapshotGone, Unavailable
from dphub_assets.lake.writer import Lake
from dphub_k8s.api.snapshot import Identity
from tests.lake_factory import product, publish

ORDERS = product({"a": "int"})
NEW = Identity(name="bills", uid="uid-2", generation=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def lake(root: Path) -> Lake:
    made = Lake.open_at(root)
    publish(made, ORDERS, "SELECT 1 AS a")
    assert list(made.pointers()) == ["orders"]
    return made


ASKED: list[Callable[[Lake], object]] = [
    Lake.pointers,
    lambda lake: lake.accept(NEW, "bills"),
    lambda lake: publish(lake, ORDERS, "SELECT 2 AS a"),
]


@pytest.mark.parametrize("ask", ASKED)
@pytest.mark.parametrize("mount_point", [True, False])
def test_a_lake_that_has_vanished_is_said_to_be(
    lake: Lake, root: Path, mount_point: bool, ask: Callable[[Lake], object]
) -> None:
    aside = root.rename(root.with_name("aside"))
    if mount_point:
        root.mkdir()
    with pytest.raises(Unavailable, match=r"lake/\.dphub"):
        ask(lake)
    assert not list(root.glob("*/*"))
    if root.exists():
        root.rmdir()
    aside.rename(root)
    assert list(lake.pointers()) == ["orders"]


def test_a_document_that_went_with_the_lake_is_not_gone_for_good(lake: Lake, root: Path) -> None:
    pointer = lake.pointers()["orders"]
    for document in root.glob("tables/orders/_dphub/*.json"):
        document.unlink()
    with pytest.raises(SnapshotGone):
        lake.at_sequence(pointer, 0)
    root.rename(root.with_name("aside"))
    with pytest.raises(Unavailable):
        lake.at_sequence(pointer, 0)


def test_a_lake_of_which_all_are_retired_is_empty(lake: Lake) -> None:
    lake.retire("orders")
    assert lake.pointers() == {}


def test_a_lake_that_has_not_begun_is_empty(root: Path) -> None:
    made = Lake.open_at(root)
    assert not made.begun()
    assert made.pointers() == {}
    assert not root.exists()
