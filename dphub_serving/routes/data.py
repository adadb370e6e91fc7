"""Rows: pages of an entity set, one entity, the count. The entity tag comes before the database."""

import logging
from collections.abc import Callable

from fastapi import Response

from dphub_serving.cache.native import NativeTables
from dphub_serving.catalog.catalog import Catalog
from dphub_serving.odata import bind, etag, links, negotiation
from dphub_serving.odata.errors import DeadlineExceeded, NotFound, Unavailable
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.query import Lookup, Query, next_token
from dphub_serving.odata.resources import Collection, Count, Entity, QuickLook
from dphub_serving.odata.url import Request
from dphub_serving.routes.exchange import Exchange
from dphub_serving.routes.hub import Hub
from dphub_serving.routes.resolve import Target, resolve
from dphub_serving.rows import encode, read
from dphub_serving.rows.engine import Exhausted, Expired, FileMissing, Session
from dphub_serving.rows.read import Rows
from dphub_serving.sql.lookup import compile_lookup
from dphub_serving.sql.page import compile_page
from dphub_serving.sql.shape import Shape
from dphub_serving.sql.table import Table

log = logging.getLogger("dphub.serving")


async def page(
    hub: Hub, catalog: Catalog, exchange: Exchange, request: Request, path: QuickLook | Collection
) -> Response:
    named = path.entity_set if isinstance(path, Collection) else None
    target = await resolve(hub, catalog, path.service, named, request.snapshot)
    served, form = target.served, exchange.form(request.options.format)
    size = exchange.maxpagesize
    query = bind.query(request, served.entity_set.type, served.limits, maxpagesize=size)
    tag = etag.tag(target.identity, served.sequence, request, form, query.maxpagesize)
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)

    def work(session: Session) -> bytes:
        return _page(hub.native, session, exchange.base, target, request, query, form)

    body = await _kept(hub, (tag, exchange.base), work)
    applied = negotiation.preference_applied(query.maxpagesize, exchange.version)
    more = {"Preference-Applied": applied} if applied else None
    return exchange.response(body, form.content_type, tag, more)


async def entity(
    hub: Hub, catalog: Catalog, exchange: Exchange, request: Request, path: Entity
) -> Response:
    target = await resolve(hub, catalog, path.service, path.entity_set, request.snapshot)
    served, form = target.served, exchange.form(request.options.format)
    lookup = bind.lookup(request, served.entity_set.type, path.key)
    tag = etag.tag(target.identity, served.sequence, request, form)
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)

    def work(session: Session) -> bytes:
        return _entity(hub.native, session, exchange.base, target, request, lookup, form)

    body = await _kept(hub, (tag, exchange.base), work)
    return exchange.response(body, form.content_type, tag)


async def count(
    hub: Hub, catalog: Catalog, exchange: Exchange, request: Request, path: Count
) -> Response:
    target = await resolve(hub, catalog, path.service, path.entity_set, request.snapshot)
    served = target.served
    tag = etag.tag(target.identity, served.sequence, request, Format(version=exchange.version))
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)
    return exchange.response(str(served.table.rows).encode(), "text/plain", tag)


def _page(
    native: NativeTables,
    session: Session,
    base: str,
    target: Target,
    request: Request,
    query: Query,
    form: Format,
) -> bytes:
    served = target.served
    # The quick look shows what was selected and nothing else; the entity set owes the id of a row
    # whose key is not selected (OData JSON Format, control information `id`).
    quick = isinstance(request.path, QuickLook)
    shape = _shape(target, form, owes_id=not quick)

    def rows(table: Table) -> Rows:
        return read.page(session, compile_page(table, query, shape), query)

    found = native.answer(served.table, rows)
    following = _next_link(base, request, query, served.sequence, found)
    total = served.table.rows if query.count else None
    root = links.root(base, request.path.service)
    context = links.context(root, target.entity_set.name, query.selected)
    return encode.collection(found.texts, form, context, total, following)


def _next_link(base: str, request: Request, query: Query, sequence: int, found: Rows) -> str | None:
    if found.next is None:
        return None
    rows = len(found.texts)
    token = next_token(query, sequence, found.next, rows)
    return links.next_link(base, request, token, page=query.page, rows=rows)


def _entity(
    native: NativeTables,
    session: Session,
    base: str,
    target: Target,
    request: Request,
    lookup: Lookup,
    form: Format,
) -> bytes:
    shape = _shape(target, form, owes_id=True)

    def row(table: Table) -> str | None:
        return read.entity(session, compile_lookup(table, lookup, shape))

    text = native.answer(target.served.table, row)
    if text is None:
        raise NotFound(f"{target.entity_set.name} has no entity with this key")
    root = links.root(base, request.path.service)
    context = links.context(root, target.entity_set.name, lookup.selected, entity=True)
    return encode.entity(text, form, context)


def _shape(target: Target, form: Format, *, owes_id: bool) -> Shape:
    owed = form.control("id") if owes_id and form.level != "none" else None
    return Shape(target.entity_set.name, owed, form.ieee754)


async def _kept(hub: Hub, key: tuple[str, str], work: Callable[[Session], bytes]) -> bytes:
    """The answer that is kept under `key`, or made now."""
    body = hub.answers.get(key)
    if body is None:
        body = await _run(hub, work)
        hub.answers.put(key, body)
    return body


async def _run(hub: Hub, work: Callable[[Session], bytes]) -> bytes:
    try:
        return await hub.engine.run(work)
    except Expired as error:
        seconds = hub.settings.query_seconds
        raise DeadlineExceeded(f"the answer took longer than {seconds:g} seconds") from error
    except FileMissing as error:
        log.warning("snapshot cannot be read", extra={"why": str(error.__cause__)})
        raise Unavailable("the rows cannot be read now") from error
    except Exhausted as error:
        raise Unavailable("the answer needs more memory than there is") from error
