"""Operators: what their sides are, and what comes out."""

from collections.abc import Sequence
from decimal import Decimal

from dphub_serving.odata import ast, bound, numbers, operators, values
from dphub_serving.odata.binding.base import named
from dphub_serving.odata.binding.calls import Calls
from dphub_serving.odata.bound import (
    DATE,
    DURATION,
    MOMENT,
    NULL,
    ComparisonOperator,
    Constant,
    Expression,
    Type,
)
from dphub_serving.odata.errors import InvalidExpression
from dphub_serving.odata.grammar import literals
from dphub_serving.odata.numbers import is_number


class Logic(Calls):
    def binary(self, tree: ast.Binary) -> Expression:
        match tree.operator:
            case "and" | "or" as operator:
                terms = [self.condition(each) for each in _chain(tree)]
                return operators.junction(operator, terms)
            case "in":
                return self.membership(tree)
            case "has":
                raise self.no_enumeration(tree)
            case "eq" | "ne" | "gt" | "ge" | "lt" | "le" as operator:
                return self.comparison(tree, operator)
            case operator:
                left, right = self.terms(tree)
                found = operators.arithmetic(operator, left, right)
        if found is None:
            raise self.error(mismatch(tree.operator, left.type, right.type), tree.at)
        return found

    def comparison(self, tree: ast.Binary, operator: ComparisonOperator) -> Expression:
        depth = self.depth
        try:
            left, right = self.sides(tree)
            found = self.compared(operator, left, right)
        except InvalidExpression as problem:
            finer = _finer(problem)
            self.depth = depth
            if self.spells(tree.left, finer):
                operator, other = operators.MIRRORED[operator], tree.right
            elif self.spells(tree.right, finer):
                other = tree.left
            else:
                raise
            left, right = self.bind(other), Constant(finer.floor, Type(finer.edm))
            found = operators.comparison_behind(operator, left, right)
        if found is None:
            raise self.error(mismatch(tree.operator, left.type, right.type), tree.at)
        return found

    def compared(
        self, operator: ComparisonOperator, left: Expression, right: Expression
    ) -> Expression | None:
        of = left.type.entity_set
        if of and of == right.type.entity_set and operator in ("eq", "ne"):
            left, right = self.identity(left), self.identity(right)
        return operators.comparison(operator, left, right)

    def identity(self, entity: Expression) -> Expression:
        """Entities are the same if their keys are (URL Conventions 4.01, section 5.1.1.1.1)."""
        there = self.scope.entity_type.neighbours[entity.type.entity_set].type
        (key,) = there.key_properties
        return bound.Member(entity, key.name, numbers.of_property(key))

    def spells(self, tree: ast.Expr, finer: values.Finer) -> bool:
        meant = self.meant(tree)
        return isinstance(meant, ast.Literal) and meant.text == finer.text

    def sides(self, tree: ast.Binary) -> tuple[Expression, Expression]:
        left, right = self.bind(tree.left), self.bind(tree.right)
        adapted = self.adapted(tree.left, left, right.type)
        return adapted, self.adapted(tree.right, right, left.type)

    def terms(self, tree: ast.Binary) -> tuple[Expression, Expression]:
        left, right = self.bind(tree.left), self.bind(tree.right)
        adapted = self.term(tree.left, left, right.type)
        return adapted, self.term(tree.right, right, left.type)

    def term(self, tree: ast.Expr, found: Expression, other: Type) -> Expression:
        """A duration needs no prefix: `'P1D'` is one beside whatever is calculated with."""
        meant = self.meant(tree)
        text = meant.text if isinstance(meant, ast.Literal) and meant.kind == "string" else ""
        calculates = is_number(other) or other in (DATE, MOMENT, DURATION)
        spelled = calculates and literals.DURATION.fullmatch(text)
        return self.adapted(tree, found, DURATION if spelled else other)

    def no_enumeration(self, tree: ast.Binary) -> Exception:
        kind = named(self.bind(tree.left).type)
        return self.error(f"has takes a value of an enumeration, not {kind}", tree.at)

    def membership(self, tree: ast.Binary) -> Expression:
        match self.meant(tree.right):
            case ast.Items(members):
                return self.listed(tree.left, members)
            case ast.Array(members) if members and all(
                isinstance(each, ast.Literal) for each in members
            ):
                found = [each for each in members if isinstance(each, ast.Literal)]
                return self.listed(tree.left, found)
            case _:
                return self.among(tree)

    def listed(self, left: ast.Expr, trees: Sequence[ast.Literal]) -> Expression:
        operand = self.bind(left)
        members = [self.listed_member(each, operand) for each in trees]
        return operators.membership(operand, [each for each in members if each])

    def listed_member(self, tree: ast.Literal, operand: Expression) -> Constant | None:
        """None is what no value equals."""
        try:
            found = self.adapted(tree, self.literal(tree), operand.type)
        except InvalidExpression as problem:
            kind = Type(_finer(problem).edm)
            if operand.type in (kind, NULL):
                return None
            raise self.error(mismatch("in", operand.type, kind), tree.at) from problem
        assert isinstance(found, Constant)
        if operand.type.is_nested or not operators.comparable(operand.type, found.type):
            raise self.error(mismatch("in", operand.type, found.type), tree.at)
        return found

    def among(self, tree: ast.Binary) -> Expression:
        """`in` with a collection: whether any of its members equals the value."""
        left, right = self.sides(tree)
        right = self.adapted(tree.right, right, numbers.collection(left.type))
        if operators.is_null(right):
            return Constant(False, bound.BOOLEAN)
        member = self.each(right, tree.right.at)
        left = self.adapted(tree.left, left, member.type)
        found = self.compared("eq", member, left)
        if found is None:
            raise self.error(mismatch("in", left.type, right.type), tree.at)
        return bound.Quantified("any", right, member, found)

    def negative(self, tree: ast.Expr, at: int) -> Expression:
        found = self.bind(tree)
        kind = found.type
        if operators.is_null(found):
            return found
        if not is_number(kind) and kind != DURATION:
            raise self.error(f"{named(kind)} cannot be negated", at)
        if isinstance(found, Constant) and isinstance(found.value, Decimal):
            return Constant(-found.value, kind)
        # Of integers the lowest has no counterpart.
        wider = numbers.sum_type(kind, kind) if numbers.is_integer(kind) else kind
        return bound.Negative(found, wider)


def mismatch(operator: str, left: Type, right: Type) -> str:
    hint = ""
    if {left, right} == {bound.DATE, bound.MOMENT}:
        hint = "; write the whole moment, such as 2024-01-31T00:00:00Z, or take its date(…)"
    return f"{operator} does not fit {named(left)} and {named(right)}{hint}"


def _finer(problem: InvalidExpression) -> values.Finer:
    """A literal between two values is one that can be compared."""
    if not isinstance(problem.__cause__, values.Finer):
        raise problem
    return problem.__cause__


def _chain(tree: ast.Binary) -> list[ast.Expr]:
    """The terms of `a or b or …`: the parser nests them to the left, however many there are."""
    found: list[ast.Expr] = []
    left: ast.Expr = tree
    while isinstance(left, ast.Binary) and left.operator == tree.operator:
        found.append(left.right)
        left = left.left
    return [left, *reversed(found)]
