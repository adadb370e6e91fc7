"""A Pratt parser for expressions.

Binding powers from OData URL Conventions 4.01, section 5.1.1.15 (operator precedence): unary
operators bind more tightly than comparisons, so `not a eq b` is `(not a) eq b`.
"""

from collections.abc import Mapping
from typing import cast

from dphub_serving.odata.ast import (
    Alias,
    Binary,
    BinaryOperator,
    Expr,
    Items,
    Literal,
    Unary,
)
from dphub_serving.odata.grammar import literals
from dphub_serving.odata.grammar.json_values import JsonValues
from dphub_serving.odata.grammar.lexer import Token

BINDING_POWERS: Mapping[str, int] = {
    "or": 1,
    "and": 2,
    "eq": 3,
    "ne": 3,
    "gt": 4,
    "ge": 4,
    "lt": 4,
    "le": 4,
    "add": 5,
    "sub": 5,
    "mul": 6,
    "div": 6,
    "divby": 6,
    "mod": 6,
    "has": 8,
    "in": 8,
}
_UNARY_POWER = 7
# A property may be called `not`; these stand behind a property.
_BEHIND_NAMES = frozenset({",", ")", "/", ":", ";", "]", "}", "asc", "desc", "as", "with"})
# Of literals that have none any more.
_OLD_PREFIXES = frozenset({"datetime", "datetimeoffset", "guid", "time"})


class Expressions(JsonValues):
    def expression(self, minimum: int = 0) -> Expr:
        self.deeper()
        left = self.prefix()
        while (power := self.infix_power()) > minimum:
            operator = self.advance()
            left = Binary(
                cast("BinaryOperator", operator.word),
                left,
                self.right(operator, power),
                operator.at,
            )
        self.depth -= 1
        return left

    def infix_power(self) -> int:
        """How strongly the current token binds as a word operator; 0 when it is none."""
        token = self.current
        power = BINDING_POWERS.get(token.word, 0)
        if not power:
            return 0
        if not token.spaced:
            self.unexpected("a blank")
        after = self.peek
        if after.kind == "end":
            return power
        if not after.spaced and not (token.word == "in" and after.word in {"(", "["}):
            end = token.at + len(token.text)
            raise self.wrong(f"a blank is missing after {token.word}", end)
        return power

    def right(self, operator: Token, power: int) -> Expr:
        if operator.word == "in":
            return self.items()
        found = self.expression(power)
        if operator.word == "has" and not (
            isinstance(found, Alias)
            or (isinstance(found, Literal) and found.kind in {"enum", "string", "null"})
        ):
            raise self.wrong("expected an enumeration value", found.at)
        return found

    def prefix(self) -> Expr:
        token = self.current
        if token.kind == "name":
            return self.word(token)
        if token.kind == "mark":
            return self.mark(token)
        if token.kind == "alias":
            return self.aliased()
        if (found := literals.literal(token)) is not None:
            self.advance()
            return found
        if token.kind == "root":
            return self.path()
        return self.unexpected("an expression")

    def word(self, token: Token) -> Expr:
        after = self.peek
        if token.word == "not" and after.kind != "end" and after.word not in _BEHIND_NAMES:
            self.advance()
            return Unary("not", self.expression(_UNARY_POWER), token.at)
        if after.text == "(" and not after.spaced:
            return self.call(token)
        if after.text != "/" and (found := literals.literal(token)) is not None:
            self.advance()
            return found
        if token.word in _OLD_PREFIXES and after.kind == "string" and not after.spaced:
            message = f"{token.text}'…' is of OData 2 and 3; write the value alone"
            raise self.wrong(message, after.at)
        return self.path()

    def mark(self, token: Token) -> Expr:
        match token.text:
            case "(":
                self.advance()
                tree = self.expression()
                self.expect(")")
                return tree
            case "-":
                self.advance()
                return Unary("-", self.expression(_UNARY_POWER), token.at)
            case "[":
                return self.array()
            case "{":
                return self.object()
            case _:
                return self.unexpected("an expression")

    def aliased(self) -> Expr:
        found = self.path()
        (first, *others) = found.segments
        return first if isinstance(first, Alias) and not others else found

    def items(self) -> Expr:
        """What may stand on the right of `in`: a list of literals, or one collection."""
        start = self.current
        if start.text != "(":
            return self.expression(BINDING_POWERS["in"])
        self.advance()
        if self.take(")"):
            return Items((), start.at)
        first = self.expression()
        if not isinstance(first, Literal):
            self.expect(")")
            return first
        members = [first]
        while self.take(","):
            found = literals.literal(self.current)
            if found is None:
                self.unexpected("a literal")
            self.advance()
            members.append(found)
        self.expect(")")
        return Items(tuple(members), start.at)
