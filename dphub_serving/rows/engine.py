"""DuckDB as the service uses it: hardened, one session per worker thread, with deadlines.

There are two databases. A page or a lookup that looks at a few rows runs in the thread that asked:
several threads would cost it up to twice the CPU. Planning is most of its time, so only those
optimizers plan it that it needs (measured: a page 3.3 -> 2.4 ms, a lookup 3.6 -> 2.9). What scans
whole columns gets all cores and all optimizers.

Each has its line of requests, so that nobody with a small question waits behind big ones.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from dphub_serving.rows.errors import Exhausted, Expired, FileMissing, Impossible
from dphub_serving.rows.line import Line, LineLimits
from dphub_serving.rows.lru import Lru
from dphub_serving.sql.statement import Statement, text

STATEMENTS_PER_THREAD = 500
# The first rows of a native file's order: their other columns are read last (966 -> 228 ms).
LATE_ROWS = 10_000
# What a request can bring about by its values: the rest are the messages of RE2.
BY_VALUES = re.compile(
    "division by zero|invalid (?:escape sequence|character class|repetition size|perl operator|"
    r"named capture group|UTF-8)|missing [\])]|unexpected \)|trailing \\|"
    "repetition operator|pattern too large",
    re.IGNORECASE,
)
# What DuckDB says of a Parquet file that is none, or not whole, where it says so with a kind.
DAMAGED = re.compile("parquet|corrupt|incorrect stats size", re.IGNORECASE)
# Filters reach the scan, columns that nobody asked for are not read, row groups are passed over;
# the keys of a join reach the scan of its other side (100 of 1 M rows: 22 -> 6 ms).
NEEDED = {
    *("filter_pushdown", "unused_columns", "row_group_pruner", "expression_rewriter"),
    *("join_filter_pushdown", "statistics_propagation"),
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """`memory` as DuckDB reads it ("512MB"); what does not fit spills into the folder `spill`."""

    memory: str
    threads: int
    spill: Path
    seconds: float
    patience: float = 10.0
    spill_size: str = "10GB"


class _Cursor:
    """A cursor and its prepared statements."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self.cursor = database.cursor()
        self._prepared: Lru[str, duckdb.Statement] = Lru(STATEMENTS_PER_THREAD)

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        return self.cursor.execute(self._statement(statement.text), statement.params).fetchall()

    def _statement(self, sql: str) -> duckdb.Statement:
        prepared = self._prepared.get(sql)
        if prepared is None:
            prepared = self.cursor.extract_statements(sql)[0]
            self._prepared.put(sql, prepared)
        return prepared


class Session:
    """What one thread asks the databases with."""

    def __init__(self, narrow: duckdb.DuckDBPyConnection, wide: duckdb.DuckDBPyConnection) -> None:
        self._narrow, self._wide = _Cursor(narrow), _Cursor(wide)

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        """All rows. Raises EngineError."""
        try:
            return (self._wide if statement.scans else self._narrow).fetch(statement)
        except duckdb.InterruptException as error:
            raise Expired from error
        except duckdb.IOException as error:
            raise FileMissing from error
        except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
            raise Impossible from error
        except duckdb.OutOfMemoryException as error:
            raise Exhausted from error
        except duckdb.Error as error:
            said = str(error)
            if isinstance(error, duckdb.InvalidInputException) and BY_VALUES.search(said):
                raise Impossible from error
            # Who decodes the bytes of a file throws errors without a kind.
            if type(error) is duckdb.Error or DAMAGED.search(said):
                raise FileMissing from error
            raise

    def interrupt(self) -> None:
        self._narrow.cursor.interrupt()
        self._wide.cursor.interrupt()


class Engine:
    """Runs work in its threads. DuckDB may open files in the folders `readable` only."""

    def __init__(self, limits: EngineLimits, *readable: Path) -> None:
        self._limits = limits
        self._narrow = _open(limits, readable, threads=1)
        _plan_little(self._narrow)
        self._wide = _open(limits, readable, threads=limits.threads)
        self._wide.execute(f"SET GLOBAL late_materialization_max_rows = {LATE_ROWS}")
        for database in (self._narrow, self._wide):
            database.execute("SET GLOBAL lock_configuration = true")
        each = LineLimits(limits.threads, limits.seconds, limits.patience)
        self._quick, self._slow = (Line(name, each, self._session) for name in ("quick", "slow"))

    async def run(
        self,
        work: Callable[[Session], T],
        *,
        scans: bool = False,
        gone: Callable[[], Awaitable[object]] | None = None,
    ) -> T:
        """What `work` returns; `gone` returns when the client has left. Raises EngineError."""
        return await (self._slow if scans else self._quick).run(work, gone)

    def counts(self) -> dict[str, dict[str, int]]:
        return {line.name: asdict(line.counts) for line in (self._quick, self._slow)}

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Run it here and now, in both databases; the rows of the last. Raises duckdb.Error."""
        for database in (self._narrow, self._wide):
            with database.cursor() as cursor:
                rows = cursor.execute(sql).fetchall()
        return rows

    def close(self) -> None:
        self._quick.close()
        self._slow.close()
        self._narrow.close()
        self._wide.close()

    def _session(self) -> Session:
        return Session(self._narrow, self._wide)


def _open(
    limits: EngineLimits, readable: Sequence[Path], *, threads: int
) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(
        config={
            "memory_limit": limits.memory,
            "threads": threads,
            "temp_directory": str(limits.spill),
            "max_temp_directory_size": limits.spill_size,
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
            "allow_community_extensions": False,
        }
    )
    # GLOBAL reaches the cursors; the last one cannot be taken back.
    database.execute("SET GLOBAL TimeZone = 'UTC'")
    database.execute("SET GLOBAL parquet_metadata_cache = true")
    folders = ", ".join(text(str(folder)) for folder in readable)
    database.execute(f"SET GLOBAL allowed_directories = [{folders}]")
    database.execute("SET GLOBAL enable_external_access = false")
    return database


def _plan_little(database: duckdb.DuckDBPyConnection) -> None:
    names = database.execute("SELECT name FROM duckdb_optimizers()").fetchall()
    others = ",".join(name for (name,) in names if name not in NEEDED)
    database.execute(f"SET GLOBAL disabled_optimizers = '{others}'")
