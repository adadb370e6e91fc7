from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from dphub_assets.sources.errors import SourceMissing, SourceUnreadable
from dphub_assets.sources.files import File
from dphub_assets.sources.relation import parquet
from dphub_assets.sources.schema import SourceColumn, SourceSchema, read_schema
from dphub_k8s.api.sources import Source
from tests import build_products


def schema(file: Path) -> SourceSchema:
    with duckdb.connect() as connection:
        relation = File(file.name, file, Source(path=file.name)).relation(connection, file.parent)
        return read_schema(connection, relation)


def test_columns_have_duckdbs_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "n": pa.array([1], pa.int16()),
            "at": pa.array([0], pa.timestamp("ns")),
            "zoned": pa.array([0], pa.timestamp("us", tz="UTC")),
            "tags": pa.array([["a"]]),
            "price": pa.array([None], pa.decimal128(9, 2)),
        }
    )
    build_products.write(tmp_path, {"a": table})
    assert schema(tmp_path / "a.parquet") == SourceSchema(
        (
            SourceColumn("n", "SMALLINT"),
            SourceColumn("at", "TIMESTAMP_NS"),
            SourceColumn("zoned", "TIMESTAMP WITH TIME ZONE"),
            SourceColumn("tags", "VARCHAR[]"),
            SourceColumn("price", "DECIMAL(9,2)"),
        ),
        rows=1,
    )


def test_a_folder_adds_no_column(tmp_path: Path) -> None:
    folder = tmp_path / "year=2024"
    folder.mkdir()
    pl.DataFrame({"a": [1, 2]}).write_parquet(folder / "x.parquet")
    found = schema(folder / "x.parquet")
    assert ([column.name for column in found.columns], found.rows) == (["a"], 2)


def test_a_name_is_no_pattern(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "1.parquet")
    pl.DataFrame({"b": [1]}).write_parquet(tmp_path / "[12].parquet")
    assert [column.name for column in schema(tmp_path / "[12].parquet").columns] == ["b"]
    with duckdb.connect() as connection, pytest.raises(duckdb.IOException):
        connection.execute(f"FROM {parquet(tmp_path / '?.parquet')}")


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing):
        schema(tmp_path / "none")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"a,b\n1,2\n" * 10, b"PAR1" * 10])
def test_what_is_no_parquet(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(SourceUnreadable, match=r"^a is not readable as Parquet: ") as caught:
        schema(tmp_path / "a")
    assert "\n" not in str(caught.value)
