"""One entity by its key -> the statements that find it without reading every row.

A spelled key says the values of its row, and rows are sorted by values: few row groups can hold it.
A key in a URL is a row's key only as that row would spell it itself, so what DuckDB prints of the
values is compared with what the key says. Other generated keys are digests and stand in the key
index, as declared keys do that the rows are not sorted by.
"""

from dataclasses import dataclass

from dphub_k8s.api.keys import KeyRecipe
from dphub_serving.odata.query import Inside, Lookup
from dphub_serving.sql import inside
from dphub_serving.sql.fragment import Fragment
from dphub_serving.sql.keys import row_of, spelled, stored
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
        return _spelled(table, lookup, shape, recipe, str(key))
    if table.index_file:
        return _indexed(table, lookup, shape, key)
    if recipe:
        return None
    found, source = row_of(table, key), _source(table, lookup)
    text = _select(table, lookup, shape, found.text)
    given = _given(table, lookup, shape, key)
    return Direct(Statement(text, (*given, *source.params, *found.params)))


def _spelled(
    table: Table, lookup: Lookup, shape: Shape, recipe: KeyRecipe, key: str
) -> Direct | None:
    found = spelled(table, recipe, key)
    if found is None:
        return None
    conditions, params = found
    text = _select(table, lookup, shape, " AND ".join(conditions), KEY_GIVEN)
    given = _given(table, lookup, shape, key)
    return Direct(Statement(text, (*given, *_source(table, lookup).params, *params)))


def _indexed(table: Table, lookup: Lookup, shape: Shape, key: object) -> Indexed:
    kind = table.types[table.key]
    index = f"SELECT position FROM {table.index()} WHERE key = {stored(kind)}"
    given = _given(table, lookup, shape, key)
    text = _select(
        table, lookup, shape, "file_row_number = ?", KEY_GIVEN if table.spelled else None
    )
    source = _source(table, lookup)
    return Indexed(Statement(index, (key,)), text, (*given, *source.params))


def _source(table: Table, lookup: Lookup) -> Fragment:
    return Relation.of(lookup).over(table, Fragment(table.source()))


def _select(
    table: Table, lookup: Lookup, shape: Shape, condition: str, key: str | None = None
) -> str:
    known, source = key is not None, _source(table, lookup).text
    relation = reading(table, lookup, shape, f" WHERE {condition}", key_known=known, source=source)
    # The key is unique; the limit lets DuckDB stop at the row.
    return f"SELECT {_json(table, lookup, shape, key).text} FROM {relation} LIMIT 1"


def _json(table: Table, lookup: Lookup, shape: Shape, key: str | None) -> Fragment:
    """Without the key among its parameters."""
    if not isinstance(lookup, Inside):
        return Fragment(row(table, lookup, shape, key))
    (top,) = lookup.select
    column = (key or table.key_sql()) if top.name == table.key else name(top.name)
    return inside.row(lookup, column, shape.style)


def _given(table: Table, lookup: Lookup, shape: Shape, key: object) -> tuple[object, ...]:
    """The key, once for every place in which the JSON names it, or what else the JSON takes: no key
    has anything inside."""
    found = _json(table, lookup, shape, KEY_GIVEN if table.spelled else None)
    return (key,) * found.text.count(KEY_GIVEN) + found.params
