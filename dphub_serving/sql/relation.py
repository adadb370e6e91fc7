"""The rows of a snapshot, with what a request computes of each as columns of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from dphub_serving.odata import trees
from dphub_serving.odata.bound import NAVIGATION, Column, Computed, Related
from dphub_serving.odata.query import Lookup, Order, Query
from dphub_serving.odata.values import Value
from dphub_serving.sql.expression import Compiler
from dphub_serving.sql.fragment import Fragment, extended
from dphub_serving.sql.statement import computed_name, name
from dphub_serving.sql.table import Table


@dataclass(frozen=True, slots=True)
class Relation:
    """The rows with computed properties, and with what they are ordered by beside their columns."""

    computed: tuple[Computed, ...]
    order: tuple[Order, ...]
    now: Value | None

    @classmethod
    def of(cls, asked: Query | Lookup) -> "Relation":
        if isinstance(asked, Lookup):
            return cls(trees.complete(asked.shown), (), asked.now)
        filtered = asked.filter.computed if asked.filter else ()
        return cls(trees.complete([*asked.computed, *filtered]), asked.order, asked.now)

    def over(self, table: Table, source: Fragment) -> Fragment:
        if not self.computed and not self.order:
            return source
        compiler = Compiler(columns(table), self.now)
        for _, group in groupby(self.computed, key=lambda each: each.level):
            level = [(computed_name(c.name), compiler.value(c.expression)) for c in group]
            source = extended(source, level)
        order = [
            (by(number), compiler.value(each.expression))
            for number, each in enumerate(self.order)
            if each.name is None
        ]
        return extended(source, order)


def by(number: int) -> str:
    """The column of a computed item of the order."""
    return name(f"by {number}")


def columns(table: Table) -> Callable[[Column | Related], Fragment]:
    def column(each: Column | Related) -> Fragment:
        if isinstance(each, Related):
            return _related(table.neighbours[each.way.target], each)
        return Fragment(_column(table, each.property.name))

    return column


def _column(table: Table, column: str) -> str:
    spelled = table.spelled if column == table.key else None
    return f"({spelled.key_sql()})" if spelled else name(column)


# With a blank, so that no column has these names: inside, those of the outer rows are left.
_ROW, _AT = name("row there"), name("place there")


def _related(target: Table, each: Related) -> Fragment:
    """The rows of the target that belong to a row; of several in the place of one the first."""
    item = each.type.item or each.type
    packed = ", ".join(
        f"{name(field)} := {_column(target, field)}"
        for field, kind in item.fields
        if kind != NAVIGATION
    )
    there = [f"{name(right)} AS {_there(n)}" for n, (_, right) in enumerate(each.way.keys)]
    equal = [f"{_there(n)} = {name(left)}" for n, (left, _) in enumerate(each.way.keys)]
    made = f"list({_ROW})" if each.type.item else f"arg_min({_ROW}, {_AT})"
    columns = ", ".join([*there, f"file_row_number AS {_AT}", f"struct_pack({packed}) AS {_ROW}"])
    rows = f"(SELECT {columns} FROM {target.source()})"
    return Fragment(f"(SELECT {made} FROM {rows} WHERE {' AND '.join(equal)})")


def _there(number: int) -> str:
    return name(f"key there {number}")
