"""What columns a source has."""

from dataclasses import dataclass

import duckdb

from dphub_assets.sources.formats import unreadable
from dphub_assets.sources.relation import UNTYPED, Relation


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column as the file names it, with DuckDB's name of its type or UNTYPED.

    Of names that differ only in case all but the first get a number, such as `block_1`.
    """

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class SourceSchema:
    columns: tuple[SourceColumn, ...]
    rows: int


def read_schema(connection: duckdb.DuckDBPyConnection, relation: Relation) -> SourceSchema:
    """From Parquet footers alone. Raises SourceUnreadable."""
    try:
        described = connection.execute(f"DESCRIBE FROM {relation.sql}").fetchall()
        counted = connection.execute(f"FROM {relation.sql} SELECT count(*)").fetchone()
    except duckdb.Error as error:
        raise unreadable(relation, error) from error
    columns = tuple(
        SourceColumn(name, UNTYPED if name in relation.untyped else relation.typed.get(name, kind))
        for name, kind, *_ in described
    )
    return SourceSchema(columns, int(counted[0]) if counted else 0)
