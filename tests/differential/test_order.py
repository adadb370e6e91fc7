"""Random orders, computed properties and searches over random rows, against the plain evaluator."""

import json
import math
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import duckdb
import pytest

from dphub_k8s.api.types import parse_type
from dphub_serving.odata import bind, url
from dphub_serving.odata.edm import Property
from dphub_serving.odata.query import Limits, Query
from dphub_serving.sql.filter import compile_count
from dphub_serving.sql.native import Native
from dphub_serving.sql.ordered import Sorted
from dphub_serving.sql.page import compile_page
from dphub_serving.sql.shape import Shape
from dphub_serving.sql.table import Table
from tests.differential import filters
from tests.differential.evaluator import Fails, Node, Row, evaluate
from tests.differential.test_filter import BATCH, CASES, ROWS, TYPE, load

NUMBERED = replace(TYPE, properties=(Property("n", parse_type("int")), *TYPE.properties))
KINDS = {each.name: each.type for each in NUMBERED.properties}
TABLE = Table("", None, ROWS, KINDS, frozenset(), (), "n", None, Native("memory"))


def asked(**options: str) -> Query:
    text = "&".join(f"{name}={quote(value)}" for name, value in options.items())
    return bind.query(url.parse("/odata/p/Rows", text), NUMBERED, Limits())


def sort_key(value: Any) -> tuple[int, Any]:
    """Null is the lowest; what the standard leaves open is as DuckDB has it."""
    if value is None:
        return (0, 0)
    return (2, 0) if isinstance(value, float) and math.isnan(value) else (1, value)


def numbers(database: duckdb.DuckDBPyConnection, query: Query) -> list[int] | None:
    page = compile_page(TABLE, query, Shape("Rows"))
    found = page.rest(query.fetch) if isinstance(page, Sorted) else page.statement
    try:
        rows = database.execute(found.text, found.params).fetchall()
    except (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException):
        return None
    return [json.loads(row[0])["n"] for row in rows]


def values(tree: Node, rows: list[Row]) -> list[Any] | None:
    try:
        return [evaluate(tree, row) for row in rows]
    except Fails:
        return None


@pytest.mark.parametrize("batch", range(-(-CASES // BATCH)))
def test_orders_are_what_the_standard_says(batch: int) -> None:
    """Half of the time by a computed property."""
    dice = filters.Dice(batch)
    rows = filters.rows(dice, ROWS)
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        load(database, rows)
        for number in range(BATCH):
            make = dice.choice([dice.integer, dice.string, dice.of_time, dice.test])
            tree, descending = make(2), dice.random() < 0.5
            if (known := values(tree, rows)) is None:
                continue
            text = filters.text(tree)
            order = "c_" if number % 2 else text
            query = asked(
                compute=f"{text} as c_" if number % 2 else "1 as d_",
                orderby=f"{order} desc" if descending else order,
                select="n",
            )
            answer = numbers(database, query)
            key = [sort_key(each) for each in known]
            # Python keeps ties in their order, also in reverse.
            wanted = sorted(range(ROWS), key=key.__getitem__, reverse=descending)
            assert answer == wanted, (text, descending)


WORDS = ["a", "b", "A", "é", "100%", '"a b"', '"b A"', "zz"]


def search(dice: filters.Dice, depth: int) -> tuple[str, Any]:
    """The text, and what it says of a row."""
    kind = dice.random()
    if depth == 0 or kind < 0.3:
        word = dice.choice(WORDS)
        sought = word.strip('"').lower()
        return word, lambda row: any(sought in (row[n] or "").lower() for n in ("t", "w"))
    if kind < 0.5:
        text, holds = search(dice, depth - 1)
        return f"NOT ({text})", lambda row: not holds(row)
    parts = [search(dice, depth - 1) for _ in range(dice.randint(2, 3))]
    operator, test = dice.choice([(" AND ", all), (" OR ", any), (" ", all)])
    text = operator.join(each for each, _ in parts)
    return f"({text})", lambda row: test([holds(row) for _, holds in parts])


@pytest.mark.parametrize("batch", range(-(-CASES // BATCH)))
def test_searches_find_what_they_say(batch: int) -> None:
    dice = filters.Dice(batch)
    rows = filters.rows(dice, ROWS)
    with duckdb.connect() as database:
        load(database, rows)
        for _ in range(BATCH):
            text, holds = search(dice, 3)
            query = asked(search=text)
            assert query.filter
            found = compile_count(TABLE, query.filter)
            answer = database.execute(found.text, found.params).fetchall()
            assert answer == [(sum(map(holds, rows)),)], text
