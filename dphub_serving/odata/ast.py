"""The unbound tree: what a text says, before anybody has asked whether its names exist.

`at` is the position in the text of the option (or of the path segment) that the node came from.
"""

from dataclasses import dataclass
from typing import Literal as OneOf

from dphub_serving.odata.searches import Search

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
    "geography",
    "geometry",
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


# segments of paths


@dataclass(frozen=True, slots=True)
class Name:
    """A property, a type, an operation, a lambda variable; with or without its namespace.

    The first may be `$it`, `$this`, `$these` or `$root`. Resource paths have `$value`, `$ref`, …
    as names too.
    """

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Alias:
    """`@name`: a value that another option gives, or an annotation without its namespace."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Annotation:
    """`@Namespace.Term#Qualifier`, the namespace and the qualifier if they are written."""

    term: str
    qualifier: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Argument:
    """The key of a single property is given without its name."""

    name: str | None
    value: "Expr"


@dataclass(frozen=True, slots=True)
class Arguments:
    """`(5)`, `(a=1,b='x')`, `()` behind a name: a key or a call, as the name will tell."""

    values: tuple[Argument, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Count:
    """`$count`, of all members or of those that the options in parentheses leave."""

    condition: "Expr | None"
    search: Search | None
    at: int


@dataclass(frozen=True, slots=True)
class Filtered:
    """`$filter(…)` within a path."""

    condition: "Expr"
    at: int


@dataclass(frozen=True, slots=True)
class Lambda:
    """`any()` has neither variable nor predicate."""

    quantifier: OneOf["any", "all"]
    variable: str | None
    predicate: "Expr | None"
    at: int


@dataclass(frozen=True, slots=True)
class Aggregated:
    """`aggregate(…)` as a function behind a collection."""

    item: "Aggregate"
    at: int


@dataclass(frozen=True, slots=True)
class Star:
    at: int


Segment = (
    Name | Alias | Annotation | Arguments | Count | Filtered | Lambda | Aggregated | Star
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Path:
    """At least one segment. An alias can only be the first."""

    segments: tuple[Segment, ...]

    @property
    def at(self) -> int:
        return self.segments[0].at

    @property
    def names(self) -> tuple[str, ...] | None:
        """If it has nothing else."""
        found = tuple(each.text for each in self.segments if isinstance(each, Name))
        return found if len(found) == len(self.segments) else None

    def __str__(self) -> str:
        """For messages: what stands in parentheses is left out."""
        return "/".join(map(_shown, self.segments)).replace("/(…)", "(…)")


def _shown(segment: Segment) -> str:
    match segment:
        case Name(text):
            return text
        case Alias(name):
            return f"@{name}"
        case Annotation(term):
            return f"@{term}"
        case Arguments():
            return "(…)"
        case Count():
            return "$count"
        case Filtered():
            return "$filter(…)"
        case Lambda(quantifier):
            return f"{quantifier}(…)"
        case Aggregated():
            return "aggregate(…)"
        case Star():
            return "*"


# expressions


@dataclass(frozen=True, slots=True)
class Call:
    """A canonical function. What nobody knows may be here as well: bind suggests another name."""

    name: str
    arguments: tuple["Expr", ...]
    at: int


@dataclass(frozen=True, slots=True)
class TypeName:
    name: str
    collection: bool
    at: int


@dataclass(frozen=True, slots=True)
class TypeCall:
    """Without an operand it is about the current instance."""

    function: OneOf["cast", "isof"]
    operand: "Expr | None"
    type: TypeName
    at: int


@dataclass(frozen=True, slots=True)
class Case:
    branches: tuple[tuple["Expr", "Expr"], ...]
    at: int


@dataclass(frozen=True, slots=True)
class Items:
    """The list of literals on the right of `in`."""

    members: tuple[Literal, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Array:
    members: tuple["Expr", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Object:
    members: tuple[tuple[str, "Expr"], ...]
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


Expr = (
    Literal | Path | Alias | Call | TypeCall | Case | Items | Array | Object | Unary | Binary
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class From:
    """`from A,B with method`: aggregated by these groups first."""

    groups: tuple[Path, ...]
    method: str | None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`value with method from … as alias`. Without a method it counts, or is a custom aggregate."""

    value: Expr
    method: str | None
    sources: tuple[From, ...]
    alias: str | None
    at: int


# items of lists


@dataclass(frozen=True, slots=True)
class OrderItem:
    expression: Expr
    descending: bool


@dataclass(frozen=True, slots=True)
class ComputeItem:
    """`expression as name`."""

    expression: Expr
    name: str
    at: int


# keys and steps of resource paths


@dataclass(frozen=True, slots=True)
class KeyValue:
    """One part of a key predicate; a key of a single property may leave its name out."""

    name: str | None
    value: Literal | Alias


@dataclass(frozen=True, slots=True)
class KeyPredicate:
    """`(5)`, `('x')`, `(a=1,b='x')`."""

    values: tuple[KeyValue, ...]


@dataclass(frozen=True, slots=True)
class KeySegment:
    """Key-as-segment: the value without quotes, read as the type of the key says."""

    text: str


Key = KeyPredicate | KeySegment


@dataclass(frozen=True, slots=True)
class CrossJoin:
    """`$crossjoin(A,B)`."""

    sets: tuple[str, ...]


# Of a resource path. A key segment that is an identifier is a name here.
Step = Name | Arguments | Count | Filtered | KeySegment | CrossJoin
