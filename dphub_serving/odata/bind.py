"""Request and entity type -> Query: names become properties, pages get their size, keys their type.

What comes out needs no further check: later passes are total functions.
"""

import datetime as dt
import json

from dphub_serving.odata import expressions, values
from dphub_serving.odata.ast import (
    Expr,
    Key,
    KeyPredicate,
    KeySegment,
    Literal,
    OrderItem,
    Path,
)
from dphub_serving.odata.clauses import SelectAll, SelectItem, SelectOperations, SelectPath
from dphub_serving.odata.edm import EntityType, Property
from dphub_serving.odata.errors import (
    BadToken,
    InvalidKey,
    InvalidOption,
    NotImplementedByService,
    UnknownProperty,
    echo,
    quoting,
)
from dphub_serving.odata.options import Options
from dphub_serving.odata.query import Filter, Limits, Lookup, Order, Query, scope
from dphub_serving.odata.resources import QuickLook
from dphub_serving.odata.token import AfterRow, SkipToken
from dphub_serving.odata.url import Request


def query(
    request: Request, entity_type: EntityType, limits: Limits, *, maxpagesize: int | None = None
) -> Query:
    """For a collection or a quick look; `maxpagesize` is what the client prefers.

    The quick look takes `$top` for the size of a page as well, up to `max_top`; elsewhere `$top` is
    a total, and pages have the service's size. Beside a skip token it is the size of the page.
    """
    options = request.options
    selected = _select(options.select, entity_type)
    wanted_rows = condition(options, entity_type)
    order = _order(options.orderby, entity_type)
    token = _token(options, scope(entity_type, wanted_rows, order), order)
    quick = isinstance(request.path, QuickLook)

    cap = limits.max_top if quick else limits.page_size
    usual = limits.default_top if quick else limits.page_size
    preferred = min(maxpagesize, cap) if maxpagesize else None
    wanted = options.top if token or quick else None
    page = min(preferred or usual if wanted is None else wanted, preferred or cap)
    top = token.remaining if token else options.top
    unasked = limits.count_default and quick
    return Query(
        type=entity_type,
        select=_properties(selected, entity_type),
        selected=selected,
        filter=wanted_rows,
        order=order,
        skip=0 if token else options.skip or 0,
        top=top,
        page=page if top is None else min(page, top),
        count=token.count if token else unasked if options.count is None else options.count,
        cursor=token.cursor if token else None,
        maxpagesize=preferred,
    )


def condition(options: Options, entity_type: EntityType) -> Filter | None:
    """What `$filter` asks for."""
    if options.filter is None:
        return None
    names = expressions.Scope(entity_type, "$filter", options.aliases)
    asked = json.dumps([options.filter.text, sorted(options.aliases.items())])
    with quoting(options.filter.text):
        found = expressions.condition(options.filter.tree, names)
    return Filter(found, asked, dt.datetime.now(dt.UTC))


def lookup(request: Request, entity_type: EntityType, key: Key) -> Lookup:
    selected = _select(request.options.select, entity_type)
    return Lookup(
        type=entity_type,
        select=_properties(selected, entity_type),
        selected=selected,
        key=_key(key, entity_type),
    )


def _select(
    items: tuple[SelectItem, ...] | None, entity_type: EntityType
) -> tuple[str, ...] | None:
    """The names in the order asked, each once; None for all, which `*` asks for as well."""
    names: dict[str, None] = {}
    every = items is None
    for item in items or ():
        match item:
            case SelectAll():
                every = True
            case SelectOperations(namespace, at):
                raise NotImplementedByService(
                    f"{echo(namespace + '.*')} in $select", target="$select", at=at
                )
            case SelectPath(path, options, parameters):
                if options is not None or parameters is not None:
                    what = "what stands in parentheses in $select"
                    raise NotImplementedByService(what, target="$select", at=path.at)
                names[_property(path, entity_type, "$select").name] = None
    return None if every else tuple(names)


def _properties(selected: tuple[str, ...] | None, entity_type: EntityType) -> tuple[Property, ...]:
    if selected is None:
        return entity_type.properties
    return tuple(found for name in selected if (found := entity_type.find(name)))


def _order(items: tuple[OrderItem, ...], entity_type: EntityType) -> tuple[Order, ...]:
    """A property that comes a second time decides nothing any more."""
    found: dict[str, Order] = {}
    for item in items:
        prop = _sorted_by(item.expression, entity_type)
        found.setdefault(prop.name, Order(prop, item.descending))
    return tuple(found.values())


def _sorted_by(expression: Expr, entity_type: EntityType) -> Property:
    if isinstance(expression, Path):
        found = _property(expression, entity_type, "$orderby")
        if not found.orderable:
            message = f"{entity_type.name} cannot be ordered by {echo(found.name)}"
            raise InvalidOption(message, target="$orderby", at=expression.at)
        return found
    raise NotImplementedByService("an expression in $orderby", target="$orderby", at=expression.at)


def _property(path: Path, entity_type: EntityType, target: str) -> Property:
    names = path.names
    if names is None or "." in names[0] or names[0].startswith("$"):
        raise NotImplementedByService(f"{echo(str(path))} in {target}", target=target, at=path.at)
    name, *others = names
    found = entity_type.find(name)
    if found is None:
        known = [each.name for each in entity_type.properties]
        raise UnknownProperty(name, of=entity_type.name, known=known, target=target, at=path.at)
    if others:
        shown = echo(str(path))
        raise NotImplementedByService(f"the path {shown} in {target}", target=target, at=path.at)
    return found


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


def _key(key: Key, entity_type: EntityType) -> tuple[values.Value, ...]:
    match key:
        case KeySegment(text):
            return tuple(_segment_value(text, each) for each in _single(entity_type))
        case KeyPredicate((part,)) if part.name is None:
            return tuple(_value(part.value, each) for each in _single(entity_type))
        case KeyPredicate(parts):
            given = {part.name: part.value for part in parts}
            if set(given) != set(entity_type.key) or len(given) != len(parts):
                raise InvalidKey(f"the key of {entity_type.name} is {_shape(entity_type)}")
            return tuple(_value(given[each.name], each) for each in entity_type.key_properties)


def _single(entity_type: EntityType) -> tuple[Property, ...]:
    if len(entity_type.key) != 1:
        raise InvalidKey(f"the key of {entity_type.name} is {_shape(entity_type)}")
    return entity_type.key_properties


def _shape(entity_type: EntityType) -> str:
    return "(" + ",".join(f"{name}=…" for name in entity_type.key) + ")"


def _value(literal: Literal, prop: Property) -> values.Value:
    try:
        return values.from_literal(literal, prop.type.edm)
    except values.Unfit as problem:
        raise InvalidKey(str(problem), target=prop.name) from problem


def _segment_value(text: str, prop: Property) -> values.Value:
    try:
        return values.from_text(text, prop.type.edm)
    except values.Unfit as problem:
        raise InvalidKey(str(problem), target=prop.name) from problem
