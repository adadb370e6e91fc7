"""Texts of options and keys -> unbound trees."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from dphub_serving.odata.ast import (
    Alias,
    Arguments,
    ComputeItem,
    Expr,
    KeyPredicate,
    KeyValue,
    Literal,
    OrderItem,
)
from dphub_serving.odata.clauses import ExpandItem, SelectItem
from dphub_serving.odata.grammar import reader, search
from dphub_serving.odata.grammar.selection import Parser
from dphub_serving.odata.searches import Search
from dphub_serving.odata.transformations import Sequence

MAX_DEPTH = reader.MAX_DEPTH
# Trees of so many texts, none longer than that, are kept: dashboards ask the same again and again.
KEPT = 256
LONGEST_KEPT = 2_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Written:
    """An expression, and the text that it was read from."""

    text: str
    tree: Expr = field(compare=False)


def expression(text: str, target: str) -> Expr:
    return _whole(text, target, Parser.expression)


def orderby(text: str, target: str = "$orderby") -> tuple[OrderItem, ...]:
    return _whole(text, target, Parser.orderby)


def compute(text: str, target: str = "$compute") -> tuple[ComputeItem, ...]:
    return _whole(text, target, Parser.compute)


def select(text: str, target: str = "$select") -> tuple[SelectItem, ...]:
    return _whole(text, target, Parser.select)


def expand(text: str, target: str = "$expand") -> tuple[ExpandItem, ...]:
    return _whole(text, target, Parser.expand)


def apply(text: str, target: str = "$apply") -> Sequence:
    return _whole(text, target, Parser.sequence)


def searched(text: str, target: str = "$search") -> Search:
    return search.read(text, 0, target, depth=0, most=MAX_DEPTH, nested=False)[0]


def arguments(segment: str, start: int) -> tuple[Arguments, ...]:
    """What stands in parentheses from `start` of a path segment on: keys, parameters."""
    parser = Parser(segment, segment, start)
    if not parser.opens():
        parser.unexpected("'('")
    found = parser.more_arguments()
    parser.expect_end()
    return tuple(each for each in found if isinstance(each, Arguments))


def key(segment: str, start: int) -> KeyPredicate:
    """The key predicate, with its parentheses, that begins at `start` of a path segment."""
    first, *others = arguments(segment, start)
    parser = Parser("", segment)
    if others:
        raise parser.missing("a key behind a function call", others[0].at)
    if not first.values:
        raise parser.missing("a function call", first.at)
    values = []
    for each in first.values:
        match each.value:
            case Literal(kind) as literal if kind != "null":
                values.append(KeyValue(each.name, literal))
            case Alias() as alias:
                values.append(KeyValue(each.name, alias))
            case other:
                raise parser.wrong("expected a key value", other.at)
    return KeyPredicate(tuple(values))


def _whole(text: str, target: str, read: Callable[[Parser], T]) -> T:
    found: T = (_kept if len(text) <= LONGEST_KEPT else _read)(text, target, read)
    return found


@lru_cache(maxsize=KEPT)
def _kept(text: str, target: str, read: Callable[[Parser], Any]) -> Any:
    return _read(text, target, read)


def _read(text: str, target: str, read: Callable[[Parser], T]) -> T:
    parser = Parser(text, target)
    found = read(parser)
    parser.expect_end()
    return found
