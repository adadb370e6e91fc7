"""Real snapshots of any columns, as the build writes them: sorted, with ordinal and index."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dphub_assets.build.write import described
from dphub_assets.lake import layout
from dphub_assets.lake.reader import Snapshot
from dphub_assets.lake.writer import Lake
from dphub_k8s.api.entity import Column, Entity
from dphub_k8s.api.keys import DIGEST, ORDINAL
from dphub_k8s.api.product import API_VERSION, DataProduct
from dphub_k8s.api.snapshot import (
    DataFile,
    Identity,
    RunInfo,
    SnapshotDocument,
)


def product(
    columns: dict[str, str],
    *,
    name: str = "orders",
    key: str = "id",
    generated: str | None = "string",
    **spec: Any,
) -> DataProduct:
    """`columns` are the stored ones, name to type; `generated` is the type of the key, or None."""
    first = [{"name": key, "type": generated, "generated": True}] if generated else []
    rest = [{"name": each, "type": kind} for each, kind in columns.items()]
    sort, navigation = spec.pop("sort", []), spec.pop("navigation", [])
    return DataProduct.model_validate(
        {
            "apiVersion": API_VERSION,
            "kind": "DataProduct",
            "metadata": {"name": name},
            "spec": {
                "api": {"resource": "Rows"},
                "backend": {"sources": {"s": {"path": "s.parquet"}}},
                "entity": {
                    "name": "Row",
                    "key_column": key,
                    "columns": [*first, *rest],
                    "sort": sort,
                    "navigation": navigation,
                },
                **spec,
            },
        }
    )


def publish(lake: Lake, wanted: DataProduct, rows: str, uid: str = "uid-1") -> Snapshot:
    """`rows` is a SELECT of the stored columns."""
    who = Identity(name=wanted.name, uid=uid, generation=1)
    lake.accept(who, wanted.route)
    with lake.staging(wanted.name) as staging:
        data, index = staging.folder / "rows.parquet", staging.folder / "keys.parquet"
        paths = [data, index]
        names = [layout.rows_file(staging.id), layout.index_file(staging.id)]
        written = write(wanted.spec.entity, rows, data, index)
        files = [described(*each) for each in zip(paths, names, written, strict=False)]
        named = dict(zip(names, paths[: len(files)], strict=False))
        return lake.publish(staging, _document(staging.id, wanted, who, files), named)


def write(entity: Entity, rows: str, data: Path, index: Path) -> list[tuple[Any, ...]]:
    """What DuckDB returns of the rows, and of the key index where there is one."""
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        _tables(database, entity, rows)
        options = "FORMAT parquet, ROW_GROUP_SIZE 2048, RETURN_STATS"
        written = database.execute(f"COPY (FROM sorted) TO '{data}' ({options})").fetchall()
        query = f"SELECT {_key(entity)} AS key, file_row_number AS position"
        source = f"read_parquet('{data}', file_row_number = true)"
        query = f"SELECT * FROM ({query} FROM {source}) WHERE {_indexed(entity)} ORDER BY key"
        if database.execute(f"SELECT count(*) FROM ({query})").fetchall() != [(0,)]:
            written += database.execute(f"COPY ({query}) TO '{index}' ({options})").fetchall()
    return written


def _tables(database: duckdb.DuckDBPyConnection, entity: Entity, rows: str) -> None:
    names = ", ".join(f'"{column.name}"' for column in entity.stored)
    order = ", ".join(f'"{column.name}" NULLS FIRST' for column in entity.storage_order)
    casts = ", ".join(_cast(column) for column in entity.stored)
    database.execute(f"CREATE TABLE typed AS SELECT {casts} FROM ({rows})")
    if not entity.key.generated:
        database.execute(f"CREATE TABLE sorted AS FROM typed ORDER BY {order}")
        return
    ordinal = f"(row_number() OVER (PARTITION BY {names}) - 1)::INTEGER AS {ORDINAL}"
    database.execute(f"CREATE TABLE numbered AS SELECT *, {ordinal} FROM typed")
    stored_key = f'{_key(entity)} AS "{entity.key.name}", ' if entity.key in entity.physical else ""
    query = f"SELECT {stored_key}* FROM numbered ORDER BY {order}, {ORDINAL}"
    database.execute(f"CREATE TABLE sorted AS {query}")


def _cast(column: Column) -> str:
    return f'"{column.name}"::{column.kind.cast}::{column.kind.stored} AS "{column.name}"'


def _key(entity: Entity) -> str:
    recipe = entity.recipe()
    return recipe.key_sql() if recipe else f'"{entity.key_column}"'


def _indexed(entity: Entity) -> str:
    """Which keys are in the index: digests, and declared ones that the rows are not sorted by."""
    recipe = entity.recipe()
    if recipe is None:
        return "true" if entity.sort else "false"
    return f"starts_with(key, '{DIGEST}')" if recipe.kind == "text" else "true"


def _document(
    id: str, wanted: DataProduct, who: Identity, files: list[DataFile]
) -> SnapshotDocument:
    recipe = wanted.spec.entity.recipe()
    return SnapshotDocument(
        id=id,
        created=datetime.now(UTC),
        product=who,
        spec=wanted,
        codeVersion=wanted.code_version(),
        files=(files[0],),
        index=files[1] if len(files) > 1 else None,
        keyRecipe="text-v1" if recipe else None,
        storageOrder=tuple(column.name for column in wanted.spec.entity.storage_order),
        sources=(),
        sql="",
        columnLineage={},
        verdicts=(),
        run=RunInfo(duckdb=duckdb.__version__, dphub="0"),
    )
