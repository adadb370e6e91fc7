"""An address -> what the model makes of it, answered."""

from fastapi import Response

from dphub_serving.catalog.catalog import Catalog
from dphub_serving.odata import address, applicable
from dphub_serving.odata.errors import NotFound
from dphub_serving.odata.resources import Address, Collection, Count, Entity, Member, Way
from dphub_serving.odata.url import Request
from dphub_serving.routes import data, members, ways
from dphub_serving.routes.exchange import Exchange
from dphub_serving.routes.hub import Hub
from dphub_serving.routes.journey import legs_of
from dphub_serving.routes.resolve import Target, resolve


async def answer(
    hub: Hub, catalog: Catalog, exchange: Exchange, request: Request, path: Address
) -> Response:
    target = await _target(hub, catalog, request, path)
    found = address.resource(path, target.entity_set.type)
    applicable.check(request.options, found)
    match found:
        case Collection():
            return await data.collection(hub, exchange, request, target, found)
        case Count(collection):
            return await data.count(hub, exchange, request, target, collection)
        case Entity():
            return await data.entity(hub, exchange, request, target, found)
        case Member():
            return await members.answer(hub, exchange, request, target, found)
        case Way():
            return await ways.answer(hub, exchange, request, target, found)


async def require(hub: Hub, catalog: Catalog, request: Request, path: Address) -> None:
    """Raises NotFound and its like where the address is of nothing, whatever the entities are."""
    target = await _target(hub, catalog, request, path)
    found = address.resource(path, target.entity_set.type)
    if isinstance(found, Way):
        legs_of(target, found)


async def by_id(
    hub: Hub, catalog: Catalog, exchange: Exchange, request: Request, path: Address
) -> Response:
    """The entity that an id names. Raises NotFound where it names something else."""
    target = await _target(hub, catalog, request, path)
    found = address.resource(path, target.entity_set.type)
    if not isinstance(found, Entity) or found.reference:
        raise NotFound("$id names no entity", target="$id")
    return await data.entity(hub, exchange, request, target, found)


async def _target(hub: Hub, catalog: Catalog, request: Request, path: Address) -> Target:
    pinned = request.snapshot
    return await resolve(hub, catalog, path.service, path.entity_set, pinned, request.pins)
