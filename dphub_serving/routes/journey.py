"""The way from one entity to others: which sets it leads through, and which rows lie at its end."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from dphub_serving.odata import bind, ways
from dphub_serving.odata.ast import Key, KeySegment
from dphub_serving.odata.edm import EntitySet, NavigationProperty
from dphub_serving.odata.errors import BadRequest, NotFound, NotImplementedByService, echo
from dphub_serving.odata.query import Filter
from dphub_serving.odata.resources import Way
from dphub_serving.odata.url import Request
from dphub_serving.routes.beside import Beside
from dphub_serving.routes.hub import Hub
from dphub_serving.routes.resolve import Target
from dphub_serving.rows import read
from dphub_serving.rows.engine import Session
from dphub_serving.sql.page import compile_page
from dphub_serving.sql.shape import Shape
from dphub_serving.sql.table import Table

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Leg:
    """From one set to the next."""

    here: EntitySet
    way: NavigationProperty
    there: EntitySet
    key: Key | None

    @property
    def many(self) -> bool:
        return self.way.collection and self.key is None


@dataclass(frozen=True)
class Journey:
    """A request for what lies at the end of the legs; `beside` expands that."""

    hub: Hub
    request: Request
    path: Way
    start: Target
    legs: tuple[Leg, ...]
    beside: Beside
    now: dt.datetime

    @property
    def end(self) -> EntitySet:
        return self.legs[-1].there

    @property
    def identity(self) -> str:
        """Of all snapshots that are read."""
        return f"{self._passed} {self.beside.identity}"

    @property
    def reach(self) -> str:
        """Of all snapshots that may be read from the end on."""
        return f"{self._passed} {self.beside.reach}"

    @property
    def _passed(self) -> str:
        return self.start.identities(each.there.name for each in self.legs)

    def arrive(self, session: Session) -> Filter | None:
        """Which rows of the last set are meant; None for none. Raises NotFound where an entity on
        the way is not there."""
        found: Filter | None = self._keyed(self.start.entity_set, self.path.key)
        for leg in self.legs:
            row = self._row(session, leg, found) if found else None
            if row is None:
                raise NotFound(f"{leg.here.name} has no such entity")
            found = ways.met(leg.way, leg.there.type, row, self.now)
            if found and leg.key:
                found = ways.both(found, self._keyed(leg.there, leg.key))
        return found

    def _keyed(self, entity_set: EntitySet, key: Key) -> Filter:
        terms = bind.key(key, entity_set.type, self.request.options.aliases)
        return ways.equal(terms, self.now)

    def _row(self, session: Session, leg: Leg, found: Filter) -> dict[str, Any] | None:
        query = ways.read_for(leg.way, leg.here.type, found)
        shape = Shape(leg.here.name)

        def read_row(table: Table) -> list[str]:
            return read.page(session, compile_page(table, query, shape), query).texts

        texts = self.answer(leg.here, read_row)
        if not texts:
            return None
        row: dict[str, Any] = json.loads(texts[0], parse_int=str, parse_float=str)
        return row

    def answer(self, entity_set: EntitySet, work: Callable[[Table], T]) -> T:
        return self.hub.native.answer(self.beside.table_of(entity_set.name), work)


def legs_of(start: Target, path: Way) -> tuple[Leg, ...]:
    """Raises NotFound, NotImplementedByService, BadRequest."""
    here, found = start.entity_set, list[Leg]()
    for step in path.steps:
        way = here.type.way(step.name)
        if found and found[-1].many and not step.key and not _is_name(here, step.name):
            found[-1] = replace(found[-1], key=KeySegment(step.name))
            continue
        if step.name == here.type.qualified_name:
            raise NotImplementedByService(f"the cast {echo(step.name)}", target=step.name)
        if found and found[-1].many:
            name = found[-1].way.name
            raise BadRequest(f"{name} is a collection; give a key", target=name)
        if way is None:
            if "." in step.name:
                raise NotImplementedByService(f"the cast {echo(step.name)}", target=step.name)
            if here.type.find(step.name):
                shown = echo("/".join(each.name for each in path.steps))
                raise NotImplementedByService(f"the property path {shown}", target=step.name, at=0)
            raise NotFound(f"{here.type.name} has no property {echo(step.name)}", target=step.name)
        leg = Leg(here, way, start.view.sets[way.target], step.key)
        if step.key and not way.collection:
            raise BadRequest(f"{way.name} is one entity and has no key", target=step.name)
        found.append(leg)
        here = leg.there
    return tuple(found)


def _is_name(here: EntitySet, name: str) -> bool:
    """Names of the model win over keys that are written as segments."""
    known = (here.type.qualified_name, *(way.name for way in here.type.navigation))
    return name in known or here.type.find(name) is not None
