"""`/odata/…`: a URL becomes a resource, and a resource becomes a response."""

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from dphub_serving.odata import url
from dphub_serving.odata.errors import ALLOWED_METHODS, MethodNotAllowed
from dphub_serving.odata.resources import (
    Collection,
    Count,
    Entity,
    Metadata,
    QuickLook,
    ServiceDocument,
    Way,
)
from dphub_serving.routes import data, describe, ways
from dphub_serving.routes.exchange import Exchange
from dphub_serving.routes.hub import Hub


async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
    """Plain ASGI: the path is read as it came, and nothing of FastAPI is paid for."""
    request = Request(scope, receive)
    response = await _respond(request.app.state.hub, request)
    await response(scope, receive, send)


async def _respond(hub: Hub, http: Request) -> Response:
    exchange = Exchange.of(http, hub.settings)
    if http.method == "OPTIONS":
        return Response(status_code=204, headers={**exchange.always, "Allow": ALLOWED_METHODS})
    if http.method not in {"GET", "HEAD"}:
        raise MethodNotAllowed(http.method)
    return await _read(hub, exchange)


async def _read(hub: Hub, exchange: Exchange) -> Response:
    await hub.polling.keep_up()
    catalog, scope = hub.catalog, exchange.http.scope
    request = url.parse(scope["raw_path"], scope["query_string"], hub_sets=catalog.hub_sets)
    match request.path:
        case ServiceDocument(service):
            service_of = await describe.find(hub, catalog, service, request)
            return describe.service_document(exchange, request, service, service_of)
        case Metadata(service):
            service_of = await describe.find(hub, catalog, service, request)
            return describe.metadata(exchange, request, service_of)
        case QuickLook() | Collection() as path:
            return await data.page(hub, catalog, exchange, request, path)
        case Entity() as path:
            return await data.entity(hub, catalog, exchange, request, path)
        case Count() as path:
            return await data.count(hub, catalog, exchange, request, path)
        case Way() as path:
            return await ways.answer(hub, catalog, exchange, request, path)
