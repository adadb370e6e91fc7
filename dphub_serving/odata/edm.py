"""The nouns of the Entity Data Model that a product needs: properties, types, sets, services."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dphub_k8s.api.types import ColumnType

# Names of properties, one inside the other.
Path = tuple[str, ...]
HUB_NAMESPACE = "DataProductHub"
# How far navigation is followed.
MOST_LEVELS = 6
# CSDL 4.01, section 5.1: names that no schema may have.
_RESERVED = {"Edm", "odata", "System", "Transient"}
_SIMPLE_IDENTIFIER = re.compile(r"[^\W\d]\w{0,127}")


@dataclass(frozen=True, slots=True)
class Valid:
    """The values that a property may have besides null: all that is said holds."""

    values: tuple[bool | float | str, ...] = ()
    minimum: float | str | None = None
    maximum: float | str | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Property:
    """`filterable` and `orderable` are what `$filter` and `$orderby` may name; `$search` does not
    look into what is not `searchable`; a `computed` one is made by the service."""

    name: str
    type: ColumnType
    nullable: bool = True
    description: str | None = None
    filterable: bool = True
    orderable: bool = True
    searchable: bool = True
    computed: bool = False
    valid: Valid = Valid()


@dataclass(frozen=True, slots=True)
class ComplexType:
    """The type of a struct: a property for each field."""

    name: str
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class NavigationProperty:
    """A way to entities of the set `target` of the same service, whose type is `type` (qualified):
    those whose properties are equal, by `keys` (here, there). `constrains` says that the keys are a
    referential constraint."""

    name: str
    type: str
    target: str
    keys: tuple[tuple[str, str], ...]
    collection: bool
    nullable: bool = False
    constrains: bool = False


@dataclass(frozen=True, slots=True)
class EntityType:
    """`namespace` is unique per product, so `qualified_name` identifies a type in the whole hub."""

    namespace: str
    name: str
    key: tuple[str, ...]
    properties: tuple[Property, ...]
    description: str | None = None
    navigation: tuple[NavigationProperty, ...] = ()
    # The sets of the same service, by name: types that lead to each other hold each other.
    neighbours: Mapping[str, "EntitySet"] = field(default_factory=dict, compare=False, repr=False)
    _by_name: Mapping[str, Property] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {each.name: each for each in self.properties})

    @property
    def qualified_name(self) -> str:
        return f"{self.namespace}.{self.name}"

    @property
    def key_properties(self) -> tuple[Property, ...]:
        return tuple(found for name in self.key if (found := self.find(name)))

    def find(self, name: str) -> Property | None:
        return self._by_name.get(name)

    def way(self, name: str) -> NavigationProperty | None:
        return next((each for each in self.navigation if each.name == name), None)

    @property
    def complex_types(self) -> Mapping[Path, ComplexType]:
        """Of every struct among the properties, by the way to it; names are unique."""
        found: dict[Path, ComplexType] = {}
        waiting: list[tuple[Path, ColumnType]] = [
            ((prop.name,), prop.type) for prop in self.properties
        ]
        while waiting:
            path, kind = waiting.pop(0)
            fields = (kind.item or kind).fields
            if not fields:
                continue
            name = "_".join((self.name, *path))
            while name in {self.name, *(each.name for each in found.values())}:
                name += "_"
            found[path] = ComplexType(name, tuple(Property(n, inner) for n, inner in fields))
            waiting += [((*path, n), inner) for n, inner in fields]
        return found


@dataclass(frozen=True, slots=True)
class EntitySet:
    name: str
    type: EntityType
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What one service root publishes: a product's own sets, or one set per product of the hub.

    `namespace` is where the entity container is declared; types stay in their products' namespaces.
    """

    namespace: str
    sets: tuple[EntitySet, ...]
    description: str | None = None

    @property
    def container(self) -> str:
        """A name that no entity type beside it has."""
        taken = {each.type.name for each in self.sets if each.type.namespace == self.namespace}
        return "Container" if "Container" not in taken else "Container_"

    @property
    def types(self) -> tuple[EntityType, ...]:
        return tuple({each.type.qualified_name: each.type for each in self.sets}.values())

    def find(self, name: str) -> EntitySet | None:
        return next((each for each in self.sets if each.name == name), None)


def identifier(product: str) -> str:
    """The simple identifier of a product: its namespace, and its set in the hub's service.

    Product names are DNS labels (no underscore, no hyphen at either end), so that distinct names
    stay distinct: a leading underscore says that the name begins with a digit, a trailing one that
    the name itself is reserved.
    """
    name = product.replace("-", "_")
    if name in _RESERVED:
        name += "_"
    return name if _SIMPLE_IDENTIFIER.fullmatch(name) else f"_{name}"


def is_simple_identifier(name: str) -> bool:
    """CSDL 4.01, section 17.2; what a property, a type and a set may be called."""
    return _SIMPLE_IDENTIFIER.fullmatch(name) is not None
