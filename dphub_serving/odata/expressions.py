"""Unbound tree and entity type -> bound tree: names, types and literals are settled here.

What does not fit is 400 and names its place, what the standard has and this service has not is 501.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import assert_never

from dphub_serving.odata import ast, bound, numbers, operators, parser, values
from dphub_serving.odata.bound import BOOLEAN, DURATION, NULL, STRING, Constant, Expression, Type
from dphub_serving.odata.edm import EntityType
from dphub_serving.odata.errors import (
    InvalidExpression,
    NotImplementedByService,
    TooComplex,
    UnknownFunction,
    UnknownProperty,
    echo,
    quoting,
)
from dphub_serving.odata.functions import FUNCTIONS, MISSING, NUMBER, WHOLE
from dphub_serving.odata.numbers import is_integer, is_number

_OF_MOMENTS = frozenset(
    {"year", "month", "day", "hour", "minute", "second", "fractionalseconds", "date", "time"}
)
_LITERALS = {
    "boolean": "Edm.Boolean",
    "string": "Edm.String",
    "guid": "Edm.Guid",
    "date": "Edm.Date",
    "datetime": "Edm.DateTimeOffset",
    "time": "Edm.TimeOfDay",
    "duration": "Edm.Duration",
    "binary": "Edm.Binary",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What the names of an expression mean. `aliases` are texts that other options give."""

    entity_type: EntityType
    target: str
    aliases: Mapping[str, str]


def condition(tree: ast.Expr, scope: Scope) -> Expression:
    """An expression that is true, false or null."""
    return _Binder(scope).condition(tree)


def value(tree: ast.Expr, scope: Scope) -> Expression:
    return _Binder(scope).bind(tree)


