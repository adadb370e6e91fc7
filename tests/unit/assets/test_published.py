"""Sources that are published as sets of their own."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from dphub_assets.build.errors import ChecksFailed
from dphub_assets.graph import translator
from dphub_assets.lake.reader import Snapshot
from dphub_assets.lake.retention import sweep
from dphub_assets.lake.writer import Lake
from dphub_k8s.api.errors import Refused
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.snapshot import PublishedSet, SnapshotDocument
from tests import build_products, factories

ORDERS = pl.DataFrame({"number": [2, 1], "item": ["b", "a"]})
ITEMS = pl.DataFrame({"code": ["b", "a", "c"], "price": [2.5, 1.0, None]})
PUBLISHED = {"entitySet": "Items", "key": "item"}


def said(publish: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    item = {"path": "items.parquet", "rename": {"code": "item"}, "publish": publish or PUBLISHED}
    return {
        "sources": {"orders": {"path": "orders.parquet"}, "items": {**item, **more}},
        "columns": {"number": "long", "item": "string"},
        "key": "number",
        "joins": [{"left": "orders", "right": "items", "how": "semi", "on": ["item"]}],
    }


def build(root: Path, items: Any = ITEMS, **more: Any) -> tuple[Lake, Snapshot]:
    made, snapshot = build_products.built(root, {"orders": ORDERS, "items": items}, **said(**more))
    return made.lake, snapshot


def rows(lake: Lake, snapshot: Snapshot, found: PublishedSet) -> list[tuple[Any, ...]]:
    return list(build_products.query(f"FROM '{lake.local(snapshot, found.file)}'"))


def test_all_rows_and_columns_lie_in_an_own_file_by_the_key(tmp_path: Path) -> None:
    lake, snapshot = build(tmp_path)
    (found,) = snapshot.document.sets
    assert (found.entity_set, found.source, found.key) == ("Items", "items", "item")
    assert [(c.name, c.type) for c in found.columns] == [("item", "string"), ("price", "double")]
    assert rows(lake, snapshot, found) == [("a", 1.0), ("b", 2.5), ("c", None)]
    assert found.file in snapshot.document.all_files
    assert snapshot.document.rows == 2
    told = {verdict.check: verdict.passed for verdict in snapshot.document.verdicts}
    assert told["published"]


def test_the_document_says_so_and_is_read_back(tmp_path: Path) -> None:
    _, snapshot = build(tmp_path)
    document = snapshot.document.dump()
    assert document["sets"][0]["entitySet"] == "Items"
    assert SnapshotDocument.model_validate(document) == snapshot.document


def test_a_document_without_sets_is_one_that_older_hubs_read(tmp_path: Path) -> None:
    _, snapshot = build_products.built(tmp_path, {"orders": ORDERS})
    document = snapshot.document.dump()
    assert "sets" not in document
    assert SnapshotDocument.model_validate(document).sets == ()


def test_the_same_rows_are_the_same_bytes_in_whatever_order(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    digests = set()
    for folder, items in zip(folders, (ITEMS, ITEMS.reverse()), strict=True):
        folder.mkdir()
        digests.add(build(folder, items)[1].document.sets[0].file.digest)
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (["b", "a", "a"], "Items: 1 rows repeat a item, such as a"),
        (["b", None, "a"], "Items: item is null in 1 rows"),
    ],
)
def test_a_key_that_is_none_publishes_nothing(
    tmp_path: Path, codes: list[str | None], message: str
) -> None:
    items = pl.DataFrame({"code": codes, "price": [1.0, 2.0, 3.0]})
    with pytest.raises(ChecksFailed, match=message):
        build(tmp_path, items)


@pytest.mark.parametrize(
    ("publish", "rename", "path", "message"),
    [
        ({"entitySet": "Items", "key": "itm"}, {"code": "item"}, "key", "did you mean 'item'?"),
        ({"entitySet": "Items", "key": "price"}, {"code": "item"}, "key", "no type of a key"),
        (PUBLISHED, {"code": "item", "price": "the price"}, "rename", "such as 'the_price'"),
        (PUBLISHED, {"code": "item", "price": "_ordinal"}, "rename", "hub uses itself"),
    ],
)
def test_what_the_schema_shows_to_be_wrong_is_refused(
    tmp_path: Path, publish: dict[str, str], rename: dict[str, str], path: str, message: str
) -> None:
    with pytest.raises(Refused) as caught:
        build(tmp_path, publish=publish, rename=rename)
    (problem,) = caught.value.problems
    assert problem.path.startswith("spec.backend.sources.items")
    assert problem.path.endswith(path)
    assert message in problem.message


def test_every_type_of_a_source_is_one_of_the_model(tmp_path: Path) -> None:
    noon = datetime(2024, 1, 2, 12, tzinfo=UTC)
    items = pa.table(
        {
            "code": ["a"],
            "small": pa.array([1], pa.int8()),
            "unsigned": pa.array([2**64 - 1], pa.uint64()),
            "exact": pa.array([1], pa.decimal128(9, 2)),
            "day": [date(2024, 1, 2)],
            "moment": [noon],
            "local": pa.array([noon.replace(tzinfo=None)], pa.timestamp("ns")),
            "many": [[1, 2]],
            "pair": [{"a": 1, "b": "x"}],
            "kind": pa.array(["x"]).dictionary_encode(),
            "bits": [b"\x00"],
            "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
        }
    )
    _, snapshot = build(tmp_path, items)
    assert {column.name: column.type for column in snapshot.document.sets[0].columns} == {
        "item": "string",
        "small": "byte",
        "unsigned": "ulong",
        "exact": "decimal(9,2)",
        "day": "date",
        "moment": "timestamp",
        "local": "timestamp",
        "many": "list<long>",
        "pair": "struct<a:long,b:string>",
        "kind": "string",
        "bits": "binary",
        "map": "json",
    }


def test_new_words_about_the_same_rows_keep_the_sets_and_their_files(tmp_path: Path) -> None:
    lake, before = build(tmp_path)
    product = factories.admitted(**said(), description="other words")
    after = lake.republish(product, before.document.product)
    assert after.document.sets == before.document.sets
    assert sweep(lake, "orders", grace=timedelta(0)) == []
    assert len(rows(lake, after, after.document.sets[0])) == 3


def test_files_of_sets_go_with_the_snapshot_that_named_them(tmp_path: Path) -> None:
    lake, first = build(tmp_path)
    _, second = build(tmp_path, ITEMS.head(2))
    later = datetime.now(UTC) + lake.link_lifetime * 2
    gone = sweep(lake, "orders", now=later)
    (old,), (new,) = first.document.sets, second.document.sets
    assert old.file.path in gone
    assert new.file.path not in gone
    assert len(rows(lake, second, new)) == 2


def test_it_is_a_check_where_a_source_is_published() -> None:
    def names(product: DataProduct) -> set[str]:
        return {spec.name for spec in translator.check_specs(product)}

    assert "published" in names(factories.admitted(**said()))
    assert "published" not in names(factories.admitted())
