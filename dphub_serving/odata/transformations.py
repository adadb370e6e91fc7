"""The unbound trees of `$apply`: OData Extension for Data Aggregation 4.0, section 3."""

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import get_args

from dphub_serving.odata.ast import (
    Aggregate,
    Arguments,
    ComputeItem,
    Expr,
    OrderItem,
    Path,
)
from dphub_serving.odata.searches import Search

Kinship = OneOf["ancestors", "descendants"]
Order = OneOf["preorder", "postorder"]
Extreme = OneOf["topcount", "topsum", "toppercent", "bottomcount", "bottomsum", "bottompercent"]


@dataclass(frozen=True, slots=True)
class Rollup:
    """`rollup(A,B)`, or with a single name a leveled hierarchy."""

    levels: tuple[Path, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The nodes, the qualifier of their recursive hierarchy, and the property that identifies."""

    nodes: Path
    qualifier: str
    node: Path


@dataclass(frozen=True, slots=True)
class RollupRecursive:
    hierarchy: Hierarchy
    nodes: tuple["Transformation", ...]
    at: int


Group = Path | Rollup | RollupRecursive


@dataclass(frozen=True, slots=True)
class Aggregation:
    items: tuple[Aggregate, ...]
    at: int


@dataclass(frozen=True, slots=True)
class GroupBy:
    groups: tuple[Group, ...]
    then: tuple["Transformation", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Identity:
    at: int


@dataclass(frozen=True, slots=True)
class FilterBy:
    condition: Expr
    at: int


@dataclass(frozen=True, slots=True)
class SearchFor:
    search: Search
    at: int


@dataclass(frozen=True, slots=True)
class OrderBy:
    items: tuple[OrderItem, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Compute:
    items: tuple[ComputeItem, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Limit:
    kind: OneOf["skip", "top"]
    rows: int
    at: int


@dataclass(frozen=True, slots=True)
class Best:
    """`topcount(amount,value)` and its five relatives."""

    kind: Extreme
    amount: Expr
    value: Expr
    at: int


@dataclass(frozen=True, slots=True)
class Concat:
    branches: tuple[tuple["Transformation", ...], ...]
    at: int


@dataclass(frozen=True, slots=True)
class Nest:
    """`addnested(path,…)`, and without a path `nest(…)`: each sequence by its alias."""

    path: Path | None
    items: tuple[tuple[tuple["Transformation", ...], str], ...]
    at: int


@dataclass(frozen=True, slots=True)
class Join:
    outer: bool
    path: Path
    alias: str
    then: tuple["Transformation", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Related:
    """`ancestors(…)` and `descendants(…)` of the nodes that `start` leaves."""

    kind: Kinship
    hierarchy: Hierarchy
    start: tuple["Transformation", ...]
    others: tuple["Transformation", ...]
    distance: int | None
    keep_start: bool
    at: int


@dataclass(frozen=True, slots=True)
class Traverse:
    hierarchy: Hierarchy
    order: Order
    start: tuple["Transformation", ...]
    siblings: tuple[OrderItem, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Custom:
    """A function of the model as a transformation."""

    name: str
    arguments: Arguments
    at: int


Hierarchical = Related | Traverse | Custom
# There are as many instances of the same type behind them, or fewer.
Preserving = Identity | FilterBy | SearchFor | OrderBy | Limit | Best | Hierarchical
Transformation = Preserving | Aggregation | GroupBy | Compute | Concat | Nest | Join
Sequence = tuple[Transformation, ...]
HIERARCHICAL: tuple[type[Transformation], ...] = get_args(Hierarchical)
PRESERVING: tuple[type[Transformation], ...] = get_args(Preserving)
