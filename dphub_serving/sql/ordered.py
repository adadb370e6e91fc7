"""Pages of an order in which the rows are not stored: the first rows by values, ties by position.

To sort by the position too, DuckDB would read it of every row that ties with the last one, often a
tenth of the table. So it finds the first rows by their values alone. Which of those with the last
values these are is chance, where there are more; then they are read again, in file order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dphub_serving.odata.query import Order, Query
from dphub_serving.odata.token import AfterRow, Cursor, Scalar
from dphub_serving.sql import keyset
from dphub_serving.sql.filter import Passing, passing
from dphub_serving.sql.fragment import Fragment, joined
from dphub_serving.sql.shape import Shape, reading, row
from dphub_serving.sql.statement import Statement, name
from dphub_serving.sql.table import POSITION, Table

Row = tuple[object, ...]
# Beyond that DuckDB reads all columns of the rows that it sorts.
MOST = 5000
# Where a filter decides, the rows are dear to find again: so many more are looked at at once.
SPARE = 100
_BEFORE, _OPEN = name("rows before"), name("group open")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the statements of one page have in common."""

    table: Table
    query: Query
    shape: Shape
    terms: tuple[keyset.Term, ...]
    rows: Passing

    @property
    def order(self) -> str:
        return ", ".join(term.ordering() for term in self.terms)

    def statement(
        self,
        rest: str,
        bounds: tuple[int, ...],
        behind: Fragment | None = None,
    ) -> Statement:
        """The rows that pass and come `behind` a place; `rest` has the `bounds` as parameters."""
        source, where = self.rows.source, self.where(behind)
        text = self._text(source.text, f"{where.text}{rest}")
        return Statement(text, (*source.params, *where.params, *bounds), scans=True)

    def first(self, wanted: int, skip: int, behind: Fragment | None) -> Statement:
        """The first rows by their values alone.

        Two more columns: how many rows have values before these, and whether more rows may have
        these values than were looked at.
        """
        many = skip + wanted + (SPARE if self.query.filter else 1)
        source, where = self.rows.source, self.where(behind)
        found = f"(SELECT * FROM {source.text}{where.text} ORDER BY {self.order} LIMIT ?)"
        ranked = (
            f"(SELECT *, rank() OVER (ORDER BY {self.order}) - 1 AS {_BEFORE}, "
            f"count(*) OVER (ORDER BY {self.order}) >= ? AS {_OPEN} FROM {found})"
        )
        rest = f" ORDER BY {self.order}, file_row_number LIMIT ? OFFSET ?"
        text = self._text(ranked, rest, (_BEFORE, _OPEN))
        params = (many, *source.params, *where.params, many, wanted, skip)
        return Statement(text, params, scans=True)

    def where(self, behind: Fragment | None) -> Fragment:
        conditions = [behind] if behind else []
        conditions += [self.rows.condition] if self.query.filter else []
        found = joined(" AND ", conditions)
        return Fragment(f" WHERE {found.text}", found.params) if conditions else found

    def _text(self, source: str, rest: str, told: tuple[str, ...] = ()) -> str:
        names = [name(f"o {number}") for number in range(len(self.terms))]
        pairs = zip(self.terms, names, strict=True)
        texts = [f"{term.sql}::VARCHAR AS {each}" for term, each in pairs]
        more = (*texts, f"file_row_number AS {POSITION}", *told)
        relation = reading(self.table, self.query, self.shape, rest, more, source=source)
        columns = [row(self.table, self.query, self.shape), *names, POSITION, *told]
        return f"SELECT {', '.join(columns)} FROM {relation}"


@dataclass(frozen=True, slots=True)
class Sorted:
    """The first `fetch` rows of an order: those of `ties`, then those of `rest`.

    Columns: JSON, the values of the order as texts, the position.
    """

    reading: Reading
    ties: Statement | None
    beyond: Fragment | None
    skip: int
    fetch: int
    by_values: bool

    def rest(self, wanted: int) -> Statement:
        """So many rows beyond the ties. `by_values` as `Reading.first` gives them."""
        if self.by_values:
            return self.reading.first(wanted, self.skip, self.beyond)
        order = f" ORDER BY {self.reading.order}, file_row_number LIMIT ? OFFSET ?"
        return self.reading.statement(order, (wanted, self.skip), self.beyond)

    def settled(self, found: list[Row], wanted: int) -> tuple[list[Row], Statement | None]:
        """Of the rows by values those that are right, and the statement for those behind them."""
        plain = [each[:-2] for each in found]
        if not found or not found[-1][-1]:
            return plain, None
        *_, before, _ = found[-1]
        assert isinstance(before, int)
        right = max(0, before - self.skip)
        bounds = wanted - right, max(0, self.skip - before)
        values = (*plain[-1][1:-1], -1)
        same = keyset.ties(self.reading.terms, _scalars(values), self.reading.table.source())
        return plain[:right], self.reading.statement(" LIMIT ? OFFSET ?", bounds, Fragment(*same))

    def cursor(self, delivered: int, found: Sequence[Row]) -> Cursor | None:
        if len(found) <= delivered:
            return None
        return AfterRow(keyset.cursor(found[delivered - 1][1:]))


def compile_sorted(table: Table, query: Query, shape: Shape) -> Sorted:
    terms = tuple(_term(table, each) for each in query.order)
    rows = passing(table, query.filter)
    found = Reading(table, query, shape, terms, rows)
    unique = any(each.property.name in {table.key, table.unique} for each in query.order)
    by_values = not rows.few and not unique and query.skip + query.fetch <= MOST
    ties = beyond = None
    if isinstance(query.cursor, AfterRow):
        source, values = table.source(), query.cursor.values
        beyond = Fragment(*keyset.beyond(terms, values, source))
        # In file order, which DuckDB keeps.
        by_position = " ORDER BY file_row_number" if rows.few else ""
        same = Fragment(*keyset.ties(terms, values, source))
        ties = found.statement(f"{by_position} LIMIT ?", (query.fetch,), same)
    return Sorted(found, ties, beyond, query.skip, query.fetch, by_values)


def _scalars(values: Sequence[object]) -> tuple[Scalar, ...]:
    """DuckDB's texts of values, nulls and a position."""
    assert all(each is None or isinstance(each, str | int) for each in values)
    return values  # type: ignore[return-value]


def _term(table: Table, order: Order) -> keyset.Term:
    prop = order.property
    spelled = table.spelled if prop.name == table.key else None
    sql = f"({spelled.key_sql()})" if spelled else name(prop.name)
    complete = prop.name == table.key or prop.name in table.complete
    return keyset.Term(sql, order.descending, prop.type.stored, complete)
