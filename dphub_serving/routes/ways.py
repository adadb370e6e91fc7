"""What navigation leads to from one entity: `…/Orders(1)/items`, its `/$count`, its `/$ref`.

Each step but the last reads one row; the last is a collection of the target, of those rows only.
"""

import datetime as dt
from dataclasses import replace
from functools import partial

from fastapi import Response

from dphub_serving.odata import bind, etag, preferences, ways
from dphub_serving.odata.errors import (
    BadRequest,
    InvalidOption,
    NotFound,
)
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.preferences import Prefer
from dphub_serving.odata.query import Filter
from dphub_serving.odata.resources import Address, Way
from dphub_serving.odata.url import Request
from dphub_serving.routes.beside import Beside
from dphub_serving.routes.data import counted, moment_of
from dphub_serving.routes.encoder import Encoder
from dphub_serving.routes.exchange import Exchange
from dphub_serving.routes.hub import Hub
from dphub_serving.routes.journey import Journey, legs_of
from dphub_serving.routes.keep import kept
from dphub_serving.routes.resolve import Target
from dphub_serving.rows import read
from dphub_serving.rows.engine import Session
from dphub_serving.sql.page import compile_page
from dphub_serving.sql.table import Table

_OF_MANY = ("filter", "orderby", "top", "skip", "count", "skiptoken", "search")


async def answer(
    hub: Hub, exchange: Exchange, request: Request, start: Target, path: Way
) -> Response:
    legs = legs_of(start, path)
    end, wish = legs[-1].there, exchange.prefer
    target = Target(start.view.served[end.name], end, start.view)
    beside = Beside.of(hub, target, request, wish)
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
    wish = exchange.prefer
    assert isinstance(request.path, Address), "only addresses lead on"
    place, size = request.path.spelled, wish.maxpagesize
    query = bind.query(request, journey.end.type, limits, maxpagesize=size, place=place)
    beside = beside.reading(query)
    journey = replace(journey, beside=beside)
    if reference:
        query = replace(query, select=(), selected=())
    moment = moment_of(query) or beside.moment
    followed = Prefer(query.maxpagesize, wish.omit, wish.annotations)
    sequence = journey.start.sequence
    tag = etag.tag(journey.identity, sequence, request, form, followed, moment)
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)

    def work(session: Session) -> bytes:
        encoder = Encoder(exchange, request, beside, form, reference)
        found = journey.arrive(session)
        if found is None:
            return encoder.empty(query)
        return journey.answer(
            journey.end, lambda table: encoder.page(session, table, query, among=found)
        )

    body = await kept(journey.hub, exchange, tag, work, scans=True)
    more = preferences.applied(followed, exchange.version)
    return exchange.response(body, form.content_type, tag, more)


async def _single(journey: Journey, exchange: Exchange) -> Response:
    request, beside = journey.request, journey.beside
    for name in _OF_MANY:
        if getattr(request.options, name) not in (None, ()):
            message = f"${name} has no meaning for one entity"
            raise InvalidOption(message, target=f"${name}")
    form, reference = exchange.form(request.options.format), journey.path.part == "ref"
    asked = bind.query(request, journey.end.type, beside.target.served.limits)
    beside = beside.reading(asked)
    journey = replace(journey, beside=beside)
    query = replace(asked, page=1, top=1, count=False)
    if reference:
        query = replace(query, select=(), selected=())
    followed = beside.of_one
    moment = moment_of(query) or beside.moment
    state = (journey.start.sequence, request, form, followed, moment)
    tag = etag.tag(journey.identity, *state)
    shown = etag.of_entity(journey.reach, *state) if exchange.in_batch else tag
    if exchange.not_modified(shown):
        return exchange.unchanged(shown)

    def work(session: Session) -> bytes:
        found = journey.arrive(session)
        return journey.answer(journey.end, partial(row, session, found)) if found else b""

    def row(session: Session, found: Filter, table: Table) -> bytes:
        encoder = Encoder(exchange, request, beside, form, reference)
        wanted = ways.within(query, found)
        rows = read.page(session, compile_page(table, wanted, encoder.shape), wanted)
        return encoder.entity(session, rows.texts[0], query.selected) if rows.texts else b""

    body = await kept(journey.hub, exchange, tag, work)
    if body:
        more = preferences.applied(followed, exchange.version)
        return exchange.response(body, form.content_type, shown, more)
    if journey.legs[-1].key:
        raise NotFound(f"{journey.end.name} has no such entity")
    return exchange.nothing()


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
