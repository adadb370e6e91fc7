"""Write the rows of a plan, and the index of the keys that do not spell their row."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dphub_assets.build import sql
from dphub_assets.build.plan import JoinPlan
from dphub_assets.build.text import literal, name
from dphub_assets.sources.relation import parquet
from dphub_k8s.api import keys
from dphub_k8s.api.snapshot import ColumnStatistics, DataFile

# A lookup reads one group, and compares the bounds of all (10 µs each).
INDEX_GROUP, LARGEST_INDEX_GROUP, INDEX_GROUPS = 8192, 122_880, 1000


@dataclass(frozen=True, slots=True)
class Written:
    """What lies in the staging folder; `rows` and `index_file` describe it by its final names."""

    file: Path
    rows: DataFile
    index: Path | None
    index_file: DataFile | None


def write(
    connection: duckdb.DuckDBPyConnection,
    plan: JoinPlan,
    relations: sql.Relations,
    longest: int,
    folder: Path,
    names: tuple[str, str],
) -> Written:
    """`longest` is how long a spelled key can be at most, without its ordinal; `names` are those of
    the rows and of the index in the table."""
    target = folder / "rows.parquet"
    script = sql.script(plan, relations, target)
    for statement in script.setup:
        connection.execute(statement)
    rows = described(target, names[0], connection.execute(script.copy).fetchall()[0])
    if not _needs_index(plan, rows, longest):
        return Written(target, rows, None, None)
    index = folder / "keys.parquet"
    made = connection.execute(_index_copy(plan, target, index, rows.rows)).fetchall()[0]
    return Written(target, rows, index, described(index, names[1], made))


def described(file: Path, target: str, returned: tuple[object, ...]) -> DataFile:
    """A row of RETURN_STATS: name, rows, bytes, footer bytes, statistics by quoted column, ..."""
    columns = returned[4]
    assert isinstance(columns, dict)
    return DataFile(
        path=target,
        rows=int(str(returned[1])),
        bytes=file.stat().st_size,
        digest=_sha256(file),
        statistics={
            _unquoted(column): _statistics(found)
            for column, found in columns.items()
            if '"."' not in column  # what lies inside of a list or a struct
        },
    )


def _statistics(found: dict[str, str]) -> ColumnStatistics:
    """Bounds only where both are a value of the column: those of long texts are cut off."""
    exact = all(found.get(f"{bound}_is_exact") == "true" for bound in ("min", "max"))
    return ColumnStatistics(
        nulls=int(found["null_count"]),
        nans=int(found["nan_count"]) if "nan_count" in found else None,
        min=found["min"] if exact else None,
        max=found["max"] if exact else None,
    )


def _unquoted(column: str) -> str:
    return column.removeprefix('"').removesuffix('"').replace('""', '"')


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _needs_index(plan: JoinPlan, rows: DataFile, longest: int) -> bool:
    """Whether some key cannot be turned into a range of the storage order."""
    entity = plan.product.spec.entity
    recipe = entity.recipe()
    if recipe is None:
        return plan.order[0] != entity.key_column
    ordinal = len(rows.statistics[keys.ORDINAL].max or "")
    return not recipe.spells or longest + ordinal > keys.LONGEST


def _index_copy(plan: JoinPlan, rows: Path, index: Path, count: int) -> str:
    """The keys that have to be looked up, sorted, each with the position of its row."""
    entity = plan.product.spec.entity
    recipe = entity.recipe()
    spelled = recipe and recipe.kind == "text"
    key = recipe.key_sql() if recipe and spelled else name(entity.key_column)
    digests = f"WHERE starts_with(key, {literal(keys.DIGEST)})" if spelled else ""
    numbered = f"SELECT {key} AS key, file_row_number AS position FROM " + parquet(
        rows, "file_row_number = true"
    )
    query = f"SELECT key, position FROM ({numbered}) {digests} ORDER BY key"
    group = min(max(INDEX_GROUP, count // INDEX_GROUPS), LARGEST_INDEX_GROUP)
    options = f"FORMAT parquet, ROW_GROUP_SIZE {group}, RETURN_STATS"
    return f"COPY ({query}) TO {literal(str(index))} ({options})"
