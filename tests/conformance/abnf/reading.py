"""What several rules are read with. Texts of URLs are percent-decoded as the service does it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from dphub_serving.odata import parser
from dphub_serving.odata.ast import Expr, Lambda, Literal, Path, Unary
from dphub_serving.odata.errors import InvalidSyntax, ODataError
from dphub_serving.odata.grammar import lexer
from dphub_serving.odata.grammar.selection import Parser

Read = Callable[[str], object]


def refuse(at: int = 0) -> InvalidSyntax:
    return InvalidSyntax("this is no instance of the rule", at=at)


@contextmanager
def placed(raw: str, start: int = 0) -> Iterator[None]:
    """Errors count characters in a decoded piece; the cases do so in the whole text."""
    try:
        yield
    except ODataError as problem:
        if problem.at is not None:
            place = 0
            for _ in range(problem.at):
                place += 3 if raw[place : place + 1] == "%" else 1
            problem.at = start + place
        raise


def decoded(read: Read) -> Read:
    def read_decoded(text: str) -> object:
        with placed(text):
            return read(unquote(text))

    return read_decoded


def expression(text: str) -> Expr:
    return parser.expression(text, "$filter")


def expressions(*kinds: type[Expr]) -> Read:
    """An expression that is one of these nodes."""

    def read(text: str) -> object:
        found = expression(text)
        if not isinstance(found, kinds):
            raise refuse()
        return found

    return decoded(read)


def literal(*kinds: str) -> Read:
    def read(text: str) -> object:
        found = expression(text)
        if not isinstance(found, Literal) or found.kind not in kinds:
            raise refuse()
        return found

    return decoded(read)


def token(*kinds: str) -> Read:
    """Exactly one token of the lexer, and nothing decoded."""

    def read(text: str) -> object:
        stream = lexer.Stream(text, "value")
        if stream.current.spaced or stream.current.kind not in kinds:
            raise refuse()
        found = stream.advance()
        stream.expect_end()
        return found

    return read


def shaped(pattern: str | re.Pattern[str]) -> Read:
    compiled = re.compile(pattern)

    def read(text: str) -> object:
        if not compiled.fullmatch(text):
            raise refuse()
        return text

    return read


def whole(low: int, high: int) -> Read:
    def read(text: str) -> object:
        if not re.fullmatch("[+-]?[0-9]+", text) or not low <= int(text) <= high:
            raise refuse()
        return int(text)

    return read


def one_of(*reads: Read) -> Read:
    def read(text: str) -> object:
        for each in reads:
            try:
                return each(text)
            except InvalidSyntax as problem:
                last = problem
        raise last

    return read


def part(read: Callable[[Parser], object]) -> Read:
    """A rule in the middle of the grammar."""

    def whole_text(text: str) -> object:
        stream = Parser(text, "part")
        found = read(stream)
        stream.expect_end()
        return found

    return decoded(whole_text)


def geo_literal(prefix: str, shape: str) -> Read:
    inner = literal(prefix)

    def read(text: str) -> object:
        found = inner(text)
        name = shape if shape != "Collection" else "GeometryCollection"
        if not re.search(f";{name}\\(", unquote(text), re.IGNORECASE):
            raise refuse()
        return found

    return read


def lambda_call(quantifier: str) -> Read:
    """Within a path; the ABNF has it as a rule of its own."""

    def read(text: str) -> object:
        found = expression(f"a/{text}")
        if not isinstance(found, Path) or not isinstance(found.segments[-1], Lambda):
            raise refuse()
        if found.segments[-1].quantifier != quantifier or len(found.segments) != 2:
            raise refuse()
        return found

    return decoded(read)


def unary(text: str) -> object:
    found = expression(text)
    if not isinstance(found, Unary):
        raise refuse()
    return found
