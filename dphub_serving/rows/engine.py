"""DuckDB as the service uses it: hardened, one session per worker thread, with deadlines.

There are two databases. A page or a lookup that looks at a few rows runs in the thread that asked:
several threads would cost it up to twice the CPU. Planning is most of its time, so only those
optimizers plan it that it needs (measured: a page 3.3 -> 2.4 ms, a lookup 3.6 -> 2.9). What scans
whole columns gets all cores and all optimizers.

EngineError
  Expired         the answer took longer than it may
  FileMissing     a file of the snapshot is not there any more
  Exhausted       the answer needs more memory than the engine may take
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from dphub_serving.rows.lru import Lru
from dphub_serving.sql.statement import Statement, text

STATEMENTS_PER_THREAD = 500
# The first rows of a native file's order: their other columns are read last (966 -> 228 ms).
LATE_ROWS = 10_000
# Filters reach the scan, columns that nobody asked for are not read, row groups are passed over.
NEEDED = {"filter_pushdown", "unused_columns", "row_group_pruner", "expression_rewriter"}
T = TypeVar("T")


class EngineError(Exception):
    """The head of the tree above."""


class Expired(EngineError):
    pass


class FileMissing(EngineError):
    pass


class Exhausted(EngineError):
    pass


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """`memory` as DuckDB reads it ("512MB"); what does not fit spills into the folder `spill`."""

    memory: str
    threads: int
    spill: Path
    seconds: float
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
        except duckdb.OutOfMemoryException as error:
            raise Exhausted from error

    def interrupt(self) -> None:
        self._narrow.cursor.interrupt()
        self._wide.cursor.interrupt()


@dataclass(slots=True)
class _Job:
    """What a worker is at; `expired` says that nobody waits for it any more."""

    session: Session | None = None
    expired: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def expire(self) -> None:
        with self.lock:
            self.expired = True
            if self.session:
                self.session.interrupt()

    def begin(self, session: Session) -> None:
        with self.lock:
            if self.expired:
                raise Expired
            self.session = session

    def end(self) -> None:
        with self.lock:
            self.session = None


def _expire(job: _Job, answer: asyncio.Future[Any]) -> None:
    """Stop what is running; what still waits for a thread is not begun."""
    job.expire()
    if job.session is None:
        answer.cancel()


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
        self._threads = ThreadPoolExecutor(limits.threads, thread_name_prefix="rows")
        self._local = threading.local()

    async def run(self, work: Callable[[Session], T]) -> T:
        """What `work` returns. Raises EngineError; Expired when that takes too long."""
        loop, job = asyncio.get_running_loop(), _Job()
        answer = loop.run_in_executor(self._threads, self._do, job, work)
        timer = loop.call_later(self._limits.seconds, _expire, job, answer)
        try:
            return await answer
        except asyncio.CancelledError:
            if job.expired:
                raise Expired from None
            job.expire()
            raise
        finally:
            timer.cancel()

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Run it here and now, in both databases; the rows of the last. Raises duckdb.Error."""
        for database in (self._narrow, self._wide):
            with database.cursor() as cursor:
                rows = cursor.execute(sql).fetchall()
        return rows

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._narrow.close()
        self._wide.close()

    def _do(self, job: _Job, work: Callable[[Session], T]) -> T:
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = Session(self._narrow, self._wide)
        job.begin(session)
        try:
            return work(session)
        finally:
            job.end()


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
