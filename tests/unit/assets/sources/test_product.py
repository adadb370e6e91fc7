"""A product read by another: its columns as they were declared, at one snapshot."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dphub_assets.build.publish import Builder
from dphub_assets.build.session import session
from dphub_assets.lake import retention
from dphub_assets.lake.reader import Snapshot
from dphub_assets.sources.errors import SourceMissing
from dphub_assets.sources.product import published
from dphub_k8s.api.errors import Refused
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.snapshot import Identity
from tests import build_products, factories

TYPES = {
    "text": "string",
    "small": "ubyte",
    "great": "ulong",
    "noon": "time",
    "who": "uuid",
    "more": "json",
    "at": "timestamp",
    "raw": "binary",
    "price": "decimal(9,2)",
}
ROWS: dict[str, list[Any]] = {
    "text": ["a~b", None],
    "small": [200, None],
    "great": ["18446744073709551615", None],
    "noon": ["12:00:00.5", None],
    "who": ["00000000-0000-4000-8000-000000000001", None],
    "more": ['{"a": 1}', None],
    "at": [datetime(2024, 1, 1, tzinfo=UTC), None],
    "raw": [b"\xff", None],
    "price": ["12.34", None],
}


def upstream(root: Path, kind: str = "string", rows: dict[str, list[Any]] = ROWS) -> Builder:
    build_products.write(root, {"rows": pl.DataFrame(rows)})
    made = build_products.builder(root)
    columns = {"key": {"type": kind, "generated": True}, **TYPES}
    build_products.build(made, admitted("up", {"path": "rows.parquet"}, columns))
    return made


def admitted(name: str, source: dict[str, Any], columns: dict[str, Any]) -> DataProduct:
    return factories.admitted(name, sources={"up": source}, columns=columns, key="key")


def reader(kind: str = "string", **columns: str) -> DataProduct:
    return admitted("down", {"product": "up"}, {"key": kind, **(columns or TYPES)})


def current(made: Builder, name: str = "up") -> Snapshot:
    found = made.lake.current(name)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", ["string", "uuid", "long"])
def test_what_is_read_is_what_was_published(tmp_path: Path, kind: str) -> None:
    """Of the types that were declared, whatever they are stored as; the generated key too."""
    made = upstream(tmp_path, kind)
    snapshot = build_products.build(made, reader(kind))
    up = current(made)
    (source,) = snapshot.document.sources
    assert (source.location, source.version) == ("up@0", up.document.data_version)
    theirs, ours = (build_products.rows_file(made, one) for one in (up, snapshot))
    columns = ", ".join(f'"{name}"' for name in TYPES)
    (differ,) = build_products.query(
        f"SELECT count(*) FROM (SELECT {columns} FROM '{theirs}' EXCEPT "
        f"SELECT {columns} FROM '{ours}')"
    )
    assert differ == (0,)
    assert sorted(build_products.keys(made, up)) == sorted(build_products.keys(made, snapshot))
    assert "tables/up/rows-" in snapshot.document.sql


def test_another_word_about_the_same_rows_is_no_new_version(tmp_path: Path) -> None:
    made = upstream(tmp_path)
    before = current(made)
    spec = before.document.spec
    told = spec.model_copy(update={"spec": spec.spec.model_copy(update={"owner": "team:a"})})
    made.lake.republish(told, Identity(name="up", uid="uid-1", generation=2))
    assert published(made.lake, "up").name == "up@1"
    assert published(made.lake, "up").version() == before.document.data_version


def test_a_type_is_part_of_the_version(tmp_path: Path) -> None:
    """A uuid and a text are stored alike, and are not alike."""
    made = upstream(tmp_path)
    before = current(made)
    columns = {"key": {"type": "string", "generated": True}, **TYPES, "who": "string"}
    build_products.build(made, admitted("up", {"path": "rows.parquet"}, columns))
    after = current(made)
    assert [file.digest for file in after.document.files] == [
        file.digest for file in before.document.files
    ]
    assert after.document.data_version != before.document.data_version


def test_a_build_reads_the_snapshot_that_it_was_told(tmp_path: Path) -> None:
    made = upstream(tmp_path)
    upstream(tmp_path, rows={name: values * 2 for name, values in ROWS.items()})
    identity = Identity(name="down", uid="uid-1", generation=1)
    made.lake.accept(identity, "down")
    down = admitted("down", {"product": "up"}, {"key": "string", "text": "string"})
    first = made.build(down, identity, reads={"up": 0})
    assert (first.document.sources[0].location, first.document.rows) == ("up@0", 2)
    assert made.build(down, identity).document.sources[0].location == "up@1"
    # One that is not kept is replaced by the current one; the loop will see that it is another.
    assert made.build(down, identity, reads={"up": 7}).document.sources[0].location == "up@1"


def test_the_lake_may_sweep_what_is_being_read(tmp_path: Path) -> None:
    made = upstream(tmp_path)
    old = published(made.lake, "up")
    with session(made.limits) as connection:
        relation = old.relation(connection, tmp_path / "kept")
        upstream(tmp_path, rows={name: values * 2 for name, values in ROWS.items()})
        later = datetime.now(UTC) + timedelta(days=9)
        assert retention.sweep(made.lake, "up", later, timedelta(0))
        (count,) = connection.execute(f"FROM {relation.sql} SELECT count(*)").fetchall()
        assert count == (2,)
        with pytest.raises(SourceMissing, match="up@0 is no longer kept"):
            old.relation(connection, tmp_path / "again")


def test_what_has_published_nothing_is_missing(tmp_path: Path) -> None:
    made = build_products.builder(tmp_path)
    with pytest.raises(SourceMissing, match="product up has published nothing"):
        build_products.build(made, reader())


def test_a_promise_is_enough_to_validate(tmp_path: Path) -> None:
    made = build_products.builder(tmp_path)
    columns = {"key": {"type": "uuid", "generated": True}, **TYPES}
    up = admitted("up", {"path": "rows.parquet"}, columns)
    made.validate(reader("uuid"), {"up": up})
    with pytest.raises(Refused, match="'pryce' is no column of the sources; did you mean 'price'"):
        made.validate(reader("uuid", pryce="double"), {"up": up})
