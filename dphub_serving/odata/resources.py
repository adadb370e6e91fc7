"""What a URL can address: a closed union, so that a walk over it is one `match`."""

from dataclasses import dataclass
from typing import Literal as OneOf

from dphub_serving.odata.ast import Key


@dataclass(frozen=True, slots=True)
class Service:
    """Whose service root the URL is under: a product's own, or the hub's (no product).

    `snapshot` is the `@n` of the path; for the hub's service it belongs to the entity set.
    """

    product: str | None = None
    snapshot: int | None = None


@dataclass(frozen=True, slots=True)
class ServiceDocument:
    service: Service


@dataclass(frozen=True, slots=True)
class Metadata:
    service: Service


@dataclass(frozen=True, slots=True)
class QuickLook:
    """`/odata/<product>`: the product's own set, in pages of `default_top`."""

    service: Service


@dataclass(frozen=True, slots=True)
class Collection:
    """An entity set by its name, paged as the standard says."""

    service: Service
    entity_set: str


@dataclass(frozen=True, slots=True)
class Entity:
    """`entity_set` is None where the product itself stands for its set: `/odata/<product>('x')`."""

    service: Service
    entity_set: str | None
    key: Key


@dataclass(frozen=True, slots=True)
class Count:
    service: Service
    entity_set: str | None


Part = OneOf["entities", "count", "ref"]


@dataclass(frozen=True, slots=True)
class Step:
    """A navigation property, and perhaps the key of one of the entities that it leads to."""

    name: str
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """What is reached from an entity by navigation; `segments` are all behind `/odata`."""

    entity: Entity
    steps: tuple[Step, ...]
    part: Part
    segments: tuple[str, ...] = ()

    @property
    def service(self) -> Service:
        return self.entity.service


ResourcePath = ServiceDocument | Metadata | QuickLook | Collection | Entity | Count | Way
