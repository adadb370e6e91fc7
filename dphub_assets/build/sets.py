"""Published sources: each one's rows, all of them, in a file of their own, sorted by key."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dphub_assets.build.convert import cast
from dphub_assets.build.fit import require_fit
from dphub_assets.build.plan import JoinPlan
from dphub_assets.build.published import PlannedSet
from dphub_assets.build.sql import KEPT, ROW_GROUP, Relations
from dphub_assets.build.text import commas, literal, name
from dphub_assets.build.write import described
from dphub_assets.lake import layout
from dphub_assets.sources.relation import parquet
from dphub_k8s.api.snapshot import PublishedColumn, PublishedSet, Verdict
from dphub_k8s.api.sources import PUBLISHED

EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class WrittenSet:
    """What lies in the staging folder, described by its final name."""

    file: Path
    document: PublishedSet


def write(
    connection: duckdb.DuckDBPyConnection,
    plan: JoinPlan,
    relations: Relations,
    folder: Path,
    snapshot_id: str,
) -> tuple[WrittenSet, ...]:
    """Raises CastFailed where a source has a value that no type of the model holds."""
    return tuple(
        _write(connection, each, relations[each.alias], folder, snapshot_id, number)
        for number, each in enumerate(plan.sets)
    )


def _write(
    connection: duckdb.DuckDBPyConnection,
    planned: PlannedSet,
    relation: str,
    folder: Path,
    snapshot_id: str,
    number: int,
) -> WrittenSet:
    require_fit(connection, planned.alias, relation, planned.asked)
    target = folder / f"set-{number}.parquet"
    (made,) = connection.execute(_copy(planned, relation, target)).fetchall()
    file = described(target, layout.set_file(snapshot_id, number), made)
    document = PublishedSet(
        entitySet=planned.entity_set,
        source=planned.alias,
        key=planned.key,
        columns=tuple(PublishedColumn(name=c.name, type=c.kind.name) for c in planned.columns),
        file=file,
    )
    return WrittenSet(target, document)


def _copy(planned: PlannedSet, relation: str, target: Path) -> str:
    """Rows of one key, which no set may have, lie by all columns: the bytes are reproducible."""
    values = [
        f"{cast(name(c.there), c.source_type, c.kind)} AS {name(c.name)}" for c in planned.columns
    ]
    order = dict.fromkeys([planned.key, *(c.name for c in planned.columns)])
    ordered = commas(f"{name(column)} NULLS FIRST" for column in order)
    query = f"SELECT * FROM (SELECT {commas(values)} FROM {relation}) ORDER BY {ordered}"
    options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}, {KEPT}"
    return f"COPY ({query}) TO {literal(str(target))} ({options})"


def check(
    connection: duckdb.DuckDBPyConnection, written: tuple[WrittenSet, ...]
) -> tuple[Verdict, ...]:
    """One verdict over all sets; none where there are none."""
    if not written:
        return ()
    faults = [fault for each in written for fault in _faults(connection, each)]
    return (
        Verdict(
            check=PUBLISHED,
            passed=not faults,
            message="; ".join(message for message, _, _ in faults),
            violations=sum(rows for _, rows, _ in faults),
            keys=tuple(key for _, _, keys in faults for key in keys)[:EXAMPLES],
        ),
    )


def _faults(
    connection: duckdb.DuckDBPyConnection, written: WrittenSet
) -> Iterator[tuple[str, int, list[str]]]:
    """What is wrong, in how many rows, and the first of their keys."""
    described = written.document
    if nulls := described.file.statistics[described.key].nulls:
        yield f"{described.entity_set}: {described.key} is null in {nulls} rows", nulls, []
    ((rows, keys),) = connection.execute(_repeated(written)).fetchall()
    if rows:
        message = f"{described.entity_set}: {rows} rows repeat a {described.key}, such as {keys[0]}"
        yield message, rows, keys


def _repeated(written: WrittenSet) -> str:
    key = name(written.document.key)
    neighbours = f'SELECT {key} AS key, lag({key}) OVER () AS "key before" FROM '
    repeated = 'FILTER (WHERE key = "key before")'
    return (
        f"SELECT count(*) {repeated}, (list(DISTINCT key::VARCHAR ORDER BY key::VARCHAR) "
        f"{repeated})[:{EXAMPLES}] FROM ({neighbours}{parquet(written.file)})"
    )
