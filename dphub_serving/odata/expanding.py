"""`$expand` and a service -> what is read beside the rows, level by level.

OData Protocol 4.01, section 11.2.5.2: a path stands there once; `*` is every navigation property
that is not named beside it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

from dphub_k8s.api.types import ColumnType
from dphub_serving.odata import bind
from dphub_serving.odata.ast import Name, Star
from dphub_serving.odata.clauses import ExpandItem, Nested
from dphub_serving.odata.edm import MOST_LEVELS, EntitySet, NavigationProperty
from dphub_serving.odata.errors import (
    InvalidOption,
    NotImplementedByService,
    ODataError,
    TooComplex,
    UnknownProperty,
    echo,
    quoting,
)
from dphub_serving.odata.expansion import TARGET, Expanded, Expansion
from dphub_serving.odata.options import Options
from dphub_serving.odata.parser import Written
from dphub_serving.odata.query import Query

# Statements that an answer may take.
MOST_EXPANDED = 50
# Rows of the target that a row may bring along; who wants more asks for pages of them.
PAGE = 1000
NOTHING = Nested()
# What one row has no use for.
_OF_MANY = ("filter", "search", "orderby", "top", "skip", "count")
# What holds of the rows behind those that were brought along, too.
_REPEATED = {"filter", "search", "compute", "orderby", "select", "expand"}


@dataclass
class Expander:
    """`sets` are those of the service; `page` is what the client prefers."""

    sets: Mapping[str, EntitySet]
    aliases: Mapping[str, Written]
    page: int = PAGE
    left: int = field(default=MOST_EXPANDED)

    def of(self, items: tuple[ExpandItem, ...], of: EntitySet, text: str) -> Expansion:
        """`text` is what the items were read from, in which errors name a place."""
        with quoting(text):
            try:
                return self.expansion(items, of)
            except ODataError as problem:
                problem.target, problem.near = TARGET, None
                raise

    def expansion(self, items: tuple[ExpandItem, ...], of: EntitySet, depth: int = 1) -> Expansion:
        found: dict[str, Expanded] = {}
        named = {_name(item) for item in items}
        for item in items:
            for way in self._ways(item, of, named):
                if way.name in found:
                    message = f"{echo(way.name)} is expanded twice"
                    raise InvalidOption(message, target=TARGET, at=item.path.at)
                found[way.name] = self._expanded(item, way, of, depth)
        return tuple(found.values())

    def _ways(
        self, item: ExpandItem, of: EntitySet, named: set[str | None]
    ) -> Iterator[NavigationProperty]:
        match item.path.segments:
            case (Star(),):
                yield from (way for way in of.type.navigation if way.name not in named)
            case (Name(text, at),) if text != "$value":
                yield of.type.way(text) or _no_way(text, of, at)
            case (Name(first, at), Name(second), *_) if of.type.way(first) and "." not in second:
                message = f"{echo(first)} is navigation: $expand={first}($expand=…)"
                raise InvalidOption(message, target=TARGET, at=at)
            case _:
                what = f"the path {echo(str(item.path))} in $expand"
                raise NotImplementedByService(what, target=TARGET, at=item.path.at)

    def _expanded(
        self, item: ExpandItem, way: NavigationProperty, of: EntitySet, depth: int
    ) -> Expanded:
        at, options = item.path.at, item.options or NOTHING
        if options.levels == "max":
            options = replace(options, levels=MOST_LEVELS + 1 - depth)
        self.left -= 1
        if self.left < 0 or depth > MOST_LEVELS:
            message = f"$expand has at most {MOST_EXPANDED} items and {MOST_LEVELS} levels"
            raise TooComplex(message, target=TARGET, at=at)
        self._require_possible(options, way, at)
        if item.of == "count" and not way.collection:
            message = f"{echo(way.name)} is no collection and has no $count"
            raise InvalidOption(message, target=TARGET, at=at)
        target = self.sets[way.target]
        inner = () if item.of != "entities" else self._inner(item, options, way, target, depth)
        return Expanded(
            way=way,
            target=target,
            query=self._query(item, options, way, target),
            of=item.of,
            scales=tuple(_scale(of, target, *pair) for pair in way.keys),
            selects=options.select is not None,
            inner=inner,
            options=_repeated(options, inner),
        )

    def _inner(
        self,
        item: ExpandItem,
        options: Nested,
        way: NavigationProperty,
        target: EntitySet,
        depth: int,
    ) -> Expansion:
        inner = self.expansion(options.expand, target, depth + 1)
        again = target.type.way(way.name)
        if (
            not isinstance(options.levels, int)
            or again is None
            or any(e.way is again for e in inner)
        ):
            return inner
        if options.levels == 1:
            return inner
        deeper = replace(item, options=replace(options, levels=options.levels - 1))
        named = {Name(way.name, item.path.at)}
        deeper = replace(deeper, path=replace(item.path, segments=tuple(named)))
        return (*inner, replace(self._expanded(deeper, again, target, depth + 1), recursive=True))

    def _require_possible(self, options: Nested, way: NavigationProperty, at: int) -> None:
        for name in ("apply", "aliases"):
            if getattr(options, name):
                what = "an alias" if name == "aliases" else f"${name}"
                raise NotImplementedByService(f"{what} in $expand", target=TARGET, at=at)
        for name in _OF_MANY:
            if not way.collection and getattr(options, name) not in (None, ()):
                message = f"{echo(way.name)} is no collection and has no ${name}"
                raise InvalidOption(message, target=TARGET, at=at)

    def _query(
        self, item: ExpandItem, options: Nested, way: NavigationProperty, target: EntitySet
    ) -> Query:
        texts = dict(options.texts)
        asked = Options(
            select=() if item.of == "ref" else options.select,
            filter=Written(texts["filter"], options.filter) if options.filter else None,
            search=options.search,
            compute=options.compute,
            orderby=options.orderby,
            top=options.top,
            skip=options.skip,
            count=options.count,
            aliases=self.aliases,
            texts=texts,
            expanded=True,
        )
        query = bind.nested(asked, target.type)
        return replace(query, page=min(query.page, self.page) if way.collection else 1)


def _no_way(name: str, of: EntitySet, at: int) -> NoReturn:
    if of.type.find(name):
        message = f"{echo(name)} is no navigation property: $select={name}"
        raise InvalidOption(message, target=TARGET, at=at)
    known = [each.name for each in of.type.navigation]
    raise UnknownProperty(name, of=of.type.name, known=known, target=TARGET, at=at)


def _name(item: ExpandItem) -> str | None:
    match item.path.segments:
        case (Name(text),):
            return text
        case _:
            return None


def _repeated(options: Nested, inner: Expansion) -> tuple[tuple[str, str], ...]:
    """The levels that are left are an expansion of the rows behind."""
    found = {name: text for name, text in options.texts if name in _REPEATED}
    named = {_name(item) for item in options.expand}
    deeper = [each.way.name for each in inner if named.isdisjoint({each.way.name, None})]
    if deeper and isinstance(options.levels, int):
        texts = {**dict(options.texts), "levels": str(options.levels - 1)}
        inside = ";".join(f"${name}={text}" for name, text in texts.items())
        expanded = [found["expand"]] if "expand" in found else []
        found["expand"] = ",".join([*expanded, f"{deeper[0]}({inside})"])
    return tuple(found.items())


def _scale(here: EntitySet, there: EntitySet, left: str, right: str) -> int | None:
    own, other = here.type.find(left), there.type.find(right)
    assert own, "navigation leads over properties"
    assert other, "navigation leads over properties"
    scale = _decimals(other.type)
    return scale if _decimals(own.type) > scale else None


def _decimals(kind: ColumnType) -> int:
    return kind.facets.get("Scale", 0) if kind.edm == "Edm.Decimal" else 0
