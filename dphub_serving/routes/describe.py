"""Service documents and `$metadata`, of the hub and of one product."""

import json
from dataclasses import dataclass

from fastapi import Response

from dphub_serving.catalog.catalog import Catalog
from dphub_serving.odata import edm, etag, links, negotiation
from dphub_serving.odata.csdl import json as csdl_json
from dphub_serving.odata.csdl import xml as csdl_xml
from dphub_serving.odata.negotiation import XML
from dphub_serving.odata.resources import Service
from dphub_serving.odata.url import Request
from dphub_serving.routes.exchange import Exchange
from dphub_serving.routes.hub import Hub
from dphub_serving.routes.resolve import resolve


@dataclass(frozen=True, slots=True)
class Described:
    """A service and what its entity tags are made of."""

    service: edm.Service
    identity: str
    sequence: int


async def find(hub: Hub, catalog: Catalog, service: Service, request: Request) -> Described:
    """Raises NotFound, Gone, Unavailable."""
    if service.product is None:
        return Described(catalog.hub.service, catalog.state, 0)
    target = await resolve(hub, catalog, service, None, request.snapshot)
    return Described(target.view.service, target.described, target.sequence)


def service_document(
    exchange: Exchange, request: Request, path: Service, found: Described
) -> Response:
    form = exchange.form(request.options.format)
    tag = etag.tag(found.identity, found.sequence, request, form)
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)
    root = links.root(exchange.base, path)
    document = links.service_document(root, found.service, form)
    return exchange.response(json.dumps(document).encode(), form.content_type, tag)


def metadata(exchange: Exchange, request: Request, found: Described) -> Response:
    option = request.options.format
    form = negotiation.metadata_format(exchange.accept, option, exchange.version)
    tag = etag.tag(found.identity, found.sequence, request, form)
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)
    if form.media == XML:
        body = csdl_xml.write(found.service, form.version)
    else:
        body = csdl_json.write(found.service)
    return exchange.response(body, form.content_type, tag)
