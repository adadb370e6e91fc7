"""A bound expression -> SQL with parameters.

A condition may be compiled loosely: where only true counts, null may stand for false, so that
comparisons stay as DuckDB's scan knows them (`"day" > ?`). Beneath `not` and as a value it is
compiled exactly: OData's comparisons are never null.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from dphub_serving.odata import numbers
from dphub_serving.odata.bound import (
    DATE,
    DOUBLE,
    DURATION,
    MOMENT,
    SINGLE,
    TIME,
    WIDE,
    Arithmetic,
    Column,
    Comparison,
    Constant,
    Expression,
    Function,
    Junction,
    Membership,
    Negative,
    Not,
    Now,
    Type,
)
from dphub_serving.odata.values import Value
from dphub_serving.sql import functions
from dphub_serving.sql.fragment import Fragment, fill, joined, parameter

FALSE, TRUE = Fragment("false"), Fragment("true")
# From here on a list travels as one parameter.
LONG = 50

_SQL = {
    "Edm.Boolean": "BOOLEAN",
    "Edm.SByte": "TINYINT",
    "Edm.Byte": "SMALLINT",
    "Edm.Int16": "SMALLINT",
    "Edm.Int32": "INTEGER",
    "Edm.Int64": "BIGINT",
    WIDE: "HUGEINT",
    "Edm.Single": "FLOAT",
    "Edm.Double": "DOUBLE",
    "Edm.String": "VARCHAR",
    "Edm.Guid": "VARCHAR",
    "Edm.Date": "DATE",
    "Edm.DateTimeOffset": "TIMESTAMPTZ",
    "Edm.TimeOfDay": "VARCHAR",
    "Edm.Duration": "BIGINT",
    "Edm.Binary": "BLOB",
}
_FARTHEST = 2**31 - 1
_SIGNS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_BY_ZERO = "{1} = 0 AND {0} IS NOT NULL"
_FAILS = f"CASE WHEN {_BY_ZERO} THEN error('division by zero') ELSE {{0}} %s {{1}} END"
_ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "mod": "%"}


@dataclass(frozen=True, slots=True)
class Compiler:
    """`column` is the SQL of a property, `now` the moment of the request."""

    column: Callable[[Column], Fragment]
    now: Value | None = None

    def condition(self, tree: Expression) -> Fragment:
        """For WHERE: what is not true may be null."""
        match tree:
            case Comparison():
                return self.comparison(tree)
            case Membership():
                return self.membership(tree)
            case Junction(operator, terms):
                return self.junction(operator, terms, self.condition)
            case _:
                return self.value(tree)

    def value(self, tree: Expression) -> Fragment:
        """Exactly, null where the value is null."""
        match tree:
            case Column():
                return self.column(tree)
            case Constant(value, kind):
                return constant(value, kind)
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
        parts = [_listed(operand, tree.values, kind)] if tree.values else []
        if tree.null:
            parts.append(fill("({0} IS NULL)", operand))
        return fill("({0})", joined(" OR ", parts)) if parts else FALSE

    # values

    def converted(self, tree: Expression, kind: Type) -> Fragment:
        """As a value of `kind`: what is exact is cast where it meets another type."""
        found = self.value(tree)
        same = tree.type == kind or (numbers.is_integer(tree.type) and numbers.is_integer(kind))
        return found if same else fill(f"{{0}}::{sql_type(kind)}", found)

    def widened(self, tree: Expression, kind: Type) -> Fragment:
        """Integers are computed in 128 bits."""
        found = self.value(tree)
        return found if tree.type == kind else fill(f"{{0}}::{sql_type(kind)}", found)

    def arithmetic(self, tree: Arithmetic) -> Fragment:
        kind = tree.type
        if kind in (DATE, MOMENT, DURATION):
            return self.times(tree)
        if kind.edm == "Edm.Decimal" and tree.operator == "mul":
            # Of two narrow decimals DuckDB keeps 18 digits.
            wide = f"({{0}}::DECIMAL({kind.digits},{tree.left.type.scale}) * {{1}})"
            return fill(wide, self.exact(tree.left), self.exact(tree.right))
        left, right = self.widened(tree.left, kind), self.widened(tree.right, kind)
        match tree.operator:
            case "div":
                return self.quotient(tree, left, right)
            case "divby":
                return fill("({0} / {1})", left, right)
            case "mod" if kind in (DOUBLE, SINGLE):
                return fill(f"({_FAILS % '%'})", left, right)
            case operator:
                found = fill(f"({{0}} {_ARITHMETIC[operator]} {{1}})", left, right)
                return fill(f"{{0}}::{sql_type(kind)}", found)

    def exact(self, tree: Expression) -> Fragment:
        """As a decimal of its own precision."""
        if tree.type.edm == "Edm.Decimal":
            return self.value(tree)
        return fill(f"{{0}}::DECIMAL({tree.type.digits},0)", self.value(tree))

    def quotient(self, tree: Arithmetic, left: Fragment, right: Fragment) -> Fragment:
        if numbers.is_integer(tree.type):
            return fill("({0} // {1})", left, right)
        exact = numbers.is_exact(tree.left.type) and numbers.is_exact(tree.right.type)
        return fill(f"({_FAILS % '/'})" if exact else "({0} / {1})", left, right)

    def times(self, tree: Arithmetic) -> Fragment:
        left, right = self.value(tree.left), self.value(tree.right)
        match tree.operator, tree.left.type.edm, tree.right.type.edm:
            case "sub", "Edm.DateTimeOffset", "Edm.DateTimeOffset":
                return fill("(epoch_us({0}) - epoch_us({1}))", left, right)
            case "sub", "Edm.Date", "Edm.Date":
                return fill("(({0} - {1}) * 86400000000)", left, right)
            case sign, "Edm.DateTimeOffset", _:
                moved = f"make_timestamptz(epoch_us({{0}}) {_ARITHMETIC[sign]} {{1}})"
                return fill(moved, left, right)
            case sign, "Edm.Date", _:
                moved = f"(epoch_us({{0}}::TIMESTAMP) {_ARITHMETIC[sign]} {{1}})"
                return fill(f"make_timestamp({moved})::DATE", left, right)
            case "div" | "divby", _, _:
                return fill(f"({_FAILS % '/'})::BIGINT", left, right)
            case sign, _, _:
                return fill(f"({{0}} {_ARITHMETIC[sign]} {{1}})::BIGINT", left, right)

    def function(self, tree: Function) -> Fragment:
        arguments = tuple(map(self.value, tree.arguments))
        if tree.name == "substring":
            places = map(_place, arguments[1:], tree.arguments[1:])
            arguments = (arguments[0], *places)
        if tree.name in _OF_PARTS and tree.arguments[0].type != DATE:
            whole = functions.TIME if tree.arguments[0].type == TIME else functions.UTC
            arguments = (fill(whole, arguments[0]),)
        template = functions.FUNCTIONS[tree.name]
        if tree.name in _ROUNDING and numbers.is_integer(tree.arguments[0].type):
            template = "{0}"
        if tree.name == "substring" and len(arguments) == 2:
            template = functions.SUBSTRING
        found = fill(template, *arguments)
        return fill(f"{{0}}::{sql_type(tree.type)}", found) if tree.type.edm == WIDE else found


def _place(found: Fragment, tree: Expression) -> Fragment:
    """A number of characters, within what DuckDB counts."""
    if isinstance(tree, Constant) and isinstance(tree.value, Decimal):
        return parameter(max(min(int(tree.value), _FARTHEST), -_FARTHEST), "BIGINT")
    narrow = tree.type.edm in ("Edm.SByte", "Edm.Byte", "Edm.Int16", "Edm.Int32")
    return fill("{0}::BIGINT" if narrow else f"({functions.PLACE})::BIGINT", found)


_OF_PARTS = frozenset(
    {"year", "month", "day", "hour", "minute", "second", "fractionalseconds", "date", "time"}
)
_ROUNDING = frozenset({"round", "floor", "ceiling"})


def sql_type(kind: Type) -> str:
    if kind.edm == "Edm.Decimal":
        return f"DECIMAL({kind.digits},{kind.scale})"
    return _SQL[kind.edm]


def constant(value: Value | None, kind: Type) -> Fragment:
    if value is None:
        return Fragment("NULL" if kind.edm == "null" else f"NULL::{sql_type(kind)}")
    if kind == TIME:
        return Fragment("?::TIME::VARCHAR", (value,))
    return parameter(_native(value, kind), sql_type(kind))


def _native(value: Value, kind: Type) -> object:
    """As DuckDB takes it: a number as the type that it is computed in."""
    if isinstance(value, dt.timedelta):
        return value // dt.timedelta(microseconds=1)
    if not isinstance(value, Decimal):
        return value
    if kind in (DOUBLE, SINGLE):
        return float(value)
    return int(value) if numbers.is_integer(kind) else value


def _listed(operand: Fragment, values: tuple[Value, ...], kind: Type) -> Fragment:
    if len(values) <= LONG:
        return fill("({0} IN ({1}))", operand, joined(", ", (constant(v, kind) for v in values)))
    native = [_native(each, kind) for each in values]
    cast = "TIME" if kind == TIME else sql_type(kind)
    member = "member::VARCHAR" if kind == TIME else "member"
    rows = Fragment(f"SELECT {member} FROM (SELECT unnest(?::{cast}[]) AS member)", (native,))
    return fill("({0} IN ({1}))", operand, rows)