class _Binder:
    def __init__(self, scope: Scope, outer: tuple[str, ...] = ()) -> None:
        self.scope = scope
        self.outer = outer
        self.depth = 0

    def condition(self, tree: ast.Expr) -> Expression:
        found = self.bind(tree)
        if found.type == NULL:
            return Constant(None, BOOLEAN)
        if found.type != BOOLEAN:
            raise self.error(f"expected a condition, found {_named(found.type)}", _start(tree))
        return found

    def bind(self, tree: ast.Expr) -> Expression:
        self.depth += 1
        if self.depth > parser.MAX_DEPTH:
            raise TooComplex(
                f"nested more than {parser.MAX_DEPTH} levels deep",
                target=self.scope.target,
                at=tree.at,
            )
        found = self._bind(tree)
        self.depth -= 1
        return found

    def _bind(self, tree: ast.Expr) -> Expression:
        match tree:
            case ast.Literal():
                return self.literal(tree)
            case ast.Path():
                return self.column(tree)
            case ast.Alias():
                return self.alias(tree)
            case ast.Call():
                return self.call(tree)
            case ast.TypeCall(function):
                raise self.missing(f"the function {echo(function)}", tree.at)
            case ast.Case():
                raise self.missing("the function 'case'", tree.at)
            case ast.Array() | ast.Object():
                raise self.missing("a JSON literal", tree.at)
            case ast.Items():
                raise self.error("a list has its place behind `in` only", tree.at)
            case ast.Unary("not", operand):
                return bound.Not(self.condition(operand))
            case ast.Unary(_, operand):
                return self.negative(operand, tree.at)
            case ast.Binary():
                return self.binary(tree)
            case _:
                assert_never(tree)

    # leaves

    def literal(self, tree: ast.Literal) -> Constant:
        match tree.kind:
            case "null":
                return Constant(None, NULL)
            case "integer" | "decimal" | "double":
                found = self.number(tree)
                inexact = tree.kind == "double"
                return Constant(found, bound.DOUBLE if inexact else numbers.of_literal(found))
            case "geography" | "geometry" | "enum":
                raise self.missing(f"the literal {echo(tree.text)}", tree.at)
            case kind:
                return self.read(tree, Type(_LITERALS[kind]))

    def number(self, tree: ast.Literal) -> Decimal | float:
        """Exactly as it is written; what no double reaches is refused."""
        double = self.read(tree, bound.DOUBLE).value
        assert isinstance(double, float)
        return double if tree.text in {"INF", "-INF", "NaN"} else Decimal(tree.text)

    def read(self, tree: ast.Literal, kind: Type) -> Constant:
        try:
            return Constant(values.from_literal(tree, kind.edm), kind)
        except values.Unfit as problem:
            raise self.error(str(problem), tree.at) from problem

    def column(self, tree: ast.Path) -> Expression:
        names = tree.names or ()
        if names[:1] == ("$it",):
            names = names[1:]
        if len(names) != 1 or names[0].startswith("$") or "." in names[0]:
            raise self.unknown_call(tree) or self.missing(f"the path {echo(str(tree))}", tree.at)
        of, target = self.scope.entity_type, self.scope.target
        found = of.find(names[0])
        if found is None:
            known = [each.name for each in of.properties]
            raise UnknownProperty(names[0], of=of.name, known=known, target=target, at=tree.at)
        if not found.filterable:
            raise self.error(f"{of.name} cannot be filtered by {echo(found.name)}", tree.at)
        return bound.Column(found, numbers.of_property(found))

    def unknown_call(self, tree: ast.Path) -> UnknownFunction | None:
        """`foo('x')` looks like a key behind a property, unless there is no such property."""
        match tree.segments:
            case (ast.Name(name), ast.Arguments()) if "." not in name:
                if self.scope.entity_type.find(name) is None:
                    target = self.scope.target
                    return UnknownFunction(name, FUNCTIONS, target=target, at=tree.at)
        return None

    def alias(self, tree: ast.Alias) -> Expression:
        """OData URL Conventions 4.01, section 5.3: an alias that nobody gives is null."""
        text = self.scope.aliases.get(tree.name)
        if text is None:
            return Constant(None, NULL)
        if tree.name in self.outer:
            raise self.error(f"{echo('@' + tree.name)} is made of itself", tree.at)
        target = f"@{tree.name}"
        inner = _Binder(replace(self.scope, target=target), (*self.outer, tree.name))
        inner.depth = self.depth
        with quoting(text):
            return inner.bind(parser.expression(text, target))

    # calls

    def call(self, tree: ast.Call) -> Expression:
        name = tree.name.lower()
        if name in MISSING or "." in name:
            raise self.missing(f"the function {echo(tree.name)}", tree.at)
        signature = FUNCTIONS.get(name)
        if signature is None:
            raise UnknownFunction(tree.name, FUNCTIONS, target=self.scope.target, at=tree.at)
        given = tuple(
            self.argument(name, each, allowed)
            for each, allowed in zip(tree.arguments, signature.takes, strict=False)
        )
        gives = signature.gives or numbers.rounded_type(given[0].type)
        if any(operators.is_null(each) for each in given):
            return Constant(None, gives)
        if name == "now":
            return bound.Now()
        return bound.Function(name, given, gives)

    def argument(self, name: str, tree: ast.Expr, allowed: frozenset[str]) -> Expression:
        found = self.bind(tree)
        if operators.is_null(found):
            return found if found.type != NULL else Constant(None, bound.INTEGER)
        if allowed == WHOLE:
            return self.whole(found, tree)
        if allowed == NUMBER:
            fits = is_number(found.type)
        else:
            fits = found.type.edm in allowed
            if not fits and isinstance(tree, ast.Literal) and tree.kind == "string":
                found, fits = self.read_as(tree, sorted(allowed)), True
        if not fits:
            wanted = " or ".join(sorted(allowed))
            raise self.error(f"{name} takes {wanted}, not {_named(found.type)}", _start(tree))
        if name in _OF_MOMENTS and isinstance(tree, ast.Literal) and tree.kind == "datetime":
            self.check_offset(name, tree)
        return found

    def read_as(self, tree: ast.Literal, kinds: list[str]) -> Constant:
        for kind in kinds[:-1]:
            try:
                return Constant(values.from_literal(tree, kind), Type(kind))
            except values.Unfit:
                continue
        return self.read(tree, Type(kinds[-1]))

    def whole(self, found: Expression, tree: ast.Expr) -> Expression:
        if isinstance(found, Constant) and isinstance(found.value, Decimal):
            if found.type.scale == 0 and is_number(found.type):
                return found
        elif is_integer(found.type):
            return found
        raise self.error(f"expected a whole number, found {_named(found.type)}", _start(tree))

    def check_offset(self, name: str, tree: ast.Literal) -> None:
        """A moment keeps no offset here, so its parts are those of UTC."""
        if not tree.text.upper().endswith(("Z", "+00:00", "-00:00", " 00:00")):
            raise self.error(f"{name} of a literal needs the offset Z", tree.at)

    # operators

    def binary(self, tree: ast.Binary) -> Expression:
        match tree.operator:
            case "and" | "or" as operator:
                terms = [self.condition(each) for each in _chain(tree)]
                return operators.junction(operator, terms)
            case "in":
                return self.membership(tree)
            case "has":
                raise self.missing("has", tree.at)
            case "eq" | "ne" | "gt" | "ge" | "lt" | "le" as operator:
                left, right = self.sides(tree)
                found = operators.comparison(operator, left, right)
            case operator:
                left, right = self.sides(tree)
                found = operators.arithmetic(operator, left, right)
        if found is None:
            raise self.error(_mismatch(tree.operator, left.type, right.type), tree.at)
        return found

    def sides(self, tree: ast.Binary) -> tuple[Expression, Expression]:
        """A text literal becomes what stands on the other side."""
        left, right = self.bind(tree.left), self.bind(tree.right)
        return self.adapted(tree.left, left, right), self.adapted(tree.right, right, left)

    def adapted(self, tree: ast.Expr, found: Expression, other: Expression) -> Expression:
        kind = other.type
        text = isinstance(tree, ast.Literal) and tree.kind == "string"
        if not text or kind in (STRING, NULL):
            return found
        assert isinstance(tree, ast.Literal)
        if not is_number(kind):
            return self.read(tree, kind)
        self.read(tree, bound.DOUBLE)
        number = self.number(tree)
        return Constant(number, numbers.of_literal(number))

    def membership(self, tree: ast.Binary) -> Expression:
        if not isinstance(tree.right, ast.Items):
            raise self.missing("`in` with anything but a list of literals", tree.right.at)
        operand = self.bind(tree.left)
        if not tree.right.members:
            raise self.error("a list has at least one member", tree.right.at)
        members = [self.member(each, operand) for each in tree.right.members]
        return operators.membership(operand, members)

    def member(self, tree: ast.Literal, operand: Expression) -> Constant:
        found = self.adapted(tree, self.literal(tree), operand)
        assert isinstance(found, Constant)
        if not operators.comparable(operand.type, found.type):
            raise self.error(_mismatch("in", operand.type, found.type), tree.at)
        return found

    def negative(self, tree: ast.Expr, at: int) -> Expression:
        found = self.bind(tree)
        kind = found.type
        if operators.is_null(found):
            return found
        if not is_number(kind) and kind != DURATION:
            raise self.error(f"{_named(kind)} cannot be negated", at)
        if isinstance(found, Constant) and isinstance(found.value, Decimal):
            return Constant(-found.value, kind)
        return bound.Negative(found, numbers.sum_type(kind, kind) if is_number(kind) else kind)

    # errors

    def error(self, message: str, at: int) -> InvalidExpression:
        return InvalidExpression(message, target=self.scope.target, at=at)

    def missing(self, what: str, at: int) -> NotImplementedByService:
        return NotImplementedByService(what, target=self.scope.target, at=at)


def _chain(tree: ast.Binary) -> list[ast.Expr]:
    """The terms of `a or b or …`: the parser nests them to the left, however many there are."""
    found: list[ast.Expr] = []
    left: ast.Expr = tree
    while isinstance(left, ast.Binary) and left.operator == tree.operator:
        found.append(left.right)
        left = left.left
    return [left, *reversed(found)]


def _start(tree: ast.Expr) -> int:
    """Where the text of the tree begins: an operator stands behind its left side."""
    while isinstance(tree, ast.Binary):
        tree = tree.left
    return tree.at


def _mismatch(operator: str, left: Type, right: Type) -> str:
    hint = ""
    if {left, right} == {bound.DATE, bound.MOMENT}:
        hint = "; write the whole moment, such as 2024-01-31T00:00:00Z, or take its date(…)"
    return f"{operator} does not fit {_named(left)} and {_named(right)}{hint}"


def _named(kind: Type) -> str:
    return "Edm.Int64" if kind.edm == bound.WIDE else kind.edm
