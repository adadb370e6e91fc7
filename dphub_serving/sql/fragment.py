"""A piece of SQL with its parameters, put together without ever losing their order."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dphub_serving.odata.errors import TooComplex

# What a text repeats grows with every level; far beyond what 20,000 parts need.
LONGEST = 2_000_000
_HOLE = re.compile(r"\{([0-9])\}")


@dataclass(frozen=True, slots=True)
class Fragment:
    text: str
    params: tuple[object, ...] = ()


def parameter(value: object, kind: str) -> Fragment:
    return Fragment(f"?::{kind}", (value,))


def fill(template: str, *parts: Fragment) -> Fragment:
    """`{0}` stands for the first part, as often as it is named."""
    text: list[str] = []
    params: list[object] = []
    for number, piece in enumerate(_pieces(template)):
        if number % 2 == 0:
            text.append(piece)
            continue
        part = parts[int(piece)]
        text.append(part.text)
        params += part.params
    return _checked("".join(text), params)


@lru_cache(maxsize=1024)
def _pieces(template: str) -> tuple[str, ...]:
    """Texts and, between them, the numbers of the parts."""
    return tuple(_HOLE.split(template))


def joined(separator: str, parts: Iterable[Fragment]) -> Fragment:
    every = list(parts)
    text = separator.join(each.text for each in every)
    return _checked(text, [param for each in every for param in each.params])


def extended(source: Fragment, columns: Sequence[tuple[str, Fragment]]) -> Fragment:
    """The relation with more columns, under quoted names that it has not."""
    if not columns:
        return source
    items = joined(", ", [fill(f"{{0}} AS {quoted}", value) for quoted, value in columns])
    return fill("(SELECT *, {0} FROM {1})", items, source)


def _checked(text: str, params: list[object]) -> Fragment:
    if len(text) > LONGEST:
        raise TooComplex("the expression repeats too much when it is computed")
    return Fragment(text, tuple(params))
