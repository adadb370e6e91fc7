"""A walk over the unbound tree: how deep it is, and how it says what does not fit."""

from dataclasses import replace
from typing import Any, Self

from dphub_serving.odata import ast, parser
from dphub_serving.odata.binding.scope import Scope
from dphub_serving.odata.bound import BOOLEAN, NULL, WIDE, Constant, Expression, Type
from dphub_serving.odata.errors import (
    InvalidExpression,
    NotImplementedByService,
    TooComplex,
)


class Base:
    def __init__(self, scope: Scope, depth: int = 0) -> None:
        self.scope = scope
        self.depth = depth

    def bind(self, tree: ast.Expr) -> Expression:
        self.depth += 1
        if self.depth > parser.MAX_DEPTH:
            message = f"nested more than {parser.MAX_DEPTH} levels deep"
            raise TooComplex(message, target=self.scope.target, at=tree.at)
        found = self.bound(tree)
        self.depth -= 1
        return found

    def bound(self, tree: ast.Expr) -> Expression:
        raise NotImplementedError

    def condition(self, tree: ast.Expr) -> Expression:
        found = self.bind(tree)
        if found.type == NULL:
            return Constant(None, BOOLEAN)
        if found.type != BOOLEAN:
            raise self.error(f"expected a condition, found {named(found.type)}", start(tree))
        return found

    def elsewhere(self, **changes: Any) -> Self:
        """The same walk where names mean something else."""
        return type(self)(replace(self.scope, **changes), self.depth)

    def error(self, message: str, at: int) -> InvalidExpression:
        return InvalidExpression(message, target=self.scope.target, at=at)

    def missing(self, what: str, at: int) -> NotImplementedByService:
        return NotImplementedByService(what, target=self.scope.target, at=at)


def start(tree: ast.Expr) -> int:
    """Where the text of the tree begins: an operator stands behind its left side."""
    while isinstance(tree, ast.Binary):
        tree = tree.left
    return tree.at


def named(kind: Type) -> str:
    if kind.fields:
        return "a complex value"
    return kind.edm.replace(WIDE, "Edm.Int64")
