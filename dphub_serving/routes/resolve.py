"""A resource path -> the snapshots that answer it."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dphub_assets.lake import errors as lake
from dphub_serving.catalog import views
from dphub_serving.catalog.catalog import Catalog
from dphub_serving.catalog.served import Served
from dphub_serving.catalog.views import View
from dphub_serving.odata.edm import EntitySet
from dphub_serving.odata.errors import Gone, NotFound, Unavailable, echo
from dphub_serving.odata.resources import Service
from dphub_serving.routes.hub import Hub

RETRY_AFTER = 5
MOST_NAMED = 10
# Product -> sequence, of products beside the one that the URL pins.
Pins = Mapping[str, int]
NOTHING: Pins = {}


@dataclass(frozen=True, slots=True)
class Target:
    """A set of a service, and the snapshot behind it."""

    served: Served
    entity_set: EntitySet
    view: View

    @property
    def sequence(self) -> int:
        """What the URL pins: the snapshot of the product whose service it is."""
        return (self.view.root or self.served).sequence

    @property
    def identity(self) -> str:
        return self.served.identity

    @property
    def described(self) -> str:
        """Of all that `$metadata` is made of."""
        return " ".join(dict.fromkeys(each.identity for each in self.view.served.values()))

    def identities(self, sets: Iterable[str]) -> str:
        """Of the snapshots that are read with these other sets of the service."""
        found = [self.served, *(self.view.served[name] for name in sets)]
        return " ".join(dict.fromkeys(each.identity for each in found))

    def pins(self, sets: Iterable[str], root: Served | None = None) -> tuple[tuple[str, int], ...]:
        """Of the snapshots that are read with these sets, and that the URL does not pin, which
        begins with the product `root`."""
        first = (root or self.view.root or self.served).name
        read = [self.served, *(self.view.served[name] for name in sets)]
        return tuple(sorted({(each.name, each.sequence) for each in read if each.name != first}))


async def resolve(
    hub: Hub,
    catalog: Catalog,
    service: Service,
    entity_set: str | None,
    snapshot: int | None,
    pins: Pins = NOTHING,
) -> Target:
    """`entity_set` None stands for the product's own. Raises NotFound, Gone, Unavailable."""
    if service.product is None:
        current = catalog.hub_sets.get(entity_set or "")
        if current is None or entity_set is None:
            raise NotFound(f"there is no entity set {echo(entity_set or '')}")
        owner = catalog.products[current.name]
        pinned = await _pinned(hub, catalog, owner, snapshot, pins)
        view = catalog.hub_over({**catalog.products, **pinned}) if pinned else catalog.hub
        return _target(view, entity_set)
    root = find(catalog, service.product)
    pinned = await _pinned(hub, catalog, root, snapshot, pins)
    if pinned:
        root = pinned.get(root.name, root)
        view = views.of_product(root, {**catalog.products, **pinned})
    else:
        view = catalog.view(root)
    return _target(view, entity_set or root.entity_set.name)


def _target(view: View, entity_set: str) -> Target:
    found = view.sets.get(entity_set)
    if found is None:
        known = ", ".join(map(repr, [*view.sets][:MOST_NAMED]))
        raise NotFound(f"there is no entity set {echo(entity_set)}; there is {known}")
    return Target(view.served[entity_set], found, view)


def find(catalog: Catalog, route: str) -> Served:
    """Raises NotFound, Unavailable."""
    if served := catalog.routes.get(route):
        return served
    if route in catalog.waiting:
        name = catalog.waiting[route]
        raise Unavailable(f"{name} has not been built yet", retry_after=RETRY_AFTER)
    raise NotFound(f"there is no data product at {echo(route)}")


async def _pinned(
    hub: Hub, catalog: Catalog, root: Served, snapshot: int | None, pins: Pins
) -> dict[str, Served]:
    """Products that are read at another snapshot than the current one, by name."""
    wanted: dict[str, Any] = {**pins, root.name: snapshot}
    found = {}
    for name, sequence in wanted.items():
        current = catalog.products.get(name)
        if current is None:
            raise Gone(f"snapshot {sequence} of {name} is no longer kept")
        served = await _at(hub, catalog, current, sequence)
        if served is not current:
            found[name] = served
    return found


async def _at(hub: Hub, catalog: Catalog, current: Served, snapshot: int | None) -> Served:
    if snapshot is None or snapshot == current.sequence:
        return current
    pointer = catalog.pointers[current.name]
    try:
        return await asyncio.to_thread(hub.reader.pinned, pointer, snapshot)
    except lake.NoSnapshot as error:
        raise NotFound(f"{current.name} has no snapshot {snapshot}") from error
    except (lake.SnapshotGone, lake.Corrupt) as error:
        raise Gone(f"snapshot {snapshot} of {current.name} is no longer kept") from error
    except (lake.Unavailable, OSError) as error:
        away = f"snapshot {snapshot} of {current.name} cannot be fetched now"
        raise Unavailable(away, retry_after=RETRY_AFTER) from error
