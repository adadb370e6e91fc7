"""Rows: pages of an entity set, one entity, the count. The entity tag comes before the database."""

import logging
from collections.abc import Callable
from functools import partial

from fastapi import Response

from dphub_serving.catalog.catalog import Catalog
from dphub_serving.odata import bind, etag, links, negotiation
from dphub_serving.odata.errors import DeadlineExceeded, Incomputable, NotFound, Unavailable
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.query import Filter, Lookup, Query, next_token
from dphub_serving.odata.resources import Collection, Count, Entity, QuickLook
from dphub_serving.odata.url import Request
from dphub_serving.routes.beside import Beside
from dphub_serving.routes.exchange import Exchange
from dphub_serving.routes.hub import Hub
from dphub_serving.routes.resolve import resolve
from dphub_serving.rows import encode, read
from dphub_serving.rows.engine import Session
from dphub_serving.rows.errors import Abandoned, Busy, Exhausted, Expired, FileMissing, Impossible
from dphub_serving.rows.expand import shaped
from dphub_serving.rows.flights import Gone
from dphub_serving.rows.read import Rows
from dphub_serving.sql.filter import asks_many, compile_count
from dphub_serving.sql.lookup import compile_lookup
from dphub_serving.sql.page import compile_page, sorts
from dphub_serving.sql.shape import Shape
from dphub_serving.sql.table import Table

log = logging.getLogger("dphub.serving")


async def page(
    hub: Hub, catalog: Catalog, exchange: Exchange, request: Request, path: QuickLook | Collection
) -> Response:
    named = path.entity_set if isinstance(path, Collection) else None
    target = await resolve(hub, catalog, path.service, named, request.snapshot, request.pins)
    served, form = target.served, exchange.form(request.options.format)
    size = exchange.maxpagesize
    beside = Beside.of(hub, target, request, size)
    limits = beside.limits(served.limits)
    query = bind.query(request, target.entity_set.type, limits, maxpagesize=size)
    beside = beside.reading(query)
    moment = moment_of(query) or beside.moment
    tag = etag.tag(beside.identity, target.sequence, request, form, query.maxpagesize, moment)
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)

    def work(session: Session) -> bytes:
        answer = partial(_page, session, exchange.base, beside, request, query, form)
        return hub.native.answer(beside.table, answer)

    scans = asks_many(served.table, query.filter) or sorts(served.table, query)
    body = await kept(hub, exchange, tag, work, scans=scans)
    applied = negotiation.preference_applied(query.maxpagesize, exchange.version)
    more = {"Preference-Applied": applied} if applied else None
    return exchange.response(body, form.content_type, tag, more)


async def entity(
    hub: Hub, catalog: Catalog, exchange: Exchange, request: Request, path: Entity
) -> Response:
    target = await resolve(hub, catalog, path.service, path.entity_set, request.snapshot)
    form = exchange.form(request.options.format)
    beside = Beside.of(hub, target, request)
    lookup = bind.lookup(request, target.entity_set.type, path.key)
    beside = beside.reading(lookup)
    moment = moment_of(lookup) or beside.moment
    tag = etag.tag(beside.identity, target.sequence, request, form, moment)
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)

    def work(session: Session) -> bytes:
        answer = partial(_entity, session, exchange.base, beside, request, lookup, form)
        return hub.native.answer(beside.table, answer)

    body = await kept(hub, exchange, tag, work)
    return exchange.response(body, form.content_type, tag)


async def count(
    hub: Hub, catalog: Catalog, exchange: Exchange, request: Request, path: Count
) -> Response:
    target = await resolve(hub, catalog, path.service, path.entity_set, request.snapshot)
    served = target.served
    wanted = bind.condition(request.options, target.entity_set.type)
    form = Format(version=exchange.version)
    beside = Beside(hub, target, ()).reading(wanted)
    tag = etag.tag(beside.identity, target.sequence, request, form, moment_of(wanted))
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)
    if wanted is None:
        return exchange.response(str(served.table.rows).encode(), "text/plain", tag)

    def work(session: Session) -> bytes:
        return hub.native.answer(beside.table, partial(counted, session, wanted))

    scans = asks_many(served.table, wanted)
    body = await kept(hub, exchange, tag, work, scans=scans)
    return exchange.response(body, "text/plain", tag)


