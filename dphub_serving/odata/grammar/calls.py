"""Calls: canonical functions, functions of the model, `cast`, `isof` and `case`."""

from dphub_serving.odata.ast import (
    Alias,
    Argument,
    Arguments,
    Call,
    Case,
    Expr,
    Literal,
    Name,
    TypeCall,
    TypeName,
)
from dphub_serving.odata.errors import InvalidExpression
from dphub_serving.odata.grammar.functions import ARITY
from dphub_serving.odata.grammar.lexer import Token
from dphub_serving.odata.grammar.paths import Paths


class Calls(Paths):
    def call(self, token: Token) -> Expr:
        match token.word:
            case "any" | "all":
                message = f"{token.text} needs a collection before it"
                raise self.wrong(message, token.at + len(token.text))
            case "cast" | "isof":
                return self.type_call(token)
            case "case":
                return self.case(token)
            case word if word in ARITY:
                return self.canonical(token)
            case _:
                return self.model_call(token)

    def canonical(self, token: Token) -> Call:
        self.advance()
        self.advance()
        given = () if self.take(")") else (self.expression(), *self.more_positional())
        least, most = ARITY[token.word]
        if not least <= len(given) <= most:
            counts = str(most) if least == most else f"{least} or {most}"
            message = f"{token.word} takes {counts} argument{'' if most == 1 else 's'}"
            raise InvalidExpression(message, target=self.target, at=token.at)
        return Call(token.text, given, token.at)

    def more_positional(self) -> list[Expr]:
        """Behind the first one, up to the parenthesis."""
        found: list[Expr] = []
        while self.take(","):
            found.append(self.expression())
        self.expect(")")
        return found

    def model_call(self, token: Token) -> Expr:
        """A key, or parameters by name. Other arguments are those of an unknown function."""
        self.advance()
        start = self.advance()
        if self.current.text == ")" or (self.current.kind == "name" and self.peek.text == "="):
            first = self.arguments_behind(start)
        else:
            value = self.key_value() or self.expression()
            if self.current.text == "," or not isinstance(value, Literal | Alias):
                return Call(token.text, (value, *self.more_positional()), token.at)
            self.expect(")")
            first = Arguments((Argument(None, self.checked_key(value)),), start.at)
        return self.rest([Name(token.text, token.at), first, *self.more_arguments()])

    def type_call(self, token: Token) -> TypeCall:
        self.advance()
        self.advance()
        operand: Expr | None = None
        if not self.is_type_alone():
            operand = self.expression()
            self.expect(",")
        found = self.type_name()
        self.expect(")")
        return TypeCall("cast" if token.word == "cast" else "isof", operand, found, token.at)

    def is_type_alone(self) -> bool:
        if self.current.kind != "name":
            return False
        return self.peek.text == ")" or (self.current.text == "Collection" and self.opens_next())

    def opens_next(self) -> bool:
        return self.peek.text == "(" and not self.peek.spaced

    def type_name(self) -> TypeName:
        token = self.current
        if token.kind != "name":
            self.unexpected("a type")
        self.advance()
        if token.text != "Collection" or not self.opens():
            return TypeName(token.text, False, token.at)
        self.advance()
        if self.current.kind != "name":
            self.unexpected("a type")
        inner = self.advance()
        self.expect(")")
        return TypeName(inner.text, True, token.at)

    def case(self, token: Token) -> Case:
        self.advance()
        branches: list[tuple[Expr, Expr]] = []
        while self.take("," if branches else "("):
            condition = self.expression()
            self.expect(":")
            branches.append((condition, self.expression()))
        self.expect(")")
        return Case(tuple(branches), token.at)
