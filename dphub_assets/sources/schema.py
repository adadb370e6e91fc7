"""What columns a source has."""

from dataclasses import dataclass

import duckdb

from dphub_assets.sources.errors import SourceUnreadable
from dphub_assets.sources.location import Location
from dphub_assets.sources.relation import parquet


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column as the file names it, with DuckDB's name of its type.

    Of names that differ only in case all but the first get a number, such as `block_1`.
    """

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class SourceSchema:
    columns: tuple[SourceColumn, ...]
    rows: int


def read_schema(connection: duckdb.DuckDBPyConnection, location: Location) -> SourceSchema:
    """From the Parquet footer alone. Raises SourceMissing, SourceUnreadable."""
    location.version()
    relation = parquet(location.file)
    try:
        described = connection.execute(f"DESCRIBE FROM {relation}").fetchall()
        counted = connection.execute(f"FROM {relation} SELECT count(*)").fetchone()
    except duckdb.Error as error:
        raise unreadable(location, error) from error
    columns = tuple(SourceColumn(name, kind) for name, kind, *_ in described)
    return SourceSchema(columns, int(counted[0]) if counted else 0)


def unreadable(location: Location, error: duckdb.Error) -> SourceUnreadable:
    what, _, _ = str(error).partition("\n")
    return SourceUnreadable(f"{location.name} is not readable as Parquet: {what}")
