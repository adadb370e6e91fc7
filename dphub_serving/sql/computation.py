"""Numbers, times and functions -> SQL: what both sides are computed in, and what fails."""

from dataclasses import dataclass
from decimal import Decimal

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
    Constant,
    Expression,
    Function,
    Type,
)
from dphub_serving.odata.values import Value
from dphub_serving.sql import collections, functions
from dphub_serving.sql.fragment import Fragment, fill, parameter
from dphub_serving.sql.related import Columns, require_none
from dphub_serving.sql.types import sql_type

_FARTHEST = 2**31 - 1
# Doubles hold whole numbers of so many digits exactly.
_WHOLE_SCALE = 15
_BY_ZERO = "{1} = 0 AND {0} IS NOT NULL"
_FAILS = f"CASE WHEN {_BY_ZERO} THEN error('division by zero') ELSE {{0}} %s {{1}} END"
_ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "mod": "%"}


@dataclass(frozen=True, slots=True)
class Computation:
    """`now` is the moment of the request; `met` says that members are rows, of which each property
    is a column."""

    columns: Columns
    now: Value | None = None
    met: bool = False

    def value(self, tree: Expression) -> Fragment:
        raise NotImplementedError

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
                return fill("({0} / {1})", *self.sides(tree, left, right))
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
        template = f"({_FAILS % '/'})" if _is_exact(tree) else "({0} / {1})"
        return fill(template, *self.sides(tree, left, right))

    def sides(self, tree: Arithmetic, left: Fragment, right: Fragment) -> tuple[Fragment, Fragment]:
        """Decimals are divided as the whole numbers that they are in their smallest unit: 0.3 by 3
        is 0.1, and not what binary fractions make of it."""
        scale = max(tree.left.type.scale, tree.right.type.scale)
        if not _is_exact(tree) or not 0 < scale <= _WHOLE_SCALE:
            return left, right
        whole = f"round({{0}} * 1e{scale})"
        return fill(whole, left), fill(whole, right)

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
        if tree.name in _OF_COLLECTIONS:
            require_none(*tree.arguments)
        arguments = tuple(map(self.value, tree.arguments))
        if tree.name in _OF_COLLECTIONS:
            arguments = tuple(map(collections.whole, arguments))
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
        exact = tree.type.edm in (WIDE, "Edm.Decimal")
        return fill(f"{{0}}::{sql_type(tree.type)}", found) if exact else found


def _is_exact(tree: Arithmetic) -> bool:
    return numbers.is_exact(tree.left.type) and numbers.is_exact(tree.right.type)


def _place(found: Fragment, tree: Expression) -> Fragment:
    """A number of characters, within what DuckDB counts."""
    if isinstance(tree, Constant) and isinstance(tree.value, Decimal):
        return parameter(max(min(int(tree.value), _FARTHEST), -_FARTHEST), "BIGINT")
    narrow = tree.type.edm in ("Edm.SByte", "Edm.Byte", "Edm.Int16", "Edm.Int32")
    return fill("{0}::BIGINT" if narrow else f"({functions.PLACE})::BIGINT", found)


_OF_PARTS = frozenset(
    {"year", "month", "day", "hour", "minute", "second", "fractionalseconds", "date", "time"}
)
_OF_COLLECTIONS = frozenset({"hassubset", "hassubsequence"})
_ROUNDING = frozenset({"round", "floor", "ceiling"})
