"""Unbound tree and entity type -> bound tree: names, types and literals are settled here.

What does not fit is 400 and names its place, what the standard has and this service has not is 501.
"""

from typing import assert_never

from dphub_serving.odata import ast, bound, trees
from dphub_serving.odata.binding.base import start
from dphub_serving.odata.binding.logic import Logic
from dphub_serving.odata.binding.scope import Scope as Scope
from dphub_serving.odata.bound import Expression


def condition(tree: ast.Expr, scope: Scope) -> Expression:
    """An expression that is true, false or null."""
    return Binder(scope).condition(tree)


def value(tree: ast.Expr, scope: Scope) -> Expression:
    return Binder(scope).bind(tree)


def sortable(tree: ast.Expr, scope: Scope) -> Expression:
    """What rows can be ordered by, page after page."""
    binder = Binder(scope)
    found = binder.bind(tree)
    if found.type.is_nested:
        raise binder.error("rows are ordered by primitive values", tree.at)
    if trees.is_volatile(found):
        raise binder.missing("an order by now()", tree.at)
    return found


def returnable(tree: ast.Expr, scope: Scope) -> Expression:
    """What can be a property."""
    binder = Binder(scope)
    found = binder.bind(tree)
    if found.type.fields or (found.type.item and found.type.item.fields):
        raise binder.missing("a computed property of a complex type", start(tree))
    return found


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
