"""What `$filter` asks -> the rows that pass, as a relation and the condition of a WHERE over it.

A filter that names keys reads the rows of these keys alone; every other condition on a key that is
no column makes the key of every row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from dphub_serving.odata.bound import Column, Comparison, Constant, Expression, Junction, Membership
from dphub_serving.odata.parser import KEPT, LONGEST_KEPT
from dphub_serving.odata.query import Filter
from dphub_serving.odata.same import Same
from dphub_serving.odata.values import Value
from dphub_serving.sql.expression import TRUE, Compiler
from dphub_serving.sql.fragment import Fragment, fill, joined
from dphub_serving.sql.keys import between, row_of
from dphub_serving.sql.related import Columns
from dphub_serving.sql.relation import Relation
from dphub_serving.sql.statement import Statement
from dphub_serving.sql.table import Table

# Each key costs a look at the file; beyond so many, one look at the whole file costs less.
MOST_KEYS = 100


@dataclass(frozen=True, slots=True)
class Passing:
    """`few` says that the relation has the rows of a few keys alone, in no order."""

    source: Fragment
    condition: Fragment
    few: bool


def compile_count(table: Table, wanted: Filter) -> Statement:
    rows = passing(table, wanted)
    found = fill("SELECT count(*) FROM {0} WHERE {1}", rows.source, rows.condition)
    return Statement(found.text, found.params, scans=not rows.few)


def asks_many(table: Table, wanted: Filter | None) -> bool:
    """Whether it takes more than the rows of a few keys to answer."""
    if wanted is None:
        return False
    return all(_keys(table, term) is None for term in _conjuncts(wanted.condition))


def passing(table: Table, wanted: Filter | None, more: Relation | None = None) -> Passing:
    """`more` are columns that the relation has besides, in which the condition may look too."""
    if wanted is None:
        found = Passing(Fragment(table.source()), TRUE, few=False)
    elif wanted.volatile or len(wanted.asked) > LONGEST_KEPT:
        found = _passing(table, wanted)
    else:
        found = _kept(_Question(Same(wanted.condition), _Place.of(table), table, wanted))
    if more is None and wanted and wanted.computed:
        more = Relation(wanted.computed, (), wanted.now)
    return replace(found, source=more.over(table, found.source)) if more else found


class _Place(NamedTuple):
    """Whatever else is known of the files is the same where these are."""

    rows: str
    keys: str | None
    native: str | None
    beside: tuple[str, ...]

    @classmethod
    def of(cls, table: Table) -> "_Place":
        alias = table.native.alias if table.native else None
        beside = tuple(each.rows_file for each in table.neighbours.values())
        return cls(table.rows_file, table.index_file, alias, beside)


@dataclass(frozen=True, slots=True)
class _Question:
    """The condition was bound to one snapshot's type, and so belongs to its table alone."""

    condition: Same[Expression]
    place: _Place
    table: Table = field(compare=False)
    wanted: Filter = field(compare=False)


@lru_cache(maxsize=KEPT)
def _kept(question: _Question) -> Passing:
    return _passing(question.table, question.wanted)


def _passing(table: Table, wanted: Filter) -> Passing:
    every = Fragment(table.source())
    terms = _conjuncts(wanted.condition)
    compiler = Compiler(Columns(table), wanted.now)
    for number, term in enumerate(terms):
        keys = _keys(table, term)
        if keys is not None:
            rest = [compiler.condition(each) for each in terms[:number] + terms[number + 1 :]]
            return Passing(_rows_of(table, keys), joined(" AND ", rest or [TRUE]), few=True)
    near = [place for term in terms for place in _places(table, term)]
    condition = compiler.condition(wanted.condition)
    return Passing(every, joined(" AND ", [*near, condition]) if near else condition, few=False)


def _conjuncts(tree: Expression) -> tuple[Expression, ...]:
    return tree.terms if isinstance(tree, Junction) and tree.operator == "and" else (tree,)


def _keys(table: Table, term: Expression) -> Sequence[Value] | None:
    """The keys that a row has to have one of, where the term says that and they are few."""
    if table.recipe is None and table.index_file is None:
        return None  # the rows are sorted by it
    match term:
        case Comparison("eq", Column(prop), Constant(value)) if (
            prop.name == table.key and value is not None
        ):
            return (value,)
        case Membership(Column(prop), values, null=False) if prop.name == table.key:
            return values if len(values) <= MOST_KEYS else None
    return None


def _places(table: Table, term: Expression) -> list[Fragment]:
    match term:
        case Comparison(operator, Column(prop), Constant(value)) if prop.type.cast == "VARCHAR":
            return between(table, prop.name, operator, value)
    return []


def _rows_of(table: Table, keys: Sequence[Value]) -> Fragment:
    one = f"SELECT * FROM {table.source()} WHERE {{0}}"
    found = [fill(one, row_of(table, key)) for key in keys]
    return fill("({0})", joined(" UNION ALL ", found or [fill(one, Fragment("false"))]))
