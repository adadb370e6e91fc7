"""What navigation leads to from one entity: `…/Orders(1)/items`, its `/$count`, its `/$ref`.

Each step but the last reads one row; the last is a collection of the target, of those rows only.
"""

import datetime as dt
from dataclasses import replace
from functools import partial

from fastapi import Response

from dphub_serving.catalog.catalog import Catalog
from dphub_serving.odata import bind, etag, links, ways
from dphub_serving.odata.errors import (
    BadRequest,
    InvalidOption,
    NotFound,
)
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.query import Filter
from dphub_serving.odata.resources import Way
from dphub_serving.odata.url import Request
from dphub_serving.routes.beside import Beside
from dphub_serving.routes.data import counted, kept, moment_of, next_link, total
from dphub_serving.routes.exchange import Exchange
from dphub_serving.routes.hub import Hub
from dphub_serving.routes.journey import Journey, legs_of
from dphub_serving.routes.resolve import Target, resolve
from dphub_serving.rows import encode, read
from dphub_serving.rows.engine import Session
from dphub_serving.rows.expand import shaped
from dphub_serving.sql.page import compile_page
from dphub_serving.sql.shape import Shape
from dphub_serving.sql.table import Table

_OF_MANY = ("filter", "orderby", "top", "skip", "count", "skiptoken")


async def answer(
    hub: Hub, catalog: Catalog, exchange: Exchange, request: Request, path: Way
) -> Response:
    entity = path.entity
    start = await resolve(
        hub, catalog, path.service, entity.entity_set, request.snapshot, request.pins
    )
    legs = legs_of(start, path)
    end = legs[-1].there
    target = Target(start.view.served[end.name], end, start.view)
    beside = Beside.of(hub, target, request, exchange.maxpagesize)
    journey = Journey(hub, request, path, start, legs, beside, dt.datetime.now(dt.UTC))
    if path.part == "count":
        return await _count(journey, exchange)
    if legs[-1].many:
        return await _collection(journey, exchange)
    return await _single(journey, exchange)


async def _collection(journey: Journey, exchange: Exchange) -> Response:
    request, beside = journey.request, journey.beside
    form, reference = exchange.form(request.options.format), journey.path.part == "ref"
    limits = beside.limits(beside.target.served.limits)
    query = bind.query(request, journey.end.type, limits, maxpagesize=exchange.maxpagesize)
    beside = beside.reading(query)
    journey = replace(journey, beside=beside)
    if reference:
        query = replace(query, select=(), selected=())
    moment = moment_of(query) or beside.moment
    sequence = journey.start.sequence
    tag = etag.tag(journey.identity, sequence, request, form, query.maxpagesize, moment)
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)

    def work(session: Session) -> bytes:
        found = journey.arrive(session)
        return journey.answer(journey.end, partial(page, session, found))

    def page(session: Session, found: Filter | None, table: Table) -> bytes:
        root = links.root(exchange.base, request.path.service)
        context = _context(journey, form, root, query.selected)
        if found is None:
            return encode.collection([], form, context, 0 if query.count else None, None)
        wanted = ways.within(query, found)
        rows = read.page(session, compile_page(table, wanted, _shape(journey, form)), wanted)
        following = next_link(exchange.base, request, query, beside, rows)
        count = total(session, table, wanted) if query.count else None
        texts = beside.rows(session, rows.texts, form, exchange.base, request)
        return encode.collection(texts, form, context, count, following)

    body = await kept(journey.hub, exchange, tag, work, scans=True)
    return exchange.response(body, form.content_type, tag)


async def _single(journey: Journey, exchange: Exchange) -> Response:
    request, beside = journey.request, journey.beside
    for name in _OF_MANY:
        if getattr(request.options, name) not in (None, ()):
            message = f"${name} has no meaning for one entity"
            raise InvalidOption(message, target=f"${name}")
    form = exchange.form(request.options.format)
    asked = bind.query(request, journey.end.type, beside.target.served.limits)
    beside = beside.reading(asked)
    journey = replace(journey, beside=beside)
    query = replace(asked, page=1, top=1, count=False)
    if journey.path.part == "ref":
        query = replace(query, select=(), selected=())
    tag = etag.tag(journey.identity, journey.start.sequence, request, form, beside.moment)
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)

    def work(session: Session) -> bytes:
        found = journey.arrive(session)
        return journey.answer(journey.end, partial(row, session, found)) if found else b""

    def row(session: Session, found: Filter, table: Table) -> bytes:
        wanted = ways.within(query, found)
        rows = read.page(session, compile_page(table, wanted, _shape(journey, form)), wanted)
        if not rows.texts:
            return b""
        root = links.root(exchange.base, request.path.service)
        context = _context(journey, form, root, query.selected, entity=True)
        (text,) = beside.rows(session, rows.texts, form, exchange.base, request)
        return encode.entity(text, form, context)

    body = await kept(journey.hub, exchange, tag, work)
    if body:
        return exchange.response(body, form.content_type, tag)
    if journey.legs[-1].key:
        raise NotFound(f"{journey.end.name} has no such entity")
    return Response(status_code=204, headers={**exchange.always, "ETag": tag})


async def _count(journey: Journey, exchange: Exchange) -> Response:
    request, leg = journey.request, journey.legs[-1]
    if not leg.many:
        raise BadRequest(f"{leg.way.name} is no collection and has no $count", target="$count")
    wanted = bind.condition(request.options, journey.end.type)
    journey = replace(journey, beside=journey.beside.reading(wanted))
    form = Format(version=exchange.version)
    tag = etag.tag(journey.identity, journey.start.sequence, request, form, moment_of(wanted))
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)

    def work(session: Session) -> bytes:
        found = journey.arrive(session)
        if found is None:
            return b"0"
        every = ways.both(found, wanted)
        return journey.answer(journey.end, lambda table: counted(session, every, table))

    body = await kept(journey.hub, exchange, tag, work, scans=True)
    return exchange.response(body, "text/plain", tag)


def _shape(journey: Journey, form: Format) -> Shape:
    owes_id = form.level != "none" or journey.path.part == "ref"
    return shaped(form, journey.end.name, journey.beside.columns, owes_id=owes_id)


def _context(
    journey: Journey,
    form: Format,
    root: str,
    selected: tuple[str, ...] | None,
    *,
    entity: bool = False,
) -> str:
    if journey.path.part == "ref":
        return f"{root}$metadata#{'$ref' if entity else 'Collection($ref)'}"
    projected = journey.beside.projected(selected, form)
    return links.context(root, journey.end.name, projected, entity=entity)
