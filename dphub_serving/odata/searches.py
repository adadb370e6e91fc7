"""The unbound tree of `$search`."""

from dataclasses import dataclass
from typing import Literal as OneOf


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or a phrase that stood in double quotes."""

    text: str
    phrase: bool
    at: int


@dataclass(frozen=True, slots=True)
class Excluded:
    """`NOT …`."""

    search: "Search"
    at: int


@dataclass(frozen=True, slots=True)
class Combined:
    operator: OneOf["AND", "OR"]
    terms: tuple["Search", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Incomplete:
    """`'…'`: what somebody is still typing."""

    text: str
    at: int


Search = Term | Excluded | Combined | Incomplete
