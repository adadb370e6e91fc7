"""What a service root publishes, put together from the snapshots of several products.

A product's service has its own set, its published sources, and what navigation reaches from there,
all in its own namespace. Where a name is taken, by those before it, the name of the product goes
before it. The hub's service has every set of every product, each type in its product's namespace.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from dphub_k8s.api.navigation import Navigation
from dphub_serving.catalog.beside import renamed, type_names
from dphub_serving.catalog.served import Served
from dphub_serving.odata.edm import (
    HUB_NAMESPACE,
    EntitySet,
    EntityType,
    NavigationProperty,
    Service,
    identifier,
)

Products = Mapping[str, Served]
# The product, and the set of it.
Place = tuple[str, str]


@dataclass(frozen=True)
class View:
    """A service, and the snapshot behind each of its sets, by name. `root` is the product whose
    service it is, None is the hub's, made of these `products`."""

    service: Service
    served: Mapping[str, Served]
    root: Served | None = None
    products: Products = field(default_factory=dict)

    @cached_property
    def sets(self) -> Mapping[str, EntitySet]:
        return {each.name: each for each in self.service.sets}

    def at(self, place: Place) -> EntitySet:
        """The set that shows what is there."""
        return next(self.sets[name] for name, each in self.served.items() if each.place == place)

    def own(self, product: str) -> "View":
        """The service of a product, from the snapshots that the hub's is made of."""
        if product not in self._own:
            self._own[product] = of_product(self.products[product], self.products)
        return self._own[product]

    @cached_property
    def _own(self) -> dict[str, "View"]:
        return {}


def of_product(root: Served, products: Products) -> View:
    named: dict[Place, EntitySet] = {}
    served: dict[str, Served] = {}
    sets, types = set[str](), set[str]()
    for found in _reached(root, {**products, root.name: root}):
        own = found.entity_set
        name = own.name if found.name == root.name else _free(found.name, own.name, sets)
        kind = own.type
        if found.name != root.name:
            free = _free(found.name, kind.name, types)
            kind = renamed(replace(kind, name=free, namespace=_namespace(root)), types)
        sets.add(name.lower())
        types |= type_names(kind)
        named[found.place] = EntitySet(name, kind, own.description)
        served[name] = found
    linked = _linked(named, served, products={**products, root.name: root})
    return View(Service(_namespace(root), linked, root.entity_set.description), served, root)


def of_hub(products: Products, taken: Container[str] = frozenset()) -> View:
    """`taken` are paths that lead to products; a published source has none of their names, and no
    two sets differ by case alone: products have names in lower case."""
    named: dict[Place, EntitySet] = {}
    served: dict[str, Served] = {}
    for _, each in sorted(products.items()):
        own = each.in_hub
        named[each.place], served[own.name] = own, each
    used = set(served)
    for _, each in sorted(products.items()):
        for found in each.beside:
            name = f"{identifier(each.name)}_{found.entity_set.name}"
            while name.lower() in used or name in taken:
                name += "_"
            used.add(name.lower())
            named[found.place] = EntitySet(name, found.entity_set.type)
            served[name] = found
    service = Service(HUB_NAMESPACE, _linked(named, served, products))
    return View(service, served, products=products)


def _namespace(root: Served) -> str:
    return root.entity_set.type.namespace


def _reached(root: Served, products: Products) -> Iterable[Served]:
    """The product's own sets, then what navigation reaches, the nearest first."""
    found = {each.place: each for each in (root, *root.beside)}
    waiting = list(found.values())
    for each in waiting:
        for way in each.navigation:
            there = _target(way, products)
            if there and there.place not in found and not _misfit(way, each, there):
                found[there.place] = there
                waiting.append(there)
    return found.values()


def _target(way: Navigation, products: Products) -> Served | None:
    product = products.get(way.product)
    return product.member(way.entity_set) if product else None


def _misfit(way: Navigation, here: Served, there: Served) -> str | None:
    return way.misfit(here.leading, there.leading)


def _free(product: str, name: str, taken: set[str]) -> str:
    """The name, or that of the product and the name, or one like it: a name that nothing has."""
    if name.lower() not in taken:
        return name
    name = f"{identifier(product)}_{name}"
    while name.lower() in taken:
        name += "_"
    return name


def _linked(
    named: Mapping[Place, EntitySet], served: Mapping[str, Served], products: Products
) -> tuple[EntitySet, ...]:
    """The sets, with the navigation properties of their types."""

    def ways(each: Served) -> tuple[NavigationProperty, ...]:
        found = []
        for way in each.navigation:
            there = _target(way, products)
            if there is None or there.place not in named or _misfit(way, each, there):
                continue
            here, target = named[each.place].type, named[there.place]
            found.append(_property(way, here, target))
        return tuple(found)

    known: dict[str, EntitySet] = {}
    for each in named.values():
        kind = replace(each.type, navigation=ways(served[each.name]), neighbours=known)
        known[each.name] = replace(each, type=kind)
    return tuple(known.values())


def _property(way: Navigation, here: EntityType, target: EntitySet) -> NavigationProperty:
    keys = tuple((key.left, key.right) for key in way.keys)
    nullable = way.multiplicity == "zeroOrOne"
    return NavigationProperty(
        name=way.name,
        type=target.type.qualified_name,
        target=target.name,
        keys=keys,
        collection=way.multiplicity == "many",
        nullable=nullable,
        constrains=way.multiplicity != "many" and _constrains(keys, here, target.type, nullable),
    )


def _constrains(
    keys: Iterable[tuple[str, str]], here: EntityType, there: EntityType, nullable: bool
) -> bool:
    """Whether the standard lets the keys be a referential constraint (CSDL 4.01, section 8.5)."""
    pairs = [(here.find(left), there.find(right)) for left, right in keys]
    return {right for _, right in keys} == set(there.key) and all(
        left and right and left.type == right.type and left.nullable == (nullable or right.nullable)
        for left, right in pairs
    )
