"""`/odata/<product>/openapi.json`: the product's service for programs that know no OData."""

import re

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from dphub_serving.odata import etag, links, openapi, url
from dphub_serving.odata.errors import READING, MethodNotAllowed
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.resources import ServiceDocument
from dphub_serving.routes import describe, problems
from dphub_serving.routes.exchange import Exchange
from dphub_serving.routes.hub import Hub

# A name with a dot is no entity set's, and `api.path` may not be this one.
PATH = re.compile(rf"{url.ROOT}/(?:[^/]+/)?{re.escape(openapi.NAME)}")


async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
    http = Request(scope, receive)
    hub: Hub = scope["app"].state.hub
    exchange = Exchange.of(http, hub.settings)
    response = await problems.told(exchange, _respond(hub, exchange, http))
    await response(scope, receive, send)


async def _respond(hub: Hub, exchange: Exchange, http: Request) -> Response:
    if http.method == "OPTIONS":
        return Response(status_code=204, headers={**exchange.always, "Allow": READING})
    if http.method not in {"GET", "HEAD"}:
        raise MethodNotAllowed(http.method, READING)
    await hub.polling.keep_up()
    catalog = hub.catalog
    root = http.scope["raw_path"].removesuffix(openapi.NAME.encode())
    request = url.parse(root, http.scope["query_string"], hub_sets=catalog.hub_sets)
    assert isinstance(request.path, ServiceDocument), "the route ends in a slash"
    service = request.path.service
    found = await describe.find(hub, catalog, service, request)
    where = links.root(exchange.base, service)
    tag = etag.tag(found.identity, found.sequence, request, Format(), openapi.NAME, where)
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)
    title = service.product or "Data Product Hub"
    body = openapi.write(found.service, where, title, str(found.sequence))
    return exchange.response(body, "application/json", tag)
