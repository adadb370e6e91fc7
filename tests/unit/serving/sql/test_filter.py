"""A filter on what the rows are sorted by reads the row groups that can hold it, and no others."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dphub_serving.odata import expressions, parser
from dphub_serving.odata.edm import EntityType, Property
from dphub_serving.odata.query import Filter
from dphub_serving.sql.filter import compile_count
from dphub_serving.sql.table import Table
from tests.lake_factory import product, write

COLUMNS = {"day": "date", "stage": "int"}
ROWS = "SELECT DATE '2000-01-01' + (i // 10)::INTEGER AS day, i % 5 AS stage FROM range(40960) t(i)"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    folder: Path = tmp_path_factory.mktemp("rows")
    entity = product(COLUMNS).spec.entity
    write(entity, ROWS, folder / "rows.parquet", folder / "keys.parquet")
    types = {column.name: column.kind for column in entity.columns}
    order = ("day", "stage")
    file = str(folder / "rows.parquet")
    return Table(file, None, 40960, types, frozenset(types), order, "id", entity.recipe())


def scanned(nodes: list[dict[str, Any]]) -> int:
    """How many row groups were read."""
    read = sum(int(node.get("row_groups_scanned", 0)) for node in nodes)
    return read + sum(scanned(node.get("children", [])) for node in nodes)


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("day gt 2011-03-01", 1),
        ("day lt 2000-02-01 and stage eq 4", 1),
        ("2000-02-01 gt day", 1),
        ("day in (2000-01-05,2000-01-07)", 1),
        ("id eq '2005-01-01~3~0'", 1),
        ("id in ('2000-01-01~3~0','2011-03-01~3~0')", 2),
    ],
)
def test_row_groups_are_passed_over(table: Table, text: str, most: int) -> None:
    properties = tuple(Property(name, kind) for name, kind in table.types.items())
    scope = expressions.Scope(EntityType("n", "Row", ("id",), properties), "$filter", {})
    condition = expressions.condition(parser.expression(text, "$filter"), scope)
    statement = compile_count(
        table, Filter(condition, text, dt.datetime.now(dt.UTC), volatile=False)
    )
    with duckdb.connect() as database:
        found = database.execute(statement.text, statement.params).fetchall()
        explain = f"EXPLAIN (ANALYZE, FORMAT json) {statement.text}"
        plan = json.loads(database.execute(explain, statement.params).fetchall()[0][1])
    assert found > [(0,)]
    assert 0 < scanned(plan["operator"]) <= most
