"""Marks say where a text can stand: its row groups alone are read, whatever it begins with."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dphub_k8s.api.entity import Entity
from dphub_serving.odata import expressions, parser
from dphub_serving.odata.edm import EntityType, Property
from dphub_serving.odata.query import Filter, Lookup
from dphub_serving.sql import native
from dphub_serving.sql.filter import compile_count
from dphub_serving.sql.lookup import Direct, compile_lookup
from dphub_serving.sql.native import LONGEST, STEP, Marks, Native, create
from dphub_serving.sql.shape import Shape
from dphub_serving.sql.table import Table
from tests.lake_factory import product

COLUMNS = {"code": "string", "stage": "int"}
ROWS = 4 * STEP
# No two row groups differ in the bytes of a bound that DuckDB keeps.
CODE = "'a long beginning ' || lpad((i // 10)::VARCHAR, 9, '0')"
MADE = f"SELECT {CODE} AS code, i % 10 AS stage, 0 AS _ordinal, i AS file_row_number"

TEXTS = st.text("aä\U0001f600", max_size=3) | st.builds("x".__mul__, st.integers(98, 102))


@given(st.lists(st.none() | TEXTS, max_size=30), TEXTS)
def test_marks_leave_out_no_row(values: list[str | None], text: str) -> None:
    rows = sorted(values, key=lambda each: (each is not None, each or ""))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "STEP", 3)
        marks = Marks.of("code", [(each and each[:LONGEST],) for each in rows[::3]])
        first, end = marks.first(text), marks.end(text)
    assert all(each is None or each < text for each in rows[:first])
    assert all(each is not None and each > text for each in rows[end:])


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Table]]:
    file = tmp_path_factory.mktemp("native") / "rows.duckdb"
    entity = product(COLUMNS).spec.entity
    with duckdb.connect(file) as database:
        for statement in create(f"({MADE} FROM range({ROWS}) t(i))", None, "code", ROWS):
            database.execute(statement)
    with duckdb.connect() as database:
        yield database, _attached(database, file, entity)


def _attached(database: duckdb.DuckDBPyConnection, file: Path, entity: Entity) -> Table:
    found = Native("one")
    database.execute(found.attach(str(file)))
    marks = Marks.of("code", database.execute(found.marked()).fetchall())
    types = {column.name: column.kind for column in entity.columns}
    order, recipe = ("code", "stage"), entity.recipe()
    complete = frozenset(types)
    return Table("", None, ROWS, types, complete, order, "id", recipe, Native("one", marks))


@pytest.mark.parametrize("count", [0, 1, 1000, 1001, 4321])
def test_rows_and_keys_are_copied_in_their_order(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(native, "BATCH", 1000)
    numbered = f"range({count}) t(i)"
    rows = f"(SELECT (i * 7) % 10 AS stage, i AS file_row_number FROM {numbered})"
    keys = f"(SELECT i AS key, i * 3 AS position, i AS file_row_number FROM {numbered})"
    with duckdb.connect() as database:
        for statement in create(rows, keys, None, count):
            database.execute(statement)
        expected = [(number * 7 % 10, number) for number in range(count)]
        assert database.execute('FROM "rows"').fetchall() == expected
        expected = [(number, number * 3) for number in range(count)]
        assert database.execute("FROM keys").fetchall() == expected


@pytest.mark.parametrize(
    ("text", "rows", "most"),
    [
        ("code eq 'a long beginning 000000077'", 10, 1),
        ("'a long beginning 000030000' eq code and stage eq 4", 1, 1),
        ("code gt 'a long beginning 000049000'", ROWS - 490_010, 1),
        ("code le 'a long beginning 000000000'", 10, 1),
        ("code ge 'a long beginning 000030000' and code lt 'a long beginning 000030001'", 10, 1),
        ("code eq 'a'", 0, 0),
        ("code eq 'z'", 0, 1),
        ("code eq 'z' or code eq 'a long beginning 000030000'", 10, 4),
    ],
)
def test_row_groups_are_passed_over(
    served: tuple[duckdb.DuckDBPyConnection, Table], text: str, rows: int, most: int
) -> None:
    database, table = served
    properties = tuple(Property(name, kind) for name, kind in table.types.items())
    scope = expressions.Scope(EntityType("n", "Row", ("id",), properties), "$filter", {})
    condition = expressions.condition(parser.expression(text, "$filter"), scope)
    statement = compile_count(
        table, Filter(condition, text, dt.datetime.now(dt.UTC), volatile=False)
    )
    assert database.execute(statement.text, statement.params).fetchall() == [(rows,)]
    assert _groups(database, statement.text, statement.params) <= most


def test_a_key_reads_one_row_group(served: tuple[duckdb.DuckDBPyConnection, Table]) -> None:
    database, table = served
    properties = tuple(Property(name, kind) for name, kind in table.types.items())
    kind = EntityType("n", "Row", ("id",), properties)
    lookup = Lookup(kind, properties, None, ("a_20long_20beginning_20000030000~4~0",))
    found = compile_lookup(table, lookup, Shape("Rows"))
    assert isinstance(found, Direct)
    text, params = found.statement.text, found.statement.params
    ((entity,),) = database.execute(text, params).fetchall()
    assert json.loads(entity)["stage"] == 4
    assert _groups(database, text, params) == 1


def _groups(database: duckdb.DuckDBPyConnection, text: str, params: tuple[object, ...]) -> int:
    explained = database.execute(f"EXPLAIN (ANALYZE, FORMAT json) {text}", params).fetchall()
    query: dict[str, Any] = json.loads(explained[0][1])["query"]
    return int(query["total_row_groups_scanned"])
