"""What a request reads beside the rows of its set: expansions, and the snapshots they come from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from dphub_serving.odata import expansion
from dphub_serving.odata.expanding import PAGE, Expander
from dphub_serving.odata.expansion import Expansion
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.options import system_name
from dphub_serving.odata.preferences import Prefer
from dphub_serving.odata.query import Filter, Limits, Lookup, Query
from dphub_serving.odata.url import Request
from dphub_serving.routes.further import Further
from dphub_serving.routes.hub import Hub
from dphub_serving.routes.resolve import Target
from dphub_serving.rows.engine import Session
from dphub_serving.rows.expand import Row, Stitcher
from dphub_serving.rows.shaped import shaped
from dphub_serving.sql.shape import Shape
from dphub_serving.sql.table import Table

# Each row of a page may bring many others along.
MOST_PARENTS = 1000


@dataclass(frozen=True)
class Beside:
    hub: Hub
    target: Target
    expansion: Expansion
    wish: Prefer
    looked: frozenset[str] = frozenset()

    @classmethod
    def of(cls, hub: Hub, target: Target, request: Request, wish: Prefer) -> "Beside":
        options = request.options
        if not options.expand:
            return cls(hub, target, (), wish)
        text = next(text for name, text in options.pairs if system_name(name) == "expand")
        expander = Expander(target.view.sets, options.aliases, min(wish.maxpagesize or PAGE, PAGE))
        return cls(hub, target, expander.of(options.expand, target.entity_set, text), wish)

    @property
    def of_one(self) -> Prefer:
        """What is followed for one entity: pages are those of what it brings along."""
        size = self.wish.maxpagesize if self.expansion else None
        return replace(self.wish, maxpagesize=size and min(size, PAGE), continue_on_error=None)

    def reading(self, asked: Query | Lookup | Filter | None) -> "Beside":
        """With the sets that expressions of the request look into."""
        looked = expansion.related(asked)
        return replace(self, looked=self.looked | looked) if looked else self

    @cached_property
    def _sets(self) -> list[str]:
        return sorted(expansion.targets(self.expansion) | self.looked)

    @property
    def table(self) -> Table:
        return self.table_of(self.target.entity_set.name)

    def table_of(self, name: str) -> Table:
        served = self.target.view.served
        table = (
            self.target.served.table if name == self.target.entity_set.name else served[name].table
        )
        if not self._sets:
            return table
        return replace(table, neighbours={each: served[each].table for each in self._sets})

    @property
    def identity(self) -> str:
        """Of all snapshots that are read, and of how many rows are brought along."""
        size = [f"maxpagesize={self.wish.maxpagesize}"] if self.expansion else []
        return " ".join([self._known(self._sets), *size])

    @property
    def reach(self) -> str:
        """Of all snapshots that navigation leads to, whether they are read or not."""
        sets = self.target.view.sets
        found, waiting = set[str](), [self.target.entity_set.name]
        while waiting:
            ways = sets[waiting.pop()].type.navigation
            new = {way.target for way in ways} - found
            found |= new
            waiting += new
        return f"{self._known(sorted(found))} maxpagesize={self.wish.maxpagesize}"

    def _known(self, sets: Sequence[str]) -> str:
        """Of these snapshots and the ways from there, which metadata=full shows: a way is there
        when its target is."""
        known = self.target.view.sets
        read = [self.target.entity_set, *(known[name] for name in sets)]
        ways = [f"{way.name}={way.target}" for each in read for way in each.type.navigation]
        return " ".join([self.target.identities(sets), *ways])

    @property
    def pins(self) -> tuple[tuple[str, int], ...]:
        return self.target.pins(self._sets)

    @property
    def moment(self) -> str | None:
        found = expansion.moment(self.expansion)
        return found.isoformat() if found else None

    def shape(self, form: Format, *, owes_id: bool = True, references: bool = False) -> Shape:
        here, inner = self.target.entity_set, self.expansion
        return shaped(here, form, self.wish, inner, owes_id=owes_id, references=references)

    def limits(self, limits: Limits) -> Limits:
        if not self.expansion:
            return limits
        most = {name: min(getattr(limits, name), MOST_PARENTS) for name in ("max_top", "page_size")}
        return replace(limits, **most, default_top=min(limits.default_top, most["max_top"]))

    def projected(self, selected: tuple[str, ...] | None, form: Format) -> tuple[str, ...] | None:
        return expansion.projected(selected, self.expansion, old=form.version == "4.0")

    def rows(
        self, session: Session, texts: Sequence[str], form: Format, base: str, request: Request
    ) -> list[str]:
        further = Further(self.hub, self.target, self._sets, request, base)
        stitcher = Stitcher(session, self._read, form, further, self.wish)
        return stitcher.rows(texts, self.expansion, self.target.entity_set)

    def _read(self, name: str, work: Callable[[Table], list[Row]]) -> list[Row]:
        return self.hub.native.answer(self.table_of(name), work)
