"""A stream that is read as trees, with a budget for their depth.

The grammar is one knot: paths hold expressions, expressions paths, options both. Each room reads
its own part on top of the one below, and names here what a room above reads for it.
"""

from abc import ABC, abstractmethod

from dphub_serving.odata.ast import Aggregate, Expr
from dphub_serving.odata.errors import TooComplex
from dphub_serving.odata.grammar import search
from dphub_serving.odata.grammar.lexer import Stream, Token
from dphub_serving.odata.searches import Search

MAX_DEPTH = 100


class Reader(Stream, ABC):
    depth = 0

    @abstractmethod
    def expression(self, minimum: int = 0) -> Expr:
        """In `expressions`."""

    @abstractmethod
    def aggregate(self) -> Aggregate:
        """In `aggregates`."""

    def deeper(self) -> None:
        """Who returns takes one level off again."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} levels deep"
            raise TooComplex(message, target=self.target, at=self.current.at)

    def opens(self) -> bool:
        """Whether a parenthesis follows that belongs to the name before it."""
        return self.current.text == "(" and not self.current.spaced

    def option_name(self, allowed: frozenset[str]) -> str:
        """`$filter=` or `filter=` in parentheses, up to what it is equal to."""
        token = self.current
        name = token.text.removeprefix("$").lower()
        if token.kind not in {"name", "root"} or name not in allowed:
            self.unexpected(" or ".join(f"${each}" for each in sorted(allowed)))
        self.advance()
        self.equals()
        return name

    def blank_before_value(self) -> bool:
        """Arrays and objects alone may have one."""
        return self.current.spaced and self.current.text not in {"[", "{"}

    def equals(self) -> Token:
        if self.current.spaced:
            self.unexpected("'=' without a blank before it")
        token = self.current
        self.expect("=")
        return token

    def nested_search(self, start: int) -> Search:
        found, end = search.read(
            self.text, start, self.target, depth=self.depth, most=MAX_DEPTH, nested=True
        )
        self.go_to(end)
        return found
