"""A resource path -> the snapshot that answers it."""

import asyncio
from dataclasses import dataclass

from dphub_assets.lake import errors as lake
from dphub_serving.catalog.catalog import Catalog
from dphub_serving.catalog.served import Served
from dphub_serving.odata.edm import EntitySet
from dphub_serving.odata.errors import Gone, NotFound, Unavailable, echo
from dphub_serving.odata.resources import Service
from dphub_serving.routes.hub import Hub

RETRY_AFTER = 5


@dataclass(frozen=True, slots=True)
class Target:
    """A snapshot, and the entity set that it is asked through."""

    served: Served
    entity_set: EntitySet

    @property
    def identity(self) -> str:
        return f"{self.served.uid}/{self.served.snapshot_id}"


async def resolve(
    hub: Hub, catalog: Catalog, service: Service, entity_set: str | None, snapshot: int | None
) -> Target:
    """`entity_set` None stands for the product's own. Raises NotFound, Gone, Unavailable."""
    if service.product is None:
        current = catalog.hub_sets.get(entity_set or "")
        if current is None:
            raise NotFound(f"there is no entity set {echo(entity_set or '')}")
        served = await _at(hub, catalog, current, snapshot)
        return Target(served, served.in_hub)
    served = await _at(hub, catalog, find(catalog, service.product), snapshot)
    if entity_set not in {None, served.entity_set.name}:
        known = served.entity_set.name
        raise NotFound(f"there is no entity set {echo(str(entity_set))}; there is {known!r}")
    return Target(served, served.entity_set)


def find(catalog: Catalog, route: str) -> Served:
    """Raises NotFound, Unavailable."""
    if served := catalog.routes.get(route):
        return served
    if route in catalog.waiting:
        name = catalog.waiting[route]
        raise Unavailable(f"{name} has not been built yet", retry_after=RETRY_AFTER)
    raise NotFound(f"there is no data product at {echo(route)}")


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
