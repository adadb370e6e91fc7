"""Tokens -> unbound trees: a Pratt parser for expressions, and the lists that are made of them.

Binding powers from OData URL Conventions 4.01, section 5.1.1.15 (operator precedence): unary
operators bind more tightly than comparisons, so `not a eq b` is `(not a) eq b`.
"""

from typing import cast

from dphub_serving.odata import lexer, literals
from dphub_serving.odata.ast import (
    Alias,
    Binary,
    BinaryOperator,
    Call,
    Expr,
    Items,
    KeyPredicate,
    KeyValue,
    Literal,
    OrderItem,
    Path,
    SelectAll,
    SelectItem,
    SelectPath,
    Unary,
    UnaryOperator,
)
from dphub_serving.odata.errors import InvalidSyntax, TooComplex, echo

MAX_DEPTH = 100

BINDING_POWERS: dict[str, int] = {
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


def orderby(text: str, target: str = "$orderby") -> tuple[OrderItem, ...]:
    parser = _Parser(text, target)
    items = [parser.order_item()]
    while parser.take(","):
        items.append(parser.order_item())
    parser.expect_end()
    return tuple(items)


def select(text: str, target: str = "$select") -> tuple[SelectItem, ...]:
    parser = _Parser(text, target)
    items = [parser.select_item()]
    while parser.take(","):
        items.append(parser.select_item())
    parser.expect_end()
    return tuple(items)


def key(segment: str, start: int) -> KeyPredicate:
    """The key predicate, with its parentheses, that begins at `start` of a path segment."""
    parser = _Parser(segment, segment, start)
    parser.expect("(")
    if parser.current.word == ")":
        raise parser.missing("a function call", parser.current)
    values = [parser.key_value()]
    while parser.take(","):
        values.append(parser.key_value())
    parser.expect(")")
    if parser.current.word == "(":
        raise parser.missing("a key behind a function call", parser.current)
    parser.expect_end()
    if len(values) > 1 and any(value.name is None for value in values):
        raise InvalidSyntax("every part of a compound key needs a name", target=segment, at=start)
    return KeyPredicate(tuple(values))


def expression(text: str, target: str) -> Expr:
    parser = _Parser(text, target)
    tree = parser.expression()
    parser.expect_end()
    return tree


class _Parser(lexer.Stream):
    """A stream that is read as trees, with a budget for depth."""

    depth = 0

    # lists

    def order_item(self) -> OrderItem:
        tree = self.expression()
        direction = self.current
        descending = direction.word == "desc"
        if descending or direction.word == "asc":
            self.advance()
        return OrderItem(tree, descending)

    def select_item(self) -> SelectItem:
        start = self.current
        if self.take("*"):
            return SelectAll(start.at)
        if start.kind == "alias":
            raise self.missing("an annotation in $select", start)
        if start.kind != "name":
            raise self.unexpected("a property")
        path = Path(self.names(), start.at)
        if self.current.word == "(":
            raise self.missing("a nested option in $select", start)
        if self.current.word in {".", "*"}:
            raise self.missing("a qualified wildcard in $select", start)
        return SelectPath(path)

    def key_value(self) -> KeyValue:
        start = self.current
        if start.kind == "name" and self.peek.word == "=":
            self.advance()
            self.advance()
            return KeyValue(start.text, self.key_literal())
        return KeyValue(None, self.key_literal())

    def key_literal(self) -> Literal:
        token = self.current
        if token.kind == "alias":
            raise self.missing("a parameter alias in a key", token)
        literal = literals.literal(token, in_key=True)
        if literal is None or literal.kind == "null":
            raise self.unexpected("a key value")
        self.advance()
        return literal

    # expressions

    def expression(self, minimum: int = 0) -> Expr:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooComplex(
                f"nested more than {MAX_DEPTH} levels deep",
                target=self.target,
                at=self.current.at,
            )
        left = self.prefix()
        while (power := self.infix_power()) > minimum:
            operator = self.advance()
            right = self.items() if operator.word == "in" else self.expression(power)
            left = Binary(cast("BinaryOperator", operator.word), left, right, operator.at)
        self.depth -= 1
        return left

    def infix_power(self) -> int:
        """How strongly the current token binds as a word operator; 0 when it is none."""
        token, after = self.current, self.peek
        power = BINDING_POWERS.get(token.word, 0)
        if power and not token.spaced:
            raise self.unexpected("a blank")
        opens = token.word == "in" and after.word in {"(", "["}
        if power and not after.spaced and not opens:
            raise InvalidSyntax(
                f"a blank is missing after {token.word}",
                target=self.target,
                at=token.at + len(token.text),
            )
        return power

    def prefix(self) -> Expr:
        token = self.current
        if token.word == "(":
            self.advance()
            tree = self.expression()
            self.expect(")")
            return tree
        if token.word == "-" or (token.word == "not" and self.is_negation()):
            self.advance()
            operand = self.expression(_UNARY_POWER)
            return Unary(cast("UnaryOperator", token.word), operand, token.at)
        if token.kind == "alias":
            if self.peek.word == "/":
                raise self.missing("a path that begins with an annotation", token)
            self.advance()
            return Alias(token.text[1:], token.at)
        if (literal := self.literal_here()) is not None:
            self.advance()
            return literal
        if token.kind in {"name", "root"}:
            return self.path()
        if token.word in {"[", "{", '"'}:
            raise self.missing("a JSON literal", token)
        raise self.unexpected("an expression")

    def literal_here(self) -> Literal | None:
        """`true`, `false` and `null` are ordinary names where a slash or parenthesis follows."""
        if self.current.kind == "name" and self.peek.word in {"/", "("}:
            return None
        return literals.literal(self.current)

    def is_negation(self) -> bool:
        """A property may be called `not`; the operator has something to negate behind it."""
        return self.peek.kind != "end" and self.peek.word not in {",", ")", "/", "asc", "desc"}

    def path(self) -> Expr:
        start = self.current
        segments = self.names()
        if self.current.word != "(" or self.current.spaced:
            return Path(segments, start.at)
        if segments[0].lower() in ("any", "all"):
            raise InvalidSyntax(
                f"{segments[0]} needs a collection before it", target=self.target, at=start.at
            )
        if len(segments) > 1:
            raise self.missing(f"a call of {echo(segments[-1])} on a path", start)
        self.advance()
        return Call(segments[0], self.arguments(), start.at)

    def names(self) -> tuple[str, ...]:
        segments = [self.segment()]
        while self.take("/"):
            segments.append(self.segment())
        return tuple(segments)

    def segment(self) -> str:
        token = self.current
        if token.kind not in {"name", "root", "alias"}:
            raise self.unexpected("a name")
        return self.advance().text

    def arguments(self) -> tuple[Expr, ...]:
        if self.take(")"):
            return ()
        found = [self.expression()]
        while self.take(","):
            found.append(self.expression())
        if self.current.word in {":", "="}:
            raise self.missing("a named argument or lambda variable", self.current)
        self.expect(")")
        return tuple(found)

    def items(self) -> Expr:
        """What may stand on the right of `in`: a list of literals, or one collection."""
        start = self.current
        if start.word != "(":
            return self.expression(BINDING_POWERS["in"])
        self.advance()
        members = self.arguments()
        for each in members:
            if not isinstance(each, Literal):
                raise InvalidSyntax(
                    "the list behind `in` has literals only", target=self.target, at=each.at
                )
        return Items(members, start.at)
