"""The bound request: what `bind` makes, and all that the compiler and the rows need of it."""

import datetime as dt
import json
from dataclasses import dataclass, field
from hashlib import blake2b

from dphub_serving.odata import trees
from dphub_serving.odata.bound import Column, Computed, Expression, Reference
from dphub_serving.odata.edm import EntityType, Property
from dphub_serving.odata.resources import Member
from dphub_serving.odata.token import Cursor, SkipToken
from dphub_serving.odata.values import Value

_SCOPE_BYTES = 9


@dataclass(frozen=True, slots=True)
class Limits:
    """The product's page sizes in rows; `count_default` is what the quick look does unasked."""

    default_top: int = 100
    max_top: int = 1000
    page_size: int = 10_000
    count_default: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """`asked` is the text that it was read from, where it is no property."""

    expression: Expression
    descending: bool = False
    asked: str = ""

    @property
    def name(self) -> str | None:
        """Of the property that it is."""
        return self.expression.property.name if isinstance(self.expression, Column) else None


@dataclass(frozen=True, slots=True)
class Filter:
    """What `$filter` and `$search` ask. `asked` are the texts that the condition was read from,
    with what their aliases stand for; `now` is the moment of the request, and `volatile` says that
    the answer depends on it."""

    condition: Expression
    asked: str
    now: dt.datetime
    volatile: bool
    computed: tuple[Computed, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What every request for entities says: `selected` names what `$select` asks for, or is None
    where every property is asked. A complex property of `select` has the parts that are asked."""

    type: EntityType
    select: tuple[Property | Computed, ...]
    selected: tuple[str, ...] | None
    now: dt.datetime | None = field(default=None, kw_only=True)

    @property
    def has_key(self) -> bool:
        """Without all of the key, every entity owes its `id` (JSON Format 4.01, section 4.6.8)."""
        return set(self.type.key) <= {each.name for each in self.select}

    @property
    def shown(self) -> tuple[Computed, ...]:
        """What is computed for the answer."""
        return tuple(each for each in self.select if isinstance(each, Computed))

    @property
    def volatile(self) -> bool:
        """Whether the answer depends on the moment."""
        return trees.is_volatile(*(each.expression for each in self.shown))


@dataclass(frozen=True, slots=True)
class Query(Asked):
    """One page of an entity set.

    `order` is what was asked; whoever runs it makes it total (by the key, or by the row position).
    `skip` counts from the beginning and is 0 beside a `cursor`. `top` is what is left of the total
    that was asked, this page included; `page` is how many rows this page may hold. `place` is the
    path of rows that belong to another one.
    """

    order: tuple[Order, ...]
    skip: int
    top: int | None
    page: int
    count: bool
    cursor: Cursor | None = None
    filter: Filter | None = None
    maxpagesize: int | None = None
    place: str = ""

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than the page, where that one tells of another page."""
        return self.page if self.top is not None and self.top <= self.page else self.page + 1

    @property
    def computed(self) -> tuple[Computed, ...]:
        """For the answer, or for its order."""
        found = trees.with_references(*(each.expression for each in self.order))
        ordering = [each.computed for each in found if isinstance(each, Reference)]
        return trees.complete([*self.shown, *ordering])

    @property
    def volatile(self) -> bool:
        filtered = self.filter is not None and self.filter.volatile
        return filtered or trees.is_volatile(*(each.expression for each in self.shown))


@dataclass(frozen=True, slots=True)
class Lookup(Asked):
    """One entity by its key: values in the order of `type.key`, typed as their properties are."""

    key: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Inside(Lookup):
    """A value inside the entity, whose property it is in is the only one of `select`.

    Of a collection it has `top` items behind the first `skip`, and how many there are if `count`.
    """

    member: Member
    skip: int = 0
    top: int | None = None
    count: bool = False


def next_token(
    query: Query,
    sequence: int,
    cursor: Cursor,
    rows: int,
    pins: tuple[tuple[str, int], ...] = (),
) -> SkipToken:
    """The token of the page behind this one, of which `rows` were delivered."""
    remaining = None if query.top is None else query.top - rows
    made_for = scope(query.type, query.filter, query.order, query.place)
    return SkipToken(made_for, sequence, cursor, remaining, query.count, pins)


def scope(
    entity_type: EntityType, filter: Filter | None, order: tuple[Order, ...], place: str = ""
) -> str:
    """What a skip token is bound to: the product (by its type's full name), filter and order, and
    the place of rows that belong to another one."""
    asked = filter.asked if filter else None
    terms = [[each.name, each.asked, each.descending] for each in order]
    content = [entity_type.qualified_name, asked, terms, *([place] if place else [])]
    text = json.dumps(content, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=_SCOPE_BYTES).hexdigest()
