"""What navigation leads to: its rows where they lie, or packed into values where that is asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dphub_k8s.api.types import ColumnType
from dphub_serving.odata import numbers, trees
from dphub_serving.odata.bound import (
    DOUBLE,
    NAVIGATION,
    Arithmetic,
    ArithmeticOperator,
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
    Negative,
    Not,
    Now,
    Quantified,
    Reference,
    Related,
    Type,
    Variable,
)
from dphub_serving.odata.errors import NotImplementedByService
from dphub_serving.sql.fragment import Fragment, fill, joined
from dphub_serving.sql.statement import name
from dphub_serving.sql.table import Table
from dphub_serving.sql.types import sql_type

# With a blank, so that no column has these names: inside, those of the outer rows are left.
_ROW, _AT = name("row there"), name("place there")
# What can be asked of a row that belongs to nobody, too: it never fails, and has no lambda.
_HARMLESS = (
    *(Column, Variable, Member, Constant, Now, Reference, Comparison, Membership, Junction),
    *(Not, Case, Cast, Function, Matches, Related, Arithmetic, Negative),
)
_HARMFUL = frozenset({"matchespattern", "hassubset", "hassubsequence"})
# A value that leads somewhere.
Side = tuple[Type, Fragment]


@dataclass(frozen=True, slots=True)
class Rows:
    """Those that `way` leads to and the conditions pass, of which `fields` are looked at; `number`
    is that of their variable."""

    way: Related
    conditions: tuple[Expression, ...]
    fields: tuple[str, ...]
    number: int


def rows(tree: Quantified | Counted) -> Rows | None:
    """Of whose collection it is asked, if it can be asked of rows: no member is looked at as a
    whole."""
    conditions, collection, number = list[Expression](), tree.collection, 0
    while isinstance(collection, Kept):
        conditions.append(collection.condition)
        number = collection.variable.number
        collection = collection.collection
    if not isinstance(collection, Related):
        return None
    asked = [*conditions]
    if isinstance(tree, Quantified):
        number = tree.variable.number
        asked += [tree.predicate] if tree.predicate else []
    if not all(map(_is_harmless, asked)):
        return None
    every = [node for each in asked for node in trees.within(each)]
    looks = [
        (e.operand.number, e.name)
        for e in every
        if isinstance(e, Member) and isinstance(e.operand, Variable)
    ]
    if len(looks) < sum(isinstance(node, Variable) for node in every):
        return None
    fields = {field for of, field in looks if of == number}
    return Rows(collection, tuple(conditions), tuple(sorted(fields)), number)


def _is_harmless(tree: Expression) -> bool:
    match tree:
        case Quantified() | Counted():
            return rows(tree) is not None
        case Function(name) if name in _HARMFUL:
            return False
        case Arithmetic(operator, _, _, kind) if not _is_total(operator, kind):
            return False
        case _:
            return isinstance(tree, _HARMLESS) and all(map(_is_harmless, trees.parts(tree)))


def _is_total(operator: ArithmeticOperator, kind: Type) -> bool:
    """Whether it has a value for all numbers: their digits say what they become at most."""
    fits = numbers.is_number(kind) and kind.digits < numbers.MAX_DIGITS
    return fits and operator in ("add", "sub", "mul", "divby")


def require_none(*asked: Expression) -> None:
    """A lambda has no room for the rows of another set."""
    if any(isinstance(node, Related) for each in asked for node in trees.within(each)):
        message = "navigation from members that are no entities, or beside what may fail of them,"
        raise NotImplementedByService(message)


def with_field(way: Related, field: str, kind: Type) -> Related:
    """Without what nobody looks at."""
    return replace(way, type=numbers.complex_type([(field, kind)]))


@dataclass(frozen=True, slots=True)
class Columns:
    """The SQL of what a table has, and of what its navigation leads to."""

    table: Table

    def of(self, each: Column) -> Fragment:
        return Fragment(_column(self.table, each.property.name))

    def lefts(self, way: Related) -> list[Side]:
        types = self.table.types
        return [(numbers.of_column(types[n]), Fragment(name(n))) for n, _ in way.way.keys]

    def keys(self, way: Related, sides: Sequence[Side]) -> list[Fragment]:
        """The values that lead to the rows of the target, as they are compared with its columns."""
        types = self.table.neighbours[way.way.target].types
        pairs = zip(way.way.keys, sides, strict=True)
        return [_comparable(*side, types[right]) for (_, right), side in pairs]

    def packed(self, each: Related, keys: Sequence[Fragment]) -> Fragment:
        """The rows that have these keys; of several in the place of one the first."""
        item, target = each.type.item or each.type, self.table.neighbours[each.way.target]
        packed = ", ".join(
            f"{name(field)} := {_column(target, field)}"
            for field, kind in item.fields
            if kind != NAVIGATION
        )
        made = f"list({_ROW})" if each.type.item else f"arg_min({_ROW}, {_AT})"
        items = [*_keys(each), f"file_row_number AS {_AT}", f"struct_pack({packed}) AS {_ROW}"]
        found = f"(SELECT {', '.join(items)} FROM {target.source()})"
        return fill(f"(SELECT {made} FROM {found} WHERE {{0}})", _equal(keys))

    def rows(
        self, found: Rows, keys: Sequence[Fragment], conditions: Sequence[Fragment]
    ) -> Fragment:
        """FROM and WHERE; in the conditions fields have the names of `there`."""
        target, way = self.table.neighbours[found.way.way.target], found.way
        fields = [
            f"{_column(target, field)} AS {there(found.number, field)}" for field in found.fields
        ]
        given = ", ".join([*_keys(way), *fields])
        source = Fragment(f"FROM (SELECT {given} FROM {target.source()})")
        return fill("{0} WHERE {1}", source, joined(" AND ", [_equal(keys), *conditions]))


def there(number: int, field: str) -> str:
    return name(f"there {number} {field}")


def _column(table: Table, column: str) -> str:
    spelled = table.spelled if column == table.key else None
    return f"({spelled.key_sql()})" if spelled else name(column)


def _keys(each: Related) -> list[str]:
    return [f"{name(right)} AS {_key(n)}" for n, (_, right) in enumerate(each.way.keys)]


def _comparable(kind: Type, found: Fragment, there: ColumnType) -> Fragment:
    """Of numbers that have no type in common, as the target's, and null where that is another."""
    if not numbers.is_exact(kind) or numbers.common(kind, numbers.of_column(there)) != DOUBLE:
        return found
    back = f"TRY_CAST(TRY_CAST({{0}} AS {there.stored}) AS {sql_type(kind)})"
    return fill(f"CASE WHEN {back} = {{0}} THEN TRY_CAST({{0}} AS {there.stored}) END", found)


def _equal(keys: Sequence[Fragment]) -> Fragment:
    return joined(" AND ", [fill(f"{_key(n)} = {{0}}", each) for n, each in enumerate(keys)])


def _key(number: int) -> str:
    return name(f"key there {number}")
