"""`/odata/…`: a URL becomes a resource, and a resource becomes a response."""

from dataclasses import replace
from functools import partial

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from dphub_serving.catalog.catalog import Catalog
from dphub_serving.odata import options, references, url
from dphub_serving.odata.errors import (
    POSTING,
    READING,
    BadRequest,
    MethodNotAllowed,
    NotFound,
    UnsupportedMediaType,
)
from dphub_serving.odata.resources import (
    Address,
    Batch,
    EntityById,
    Metadata,
    ResourcePath,
    ServiceDocument,
)
from dphub_serving.routes import addressed, batch, describe, problems
from dphub_serving.routes.exchange import Exchange
from dphub_serving.routes.hub import Hub

MAX_QUERY_BYTES = 1_000_000
_QUERY_TYPES = frozenset({"text/plain", "application/x-www-form-urlencoded"})


async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
    """Plain ASGI: the path is read as it came, and nothing of FastAPI is paid for."""
    http = Request(scope, receive)
    hub: Hub = scope["app"].state.hub
    response = await respond(hub, Exchange.of(http, hub.settings))
    await response(scope, receive, send)


async def respond(hub: Hub, exchange: Exchange, catalog: Catalog | None = None) -> Response:
    """`catalog` is what to answer from, where it is not the current one."""
    return await problems.told(exchange, _respond(hub, exchange, catalog))


async def _respond(hub: Hub, exchange: Exchange, catalog: Catalog | None) -> Response:
    assert exchange.version
    isolated = exchange.isolated
    if catalog is None:
        await hub.polling.keep_up()
        catalog = hub.catalog
    request = url.parse(
        exchange.raw_path, exchange.raw_query, hub_sets=catalog.hub_names, secret=hub.secret
    )
    allowed = _allowed(request.path)
    if exchange.method == "OPTIONS":
        await _require(hub, catalog, request)
        return Response(status_code=204, headers={**exchange.always, "Allow": allowed})
    if exchange.method not in allowed.split(", "):
        await _require(hub, catalog, request)
        raise MethodNotAllowed(exchange.method, allowed)
    if exchange.method == "POST" and isinstance(request.path, Address):
        request = await _posted(hub, exchange, request, request.path)
    if isinstance(request.path, Batch):
        if exchange.in_batch:
            raise BadRequest("a batch cannot hold another one", target="$batch")
        await _require(hub, catalog, request)
        return await batch.answer(
            exchange, request.path, partial(respond, hub, catalog=catalog if isolated else None)
        )
    return await _read(hub, catalog, exchange, request)


def _allowed(path: ResourcePath) -> str:
    posted = isinstance(path, Address) and path.segments[-1:] == ("$query",)
    return POSTING if posted or isinstance(path, Batch) else READING


async def _require(hub: Hub, catalog: Catalog, request: url.Request) -> None:
    """Raises NotFound and its like where there is no such resource, whatever is done to it."""
    path = request.path
    if not isinstance(path, Address):
        await describe.find(hub, catalog, path.service, request)
        return
    if path.segments[-1:] == ("$query",):
        path = replace(path, segments=path.segments[:-1])
    await addressed.require(hub, catalog, request, path)


async def _posted(hub: Hub, exchange: Exchange, request: url.Request, path: Address) -> url.Request:
    """`…/$query`: the options are in the body, where they may be longer than a URL."""
    media = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _QUERY_TYPES:
        raise UnsupportedMediaType(f"the options have to be sent as text/plain, not {media!r}")
    body = await exchange.body(MAX_QUERY_BYTES)
    pairs = (*request.options.pairs, *url.pairs(body.strip()))
    return replace(
        request,
        path=replace(path, segments=path.segments[:-1]),
        options=options.read(pairs, hub.secret),
    )


async def _read(hub: Hub, catalog: Catalog, exchange: Exchange, request: url.Request) -> Response:
    match request.path:
        case Address():
            return await addressed.answer(hub, catalog, exchange, request, request.path)
        case ServiceDocument(service):
            service_of = await describe.find(hub, catalog, service, request)
            return describe.service_document(exchange, request, service, service_of)
        case Metadata(service):
            service_of = await describe.find(hub, catalog, service, request)
            return describe.metadata(exchange, request, service_of)
        case EntityById() as path:
            return await _by_id(hub, catalog, exchange, request, path)
        case Batch():
            raise AssertionError("it was answered before")


async def _by_id(
    hub: Hub, catalog: Catalog, exchange: Exchange, request: url.Request, path: EntityById
) -> Response:
    assert request.options.id is not None, "it was checked with the path"
    place = references.Place(exchange.base, exchange.headers.get("host"))
    raw, query = place.within(path.service, request.options.id)
    if query:
        raise BadRequest("the id of an entity has no options", target="$id")
    found = url.parse(raw, hub_sets=catalog.hub_sets)
    if not isinstance(found.path, Address):
        raise NotFound("$id names no entity", target="$id")
    cast = (path.type,) if path.type else ()
    named = replace(found.path, segments=(*found.path.segments, *cast))
    return await addressed.by_id(hub, catalog, exchange, replace(request, path=named), named)
