"""Filters and orders give the same bytes from Parquet and from a native file, and the pages whose
rows are found by values are those of one statement with the whole order."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch
from urllib.parse import quote

import duckdb
import httpx
import pytest

from dphub_assets.lake.writer import Lake
from dphub_serving.sql import ordered
from tests.differential import filters
from tests.differential.test_filter import load
from tests.lake_factory import product, publish
from tests.unit.serving.cache.native_files import attached, started, until, warm
from tests.unit.serving.conftest import Client

TABLES = max(2, int(os.environ.get("DPHUB_EXAMPLES", "10")) // 5)
QUERIES = 40
PAGE = 60


def query(dice: filters.Dice) -> str:
    options = {}
    if dice.random() < 0.8:
        tree = dice.condition(2)
        # A condition that many rows fulfil, a few, or those of one page.
        more = dice.choice(["", " or i ge 0", " and n lt 4000", f" or n lt {PAGE}"])
        options["$filter"] = f"({filters.text(tree)}){more}"
    if dice.random() < 0.7:
        order = dice.sample(list(filters.TYPES), dice.choice([1, 1, 2, 3]))
        options["$orderby"] = ",".join(f"{n}{dice.choice(['', ' desc'])}" for n in order)
    if dice.random() < 0.3:
        options["$skip"] = str(dice.choice([1, PAGE, 700, 4990, 20_000]))
    if dice.random() < 0.3:
        options["$top"] = str(dice.choice([1, 7, 2 * PAGE]))
    options["$count"] = dice.choice(["true", "false"])
    return "&".join(f"{name}={quote(value)}" for name, value in options.items())


def answers(client: Client, queries: list[str]) -> list[list[httpx.Response]]:
    """What each query gives, the pages behind it, and the keys of its last rows by a filter."""
    found = []
    for asked in queries:
        pages, url = [], f"/odata/orders/Rows?{asked}"
        for _ in range(3):
            pages.append(client.get(url))
            if pages[-1].status_code != 200:
                break
            page = pages[-1].json()
            keys = ["'" + row["id"].replace("'", "''") + "'" for row in page["value"][-3:]]
            for each in [f"id eq {keys[-1]}", f"id in ({','.join(keys)})"] if keys else []:
                pages += [client.get(f"/odata/orders/Rows?$filter={quote(each)}")]
            url = page.get("@odata.nextLink", "").removeprefix("http://hub.test")
            if not url:
                break
        found.append(pages)
    return found


def same(left: list[httpx.Response], right: list[httpx.Response]) -> bool:
    """A row that has no value is an error only for who looks at it."""
    for one, other in zip(left, right, strict=False):
        statuses = {one.status_code, other.status_code}
        if 400 in statuses:
            return statuses <= {200, 400}
        if one.content != other.content or statuses != {200}:
            return False
    return len(left) == len(right)


@contextmanager
def in_one_statement() -> Iterator[None]:
    with patch.object(ordered, "MOST", -1):
        yield


@pytest.mark.parametrize("seed", range(TABLES))
def test_filtered_pages_are_the_same_from_everywhere(tmp_path: Path, seed: int) -> None:
    dice = filters.Dice(seed)
    with duckdb.connect(tmp_path / "rows.duckdb") as database:
        database.execute("SET TimeZone = 'UTC'")
        load(database, filters.rows(dice, 40))
        names = ", ".join(f'"{name}"' for name in filters.TYPES)
        many = [500, 25, 1][seed % 3]
        rows = f"SELECT {names}, (n * {many} + copy)::INTEGER AS n FROM rows, range({many}) t(copy)"
        file = tmp_path / "rows.parquet"
        database.execute(f"COPY ({rows}) TO '{file}' (FORMAT parquet)")
    wanted = product({**filters.TYPES, "n": "int"}, odata={"page_size": PAGE})
    publish(Lake.open_at(tmp_path / "lake"), wanted, f"FROM '{file}'")
    queries = [query(dice) for _ in range(QUERIES)]
    with in_one_statement(), started(tmp_path, megabytes=0) as client:
        expected = answers(client, queries)
    assert sum(len(each) > 1 for each in expected) > QUERIES // 4
    with started(tmp_path, megabytes=0) as client:
        found = answers(client, queries)
    assert [q for q, a, b in zip(queries, expected, found, strict=True) if not same(a, b)] == []
    with started(tmp_path) as client:
        warm(client)
        found = answers(client, queries)
        until(lambda: attached(client) == 1)
    assert [q for q, a, b in zip(queries, expected, found, strict=True) if not same(a, b)] == []
