"""Commits to a product's Delta table: one attempt, on top of one version, or not at all."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, create_table_with_add_actions

from dphub_assets.lake.errors import Corrupt, Superseded, Unavailable
from dphub_k8s.api.snapshot import DataFile
from dphub_k8s.api.types import ColumnType

# History is ours to keep: the log names every snapshot's document.
_KEEP_LOG = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False)


@dataclass(frozen=True, slots=True)
class StoredColumn:
    name: str
    kind: ColumnType
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """`options` are what a Delta library needs to reach the URI; a folder needs none."""

    uri: str
    options: Mapping[str, str]

    def exists(self) -> bool:
        return DeltaTable.is_deltatable(self.uri, dict(self.options))


def commit_files(
    table: Table,
    expected: int | None,
    columns: Sequence[StoredColumn],
    files: Sequence[DataFile],
    tags: Mapping[str, str],
) -> int:
    """Replace what the table holds by `files`; `expected` None creates it. The new version.

    Raises Superseded when the table is no longer at `expected`, Corrupt, Unavailable.
    """
    schema = _schema(columns)
    actions = [_add(file, columns) for file in files]
    if expected is None:
        return _create(table, schema, actions, tags)
    return _commit(table, expected, actions, "overwrite", schema, tags)


def commit_metadata(table: Table, expected: int, tags: Mapping[str, str]) -> int:
    """A new version over the same files. An overwrite of nothing would empty the table."""
    return _commit(table, expected, [], "append", None, tags)


def _create(table: Table, schema: Schema, actions: list[AddAction], tags: Mapping[str, str]) -> int:
    with _reaching(table):
        try:
            create_table_with_add_actions(
                table.uri,
                schema,
                actions,
                mode="error",
                partition_by=[],
                storage_options=dict(table.options),
                commit_properties=_properties(tags),
                post_commithook_properties=_KEEP_LOG,
            )
        except (CommitFailedError, DeltaError) as error:
            if table.exists():
                raise Superseded(f"{table.uri} was created meanwhile") from error
            raise
    return 0


def _commit(
    table: Table,
    expected: int,
    actions: list[AddAction],
    mode: str,
    schema: Schema | None,
    tags: Mapping[str, str],
) -> int:
    with _reaching(table):
        opened = DeltaTable(table.uri, storage_options=dict(table.options))
        if opened.version() != expected:
            raise Superseded(f"{table.uri} is at version {opened.version()}, not {expected}")
        try:
            opened.create_write_transaction(
                [*actions],
                mode=mode,
                schema=schema or opened.schema(),
                partition_by=[],
                commit_properties=_properties(tags),
                post_commithook_properties=_KEEP_LOG,
            )
        except CommitFailedError as error:
            raise Superseded(f"{table.uri} is no longer at version {expected}") from error
    return expected + 1


@contextmanager
def _reaching(table: Table) -> Iterator[None]:
    try:
        yield
    except (OSError, DeltaError) as error:
        if table.options:
            raise Unavailable(f"{table.uri}: {error}") from error
        if isinstance(error, DeltaError):
            raise Corrupt(f"{table.uri}: {error}") from error
        raise


def _properties(tags: Mapping[str, str]) -> CommitProperties:
    # A retry would rebase on what came between, and a slow build of an old spec bury a newer one.
    return CommitProperties(custom_metadata=dict(tags), max_commit_retries=0)


def _schema(columns: Sequence[StoredColumn]) -> Schema:
    fields = [
        {"name": c.name, "type": c.kind.delta, "nullable": c.nullable, "metadata": {}}
        for c in columns
    ]
    return Schema.from_json(json.dumps({"type": "struct", "fields": fields}))


def _add(file: DataFile, columns: Sequence[StoredColumn]) -> AddAction:
    return AddAction(
        path=file.path,
        size=file.bytes,
        partition_values={},
        modification_time=0,
        data_change=True,
        stats=json.dumps(_statistics(file, columns)),
    )


def _statistics(file: DataFile, columns: Sequence[StoredColumn]) -> dict[str, object]:
    """`stats` of an add action (Delta protocol, per-file statistics)."""
    # Those of a struct would have to be told by field.
    flat = [c for c in columns if not c.kind.is_nested]
    found = [(c, file.statistics[c.name]) for c in flat if c.name in file.statistics]
    bounded = [(c, s) for c, s in found if c.kind.edm in _BOUNDED and s.min is not None]
    return {
        "numRecords": file.rows,
        "nullCount": {c.name: s.nulls for c, s in found},
        "minValues": {c.name: _bound(c, s.min) for c, s in bounded},
        "maxValues": {c.name: _bound(c, s.max) for c, s in bounded},
    }


_BOUNDED = {
    "Edm.SByte",
    "Edm.Byte",
    "Edm.Int16",
    "Edm.Int32",
    "Edm.Int64",
    "Edm.String",
    "Edm.Date",
}


def _bound(column: StoredColumn, text: str | None) -> object:
    return int(text) if column.kind.is_integer and text is not None else text
