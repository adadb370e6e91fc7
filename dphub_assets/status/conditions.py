"""What a product's status says. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from dphub_assets.decide.declared import Declared
from dphub_assets.decide.reconcile import Tried
from dphub_assets.decide.schedule import Schedule
from dphub_assets.lake.reader import Snapshot
from dphub_k8s.api.status import (
    LONGEST_MESSAGE,
    Condition,
    ConditionType,
    RunStatus,
    SnapshotStatus,
    Status,
)

State = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where something stands; `reason` and `message` as people read them. What is `stuck` does not
    go on by itself."""

    state: State
    reason: str
    message: str = ""
    stuck: bool = False


BUILT = Progress("True", "Built")
BUILDING = Progress("Unknown", "Building", "a run is under way")
SUSPENDED = Progress(
    "False", "Suspended", "what has changed is built when 'suspend' is lifted", stuck=True
)
PENDING = Progress("Unknown", "Pending", "it follows in the next tick")
# A refused product is told by what admission said, whatever is found here.
NOT_LOADED = Progress(
    "False", "NotLoaded", "Dagster cannot load it; its asset page says why", stuck=True
)
UNPUBLISHED = Progress("False", "Unpublished", "nothing has been published yet")


def waiting(sources: Iterable[str]) -> Progress:
    return Progress("False", "SourceMissing", f"waiting for {', '.join(sources)}", stuck=True)


def held(products: Iterable[str]) -> Progress:
    return Progress("Unknown", "Pending", f"waits for {', '.join(products)}, to be built once")


def failed(reason: str, message: str, *, final: bool) -> Progress:
    """No moments: when it is tried again, `nextAttempt` says."""
    following = "edit the product or its sources" if final else "it is tried again"
    return Progress("False", reason, f"{message} ({following})", stuck=final)


NEVER = Tried()


