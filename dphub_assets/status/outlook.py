"""What is declared and what is published, and telling where it stands. No Dagster."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dphub_assets.build.publish import Builder
from dphub_assets.decide import schedule
from dphub_assets.decide.declared import Declarations, Declared
from dphub_assets.decide.levels import Shelf, Wants
from dphub_assets.decide.reconcile import Built, Decision, Tried, Wanted, resolved
from dphub_assets.decide.schedule import Schedule
from dphub_assets.lake.errors import Unavailable
from dphub_assets.lake.reader import Snapshot
from dphub_assets.settings import DagsterSettings
from dphub_assets.status.replicas import Replicas
from dphub_assets.status.teller import Observed, Teller, nobody
from dphub_assets.status.words import Said, some
from dphub_k8s.shards import Shard
from dphub_k8s.stores import choice

if TYPE_CHECKING:
    from dphub_assets.status.objects import ClusterObjects


@dataclass(frozen=True, slots=True)
class View:
    """At `moment`. `every` product is declared, `declared` are those of this shard, `others` what
    they read of other shards; `versions` are data versions by location."""

    moment: datetime
    every: Mapping[str, Declared]
    declared: Mapping[str, Declared]
    others: Mapping[str, Declared]
    wanted: Mapping[str, Wanted]
    versions: Mapping[str, str]
    built: Mapping[str, Built]
    snapshots: dict[str, Snapshot]
    schedules: Mapping[str, Schedule]


@dataclass
class Outlook:
    """What it remembers are answers, never decisions. `objects` are None where products are kept in
    a folder."""

    declarations: Declarations
    builder: Builder
    dagster: DagsterSettings
    shard: Shard
    objects: "ClusterObjects | None" = None
    wants: Wants = field(init=False)
    shelf: Shelf = field(init=False)
    teller: Teller = field(init=False)
    replicas: Replicas = field(init=False)
    said: Said = field(default_factory=Said)

    def __post_init__(self) -> None:
        self.wants = Wants(self.builder)
        self.shelf = Shelf(self.builder.lake)
        self.teller = Teller(self.declarations.store, self.dagster.public_url)
        self.replicas = Replicas(self.dagster.service_urls, self.dagster.reload_token)

    def look(self, now: float) -> View:
        """Raises StoreError, LakeError, OSError."""
        every = self.declarations.read()
        declared = {name: one for name, one in every.items() if self.shard.holds(name)}
        others = upstream(declared, every)
        wanted, versions = self.wants.look(declared | others)
        built, snapshots = self.shelf.look(wanted, self.shard.holds)
        if not built:
            self._require_lake(declared)
        self.replicas.ask({name: each.sequence for name, each in snapshots.items()})
        moment = datetime.fromtimestamp(now, UTC)
        schedules = self.teller.schedules(declared, snapshots)
        wanted, schedules = schedule.applied(resolved(wanted, built), built, schedules, moment)
        return View(moment, every, declared, others, wanted, versions, built, snapshots, schedules)

    def tell(
        self, view: View, decision: Decision, tried: Mapping[str, Tried], seconds: float
    ) -> None:
        """The store, and the cluster in the background; the service may take `seconds` to serve
        what has just been published."""
        hearing = self.replicas.hearing(seconds)
        observed = Observed(
            view.moment,
            view.declared,
            view.snapshots,
            view.schedules,
            hearing.of if hearing else nobody,
            self.objects.faults if self.objects else {},
        )
        self.teller.tell(observed, decision, tried)
        if self.objects:
            self.objects.tick(view.every, self.declarations.stored, self.teller.news)

    def complaints(self) -> list[str]:
        """What goes on being wrong, once; of many products with one fault, in one line."""
        products: dict[str, list[str]] = {}
        for name, fault in self.faults():
            products.setdefault(fault, []).append(name)
        faults = self.said.new("faults", [*products])
        lines = [f"{some(products[fault])}: {fault}" for fault in faults]
        silent = [f"{address} {fault}" for address, fault in self.replicas.faults().items()]
        objects = self.objects.lines() if self.objects else []
        return [*lines, *self.said.new("service", silent), *objects]

    def faults(self) -> list[tuple[str, str]]:
        """Products that could not be looked at or told of, and why."""
        return [*self.shelf.faults.items(), *self.teller.faults.items()]

    def _require_lake(self, declared: Mapping[str, Declared]) -> None:
        """To build all anew where a lake was would hide that it is not mounted."""
        lake = self.builder.lake
        if not lake.begun() and (name := self.teller.published(declared)):
            raise Unavailable(
                f"there is no lake, though {name} has been published: bring it back, "
                f"or create {lake.marker} to begin anew"
            )


def upstream(
    declared: Mapping[str, Declared], every: Mapping[str, Declared]
) -> dict[str, Declared]:
    """What these products read, however far up, and other shards build."""
    found: dict[str, Declared] = {}
    waiting = list(declared.values())
    while waiting:
        product = waiting.pop().product
        for name in product.spec.backend.products.values() if product else ():
            if name in every and name not in declared and name not in found:
                found[name] = every[name]
                waiting.append(every[name])
    return found


def objects(shard: Shard) -> "ClusterObjects | None":
    """None where products are kept in a folder: the client of a cluster is not loaded then. Raises
    InvalidSetting."""
    if choice.kind() == "directory":
        return None
    from dphub_assets.status.objects import ClusterObjects

    return ClusterObjects.opened(shard)
