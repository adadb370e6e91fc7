"""What navigation leads to: its rows where they lie, or packed into values where that is asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dphub_serving.odata import numbers, trees
from dphub_serving.odata.bound import (
    NAVIGATION,
    Case,
    Cast,
    Column,
    Comparison,
    Constant,
    Counted,
    Expression,
    Function,
    Junction,
    Kept,
    Matches,
    Member,
    Membership,
    Not,
    Now,
    Quantified,
    Reference,
    Related,
    Variable,
)
from dphub_serving.sql.fragment import Fragment, fill, joined
from dphub_serving.sql.statement import name
from dphub_serving.sql.table import Table

# With a blank, so that no column has these names: inside, those of the outer rows are left.
_ROW, _AT = name("row there"), name("place there")
# What can be asked of a row that belongs to nobody, too: it never fails, and has no lambda.
_HARMLESS = (
    *(Column, Variable, Member, Constant, Now, Reference, Comparison, Membership, Junction),
    *(Not, Case, Cast, Function, Matches),
)
_HARMFUL = frozenset({"matchespattern", "hassubset", "hassubsequence"})


@dataclass(frozen=True, slots=True)
class Rows:
    """Those that `way` leads to and the conditions pass, of which `fields` are looked at."""

    way: Related
    conditions: tuple[Expression, ...]
    fields: tuple[str, ...]


def rows(tree: Quantified | Counted) -> Rows | None:
    """Of whose collection it is asked, if it can be asked of rows: no member is looked at as a
    whole."""
    conditions, collection = list[Expression](), tree.collection
    while isinstance(collection, Kept):
        conditions.append(collection.condition)
        collection = collection.collection
    if not isinstance(collection, Related):
        return None
    predicate = tree.predicate if isinstance(tree, Quantified) else None
    asked = [*conditions, *([predicate] if predicate else [])]
    every = [node for each in asked for node in trees.within(each)]
    if not all(isinstance(node, _HARMLESS) for node in every):
        return None
    if any(isinstance(node, Function) and node.name in _HARMFUL for node in every):
        return None
    fields = [e.name for e in every if isinstance(e, Member) and isinstance(e.operand, Variable)]
    if len(fields) < sum(isinstance(node, Variable) for node in every):
        return None
    return Rows(collection, tuple(conditions), tuple(sorted(set(fields))))


def with_field(way: Related, field: str) -> Related:
    """Without what nobody looks at."""
    kind = dict(way.type.fields)[field]
    return replace(way, type=numbers.complex_type([(field, kind)]))


@dataclass(frozen=True, slots=True)
class Columns:
    """The SQL of what a table has, and of what its navigation leads to."""

    table: Table

    def of(self, each: Column | Related) -> Fragment:
        if isinstance(each, Column):
            return Fragment(_column(self.table, each.property.name))
        return _packed(self.table.neighbours[each.way.target], each)

    def rows(self, found: Rows, conditions: Sequence[Fragment]) -> Fragment:
        """FROM and WHERE; in the conditions fields have the names of `there`."""
        target, way = self.table.neighbours[found.way.way.target], found.way
        fields = [f"{_column(target, field)} AS {there(field)}" for field in found.fields]
        given = ", ".join([*_keys(way), *fields])
        source = Fragment(f"FROM (SELECT {given} FROM {target.source()})")
        return fill("{0} WHERE {1}", source, joined(" AND ", [Fragment(_equal(way)), *conditions]))


def there(field: str) -> str:
    return name(f"there {field}")


def _column(table: Table, column: str) -> str:
    spelled = table.spelled if column == table.key else None
    return f"({spelled.key_sql()})" if spelled else name(column)


def _packed(target: Table, each: Related) -> Fragment:
    """The rows of the target that belong to a row; of several in the place of one the first."""
    item = each.type.item or each.type
    packed = ", ".join(
        f"{name(field)} := {_column(target, field)}"
        for field, kind in item.fields
        if kind != NAVIGATION
    )
    made = f"list({_ROW})" if each.type.item else f"arg_min({_ROW}, {_AT})"
    items = [*_keys(each), f"file_row_number AS {_AT}", f"struct_pack({packed}) AS {_ROW}"]
    found = f"(SELECT {', '.join(items)} FROM {target.source()})"
    return Fragment(f"(SELECT {made} FROM {found} WHERE {_equal(each)})")


def _keys(each: Related) -> list[str]:
    return [f"{name(right)} AS {_key(n)}" for n, (_, right) in enumerate(each.way.keys)]


def _equal(each: Related) -> str:
    return " AND ".join(f"{_key(n)} = {name(left)}" for n, (left, _) in enumerate(each.way.keys))


def _key(number: int) -> str:
    return name(f"key there {number}")
