"""Plain DuckDB: what the build and the service are held against."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from bench.data import COLUMNS, product
from dphub_assets.settings import BuildSettings
from dphub_k8s.api.product import DataProduct

ORDINAL = "_ordinal"
NAMES = ", ".join(COLUMNS)
# The position makes the order total, as it does for the service.
POSITION = "file_row_number"
NATIVE = ".duckdb"

JOINED = """
SELECT areas.province, areas.city, areas.suburb,
  CAST(schedule.date AS INTEGER) AS day, CAST(schedule.stage AS INTEGER) AS stage
FROM '{folder}/areas.parquet' AS areas
JOIN '{folder}/schedule.parquet' AS schedule
  ON areas.provider = schedule.provider AND areas.block = schedule.block
"""


def copy(folder: Path, target: Path, limits: BuildSettings, *, in_order: bool) -> None:
    """Bare `COPY` of the product's columns, in the published order or in none."""
    query = JOINED.format(folder=folder)
    if in_order:
        query += " ORDER BY " + ", ".join(f"{name} NULLS FIRST" for name in COLUMNS)
    config: dict[str, Any] = {
        "memory_limit": limits.memory_limit,
        "threads": limits.threads,
        "temp_directory": str(target.parent / "spill"),
    }
    with duckdb.connect(config=config) as database:
        database.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def fingerprint(rows: Path) -> tuple[int, int]:
    """The number of rows, and a number that depends on all values and on their order."""
    with duckdb.connect() as database:
        found = database.execute(
            f"SELECT count(*), sum(hash({NAMES}, {POSITION})::HUGEINT) FROM {_read(rows)}"
        ).fetchone()
    assert found is not None
    return int(found[0]), int(found[1])


class Raw:
    """Questions about the rows of a snapshot, asked as statements that are prepared once."""

    def __init__(self, database: duckdb.DuckDBPyConnection, rows: Path) -> None:
        self._database = database
        source = f"FROM {_read(rows)}"
        everything = f"SELECT {NAMES}, {ORDINAL} {source}"
        same = " AND ".join(f"{name} = ?" for name in [*COLUMNS, ORDINAL])
        page = f"{everything} WHERE {POSITION} >= ? LIMIT ?"
        latest = f"{everything} ORDER BY day DESC NULLS LAST, {POSITION} LIMIT ?"
        self._bare_page = self._prepared(page)
        self._page = self._prepared(with_key(page))
        self._latest = self._prepared(with_key(latest))
        self._find = self._prepared(f"{everything} WHERE {same} LIMIT 1")
        self._count = self._prepared(f"SELECT count(*) {source}")

    def page(self, first: int, rows: int) -> None:
        """Rows in the order in which they are stored, from a position on."""
        assert len(self._fetch(self._page, first, rows)) == rows

    def bare_page(self, first: int, rows: int) -> None:
        """The same without the key, which is made of the other columns."""
        assert len(self._fetch(self._bare_page, first, rows)) == rows

    def latest(self, rows: int) -> None:
        assert len(self._fetch(self._latest, rows)) == rows

    def find(self, *values: object) -> None:
        assert len(self._fetch(self._find, *values)) == 1

    def count(self) -> int:
        return int(self._fetch(self._count)[0][0])

    def _prepared(self, text: str) -> duckdb.Statement:
        return self._database.extract_statements(text)[0]

    def _fetch(self, statement: duckdb.Statement, *values: object) -> Sequence[tuple[Any, ...]]:
        return self._database.execute(statement, values).fetchall()


@contextmanager
def opened(rows: Path, threads: int) -> Iterator[Raw]:
    with duckdb.connect(config={"threads": threads}) as database:
        # Files of a snapshot never change: the service keeps their footers, and so does this.
        database.execute("SET parquet_metadata_cache = true")
        if rows.suffix == NATIVE:
            database.execute(f"ATTACH '{rows}' AS native (READ_ONLY)")
            # As the service has it.
            database.execute("SET late_materialization_max_rows = 10000")
        yield Raw(database, rows)


def with_key(query: str) -> str:
    """Everything that is published: the key is made of the rows that are found."""
    recipe = DataProduct.model_validate(product()).spec.entity.recipe()
    assert recipe is not None
    return f"SELECT {recipe.text_sql()} AS id, {NAMES} FROM ({query})"


def _read(rows: Path) -> str:
    """A native file has the position as a column of the same name."""
    if rows.suffix == NATIVE:
        return 'native.main."rows"'
    return f"read_parquet('{rows}', file_row_number = true)"
