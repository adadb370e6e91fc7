"""Request and entity type -> Query: names become properties, pages get their size, keys their type.

What comes out needs no further check: later passes are total functions.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from dphub_serving.odata import computing, expressions, selection, trees, values
from dphub_serving.odata.ast import Alias, Expr, Key, KeyPredicate, KeySegment, Literal
from dphub_serving.odata.binding import searching
from dphub_serving.odata.bound import (
    Column,
    Computed,
    Constant,
    Expression,
    Junction,
    Now,
    Reference,
)
from dphub_serving.odata.edm import EntityType, Property
from dphub_serving.odata.errors import BadToken, InvalidKey, NotFound, echo, quoting
from dphub_serving.odata.option_values import MAX_NUMBER
from dphub_serving.odata.options import Options
from dphub_serving.odata.parser import KEPT, LONGEST_KEPT, Written
from dphub_serving.odata.query import Filter, Inside, Limits, Lookup, Order, Query, scope
from dphub_serving.odata.resources import Address, Member
from dphub_serving.odata.same import Same
from dphub_serving.odata.token import AfterRow, SkipToken
from dphub_serving.odata.url import Request


def query(
    request: Request,
    entity_type: EntityType,
    limits: Limits,
    *,
    maxpagesize: int | None = None,
    segments: tuple[Expr, ...] = (),
    place: str = "",
) -> Query:
    """For a collection or a quick look; `maxpagesize` is what the client prefers, `segments` are
    the conditions in the path, `place` is that of rows that belong to another one.

    The quick look takes `$top` for the size of a page as well, up to `max_top`; elsewhere `$top` is
    a total, and pages have the service's size. Beside a skip token it is the size of the page.
    """
    options, now = request.options, dt.datetime.now(dt.UTC)
    computed = computing.computed(options, entity_type)
    asked = selection.of(options, entity_type, computed)
    wanted_rows = condition(options, entity_type, segments)
    order = _order(options, entity_type, computed)
    token = _token(options, scope(entity_type, wanted_rows, order, place), order)
    quick = isinstance(request.path, Address) and request.path.is_quick_look

    cap = limits.max_top if quick else limits.page_size
    usual = limits.default_top if quick else limits.page_size
    preferred = min(maxpagesize, cap) if maxpagesize else None
    wanted = options.top if token or quick else None
    page = min(preferred or usual if wanted is None else wanted, preferred or cap)
    top = token.remaining if token else options.top
    unasked = limits.count_default and quick
    return Query(
        type=entity_type,
        select=asked.items,
        selected=asked.names,
        now=now,
        filter=wanted_rows,
        order=order,
        skip=0 if token else options.skip or 0,
        top=top,
        page=page if top is None else min(page, top),
        count=token.count if token else unasked if options.count is None else options.count,
        cursor=token.cursor if token else None,
        maxpagesize=preferred,
        place=place,
    )


_NULL = Written("null", Literal("null", "null", 0))
# Options that decide which rows there are.
_DECIDING = ("search", "filter", "compute")


def condition(
    options: Options, entity_type: EntityType, segments: tuple[Expr, ...] = ()
) -> Filter | None:
    """What `$search` and `$filter` ask for, and the `/$filter(…)` segments of the path."""
    if options.search is None and options.filter is None and not segments:
        return None
    texts = tuple(options.texts.get(each, "") for each in _DECIDING)
    given = tuple(options.aliases.items())
    question = _Question(texts, given, segments, options.expanded, options, Same(entity_type))
    length = sum(map(len, texts)) + sum(len(each.text) for _, each in given)
    found = (_kept if length <= LONGEST_KEPT else _condition)(question)
    now = dt.datetime.now(dt.UTC)
    return Filter(found.condition, found.asked, now, found.volatile, found.computed)


@dataclass(frozen=True, slots=True)
class _Question:
    """The same texts about the same type."""

    texts: tuple[str, ...]
    aliases: tuple[tuple[str, Written], ...]
    segments: tuple[Expr, ...]
    expanded: bool
    options: Options = field(compare=False)
    entity_type: Same[EntityType]


@lru_cache(maxsize=KEPT)
def _kept(question: _Question) -> Filter:
    return _condition(question)


def _condition(question: _Question) -> Filter:
    options, entity_type = question.options, question.entity_type.thing
    known = computing.computed(options, entity_type)
    names = expressions.Scope(
        entity_type, "$filter", options.aliases, computed=known, expanded=options.expanded
    )
    terms = [expressions.condition(each, names) for each in question.segments]
    if options.search is not None:
        terms.append(searching.condition(options.search, searching.columns(entity_type)))
    if options.filter is not None:
        with quoting(options.filter.text):
            terms.append(expressions.condition(options.filter.tree, names))
    found = terms[0] if len(terms) == 1 else Junction("and", tuple(_conjuncts(terms)))
    if entity_type.navigation:
        expressions.bounded(found, "$filter")
    asked = computing.asked(options, *_DECIDING)
    if question.segments:
        asked += repr(question.segments)
    every = trees.with_references(found) if options.compute or "now" in asked.lower() else []
    if not every:
        return Filter(found, asked, dt.datetime.min, volatile=False)
    used = [each.computed for each in every if isinstance(each, Reference)]
    volatile = any(isinstance(each, Now) for each in every)
    return Filter(found, asked, dt.datetime.min, volatile, trees.complete(used))


def _conjuncts(terms: Iterable[Expression]) -> Iterator[Expression]:
    """Side by side, as the compiler looks for keys among them."""
    for each in terms:
        match each:
            case Junction("and", inner):
                yield from inner
            case _:
                yield each


def lookup(request: Request, entity_type: EntityType, key: Key) -> Lookup:
    computed = computing.computed(request.options, entity_type)
    asked = selection.of(request.options, entity_type, computed)
    return Lookup(
        type=entity_type,
        select=asked.items,
        selected=asked.names,
        now=dt.datetime.now(dt.UTC),
        key=_key(key, entity_type, request.options.aliases),
    )


def inside(request: Request, entity_type: EntityType, member: Member) -> Inside:
    found = entity_type.find(member.names[0])
    assert found, "the address was made of this type"
    options = request.options
    return Inside(
        type=entity_type,
        select=(found,),
        selected=None,
        key=_key(member.key, entity_type, options.aliases),
        member=member,
        skip=options.skip or 0,
        top=options.top,
        count=bool(options.count),
    )


def key(
    given: Key, entity_type: EntityType, aliases: Mapping[str, Written]
) -> tuple[tuple[Property, values.Value], ...]:
    """What each property of the key has to be."""
    return tuple(zip(entity_type.key_properties, _key(given, entity_type, aliases), strict=True))


def nested(options: Options, entity_type: EntityType) -> Query:
    """What stands in the parentheses of `$expand`, which means there what it means in a URL; a page
    has room for all of it."""
    computed = computing.computed(options, entity_type)
    asked = selection.of(options, entity_type, computed)
    return Query(
        type=entity_type,
        select=asked.items,
        selected=asked.names,
        now=dt.datetime.now(dt.UTC),
        filter=condition(options, entity_type),
        order=_order(options, entity_type, computed),
        skip=options.skip or 0,
        top=options.top,
        page=MAX_NUMBER if options.top is None else options.top,
        count=bool(options.count),
    )


def _order(
    options: Options, entity_type: EntityType, computed: Mapping[str, Computed]
) -> tuple[Order, ...]:
    """What comes a second time, or is the same for every row, decides nothing."""
    if not options.orderby:
        return ()
    names = expressions.Scope(
        entity_type, "$orderby", options.aliases, "order", computed, expanded=options.expanded
    )
    asked = computing.asked(options, "orderby", "compute")
    found: dict[object, Order] = {}
    with quoting(options.texts.get("orderby", "")):
        for number, item in enumerate(options.orderby):
            match expressions.sortable(item.expression, names):
                case Column(prop) as value:
                    found.setdefault(prop.name, Order(value, item.descending))
                case Constant():
                    continue
                case value:
                    found[number] = Order(value, item.descending, asked)
    return tuple(found.values())


def _token(options: Options, scope: str, order: tuple[Order, ...]) -> SkipToken | None:
    token = options.skiptoken
    if token is None:
        return None
    if token.scope != scope:
        raise BadToken("it was made for another product, filter or order")
    if isinstance(token.cursor, AfterRow) and len(token.cursor.values) <= len(order):
        raise BadToken("its place does not fit the order")
    if options.top == 0:
        raise BadToken("$top is the size of the page beside it, and cannot be 0")
    return token


def _key(
    key: Key, entity_type: EntityType, aliases: Mapping[str, Written]
) -> tuple[values.Value, ...]:
    match key:
        case KeySegment(text):
            return tuple(_segment_value(text, each) for each in _single(entity_type))
        case KeyPredicate((part,)) if part.name is None:
            literal = _literal(part.value, aliases)
            return tuple(_value(literal, each) for each in _single(entity_type))
        case KeyPredicate(parts):
            given = {part.name: _literal(part.value, aliases) for part in parts}
            if set(given) != set(entity_type.key) or len(given) != len(parts):
                raise InvalidKey(f"the key of {entity_type.name} is {_shape(entity_type)}")
            return tuple(_value(given[each.name], each) for each in entity_type.key_properties)


def _single(entity_type: EntityType) -> tuple[Property, ...]:
    if len(entity_type.key) != 1:
        raise InvalidKey(f"the key of {entity_type.name} is {_shape(entity_type)}")
    return entity_type.key_properties


def _shape(entity_type: EntityType) -> str:
    return "(" + ",".join(f"{name}=…" for name in entity_type.key) + ")"


def _literal(value: Literal | Alias, aliases: Mapping[str, Written]) -> Literal:
    """An alias that nothing is assigned to is null, and no key is."""
    if isinstance(value, Literal):
        return value
    target, given = f"@{value.name}", aliases.get(value.name, _NULL)
    if not isinstance(given.tree, Literal) or given.tree.kind == "null":
        raise InvalidKey(f"{target} is no key value: {echo(given.text)}", target=target)
    return given.tree


def _value(literal: Literal, prop: Property) -> values.Value:
    try:
        return values.from_literal(literal, prop.type.edm)
    except values.Unfit as problem:
        raise InvalidKey(str(problem), target=prop.name) from problem


def _segment_value(text: str, prop: Property) -> values.Value:
    """What is no key names nothing, as any other segment that nobody knows."""
    try:
        return values.from_text(text, prop.type.edm)
    except values.Unfit as problem:
        raise NotFound(f"there is no resource {echo(text)}: {problem}", target=text) from problem