@dataclass(frozen=True, slots=True)
class Heard:
    """What the service says of a product: the lowest sequence that its addresses serve, None where
    one has nothing of it. `fault` says who does not answer; `fresh` is one that may be over soon,
    before anything was heard."""

    sequence: int | None = None
    fault: str = ""
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What is published, when its sources are looked at, if that is on a schedule, what the runs
    for what is declared came to, until when the next waits, whether what is published is older than
    it may be, and what is heard of it, where anybody is asked. `refused` is what a cluster says of
    the objects that it owns."""

    snapshot: Snapshot | None = None
    schedule: Schedule | None = None
    tried: Tried = NEVER
    due: float | None = None
    stale: bool = False
    heard: Heard | None = None
    refused: str = ""

    @property
    def sequence(self) -> int | None:
        """Of the snapshot that is served."""
        if self.heard and self.heard.sequence is not None:
            return self.heard.sequence
        return self.snapshot.sequence if self.snapshot else None


def status(
    declared: Declared,
    progress: Progress,
    seen: Seen,
    before: Status | None,
    now: datetime,
    public_url: str = "",
) -> Status:
    """`before` lends the times of its transitions to conditions that did not flip; those of others
    are `now`, which nothing else depends on."""
    snapshot = seen.snapshot
    built_from = snapshot.document.spec.spec_digest() if snapshot else None
    conditions = _conditions(declared, progress, seen, before, built_from)
    built = conditions["Materialized"].state == "True"
    product = snapshot.document.spec if snapshot else declared.product
    url = f"{public_url}/odata/{product.route}" if product else None
    return Status(
        observedGeneration=declared.identity.generation,
        conditions=tuple(
            _condition(kind, said, declared.identity.generation, before, now)
            for kind, said in conditions.items()
        ),
        url=url,
        entityUrl=f"{url}/{product.resource}" if product else None,
        snapshot=_short(snapshot) if snapshot else None,
        specHash=built_from,
        sourcesCompared=seen.schedule.compared if seen.schedule else None,
        nextRefresh=seen.schedule.next if seen.schedule else None,
        lastRun=None if built else _last_run(seen.tried),
        nextAttempt=datetime.fromtimestamp(seen.due, UTC) if seen.due else None,
    )


def _conditions(
    declared: Declared,
    progress: Progress,
    seen: Seen,
    before: Status | None,
    built_from: str | None,
) -> dict[ConditionType, Progress]:
    """`built_from` is the digest of the spec of what is published."""
    snapshot = seen.snapshot
    is_current = _is_of(declared, snapshot) and built_from == declared.digest
    accepted = _accepted(declared)
    progress = _progress(declared, accepted, progress, seen, is_current)
    # What is published is of the same spec as when that was said.
    same = before is not None and built_from is not None and before.spec_hash == built_from
    served = _served(seen, before if same else None)
    if accepted.state == "False":
        ready = _not_ready(accepted, served, seen)
    elif snapshot is None or not is_current:
        ready = _not_ready(progress, served, seen)
    else:
        was_ready = _was_ready(declared, before)
        ready = _ready(snapshot, progress, served, seen.stale, was_ready, declared.unserved)
    reconciling = _reconciling(progress, served)
    stalled = _stalled(progress, ready, reconciling)
    if seen.refused and reconciling.state == stalled.state == "False":
        reconciling = Progress("True", "ObjectRefused", seen.refused)
    return {
        "Accepted": accepted,
        "Materialized": progress,
        "Served": served,
        "Ready": ready,
        "Reconciling": reconciling,
        "Stalled": stalled,
    }


def is_stale(snapshot: Snapshot, now: datetime) -> bool:
    """Older than `maxStalenessSeconds` allows."""
    most = snapshot.document.spec.spec.max_staleness_seconds
    return most is not None and now - snapshot.document.read_at > timedelta(seconds=most)


def _is_of(declared: Declared, snapshot: Snapshot | None) -> bool:
    """A product that was created again is another one."""
    return snapshot is not None and snapshot.document.product.uid == declared.identity.uid


def _was_ready(declared: Declared, before: Status | None) -> bool:
    """With this very spec, so that what was served then is as declared now."""
    ready = before.condition("Ready") if before else None
    if before is None or ready is None:
        return False
    return ready.status == "True" and before.spec_hash == declared.digest


def _accepted(declared: Declared) -> Progress:
    if declared.problems:
        return Progress("False", declared.problems[0].reason, declared.message)
    return Progress("True", "Accepted")


def _progress(
    declared: Declared, accepted: Progress, progress: Progress, seen: Seen, is_current: bool
) -> Progress:
    if accepted.state == "False":
        return Progress("False", accepted.reason, "refused: " + accepted.message, stuck=True)
    if progress != BUILT:
        return progress
    if not is_current:
        return PENDING
    # What is as declared, but is not built when its sources change, says so.
    if declared.product and declared.product.spec.suspend:
        return Progress("True", "Suspended", "no builds are started")
    if seen.schedule and seen.schedule.next:
        return Progress("True", "Built", "changes of the sources wait for the next refresh")
    return progress


def _served(seen: Seen, before: Status | None) -> Progress:
    heard, snapshot = seen.heard, seen.snapshot
    if heard is None:
        return Progress("True", "Served") if snapshot else UNPUBLISHED
    if heard.fault:
        old = before.condition("Served") if before else None
        if old and heard.fresh:
            return Progress(old.status, old.reason, old.message)
        return Progress("Unknown", "ServiceUnreachable", heard.fault)
    if snapshot is None:
        return UNPUBLISHED if heard.sequence is None else Progress("True", "Served")
    if heard.sequence is None:
        said = f"snapshot {snapshot.sequence} is published, and not every address serves it"
        return Progress("False", "NotServed", said)
    if heard.sequence != snapshot.sequence:
        said = f"snapshot {heard.sequence} is served, {snapshot.sequence} is published"
        return Progress("True", "Behind", said)
    return Progress("True", "Served")


def _not_ready(why: Progress, served: Progress, seen: Seen) -> Progress:
    kept = f"snapshot {seen.sequence} is still served; " if served.state == "True" else ""
    return Progress("False", why.reason, kept + why.message)


def _ready(
    snapshot: Snapshot,
    progress: Progress,
    served: Progress,
    stale: bool,
    was_ready: bool,
    unserved: tuple[str, ...],
) -> Progress:
    """Of a snapshot of the declared spec: whether it is served, or older data of the same spec.
    `unserved` is navigation that leads nowhere."""
    if served.state != "True":
        return Progress(served.state, served.reason, served.message)
    document = snapshot.document
    if stale:
        most = document.spec.spec.max_staleness_seconds
        told = f"snapshot {snapshot.sequence} is older than maxStalenessSeconds ({most})"
        return Progress("False", "Stale", told)
    if served.reason == "Behind" and not was_ready:
        return Progress("False", served.reason, served.message)
    broken = [f"{each.check}: {each.message}" for each in document.verdicts if not each.passed]
    broken += unserved
    said = f"{progress.reason}: {progress.message}" if progress.state == "False" else ""
    message = "; ".join(filter(None, [*broken, said or progress.message]))
    if progress.reason == "Suspended":
        return Progress("True", "Suspended", message)
    return Progress("True", "Warned" if broken else "Served", message)


def _reconciling(progress: Progress, served: Progress) -> Progress:
    """Whether it goes on by itself."""
    if progress.state == "Unknown":
        return Progress("True", progress.reason, progress.message)
    if progress.state == "False" and not progress.stuck:
        return Progress("True", "Retrying", progress.message)
    if progress.state == "True" and served.reason in ("Behind", "NotServed"):
        return Progress("True", served.reason, served.message)
    return Progress("False", "Settled")


def _stalled(progress: Progress, ready: Progress, reconciling: Progress) -> Progress:
    """Whether only an edit helps, or other sources."""
    if progress.stuck:
        return Progress("True", progress.reason, progress.message)
    if ready.reason == "Stale" and reconciling.state == "False":
        return Progress("True", ready.reason, ready.message)
    return Progress("False", "NotStalled")


def _condition(
    kind: ConditionType, said: Progress, generation: int, before: Status | None, now: datetime
) -> Condition:
    old = before.condition(kind) if before else None
    since = old.last_transition_time if old and old.status == said.state else now
    return Condition(
        type=kind,
        status=said.state,
        reason=said.reason,
        message=_cut(said.message),
        observedGeneration=generation,
        lastTransitionTime=since or now,
    )


def _cut(message: str) -> str:
    """Many problems of one product can be told in more than a condition takes."""
    return message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE - 1]}…"


def _last_run(tried: Tried) -> RunStatus | None:
    if tried.last_run is None:
        return None
    result: Literal["Succeeded", "Failed"] = "Failed" if tried.failure else "Succeeded"
    ended = datetime.fromtimestamp(tried.last_end, UTC)
    return RunStatus(id=tried.last_run, result=result, ended=ended)


def _short(snapshot: Snapshot) -> SnapshotStatus:
    document = snapshot.document
    return SnapshotStatus(
        sequence=snapshot.sequence,
        rows=document.rows,
        bytes=document.bytes,
        materializedAt=document.created,
        runId=document.run.run_id,
    )
