"""A bound query -> the statement of one page.

Two ways. Where the order asked is the order in which rows are stored, or its reverse, a page is a
range of positions and costs the same anywhere. Otherwise DuckDB finds the first rows of the order
asked, made total by the position (`ordered.py`); the next page goes on behind the last row's
values, so that it does not read more than the page before.

The position breaks ties: it is unique and fixed within the snapshot that a page link is bound to.
A spelled key that is asked for by name is sorted by its text, as the standard wants; that costs
making the key of every row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dphub_serving.odata.query import Order, Query
from dphub_serving.odata.token import AfterRow, AtRow, Cursor
from dphub_serving.sql.filter import passing
from dphub_serving.sql.fragment import Fragment, joined
from dphub_serving.sql.ordered import Sorted, compile_sorted
from dphub_serving.sql.relation import Relation
from dphub_serving.sql.shape import Shape
from dphub_serving.sql.spelling import Select, Spelling
from dphub_serving.sql.statement import Statement
from dphub_serving.sql.table import Table

Rows = Sequence[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Range:
    """Rows `first` to before `end` of the stored order (or of its reverse). One column: JSON."""

    statement: Statement
    first: int
    end: int
    total: int
    spelling: Spelling | None = None

    def cursor(self, delivered: int, _found: Rows) -> Cursor | None:
        """Where the next page begins when so many of the rows found were delivered, or None."""
        following = self.first + delivered
        return AtRow(following) if following < self.total else None


@dataclass(frozen=True, slots=True)
class Filtered:
    """The first rows of the stored order (or of its reverse) that a filter lets pass.

    Columns: JSON, the position.
    """

    statement: Statement
    total: int
    reverse: bool
    spelling: Spelling | None

    def cursor(self, delivered: int, found: Rows) -> Cursor | None:
        if len(found) <= delivered:
            return None
        position = found[delivered - 1][1]
        assert isinstance(position, int)
        return AtRow(self.total - position if self.reverse else position + 1)


Page = Range | Filtered | Sorted


def compile_page(table: Table, query: Query, shape: Shape) -> Page:
    if sorts(table, query):
        return compile_sorted(table, query, shape)
    reverse = direction(table, deciding(table, query.order))
    if query.filter:
        return _filtered(table, query, shape, reverse=bool(reverse))
    return _range(table, query, shape, reverse=bool(reverse))


def sorts(table: Table, query: Query) -> bool:
    """Whether the page is no range of positions."""
    reverse = direction(table, deciding(table, query.order))
    return reverse is None or isinstance(query.cursor, AfterRow)


def deciding(table: Table, order: tuple[Order, ...]) -> tuple[Order, ...]:
    """Without what comes behind a unique column."""
    for number, each in enumerate(order, 1):
        if each.name is not None and each.name in {table.key, table.unique}:
            return order[:number]
    return order


def direction(table: Table, order: tuple[Order, ...]) -> bool | None:
    """Whether the order asked is the reverse of the stored one; None where it is neither."""
    names = tuple(each.name for each in order)
    if names != table.storage_order[: len(names)] or len({each.descending for each in order}) > 1:
        return None
    return bool(order) and order[0].descending


def _range(table: Table, query: Query, shape: Shape, *, reverse: bool) -> Range:
    first = query.cursor.row if isinstance(query.cursor, AtRow) else query.skip
    first = min(first, table.rows)
    end = min(first + query.page, table.rows)
    if reverse:
        rest = " WHERE file_row_number >= ? AND file_row_number < ? ORDER BY file_row_number DESC"
        params = (table.rows - end, table.rows - first)
    else:
        # In file order, which DuckDB keeps; the limit ends the scan where a bound only filters it.
        rest, params = " WHERE file_row_number >= ? LIMIT ?", (first, end - first)
    source = Relation.of(query).over(table, Fragment(table.source()))
    select = Select.of(table, query, shape, source.text, rest, placed=False)
    statement = Statement(select.text, (*source.params, *params))
    return Range(statement, first, end, table.rows, select.spelling)


def _filtered(table: Table, query: Query, shape: Shape, *, reverse: bool) -> Filtered:
    rows, begin = passing(table, query.filter, Relation.of(query)), list[Fragment]()
    if isinstance(query.cursor, AtRow) and reverse:
        first = table.rows - min(query.cursor.row, table.rows)
        begin.append(Fragment("file_row_number < ?", (first,)))
    elif isinstance(query.cursor, AtRow):
        begin.append(Fragment("file_row_number >= ?", (query.cursor.row,)))
    # Whole files are read in their order.
    order = " ORDER BY file_row_number" if rows.few else ""
    order = " ORDER BY file_row_number DESC" if reverse else order
    condition = joined(" AND ", [*begin, rows.condition])
    rest = f" WHERE {condition.text}{order} LIMIT ? OFFSET ?"
    select = Select.of(table, query, shape, rows.source.text, rest, placed=True)
    params = (*rows.source.params, *condition.params, query.fetch, query.skip)
    # Planned with little and in one thread: a limit ends it early.
    return Filtered(Statement(select.text, params), table.rows, reverse, select.spelling)
