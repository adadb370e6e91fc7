"""One entity by its key -> the statements that find it without reading every row.

A spelled key says the values of its row, and rows are sorted by values: few row groups can hold it.
A key in a URL is a row's key only as that row would spell it itself, so what DuckDB prints of the
values is compared with what the key says. Other generated keys are digests and stand in the key
index, as declared keys do that the rows are not sorted by.
"""

from dataclasses import dataclass

from dphub_serving.odata.query import Inside, Lookup
from dphub_serving.sql import inside
from dphub_serving.sql.fragment import Fragment
from dphub_serving.sql.keys import holds, row_of, spelled, stored
from dphub_serving.sql.relation import Relation
from dphub_serving.sql.shape import Shape, reading, row
from dphub_serving.sql.statement import Statement, name
from dphub_serving.sql.table import Table

KEY_GIVEN = "?::VARCHAR"


@dataclass(frozen=True, slots=True)
class Direct:
    """Finds the row itself. One column: JSON."""

    statement: Statement


@dataclass(frozen=True, slots=True)
class Indexed:
    """`index` finds the position, as its one column; `row` has the statement for it."""

    index: Statement
    text: str
    params: tuple[object, ...]

    def row(self, position: int) -> Statement:
        return Statement(self.text, (*self.params, position))


def compile_lookup(table: Table, lookup: Lookup, shape: Shape) -> Direct | Indexed | None:
    """None where no row can have this key."""
    (key,) = lookup.key
    recipe = table.recipe
    if recipe and not recipe.is_digest(str(key)):
        found = spelled(table, recipe, str(key))
        if found is None:
            return None
        conditions, params = found
        text, given = _select(table, lookup, shape, " AND ".join(conditions), KEY_GIVEN)
        return Direct(Statement(text, (*given, *params)))
    if not recipe and not holds(table.types[table.key], key):
        return None
    if table.index_file:
        return _indexed(table, lookup, shape, key)
    if recipe:
        return None
    by_key = row_of(table, key)
    text, given = _select(table, lookup, shape, by_key.text)
    return Direct(Statement(text, (*given, *by_key.params)))


def _indexed(table: Table, lookup: Lookup, shape: Shape, key: object) -> Indexed:
    kind = table.types[table.key]
    index = f"SELECT position FROM {table.index()} WHERE key = {stored(kind)}"
    known = KEY_GIVEN if table.spelled else None
    text, given = _select(table, lookup, shape, "file_row_number = ?", known)
    return Indexed(Statement(index, (key,)), text, given)


def _select(
    table: Table, lookup: Lookup, shape: Shape, condition: str, key: str | None = None
) -> tuple[str, tuple[object, ...]]:
    """The statement, and what it takes before the parameters of the condition."""
    (given,) = lookup.key
    source = Relation.of(lookup).over(table, Fragment(table.source()))
    relation = reading(
        table, lookup, shape, f" WHERE {condition}", key_known=key is not None, source=source.text
    )
    json = _json(table, lookup, shape, key)
    # The key, once for every place in which the JSON names it, or what else the JSON takes: no key
    # has anything inside.
    named = (given,) * (json.text.count(KEY_GIVEN) if key else 0)
    # The key is unique; the limit lets DuckDB stop at the row.
    text = f"SELECT {json.text} FROM {relation} LIMIT 1"
    return text, (*named, *json.params, *source.params)


def _json(table: Table, lookup: Lookup, shape: Shape, key: str | None) -> Fragment:
    if not isinstance(lookup, Inside):
        return Fragment(row(table, lookup, shape, key))
    (top,) = lookup.select
    column = (key or table.key_sql()) if top.name == table.key else name(top.name)
    return inside.row(lookup, column, shape.style)