def _page(
    session: Session,
    base: str,
    beside: Beside,
    request: Request,
    query: Query,
    form: Format,
    table: Table,
) -> bytes:
    # The quick look shows what was selected and nothing else; the entity set owes the id of a row
    # whose key is not selected (OData JSON Format, control information `id`).
    quick = isinstance(request.path, QuickLook)
    shape = _shape(beside, form, owes_id=not quick)
    found = read.page(session, compile_page(table, query, shape), query)
    following = next_link(base, request, query, beside, found)
    count_ = total(session, table, query) if query.count else None
    root = links.root(base, request.path.service)
    selected = beside.projected(query.selected, form)
    context = links.context(root, beside.target.entity_set.name, selected)
    texts = beside.rows(session, found.texts, form, base, request)
    return encode.collection(texts, form, context, count_, following)


def counted(session: Session, wanted: Filter, table: Table) -> bytes:
    return str(read.count(session, compile_count(table, wanted))).encode()


def total(session: Session, table: Table, query: Query) -> int:
    if query.filter is None:
        return table.rows
    return read.count(session, compile_count(table, query.filter))


def moment_of(wanted: Filter | Query | Lookup | None) -> str | None:
    """An answer that depends on the moment has an entity tag of that moment."""
    return wanted.now.isoformat() if wanted and wanted.volatile and wanted.now else None


def next_link(base: str, request: Request, query: Query, beside: Beside, found: Rows) -> str | None:
    if found.next is None:
        return None
    rows = len(found.texts)
    token = next_token(query, beside.target.sequence, found.next, rows, beside.pins)
    return links.next_link(base, request, token, page=query.page, rows=rows)


def _entity(
    session: Session,
    base: str,
    beside: Beside,
    request: Request,
    lookup: Lookup,
    form: Format,
    table: Table,
) -> bytes:
    shape, name = _shape(beside, form, owes_id=True), beside.target.entity_set.name
    text = read.entity(session, compile_lookup(table, lookup, shape))
    if text is None:
        raise NotFound(f"{name} has no entity with this key")
    root = links.root(base, request.path.service)
    selected = beside.projected(lookup.selected, form)
    context = links.context(root, name, selected, entity=True)
    (whole,) = beside.rows(session, [text], form, base, request)
    return encode.entity(whole, form, context)


def _shape(beside: Beside, form: Format, *, owes_id: bool) -> Shape:
    owed = owes_id and form.level != "none"
    return shaped(form, beside.target.entity_set.name, beside.columns, owes_id=owed)


async def kept(
    hub: Hub,
    exchange: Exchange,
    tag: str,
    work: Callable[[Session], bytes],
    *,
    scans: bool = False,
) -> bytes:
    """The answer that is kept under the tag, which names every snapshot that it is read from, or
    one that is made now. Links in it begin with the base."""
    key = (tag, exchange.base)
    body = hub.answers.get(key)
    if body is None:
        run = partial(_run, hub, work, scans=scans)
        # A small question is answered before anybody else asks it.
        waiting = hub.flights.run(key, run, exchange.gone) if scans else run(exchange.gone)
        body = await waiting
        hub.answers.put(key, body)
    return body


async def _run(hub: Hub, work: Callable[[Session], bytes], gone: Gone, *, scans: bool) -> bytes:
    try:
        return await hub.engine.run(work, scans=scans, gone=gone)
    except Busy as error:
        raise Unavailable("too many wait already", retry_after=error.seconds) from error
    except Abandoned as error:
        raise Unavailable("the client has left") from error
    except Expired as error:
        seconds = hub.settings.query_seconds
        raise DeadlineExceeded(f"the answer took longer than {seconds:g} seconds") from error
    except Impossible as error:
        raise Incomputable(
            "for some row there is a division by zero or a number too large, or a pattern is none"
        ) from error
    except FileMissing as error:
        log.warning("snapshot cannot be read", extra={"why": str(error.__cause__)})
        raise Unavailable("the rows cannot be read now") from error
    except Exhausted as error:
        raise Unavailable("the answer needs more memory than there is") from error
