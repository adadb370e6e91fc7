"""What a URL can address: closed unions, so that a walk over them is one `match`.

A URL alone gives a ResourcePath. What stands behind a set of entities can be a key, a property or a
type: `address` asks the model, and makes a Resource of it.
"""

from dataclasses import dataclass, field
from typing import Literal as OneOf

from dphub_k8s.api.types import ColumnType
from dphub_serving.odata.ast import Expr, Key


@dataclass(frozen=True, slots=True)
class Service:
    """Whose service root the URL is under: a product's own, or the hub's (no product).

    `snapshot` is the `@n` of the path; for the hub's service it belongs to the entity set.
    """

    product: str | None = None
    snapshot: int | None = None


# What a URL says


@dataclass(frozen=True, slots=True)
class ServiceDocument:
    service: Service


@dataclass(frozen=True, slots=True)
class Metadata:
    service: Service


@dataclass(frozen=True, slots=True)
class Batch:
    service: Service


@dataclass(frozen=True, slots=True)
class EntityById:
    """`$entity?$id=…`, perhaps with the name of a type behind it."""

    service: Service
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A set of entities and the segments behind it, decoded and known to be grammatical.

    `entity_set` is None where the product itself stands for its set: `/odata/<product>('x')`.
    `key_text` is the key in its parentheses, as it was asked.
    """

    service: Service
    entity_set: str | None
    key: Key | None = None
    segments: tuple[str, ...] = ()
    key_text: str = field(default="", compare=False)

    @property
    def spelled(self) -> str:
        """As it was asked, without the product."""
        return "/".join([(self.entity_set or "") + self.key_text, *self.segments])

    @property
    def is_quick_look(self) -> bool:
        """`/odata/<product>`: the product's own set, in pages of `default_top`."""
        return self.entity_set is None and self.key is None and not self.segments


ResourcePath = ServiceDocument | Metadata | Batch | EntityById | Address


# What the model makes of an address


@dataclass(frozen=True, slots=True)
class Collection:
    """Entities of a set: those that all of `filters` leave. `references` asks for their ids."""

    filters: tuple[Expr, ...] = ()
    quick: bool = False
    references: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    of: Collection


@dataclass(frozen=True, slots=True)
class Entity:
    key: Key
    reference: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A value inside an entity: names of properties, and places in collections.

    `size` is how many items a collection has, `raw` a primitive value without JSON around it.
    """

    key: Key
    steps: tuple[str | int, ...]
    type: ColumnType
    part: OneOf["value", "raw", "size"] = "value"

    @property
    def names(self) -> tuple[str, ...]:
        """Without the places."""
        return tuple(each for each in self.steps if isinstance(each, str))


@dataclass(frozen=True, slots=True)
class Step:
    """A navigation property, and perhaps the key of one of the entities that it leads to."""

    name: str
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """What is reached by navigation from the entity with `key`."""

    key: Key
    steps: tuple[Step, ...]
    part: OneOf["entities", "count", "ref"] = "entities"


Resource = Collection | Count | Entity | Member | Way
