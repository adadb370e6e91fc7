"""What is wanted, from tick to tick."""

from pathlib import Path

import polars as pl
import pytest

from dphub_assets.decide.declared import Declarations
from dphub_assets.decide.levels import Wants
from dphub_k8s.stores.memory import MemoryStore
from tests import build_products, factories

FRAME = pl.DataFrame({"item": ["a"]})


@pytest.fixture
def declarations() -> Declarations:
    store = MemoryStore()
    for name in ("orders", "bills"):
        store.create(factories.product(name, sources=["orders"]))
    return Declarations(store, None)


def test_a_location_is_looked_at_once_whoever_reads_it(
    tmp_path: Path, declarations: Declarations, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_products.write(tmp_path, {"orders": FRAME})
    looked: list[Path] = []
    stat = Path.stat

    def counted(file: Path, *, follow_symlinks: bool = True) -> object:
        looked.append(file)
        return stat(file, follow_symlinks=follow_symlinks)

    wants = Wants(build_products.builder(tmp_path))
    monkeypatch.setattr(Path, "stat", counted)
    wants.look(declarations.read())
    assert looked == [tmp_path / "orders.parquet"]


def test_what_did_not_change_is_the_same_object(tmp_path: Path, declarations: Declarations) -> None:
    build_products.write(tmp_path, {"orders": FRAME})
    wants = Wants(build_products.builder(tmp_path))
    first, versions = wants.look(declarations.read())
    again, _ = wants.look(declarations.read())
    assert all(again[name] is want for name, want in first.items())

    build_products.write(tmp_path, {"orders": pl.DataFrame({"item": ["b", "c"]})})
    changed, newer = wants.look(declarations.read())
    assert changed["orders"].level != first["orders"].level
    assert newer.keys() == versions.keys() == {"orders.parquet"}
    assert newer != versions

    (tmp_path / "orders.parquet").unlink()
    missing, none = wants.look(declarations.read())
    assert missing["bills"].waiting == ("orders.parquet",)
    assert none == {}


def test_an_edit_is_another_want(tmp_path: Path, declarations: Declarations) -> None:
    build_products.write(tmp_path, {"orders": FRAME})
    wants = Wants(build_products.builder(tmp_path))
    first, _ = wants.look(declarations.read())
    store = declarations.store
    stored = store.get("bills")
    edited = factories.changed(stored.document, "spec.description", "another")
    store.replace(edited, stored.version)
    second, _ = wants.look(declarations.read())
    assert second["orders"] is first["orders"]
    assert second["bills"].generation == 2
