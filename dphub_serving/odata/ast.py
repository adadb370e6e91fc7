"""The unbound tree: what a text says, before anybody has asked whether its names exist.

`at` is the position in the text of the option (or of the path segment) that the node came from.
"""

from dataclasses import dataclass
from typing import Literal as OneOf

LiteralKind = OneOf[
    "null",
    "boolean",
    "integer",
    "decimal",
    "double",
    "string",
    "guid",
    "date",
    "datetime",
    "time",
    "duration",
    "binary",
    "enum",
    "geo",
]
UnaryOperator = OneOf["not", "-"]
BinaryOperator = OneOf[
    "or", "and", "eq", "ne", "gt", "ge", "lt", "le",
    "add", "sub", "mul", "div", "divby", "mod", "has", "in",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Literal:
    """`text` is the value without quotes, prefix and numeric suffix; bind gives it a type."""

    kind: LiteralKind
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Path:
    """Names between slashes; `$count` and the roots (`$it`, …) are names as well."""

    segments: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Alias:
    """`@name`: a value that another option gives."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple["Expr", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Items:
    """The list on the right of `in`."""

    members: tuple["Expr", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Unary:
    operator: UnaryOperator
    operand: "Expr"
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    operator: BinaryOperator
    left: "Expr"
    right: "Expr"
    at: int


Expr = Literal | Path | Alias | Call | Items | Unary | Binary


@dataclass(frozen=True, slots=True)
class OrderItem:
    expression: Expr
    descending: bool


@dataclass(frozen=True, slots=True)
class SelectAll:
    """`*`: every declared property."""

    at: int


@dataclass(frozen=True, slots=True)
class SelectPath:
    path: Path


SelectItem = SelectAll | SelectPath


@dataclass(frozen=True, slots=True)
class KeyValue:
    """One part of a key predicate; a key of a single property may leave its name out."""

    name: str | None
    value: Literal


@dataclass(frozen=True, slots=True)
class KeyPredicate:
    """`(5)`, `('x')`, `(a=1,b='x')`."""

    values: tuple[KeyValue, ...]


@dataclass(frozen=True, slots=True)
class KeySegment:
    """Key-as-segment: the value without quotes, read as the type of the key says."""

    text: str


Key = KeyPredicate | KeySegment
