"""Unbound tree and entity type -> bound tree: names, types and literals are settled here.

What does not fit is 400 and names its place, what the standard has and this service has not is 501.
"""

from typing import assert_never

from dphub_serving.odata import ast, bound, trees
from dphub_serving.odata.binding.base import start
from dphub_serving.odata.binding.logic import Logic
from dphub_serving.odata.binding.scope import Scope as Scope
from dphub_serving.odata.bound import Expression, Related
from dphub_serving.odata.errors import TooComplex

# Each is a query inside the query, and what DuckDB takes to plan them grows with their cube: half a
# second for 24, half a minute for 64, in which nothing interrupts it.
MOST_LED = 24


def condition(tree: ast.Expr, scope: Scope) -> Expression:
    """An expression that is true, false or null."""
    return Binder(scope).condition(tree)


def sortable(tree: ast.Expr, scope: Scope) -> Expression:
    """What rows can be ordered by, page after page."""
    binder = Binder(scope)
    found = binder.bind(tree)
    if found.type.is_nested:
        raise binder.error("rows are ordered by primitive values", tree.at)
    if trees.is_volatile(found):
        raise binder.missing("an order by now()", tree.at)
    return bounded(found, scope.target)


def returnable(tree: ast.Expr, scope: Scope) -> Expression:
    """What can be a property."""
    binder = Binder(scope)
    found = binder.bind(tree)
    if found.type.fields or (found.type.item and found.type.item.fields):
        raise binder.missing("a computed property of a complex type", start(tree))
    return bounded(found, scope.target)


def bounded(found: Expression, target: str) -> Expression:
    """The same. Raises TooComplex where it follows navigation too often."""
    times = _led(found)
    if times > MOST_LED:
        message = f"navigation is followed {times} times, at most {MOST_LED} times can be;"
        message += " a complex value counts for each of its properties"
        raise TooComplex(message, target=target)
    return found


def _led(tree: Expression) -> int:
    if isinstance(tree, Related):
        return 1 + sum(map(_led, tree.keys[:1]))  # the others begin at the same row
    return sum(map(_led, trees.parts(tree)))


class Binder(Logic):
    def bound(self, tree: ast.Expr) -> Expression:
        match tree:
            case ast.Path():
                return self.path(tree)
            case ast.Literal():
                return self.literal(tree)
            case ast.Binary():
                return self.binary(tree)
            case ast.Alias():
                return self.alias(tree)
            case ast.Call():
                return self.call(tree)
            case ast.TypeCall():
                return self.type_call(tree)
            case ast.Case():
                return self.case(tree)
            case ast.Array():
                return self.array(tree)
            case ast.Object():
                return self.object(tree)
            case ast.Items():
                raise self.error("a list has its place behind `in` only", tree.at)
            case ast.Unary("not", operand):
                return bound.Not(self.condition(operand))
            case ast.Unary(_, operand):
                return self.negative(operand, tree.at)
            case _:
                assert_never(tree)
