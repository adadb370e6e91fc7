"""The reconcile loop: a Dagster sensor whose tick reads three levels, decides, and acts."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import dagster as dg

from dphub_assets import levels, reload, schedule, translator
from dphub_assets.assets import READS_TAG
from dphub_assets.attempts import BATCH, BATCH_TAG, Target
from dphub_assets.build.publish import Builder
from dphub_assets.declared import Declarations, Declared
from dphub_assets.lake import retention
from dphub_assets.lake.errors import LakeError, Unavailable
from dphub_assets.lake.reader import Snapshot
from dphub_assets.levels import Shelf, Wants
from dphub_assets.purge import purge
from dphub_assets.reconcile import Decision, Tried, Wanted, due_at, reconcile, resolved, unsettled
from dphub_assets.replicas import Replicas
from dphub_assets.reported import Reported
from dphub_assets.runs import History
from dphub_assets.settings import DagsterSettings
from dphub_assets.state import state_key
from dphub_assets.teller import Teller, nobody
from dphub_k8s.api.product import digest
from dphub_k8s.shards import Shard
from dphub_k8s.stores.base import StoreError

NAME = "dphub_reconcile"
SWEEP_SECONDS = 600.0
NAMED = 20
# How long a tick may wait for the service to serve what has just been published.
PATIENCE_SECONDS = 0.25


class Said:
    """What the log has been told, by kind, so that it is told each thing once while that lasts."""

    def __init__(self) -> None:
        self._said: dict[str, set[str]] = {}

    def new(self, kind: str, lines: Sequence[str]) -> list[str]:
        before = self._said.get(kind, set())
        self._said[kind] = set(lines)
        return [line for line in lines if line not in before]


@dataclass
class Hub:
    """What the loop works with. What it remembers between ticks are answers, never decisions."""

    declarations: Declarations
    builder: Builder
    dagster: DagsterSettings
    shard: Shard
    wants: Wants = field(init=False)
    shelf: Shelf = field(init=False)
    teller: Teller = field(init=False)
    reported: Reported = field(default_factory=Reported)
    history: History = field(default_factory=History)
    replicas: Replicas = field(init=False)
    said: Said = field(default_factory=Said)
    swept: float = float("-inf")

    def __post_init__(self) -> None:
        self.wants = Wants(self.builder)
        self.shelf = Shelf(self.builder.lake)
        self.teller = Teller(self.declarations.store, self.dagster.public_url)
        self.replicas = Replicas(self.dagster.service_urls, self.dagster.reload_token)


def product_sensor(hub: Hub) -> dg.SensorDefinition:
    @dg.sensor(
        name=NAME,
        description="Compares what is declared, what is loaded and what is built",
        asset_selection=dg.AssetSelection.all(),
        minimum_interval_seconds=1,  # 0 would mean 30
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def tick(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        try:
            return evaluate(context, hub, time.time())
        except (StoreError, LakeError, OSError) as error:
            why = " ".join(str(error).split())
            for line in hub.said.new("tick", [why]):
                context.log.error(line)
            return dg.SensorResult(skip_reason=dg.SkipReason(why))

    return tick


def evaluate(context: dg.SensorEvaluationContext, hub: Hub, now: float) -> dg.SensorResult:
    instance = context.instance
    every = hub.declarations.read()
    declared = {name: one for name, one in every.items() if hub.shard.holds(name)}
    others = upstream(declared, every)
    wanted, versions = hub.wants.look(declared | others)
    built, snapshots = hub.shelf.look(wanted, hub.shard.holds)
    if not built:
        require_lake(hub, declared)
    hub.replicas.ask({name: each.sequence for name, each in snapshots.items()})
    moment = datetime.fromtimestamp(now, UTC)
    schedules = hub.teller.schedules(declared, snapshots)
    wanted, schedules = schedule.applied(resolved(wanted, built), built, schedules, moment)
    behind = hub.reported.behind(snapshots) & declared.keys()
    pending = unsettled(wanted, built) | behind
    targets = [target(name, wanted[name]) for name in sorted(pending)]
    tried = hub.history.tried(instance, targets)
    slots = -(-hub.dagster.concurrent_builds // hub.shard.count)
    loaded = levels.loaded(context)
    decision = reconcile(wanted, loaded, built, tried, now, slots, others)

    act(context, hub, decision, declared, snapshots)
    cursor = reload_stale(context, hub, wanted, decision, now)
    hearing = hub.replicas.hearing(PATIENCE_SECONDS)
    heard = hearing.of if hearing else nobody
    hub.teller.tell(declared, decision, tried, snapshots, schedules, moment, heard)
    complain(context, hub)
    sweep(context, hub, declared)

    # What has to be written event by event keeps no edit waiting.
    quiet = not decision.stale and not decision.runs
    untold = sorted(behind & snapshots.keys()) if quiet else []
    settled = {name: snapshots[name] for name in untold if not _busy(tried, name)}
    domains = {name: one.domain for name, one in every.items()}
    return dg.SensorResult(
        run_requests=[
            run_request(names, declared, wanted, decision, snapshots) for names in decision.runs
        ],
        asset_events=[
            *hub.reported.sources(instance, versions),
            *hub.reported.snapshots(
                instance, settled, domains, hub.dagster.public_url, hub.builder.lake.uri
            ),
        ],
        skip_reason=None
        if decision.build
        else dg.SkipReason(in_words(decision, len(declared), now)),
        cursor=cursor,
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


def require_lake(hub: Hub, declared: Mapping[str, Declared]) -> None:
    """To build all anew where a lake was would hide that it is not mounted. Raises Unavailable."""
    lake = hub.builder.lake
    if not lake.begun() and (name := hub.teller.published(declared)):
        raise Unavailable(
            f"there is no lake, though {name} has been published: bring it back, "
            f"or create {lake.marker} to begin anew"
        )


def complain(context: dg.SensorEvaluationContext, hub: Hub) -> None:
    """Of what goes on being wrong, once; of many products with one fault, in one line."""
    products: dict[str, list[str]] = {}
    for name, fault in (*hub.shelf.faults.items(), *hub.teller.faults.items()):
        products.setdefault(fault, []).append(name)
    lines = [f"{some(names)}: {fault}" for fault, names in products.items()]
    lines += [f"{address} {fault}" for address, fault in hub.replicas.faults().items()]
    for line in hub.said.new("faults", lines):
        context.log.error(line)
    hub.said.new("tick", [])


def act(
    context: dg.SensorEvaluationContext,
    hub: Hub,
    decision: Decision,
    declared: Mapping[str, Declared],
    snapshots: dict[str, Snapshot],
) -> None:
    """What needs no run. An error of one product is logged: its levels still differ next time."""
    lake = hub.builder.lake

    def guarded(verb: str, name: str, deed: Callable[[], object]) -> None:
        try:
            deed()
            context.log.info(f"{verb} {name}")
        except (LakeError, OSError) as error:
            context.log.error(f"{name} could not be {verb}: {error}")

    for name in decision.retire:
        last = snapshots.pop(name, None)
        delete = last is not None and last.document.spec.spec.data_retention == "Delete"
        guarded("retired", name, partial(lake.retire, name, delete_data=delete))
    for name in decision.accept:
        if product := declared[name].product:
            accept = partial(lake.accept, declared[name].identity, product.route)
            guarded("accepted", name, accept)
    for name in decision.publish:
        if product := declared[name].product:
            republish = partial(lake.republish, product, declared[name].identity)
            guarded("published without a run", name, republish)


def target(name: str, wanted: Wanted) -> Target:
    return Target(name, wanted.uid, wanted.generation, wanted.level)


def run_request(
    names: Sequence[str],
    declared: Mapping[str, Declared],
    wanted: Mapping[str, Wanted],
    decision: Decision,
    snapshots: Mapping[str, Snapshot],
) -> dg.RunRequest:
    """The run is told which snapshots to read: another may be current by the time it begins."""
    products = [product for name in names if (product := declared[name].product)]
    keys = [decision.build[name] for name in names]
    targets = [target(name, wanted[name]) for name in names]
    tags = targets[0].tags
    if len(targets) > 1:
        tags = {BATCH_TAG: BATCH}
        for each in targets:
            tags |= each.tag_of_batch
    for name in names:
        if reads := wanted[name].reads:
            sequences = {alias: snapshots[product].sequence for alias, product in reads.items()}
            tags[f"{READS_TAG}{name}"] = json.dumps(sequences)
    return dg.RunRequest(
        run_key=keys[0] if len(keys) == 1 else digest(keys),
        asset_selection=list(map(translator.product_key, products)),
        tags=tags,
    )


def reload_stale(
    context: dg.SensorEvaluationContext,
    hub: Hub,
    wanted: Mapping[str, Wanted],
    decision: Decision,
    now: float,
) -> str | None:
    """The cursor holds one thing: the specs that could not be loaded, and when to try again."""
    if not decision.stale:
        return None
    specs = digest({name: each.stamp for name, each in wanted.items()})
    last = json.loads(context.cursor or "{}")
    failed = Tried()
    if last.get("specs") == specs:
        failed = Tried(attempts=last["failures"], last_end=last["at"])
    if due_at(failed, now) > now:
        return context.cursor
    try:
        reload.reload(context.instance, [state_key(hub.shard)])
    except reload.ReloadFailed as problem:
        context.log.error(f"the definitions could not be reloaded: {problem}")
        return json.dumps({"specs": specs, "failures": failed.attempts + 1, "at": now})
    purge(context.instance, state_key(hub.shard))
    context.log.info(f"reloaded for {some(decision.stale)}")
    return "{}"


def sweep(context: dg.SensorEvaluationContext, hub: Hub, declared: Mapping[str, Declared]) -> None:
    """Delete what no link can name any more, now and then."""
    if (now := time.monotonic()) - hub.swept < SWEEP_SECONDS:
        return
    hub.swept = now
    retention.sweep_staging(hub.builder.lake)
    for name in declared:
        try:
            retention.sweep(hub.builder.lake, name)
        except (LakeError, OSError) as error:
            context.log.error(f"{name} could not be swept: {error}")


def in_words(decision: Decision, total: int, now: float) -> str:
    """What people read in the list of ticks."""
    parts = [
        ("reloaded", decision.stale),
        ("published without a run", decision.publish),
        ("retired", decision.retire),
        ("running", decision.running),
        ("queued", decision.queued),
        ("held", [f"{name} for {some(before)}" for name, before in decision.held.items()]),
        ("waiting", [f"{name} for {', '.join(why)}" for name, why in decision.waiting.items()]),
        ("tried again", [f"{n} in {at - now:.0f} s" for n, at in decision.later.items()]),
        ("failed until edited", decision.failed),
        ("refused", decision.broken),
        ("suspended", decision.suspended),
    ]
    said = "; ".join(f"{word}: {some(names)}" for word, names in parts if names)
    return f"{total} products; {said}" if said else f"{total} products, all as declared"


def some(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _busy(tried: Mapping[str, Tried], name: str) -> bool:
    return name in tried and tried[name].in_flight
