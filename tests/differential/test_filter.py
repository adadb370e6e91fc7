"""Random filters over random rows: DuckDB finds what a plain evaluator finds."""

import datetime as dt
import os
from fractions import Fraction
from typing import Any

import duckdb
import pytest

from dphub_k8s.api.types import parse_type
from dphub_serving.odata import expressions, parser
from dphub_serving.odata.edm import EntityType, Property
from dphub_serving.odata.query import Filter
from dphub_serving.rows.engine import BY_VALUES
from dphub_serving.sql.filter import passing
from dphub_serving.sql.fragment import Fragment
from dphub_serving.sql.table import Table
from tests.differential import filters
from tests.differential.evaluator import Fails, Node, Row, evaluate

CASES = int(os.environ.get("DPHUB_CASES", "400"))
BATCH = 50
ROWS = 25
TYPE = EntityType(
    "n",
    "Row",
    ("n",),
    tuple(Property(name, parse_type(kind)) for name, kind in filters.TYPES.items()),
)
TABLE = Table("rows.parquet", None, ROWS, {}, frozenset(), (), "n", None)


def stored(value: Any, kind: str) -> Any:
    if isinstance(value, Fraction):
        return str(value.numerator if kind == "ulong" else float(value))
    return str(value) if isinstance(value, dt.time) else value


def load(database: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    kinds = {name: parse_type(kind) for name, kind in filters.TYPES.items()}
    columns = ", ".join(f'"{name}" {kind.stored}' for name, kind in kinds.items())
    database.execute(f"CREATE OR REPLACE TABLE rows (n INTEGER, file_row_number BIGINT, {columns})")
    marks = ", ".join(f"?::{kind.cast}::{kind.stored}" for kind in kinds.values())
    for number, row in enumerate(rows):
        values = [stored(row[name], filters.TYPES[name]) for name in kinds]
        database.execute(f"INSERT INTO rows VALUES (?, ?, {marks})", [number, number, *values])


def compiled(text: str) -> Fragment:
    scope = expressions.Scope(TYPE, "$filter", {})
    bound = expressions.condition(parser.expression(text, "$filter"), scope)
    return passing(TABLE, Filter(bound, text, dt.datetime.now(dt.UTC), volatile=False)).condition


def found(database: duckdb.DuckDBPyConnection, text: str) -> set[int] | None:
    """The rows, or None where it has no value."""
    where = compiled(text)
    try:
        query = f"SELECT n FROM rows WHERE {where.text}"
        return {n for (n,) in database.execute(query, where.params).fetchall()}
    except (duckdb.ConversionException, duckdb.OutOfRangeException):
        return None
    except duckdb.InvalidInputException as problem:
        if not BY_VALUES.search(str(problem)):
            raise
        return None


def wanted(tree: Node, rows: list[Row]) -> tuple[set[int], set[int]]:
    """The rows that pass, and those for which there is no value."""
    passing, failing = set(), set()
    for number, row in enumerate(rows):
        try:
            if evaluate(tree, row) is True:
                passing.add(number)
        except Fails:
            failing.add(number)
    return passing, failing


@pytest.mark.parametrize("batch", range(-(-CASES // BATCH)))
def test_filters_find_what_the_standard_says(batch: int) -> None:
    dice = filters.Dice(batch)
    rows = filters.rows(dice, ROWS)
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        load(database, rows)
        for _ in range(BATCH):
            tree = dice.condition(3)
            text = filters.text(tree)
            answer = found(database, text)
            passing, failing = wanted(tree, rows)
            if answer is None:
                assert failing, text
            else:
                assert answer - failing == passing, (text, [rows[n] for n in answer ^ passing])
