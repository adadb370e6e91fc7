"""The unbound trees of `$select`, `$expand` and the options nested in them."""

from dataclasses import dataclass, field
from typing import Literal as OneOf

from dphub_serving.odata.ast import ComputeItem, Expr, OrderItem, Path
from dphub_serving.odata.searches import Search
from dphub_serving.odata.transformations import Transformation


@dataclass(frozen=True, slots=True)
class Nested:
    """The options in the parentheses of an item; each of them may be absent.

    `aliases` are assignments that hold inside these parentheses; `texts` are the options as they
    stand there.
    """

    select: tuple["SelectItem", ...] | None = None
    expand: tuple["ExpandItem", ...] = ()
    filter: Expr | None = None
    orderby: tuple[OrderItem, ...] = ()
    compute: tuple[ComputeItem, ...] = ()
    search: Search | None = None
    apply: tuple[Transformation, ...] = ()
    top: int | None = None
    skip: int | None = None
    count: bool | None = None
    levels: int | OneOf["max"] | None = None
    aliases: tuple[tuple[str, Expr], ...] = ()
    texts: tuple[tuple[str, str], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class SelectAll:
    """`*`: every declared property."""

    at: int


@dataclass(frozen=True, slots=True)
class SelectOperations:
    """`Namespace.*`: every action and function of a schema."""

    namespace: str
    at: int


@dataclass(frozen=True, slots=True)
class SelectPath:
    """`parameters` name an overload of a function."""

    path: Path
    options: Nested | None = None
    parameters: tuple[str, ...] | None = None


SelectItem = SelectAll | SelectOperations | SelectPath


@dataclass(frozen=True, slots=True)
class ExpandItem:
    """What a path leads to: the entities, only links to them (`/$ref`), or how many there are.

    The last segment may be a star; the path `$value` is the media stream of the entity itself.
    """

    path: Path
    of: OneOf["entities", "ref", "count"] = "entities"
    options: Nested | None = None
