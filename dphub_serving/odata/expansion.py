"""What `$expand` brings along, bound: a tree of queries, one for each navigation property."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Literal as OneOf
from urllib.parse import quote

from dphub_k8s.api.types import ColumnType
from dphub_serving.odata import trees
from dphub_serving.odata.bound import Related
from dphub_serving.odata.edm import EntitySet, NavigationProperty
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.query import Filter, Lookup, Query

TARGET = "$expand"


@dataclass(frozen=True, slots=True)
class Expanded:
    """What one navigation property brings along: `query` of the target, for each row.

    `scales` are of the keys: more decimals a value must not have, or it equals none of the target.
    `recursive` says that the `$levels` around it made it, `options` are those that a link to more
    rows repeats.
    """

    way: NavigationProperty
    target: EntitySet
    query: Query
    of: OneOf["entities", "ref", "count"]
    scales: tuple[int | None, ...]
    recursive: bool = False
    selects: bool = False
    inner: tuple["Expanded", ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether all rows are wanted, as they are stored; of several in the place of one, any
        number is few."""
        query = self.query
        asked = bool(query.order or query.skip or query.count)
        return not asked and (query.top is None or not self.way.collection)

    @property
    def pages(self) -> bool:
        """Whether there may be more rows than it brings along."""
        query = self.query
        return self.way.collection and (query.top is None or query.top > query.page)


Expansion = tuple[Expanded, ...]


def lefts(found: Expansion) -> tuple[str, ...]:
    """The properties whose values lead to what is expanded."""
    return tuple(dict.fromkeys(left for each in found for left, _ in each.way.keys))


def targets(found: Expansion) -> set[str]:
    """The sets that are read, on whatever level."""
    return {
        name
        for each in found
        for name in (each.way.target, *related(each.query), *targets(each.inner))
    }


def related(asked: Query | Lookup | Filter | None) -> set[str]:
    """The sets that expressions look into."""
    if asked is None:
        return set()
    if isinstance(asked, Filter):
        trees_ = [asked.condition, *(each.expression for each in asked.computed)]
        return {e.way.target for e in trees.with_references(*trees_) if isinstance(e, Related)}
    found = [each.expression for each in asked.shown]
    inside = set[str]()
    if isinstance(asked, Query):
        found += [each.expression for each in asked.order]
        inside = related(asked.filter)
    return inside | {e.way.target for e in trees.with_references(*found) if isinstance(e, Related)}


def moment(found: Expansion) -> dt.datetime | None:
    """That of the request, where what is expanded depends on it."""
    for each in found:
        if each.query.volatile:
            return each.query.now
        if inner := moment(each.inner):
            return inner
    return None


def projected(
    selected: tuple[str, ...] | None, found: Expansion, *, old: bool
) -> tuple[str, ...] | None:
    """What a context URL has in parentheses (JSON Format 4.01, section 10.9); in 4.0 what is
    expanded without options is not named."""
    named = [_projection(each, old=old) for each in found if each.of == "entities"]
    items = [*(selected or ()), *(item for item in named if item)]
    return tuple(items) if items or selected is not None else None


def _projection(each: Expanded, *, old: bool) -> str:
    # What `$levels` repeats is said once, with a plus.
    named = tuple(inner for inner in each.inner if not inner.recursive)
    inside = projected(each.query.selected if each.selects else None, named, old=old)
    if old and inside is None:
        return ""
    return f"{each.way.name}{'+' if named != each.inner else ''}({','.join(inside or ())})"


def key_of(here: EntitySet, row: str, address: str | None, form: Format) -> str:
    """Of the entity with this JSON, as a URL has it, in its parentheses; without an address the
    JSON tells it."""
    told = {} if address else json.loads(row, parse_float=str)
    if found := address or told.get(form.control("id")):
        return str(found)[str(found).index("(") :]
    values = [_literal(told[prop.name], prop.type) for prop in here.type.key_properties]
    return quote(f"({','.join(values)})", safe="$()',=")


def _literal(value: object, kind: ColumnType) -> str:
    """As a URL has it, of what JSON has."""
    match kind.edm:
        case "Edm.String":
            return "'" + str(value).replace("'", "''") + "'"
        case _:
            return str(value).lower() if isinstance(value, bool) else str(value)
