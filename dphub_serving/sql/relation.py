"""The rows of a snapshot, with what a request computes of each as columns of their own."""

from dataclasses import dataclass
from itertools import groupby

from dphub_serving.odata import trees
from dphub_serving.odata.bound import Computed
from dphub_serving.odata.query import Lookup, Order, Query
from dphub_serving.odata.values import Value
from dphub_serving.sql.expression import Compiler
from dphub_serving.sql.fragment import Fragment, extended
from dphub_serving.sql.related import Columns
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
        compiler = Compiler(Columns(table), self.now)
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
