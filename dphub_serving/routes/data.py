"""Rows: pages of an entity set, one entity, the count. The entity tag comes before the database."""

from dataclasses import replace

from fastapi import Response

from dphub_serving.odata import bind, etag, links, preferences
from dphub_serving.odata.errors import NotFound
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.preferences import Prefer
from dphub_serving.odata.query import Filter, Lookup, Query, next_token
from dphub_serving.odata.resources import Collection, Entity
from dphub_serving.odata.url import Request
from dphub_serving.routes.beside import Beside
from dphub_serving.routes.exchange import Exchange
from dphub_serving.routes.hub import Hub
from dphub_serving.routes.keep import kept, reading
from dphub_serving.routes.resolve import Target
from dphub_serving.rows import encode, read
from dphub_serving.rows.engine import Session
from dphub_serving.rows.read import Rows
from dphub_serving.sql.filter import asks_many, compile_count
from dphub_serving.sql.lookup import compile_lookup
from dphub_serving.sql.page import compile_page, sorts
from dphub_serving.sql.shape import Shape
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
        shape = beside.shape(form, owes_id=not found.quick, references=found.references)
        rows = read.page(session, compile_page(table, query, shape), query)
        following = next_link(beside, exchange.base, request, query, rows)
        count = total(session, table, query) if query.count else None
        root = links.root(exchange.base, request.path.service)
        context = links.context(root, here.name, beside.projected(query.selected, form))
        if found.references:
            context = links.references(root)
        texts = beside.rows(session, rows.texts, form, exchange.base, request)
        return encode.collection(texts, form, context, count, following)

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
        shape = beside.shape(form, references=found.reference)
        text = _read_entity(session, table, lookup, shape, target)
        root = links.root(exchange.base, request.path.service)
        selected = beside.projected(lookup.selected, form)
        context = links.context(root, here.name, selected, entity=True)
        if found.reference:
            context = links.reference(root)
        (whole,) = beside.rows(session, [text], form, exchange.base, request)
        return encode.entity(whole, form, context)

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


def total(session: Session, table: Table, query: Query) -> int:
    if query.filter is None:
        return table.rows
    return read.count(session, compile_count(table, query.filter))


def moment_of(wanted: Filter | Query | Lookup | None) -> str | None:
    """An answer that depends on the moment has an entity tag of that moment."""
    return wanted.now.isoformat() if wanted and wanted.volatile and wanted.now else None


def next_link(beside: Beside, base: str, request: Request, query: Query, found: Rows) -> str | None:
    if found.next is None:
        return None
    rows, secret = len(found.texts), beside.hub.secret
    token = next_token(query, beside.target.sequence, found.next, rows, beside.pins)
    return links.next_link(base, request, token, page=query.page, rows=rows, secret=secret)


def _read_entity(
    session: Session, table: Table, lookup: Lookup, shape: Shape, target: Target
) -> str:
    """Raises NotFound."""
    text = read.entity(session, compile_lookup(table, lookup, shape))
    if text is None:
        raise NotFound(f"{target.entity_set.name} has no entity with this key")
    return text
