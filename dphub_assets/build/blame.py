"""When DuckDB gives up: a source that cannot be read, or the engine itself."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb

from dphub_assets.build.errors import DiskFailed, EngineFailed
from dphub_assets.build.plan import JoinPlan, PlannedSource
from dphub_assets.build.text import commas, name
from dphub_assets.sources.formats import unreadable
from dphub_assets.sources.relation import Relation

COLOUR = re.compile(r"\x1b\[\d+m")


@contextmanager
def explained(
    connection: duckdb.DuckDBPyConnection, plan: JoinPlan, relations: Mapping[str, Relation]
) -> Iterator[None]:
    """Instead of DuckDB's errors raises SourceUnreadable, EngineFailed."""
    try:
        with bounded():
            yield
    except duckdb.Error as error:
        for source in plan.sources:
            _require_readable(connection, source, relations[source.alias])
        raise EngineFailed(_first_line(error)) from error


@contextmanager
def bounded() -> Iterator[None]:
    """Instead of DuckDB's error for too little memory raises EngineFailed."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        hint = "raise DPHUB_BUILD_MEMORY or give the spill folder (DPHUB_BUILD_SPILL) more room"
        raise EngineFailed(f"{_first_line(error)}; {hint}") from error


@contextmanager
def on_disk() -> Iterator[None]:
    """Instead of the system's errors raises DiskFailed."""
    try:
        yield
    except OSError as error:
        # delta-rs draws a tree, in colours.
        raise DiskFailed(" ".join(COLOUR.sub("", str(error)).split())) from error


def _require_readable(
    connection: duckdb.DuckDBPyConnection, source: PlannedSource, relation: Relation
) -> None:
    """A footer may be whole and the pages behind it broken."""
    # Not `count`, which the footer answers.
    columns = commas(f"max(hash({name(there)}))" for there, _ in source.columns.values())
    try:
        connection.execute(f"SELECT {columns} FROM {relation.sql}").fetchall()
    except duckdb.Error as error:
        raise unreadable(relation, error) from error


def _first_line(error: duckdb.Error) -> str:
    """Without the SQL and the advice that DuckDB adds."""
    return str(error).partition("\n")[0]
