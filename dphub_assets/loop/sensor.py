"""The reconcile loop: a Dagster sensor whose tick reads three levels, decides, and acts."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import dagster as dg

from dphub_assets.decide.reconcile import Decision, Tried, Wanted, due_at, reconcile, unsettled
from dphub_assets.graph import translator
from dphub_assets.graph.assets import READS_TAG
from dphub_assets.graph.state import state_key
from dphub_assets.lake.errors import LakeError
from dphub_assets.loop import deeds, reload, reported
from dphub_assets.loop.attempts import BATCH, BATCH_TAG, Target
from dphub_assets.loop.loaded import loaded
from dphub_assets.loop.purge import purge
from dphub_assets.loop.reported import Event, Reported
from dphub_assets.loop.runs import History
from dphub_assets.status.outlook import Outlook, View
from dphub_assets.status.words import in_words, some
from dphub_k8s.api.product import digest
from dphub_k8s.stores.base import StoreError

NAME = "dphub_reconcile"
SWEEP_SECONDS = 600.0
# How long a tick may wait for the service to serve what has just been published.
PATIENCE_SECONDS = 0.25


@dataclass
class Hub(Outlook):
    """What the loop works with."""

    reported: Reported = field(default_factory=Reported)
    history: History = field(default_factory=History)
    swept: float = float("-inf")


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
    view = hub.look(now)
    behind = hub.reported.behind(view.snapshots) & view.declared.keys()
    pending = unsettled(view.wanted, view.built) | behind
    targets = [target(name, view.wanted[name]) for name in sorted(pending)]
    tried = hub.history.tried(context.instance, targets)
    slots = -(-hub.dagster.concurrent_builds // hub.shard.count)
    decision = reconcile(view.wanted, loaded(context), view.built, tried, now, slots, view.others)
    deeds.act(hub.builder.lake, decision, view.declared, view.snapshots, context.log)
    cursor = reload_stale(context, hub, view.wanted, decision, now)
    hub.tell(view, decision, tried, PATIENCE_SECONDS)
    for line in hub.complaints():
        context.log.error(line)
    hub.said.new("tick", [])
    sweep(context, hub, view)
    return dg.SensorResult(
        run_requests=[run_request(names, view, decision) for names in decision.runs],
        asset_events=[*events(context.instance, hub, view, behind, decision, tried)],
        skip_reason=None
        if decision.build
        else dg.SkipReason(in_words(decision, len(view.declared), now)),
        cursor=cursor,
    )


def events(
    instance: dg.DagsterInstance,
    hub: Hub,
    view: View,
    behind: set[str],
    decision: Decision,
    tried: Mapping[str, Tried],
) -> Iterator[Event]:
    """Of `behind` the event log lacks what is published."""
    yield from hub.reported.sources(instance, view.versions)
    yield from hub.reported.snapshots(
        instance,
        reported.tellable(behind, view.snapshots, decision, tried),
        {name: one.domain for name, one in view.every.items()},
        hub.dagster.public_url,
        hub.builder.lake.uri,
    )


def sweep(context: dg.SensorEvaluationContext, hub: Hub, view: View) -> None:
    """Now and then."""
    if (now := time.monotonic()) - hub.swept >= SWEEP_SECONDS:
        hub.swept = now
        deeds.sweep(hub.builder.lake, view.declared, context.log)


def target(name: str, wanted: Wanted) -> Target:
    return Target(name, wanted.uid, wanted.generation, wanted.level)


def run_request(names: Sequence[str], view: View, decision: Decision) -> dg.RunRequest:
    """The run is told which snapshots to read: another may be current by the time it begins."""
    products = [product for name in names if (product := view.declared[name].product)]
    keys = [decision.build[name] for name in names]
    targets = [target(name, view.wanted[name]) for name in names]
    tags = targets[0].tags
    if len(targets) > 1:
        tags = {BATCH_TAG: BATCH}
        for each in targets:
            tags |= each.tag_of_batch
    for name in names:
        if reads := view.wanted[name].reads:
            sequences = {alias: view.snapshots[read].sequence for alias, read in reads.items()}
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
