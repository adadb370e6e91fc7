"""The engine reads what it may, keeps to its deadline, and goes on afterwards."""

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb
import pytest

from dphub_serving.rows.engine import NEEDED, Engine, EngineLimits, Session
from dphub_serving.rows.errors import Expired, FileMissing
from dphub_serving.sql.statement import Statement

ENDLESS = Statement("SELECT count(*) FROM range(1000000000000) t(i) WHERE hash(i) = 1")


def engine(tmp_path: Path, seconds: float = 30, threads: int = 2) -> Engine:
    folder = tmp_path / "it's a lake"
    folder.mkdir(exist_ok=True)
    return Engine(EngineLimits("200MB", threads, tmp_path / "spill", seconds), folder)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Engine]:
    running = engine(tmp_path)
    yield running
    running.close()


def fetch(statement: Statement, session: Session) -> list[tuple[object, ...]]:
    return session.fetch(statement)


def run(running: Engine, *statements: Statement) -> list[list[tuple[object, ...]]]:
    async def all_of_them() -> list[list[tuple[object, ...]]]:
        works = [partial(fetch, each) for each in statements]
        return await asyncio.gather(*(running.run(work) for work in works))

    return asyncio.run(all_of_them())


def test_values_travel_as_parameters(started: Engine) -> None:
    assert run(started, Statement("SELECT ?::INTEGER + 1, ?::VARCHAR", (1, "'"))) == [[(2, "'")]]


def test_time_is_utc_in_every_thread(started: Engine) -> None:
    asked = Statement("SELECT current_setting('TimeZone')")
    assert run(started, *[asked] * 8) == [[("UTC",)]] * 8
    wide = Statement(asked.text, scans=True)
    assert run(started, *[wide] * 8) == [[("UTC",)]] * 8


def test_what_scans_gets_the_threads(started: Engine) -> None:
    text = "SELECT current_setting('threads')"
    assert run(started, Statement(text), Statement(text, scans=True)) == [[(1,)], [(2,)]]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_text('{outside}')",
        "SELECT * FROM read_text('{inside}/../secret')",
        "COPY (SELECT 1) TO '{outside}'",
        "SET threads = 8",
        "SET GLOBAL enable_external_access = true",
        "ATTACH '{outside}' AS other",
        "INSTALL httpfs",
    ],
)
@pytest.mark.parametrize("scans", [False, True])
def test_nothing_outside_the_lake_is_touched(
    tmp_path: Path, started: Engine, text: str, scans: bool
) -> None:
    (tmp_path / "secret").write_text("secret")
    lake = str(tmp_path / "it''s a lake")
    sql = text.format(outside=tmp_path / "secret", inside=lake)
    with pytest.raises(duckdb.Error):
        run(started, Statement(sql, scans=scans))
    assert (tmp_path / "secret").read_text() == "secret"


def test_the_lake_is_read(tmp_path: Path, started: Engine) -> None:
    file = tmp_path / "it's a lake" / "rows.parquet"
    duckdb.connect().execute("COPY (SELECT 1 AS a) TO '" + str(file).replace("'", "''") + "'")
    path = str(file).replace("'", "''")
    assert run(started, Statement(f"SELECT a FROM read_parquet('{path}')")) == [[(1,)]]
    file.unlink()
    with pytest.raises(FileMissing):
        run(started, Statement(f"SELECT a + 1 FROM read_parquet('{path}')"))


@pytest.mark.parametrize("scans", [False, True])
def test_an_answer_that_takes_too_long_is_stopped(tmp_path: Path, scans: bool) -> None:
    running = engine(tmp_path, seconds=0.2, threads=1)
    try:
        with pytest.raises(Expired):
            run(running, Statement(ENDLESS.text, scans=scans))
        assert run(running, Statement("SELECT 1", scans=scans)) == [[(1,)]]
    finally:
        running.close()


def test_who_waits_too_long_for_a_thread_is_told_so(tmp_path: Path) -> None:
    running, free = engine(tmp_path, seconds=0.2, threads=1), threading.Event()

    async def both() -> None:
        busy = asyncio.create_task(running.run(lambda _: free.wait(30)))
        await asyncio.sleep(0.01)
        with pytest.raises(Expired):
            await running.run(lambda session: session.fetch(Statement("SELECT 1")))
        free.set()
        with pytest.raises(Expired):
            await busy

    try:
        asyncio.run(both())
    finally:
        free.set()
        running.close()


def test_who_goes_away_frees_the_thread(tmp_path: Path) -> None:
    running = engine(tmp_path, threads=1)

    async def leave() -> object:
        task = asyncio.create_task(running.run(lambda session: session.fetch(ENDLESS)))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await running.run(lambda session: session.fetch(Statement("SELECT 1")))

    try:
        assert asyncio.run(leave()) == [(1,)]
    finally:
        running.close()


def test_sessions_belong_to_threads(started: Engine) -> None:
    seen: set[Session] = set()

    async def many() -> None:
        await asyncio.gather(*(started.run(seen.add) for _ in range(20)))

    asyncio.run(many())
    assert 1 <= len(seen) <= 2


def test_the_optimizers_that_small_queries_need_are_there() -> None:
    with duckdb.connect() as database:
        names = {name for (name,) in database.execute("FROM duckdb_optimizers()").fetchall()}
    assert names >= NEEDED
