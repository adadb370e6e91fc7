"""Rows: pages of an entity set, one entity, the count. The entity tag comes before the database."""

from dataclasses import replace

from fastapi import Response

from dphub_serving.odata import bind, etag, preferences
from dphub_serving.odata.errors import NotFound
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.preferences import Prefer
from dphub_serving.odata.query import Filter, Lookup, Query
from dphub_serving.odata.resources import Collection, Entity
from dphub_serving.odata.url import Request
from dphub_serving.routes.beside import Beside
from dphub_serving.routes.encoder import Encoder
from dphub_serving.routes.exchange import Exchange
from dphub_serving.routes.hub import Hub
from dphub_serving.routes.keep import kept, reading
from dphub_serving.routes.resolve import Target
from dphub_serving.rows import read
from dphub_serving.rows.engine import Session
from dphub_serving.sql.filter import asks_many, compile_count
from dphub_serving.sql.lookup import compile_lookup
from dphub_serving.sql.page import sorts
from dphub_serving.sql.table import Table


async def collection(
    hub: Hub, exchange: Exchange, request: Request, target: Target, found: Collection
) -> Response:
    here, form, wish = target.entity_set, exchange.form(request.options.format), exchange.prefer
    beside = Beside.of(hub, target, request, wish)
    limits, size = beside.limits(target.served.limits), wish.maxpagesize
    query = bind.query(request, here.type, limits, maxpagesize=size, segments=found.filters)
    beside = beside.reading(query)
    if found.references:
        query = replace(query, select=(), selected=None)
    followed = Prefer(query.maxpagesize, wish.omit, wish.annotations)
    moment = moment_of(query) or beside.moment
    tag = etag.tag(beside.identity, target.sequence, request, form, followed, moment)
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)

    def page(session: Session, table: Table) -> bytes:
        # The quick look shows what was selected and nothing else; the entity set owes the id of a
        # row whose key is not selected (OData JSON Format, control information `id`).
        encoder = Encoder(exchange, request, beside, form, found.references, not found.quick)
        return encoder.page(session, table, query)

    table = target.served.table
    scans = asks_many(table, query.filter) or sorts(table, query)
    body = await kept(hub, exchange, tag, reading(hub, beside.table, page), scans=scans)
    more = preferences.applied(followed, exchange.version)
    return exchange.response(body, form.content_type, tag, more)


async def entity(
    hub: Hub, exchange: Exchange, request: Request, target: Target, found: Entity
) -> Response:
    here, form = target.entity_set, exchange.form(request.options.format)
    beside = Beside.of(hub, target, request, exchange.prefer)
    followed = beside.of_one
    lookup = bind.lookup(request, here.type, found.key)
    beside = beside.reading(lookup)
    if found.reference:
        lookup = replace(lookup, select=(), selected=None)
    moment = moment_of(lookup) or beside.moment
    state = (target.sequence, request, form, followed, moment)
    tag = etag.tag(beside.identity, *state)
    shown = etag.of_entity(beside.reach, *state) if exchange.in_batch else tag
    if exchange.not_modified(shown):
        return exchange.unchanged(shown)

    def row(session: Session, table: Table) -> bytes:
        encoder = Encoder(exchange, request, beside, form, found.reference)
        text = read.entity(session, compile_lookup(table, lookup, encoder.shape))
        if text is None:
            raise NotFound(f"{target.entity_set.name} has no entity with this key")
        return encoder.entity(session, text, lookup.selected)

    body = await kept(hub, exchange, tag, reading(hub, beside.table, row))
    more = preferences.applied(followed, exchange.version)
    return exchange.response(body, form.content_type, shown, more)


async def count(
    hub: Hub, exchange: Exchange, request: Request, target: Target, found: Collection
) -> Response:
    served = target.served
    wanted = bind.condition(request.options, target.entity_set.type, found.filters)
    form = Format(version=exchange.version)
    beside = Beside(hub, target, (), exchange.prefer).reading(wanted)
    tag = etag.tag(beside.identity, target.sequence, request, form, moment_of(wanted))
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)
    if wanted is None:
        return exchange.response(str(served.table.rows).encode(), "text/plain", tag)

    def number(session: Session, table: Table) -> bytes:
        return counted(session, wanted, table)

    scans = asks_many(served.table, wanted)
    body = await kept(hub, exchange, tag, reading(hub, beside.table, number), scans=scans)
    return exchange.response(body, "text/plain", tag)


def counted(session: Session, wanted: Filter, table: Table) -> bytes:
    return str(read.count(session, compile_count(table, wanted))).encode()


def moment_of(wanted: Filter | Query | Lookup | None) -> str | None:
    """An answer that depends on the moment has an entity tag of that moment."""
    return wanted.now.isoformat() if wanted and wanted.volatile and wanted.now else None
