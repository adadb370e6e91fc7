"""A bound expression -> SQL with parameters.

A condition may be compiled loosely: where only true counts, null may stand for false, so that
comparisons stay as DuckDB's scan knows them (`"day" > ?`). Beneath `not` and as a value it is
compiled exactly: OData's comparisons are never null.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from dphub_serving.odata import trees
from dphub_serving.odata.bound import (
    DOUBLE,
    SINGLE,
    Arithmetic,
    Array,
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
    Ordered,
    Quantified,
    Record,
    Reference,
    Related,
    Same,
    Slice,
    Type,
    Variable,
)
from dphub_serving.sql import collections, related
from dphub_serving.sql.casts import cast
from dphub_serving.sql.computation import Computation
from dphub_serving.sql.constants import LONG, constant, listed
from dphub_serving.sql.fragment import Fragment, fill, joined, parameter
from dphub_serving.sql.statement import computed_name, text
from dphub_serving.sql.types import sql_type

FALSE, TRUE = Fragment("false"), Fragment("true")
_SIGNS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}


class Compiler(Computation):
    """The whole of it."""

    def condition(self, tree: Expression) -> Fragment:
        """For WHERE: what is not true may be null."""
        match tree:
            case Comparison():
                return self.comparison(tree)
            case Membership():
                return self.membership(tree)
            case Junction(operator, terms):
                return self.junction(operator, terms, self.condition)
            case Matches(operands, sought):
                return self.matches(operands, sought)
            case _:
                return self.value(tree)

    def value(self, tree: Expression) -> Fragment:
        """Exactly, null where the value is null."""
        match tree:
            case Column():
                return self.columns.of(tree)
            case Related():
                return self.related(tree)
            case Constant(value, kind):
                return constant(value, kind)
            case Variable(number):
                return collections.each(number)
            case Member(Variable(number), field) if self.met:
                return Fragment(related.there(number, field))
            case Member(Related() as way, field, kind):
                packed = self.related(related.with_field(way, field, kind))
                return fill(f"struct_extract({{0}}, {text(field)})", packed)
            case Member(operand, field):
                return fill(f"struct_extract({{0}}, {text(field)})", self.value(operand))
            case Reference(computed):
                return Fragment(computed_name(computed.name))
            case Now():
                return parameter(self.now, "TIMESTAMPTZ")
            case Arithmetic():
                return self.arithmetic(tree)
            case Negative(operand, kind):
                return fill("(-{0})", self.widened(operand, kind))
            case Function():
                return self.function(tree)
            case Comparison():
                return fill("coalesce({0}, false)", self.comparison(tree))
            case Membership():
                return fill("coalesce({0}, false)", self.membership(tree))
            case Junction(operator, terms):
                return self.junction(operator, terms, self.value)
            case Not(operand):
                return fill("(NOT {0})", self.value(operand))
            case Case():
                return self.case(tree)
            case Cast(operand, kind):
                return self.cast(operand, kind)
            case Matches(operands, sought):
                return fill("coalesce({0}, false)", self.matches(operands, sought))
            case _:
                return self.nested(tree)

    def nested(
        self, tree: Array | Record | Counted | Kept | Slice | Ordered | Quantified | Same
    ) -> Fragment:
        """Of collections and complex values."""
        match tree:
            case Array(members, kind):
                item = kind.item or kind
                each = joined(", ", [self.converted(member, item) for member in members])
                return collections.array(each, sql_type(kind))
            case Record(members, kind):
                return collections.record(kind, [self.value(each) for _, each in members])
            case Counted(collection):
                if rows := related.rows(tree):
                    return fill("coalesce((SELECT count(*) {0}), 0)", self.rows(rows, None))
                return collections.counted(self.value(collection))
            case Slice(collection, skip, top):
                return collections.slice_of(self.value(collection), skip, top)
            case Ordered():
                related.require_none(*tree.keys)
                keys = [self.value(each) for each in tree.keys]
                return collections.ordered(
                    self.value(tree.collection), tree.variable.number, keys, tree.descending
                )
            case Kept(collection, variable, condition):
                related.require_none(condition)
                passing = self.condition(condition)
                return collections.kept(self.value(collection), variable.number, passing)
            case Quantified():
                return self.quantified(tree)
            case Same(left, right, kind):
                sides = (self.cast(each, kind) for each in (left, right))
                return fill("({0} IS NOT DISTINCT FROM {1})", *map(collections.whole, sides))
            case _:
                assert_never(tree)

    # conditions

    def junction(
        self,
        operator: str,
        terms: tuple[Expression, ...],
        compiled: Callable[[Expression], Fragment],
    ) -> Fragment:
        return fill("({0})", joined(f" {operator.upper()} ", map(compiled, terms)))

    def comparison(self, tree: Comparison) -> Fragment:
        left = self.converted(tree.left, tree.common)
        if isinstance(tree.right, Constant) and tree.right.value is None:
            return fill(f"({{0}} IS {'NOT ' if tree.operator == 'ne' else ''}NULL)", left)
        right = self.converted(tree.right, tree.common)
        if tree.operator == "ne":
            return self.different(tree, left, right)
        compared = fill(f"({{0}} {_SIGNS[tree.operator]} {{1}})", left, right)
        compared = self.without_nan(tree, compared, left, right)
        if tree.operator in ("gt", "lt") or isinstance(tree.right, Constant):
            return compared
        both = fill("({0} IS NULL AND {1} IS NULL)", left, right)
        return fill("({0} OR {1})", compared, both)

    def different(self, tree: Comparison, left: Fragment, right: Fragment) -> Fragment:
        found = fill("({0} IS DISTINCT FROM {1})", left, right)
        if tree.common in (DOUBLE, SINGLE) and not isinstance(tree.right, Constant):
            return fill("({0} OR isnan({1}))", found, left)
        return found

    def without_nan(
        self, tree: Comparison, compared: Fragment, left: Fragment, right: Fragment
    ) -> Fragment:
        """DuckDB takes NaN for the greatest number, equal to itself; OData for none at all."""
        if tree.common not in (DOUBLE, SINGLE):
            return compared
        literal = isinstance(tree.right, Constant)
        if tree.operator in ("gt", "ge") or (tree.operator == "eq" and not literal):
            return fill("({0} AND NOT isnan({1}))", compared, left)
        if tree.operator in ("lt", "le") and not literal:
            return fill("({0} AND NOT isnan({1}))", compared, right)
        return compared

    def membership(self, tree: Membership) -> Fragment:
        operand, kind = self.value(tree.operand), tree.operand.type
        # A lambda has no room for a subquery.
        long = len(tree.values) > LONG
        inside = long and any(isinstance(each, Variable) for each in trees.within(tree.operand))
        parts = [listed(operand, tree.values, kind, inside=inside)] if tree.values else []
        if tree.null:
            parts.append(fill("({0} IS NULL)", operand))
        return fill("({0})", joined(" OR ", parts)) if parts else FALSE

    def matches(self, operands: tuple[Expression, ...], sought: str) -> Fragment:
        wanted = Fragment("lower(?::VARCHAR)", (sought,))
        found = [fill("contains(lower({0}), {1})", self.value(each), wanted) for each in operands]
        return fill("({0})", joined(" OR ", found)) if found else FALSE

    def quantified(self, tree: Quantified) -> Fragment:
        if rows := related.rows(tree):
            wanted = "NOT EXISTS" if tree.quantifier == "all" else "EXISTS"
            return fill(f"({wanted} (SELECT 1 {{0}}))", self.rows(rows, tree))
        collection, number = self.value(tree.collection), tree.variable.number
        if tree.predicate is None:
            return collections.exists(collection)
        related.require_none(tree.predicate)
        if tree.quantifier == "any":
            passing = self.condition(tree.predicate)
            return collections.exists(collections.kept(collection, number, passing))
        failing = fill("NOT coalesce({0}, false)", self.condition(tree.predicate))
        return fill("(NOT {0})", collections.exists(collections.kept(collection, number, failing)))

    def rows(self, found: related.Rows, asked: Quantified | None) -> Fragment:
        """Those that pass, and decide what is asked: of `all` one that is not true of it."""
        inner = replace(self, met=True)
        conditions = [inner.condition(each) for each in found.conditions]
        if asked and asked.predicate:
            deciding = inner.condition(asked.predicate)
            failing = asked.quantifier == "all"
            conditions += [fill("NOT coalesce({0}, false)", deciding) if failing else deciding]
        return self.columns.rows(found, self.keys(found.way), conditions)

    def related(self, way: Related) -> Fragment:
        return self.columns.packed(way, self.keys(way))

    def keys(self, way: Related) -> list[Fragment]:
        sides = [(each.type, self.value(each)) for each in way.keys] or self.columns.lefts(way)
        return self.columns.keys(way, sides)

    # values

    def case(self, tree: Case) -> Fragment:
        branches = [
            fill(
                "WHEN {0} THEN {1}",
                self.condition(test),
                self.converted(value, tree.type),
            )
            for test, value in tree.branches
        ]
        return fill("CASE {0} END", joined(" ", branches))

    def cast(self, tree: Expression, kind: Type) -> Fragment:
        return cast(self.value(tree), tree.type, kind)
