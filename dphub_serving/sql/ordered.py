"""Pages of an order in which the rows are not stored: the first rows by values, ties by position.

To sort by the position too, DuckDB would read it of every row that ties with the last one, often a
tenth of the table. So it finds the first rows by the first value alone. Which of those with the
last value these are is chance, where there are more; then these are sought by the next value, and
where no value is left, read in file order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dphub_serving.odata.bound import Column
from dphub_serving.odata.query import Order, Query
from dphub_serving.odata.token import AfterRow, Cursor
from dphub_serving.sql import keyset
from dphub_serving.sql.filter import Passing, passing
from dphub_serving.sql.fragment import Fragment, joined
from dphub_serving.sql.relation import Relation, by
from dphub_serving.sql.shape import Shape, reading, row
from dphub_serving.sql.statement import Statement, name
from dphub_serving.sql.table import POSITION, Table
from dphub_serving.sql.types import sql_type

Row = tuple[object, ...]
# Beyond that DuckDB reads all columns of the rows that it sorts.
MOST = 5000
# Where a filter decides, the rows are dear to find again: so many more are looked at at once.
SPARE = 100
_BEFORE, _OPEN = name("rows before"), name("group open")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the statements of one page have in common; `every` has all rows, with the values of the
    order that are computed."""

    table: Table
    query: Query
    shape: Shape
    terms: tuple[keyset.Term, ...]
    rows: Passing
    every: Fragment

    @property
    def order(self) -> str:
        return ", ".join(term.ordering() for term in self.terms)

    def statement(
        self, rest: str, bounds: tuple[int, ...], behind: Fragment | None, *, scans: bool = False
    ) -> Statement:
        """The rows that pass and come `behind` a place; `rest` has the `bounds` as parameters.

        In file order a limit ends it early.
        """
        source, where = self.rows.source, self.where(behind)
        text = self._text(source.text, f"{where.text}{rest}")
        return Statement(text, (*source.params, *where.params, *bounds), scans)

    def first(self, level: int, wanted: int, skip: int, behind: Fragment | None) -> Statement:
        """The first rows by one term alone: `behind` says that they agree in those before it.

        Two more columns: how many rows have values before this, and whether more rows may have
        this value than were looked at.
        """
        many = skip + wanted + (SPARE if self.query.filter else 1)
        source, where, term = self.rows.source, self.where(behind), self.terms[level].ordering()
        found = f"(SELECT * FROM {source.text}{where.text} ORDER BY {term} LIMIT ?)"
        ranked = (
            f"(SELECT *, rank() OVER (ORDER BY {term}) - 1 AS {_BEFORE}, "
            f"count(*) OVER (ORDER BY {term}) >= ? AS {_OPEN} FROM {found})"
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
class Step:
    """So many rows among those `behind` a place, which agree in the first `level` values."""

    reading: Reading
    level: int
    wanted: int
    skip: int
    behind: Fragment | None

    @property
    def statement(self) -> Statement:
        if self.level < len(self.reading.terms):
            return self.reading.first(self.level, self.wanted, self.skip, self.behind)
        return self.reading.statement(" LIMIT ? OFFSET ?", (self.wanted, self.skip), self.behind)

    def settled(self, found: list[Row]) -> tuple[list[Row], "Step | None"]:
        """Of the rows found those that are right, and the step to those behind them."""
        if self.level == len(self.reading.terms):
            return found, None
        plain = [each[:-2] for each in found]
        if not found or not found[-1][-1]:
            return plain, None
        *_, before, _ = found[-1]
        assert isinstance(before, int)
        right, skip = max(0, before - self.skip), max(0, self.skip - before)
        behind = self._alike(plain[-1])
        step = Step(self.reading, self.level + 1, self.wanted - right, skip, behind)
        return plain[:right], step

    def _alike(self, last: Row) -> Fragment:
        """Those that agree with the last one in this value too."""
        texts = last[1 : self.level + 2]
        assert all(each is None or isinstance(each, str) for each in texts)
        terms, source = self.reading.terms[: len(texts)], self.reading.every
        same = Fragment(*keyset.ties(terms, (*texts, -1), source))  # type: ignore[arg-type]
        return joined(" AND ", [same, *([self.behind] if self.behind else [])])


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
        """So many rows beyond the ties, by the whole order at once."""
        order = f" ORDER BY {self.reading.order}, file_row_number LIMIT ? OFFSET ?"
        return self.reading.statement(order, (wanted, self.skip), self.beyond, scans=True)

    def start(self, wanted: int) -> "Step":
        """The same rows, by values."""
        return Step(self.reading, 0, wanted, self.skip, self.beyond)

    def cursor(self, delivered: int, found: Sequence[Row]) -> Cursor | None:
        if len(found) <= delivered:
            return None
        return AfterRow(keyset.cursor(found[delivered - 1][1:]))


def compile_sorted(table: Table, query: Query, shape: Shape) -> Sorted:
    terms = tuple(term_of(table, each, number) for number, each in enumerate(query.order))
    relation = Relation.of(query)
    rows = passing(table, query.filter, relation)
    every = relation.over(table, Fragment(table.source()))
    found = Reading(table, query, shape, terms, rows, every)
    unique = any(each.name and each.name in {table.key, table.unique} for each in query.order)
    by_values = not rows.few and not unique and query.skip + query.fetch <= MOST
    ties = beyond = None
    if isinstance(query.cursor, AfterRow):
        source, values = found.every, query.cursor.values
        beyond = Fragment(*keyset.beyond(terms, values, source))
        # In file order, which DuckDB keeps.
        by_position = " ORDER BY file_row_number" if rows.few else ""
        same = Fragment(*keyset.ties(terms, values, source))
        ties = found.statement(f"{by_position} LIMIT ?", (query.fetch,), same)
    return Sorted(found, ties, beyond, query.skip, query.fetch, by_values)


def term_of(table: Table, order: Order, number: int) -> keyset.Term:
    if not isinstance(order.expression, Column):
        kind = sql_type(order.expression.type)
        return keyset.Term(by(number), order.descending, kind, complete=False)
    prop = order.expression.property
    spelled = table.spelled if prop.name == table.key else None
    sql = f"({spelled.key_sql()})" if spelled else name(prop.name)
    complete = prop.name == table.key or prop.name in table.complete
    return keyset.Term(sql, order.descending, prop.type.stored, complete)
