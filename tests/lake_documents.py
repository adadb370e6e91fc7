"""Smallest valid snapshots for tests of the lake: real files and a real Delta table."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dphub_assets.lake import layout
from dphub_assets.lake.reader import Snapshot
from dphub_assets.lake.writer import Lake, Staging
from dphub_k8s.api.product import API_VERSION, DataProduct
from dphub_k8s.api.snapshot import DataFile, Identity, RunInfo, SnapshotDocument


def product(name: str = "orders", **spec: object) -> DataProduct:
    columns = [{"name": "id", "type": "string", "generated": True}, {"name": "a", "type": "long"}]
    return DataProduct.model_validate(
        {
            "apiVersion": API_VERSION,
            "kind": "DataProduct",
            "metadata": {"name": name},
            "spec": {
                "backend": {"sources": {"s": {"path": "s.parquet"}}},
                "entity": {"name": "Order", "key_column": "id", "columns": columns},
                **spec,
            },
        }
    )


def identity(wanted: DataProduct, uid: str = "uid-1", generation: int = 1) -> Identity:
    return Identity(name=wanted.name, uid=uid, generation=generation)


def publish(
    lake: Lake, wanted: DataProduct, rows: int = 3, start: int = 0, uid: str = "uid-1"
) -> Snapshot:
    """Rows `start`, `start + 1`, ... of one long column, accepted and published."""
    who = identity(wanted, uid)
    lake.accept(who, wanted.route)
    with lake.staging(wanted.name) as staging:
        return publish_staged(lake, staging, wanted, who, rows, start)


def publish_staged(
    lake: Lake, staging: Staging, wanted: DataProduct, who: Identity, rows: int, start: int
) -> Snapshot:
    file = staging.folder / "rows.parquet"
    write_rows(file, rows, start)
    name = layout.rows_file(staging.id)
    data = DataFile(path=name, rows=rows, bytes=file.stat().st_size, digest="", statistics={})
    return lake.publish(staging, document(staging.id, wanted, who, data), {name: file})


def write_rows(file: Path, rows: int, start: int) -> None:
    numbers = f"range({start}, {start + rows}) t(i)"
    query = f"SELECT i::BIGINT AS a, 0::INTEGER AS _ordinal FROM {numbers}"
    duckdb.connect().execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)")


def document(id: str, wanted: DataProduct, who: Identity, data: DataFile) -> SnapshotDocument:
    return SnapshotDocument(
        id=id,
        created=datetime.now(UTC),
        product=who,
        spec=wanted,
        codeVersion=wanted.code_version(),
        files=(data,),
        storageOrder=("a",),
        sources=(),
        sql="",
        columnLineage={},
        verdicts=(),
        run=RunInfo(duckdb=duckdb.__version__, dphub="0"),
    )
