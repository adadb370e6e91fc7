"""What a product's status says. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from dphub_assets.declared import Declared
from dphub_assets.lake.reader import Snapshot
from dphub_assets.reconcile import Tried
from dphub_assets.schedule import Schedule
from dphub_k8s.api.status import Condition, ConditionType, RunStatus, SnapshotStatus, Status

State = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the data of an accepted product stands; `reason` and `message` as people read them."""

    state: State
    reason: str
    message: str = ""


BUILT = Progress("True", "Built")
BUILDING = Progress("Unknown", "Building", "a run is under way")
SUSPENDED = Progress("False", "Suspended", "what has changed is built when 'suspend' is lifted")
PENDING = Progress("Unknown", "Pending", "a run follows in the next tick")
# A refused product is told by what admission said, whatever is found here.
NOT_LOADED = Progress("False", "NotLoaded", "Dagster cannot load it; its asset page says why")


def waiting(sources: Iterable[str]) -> Progress:
    return Progress("False", "SourceMissing", f"waiting for {', '.join(sources)}")


def held(products: Iterable[str]) -> Progress:
    return Progress("Unknown", "Pending", f"waits for {', '.join(products)}, to be built once")


def failed(reason: str, message: str, following: str) -> Progress:
    """`following` says what happens next; a moment, not a span, so that the status stands still."""
    return Progress("False", reason, f"{message} ({following})")


NEVER = Tried()


@dataclass(frozen=True, slots=True)
class Seen:
    """What is published, when its sources are looked at, if that is on a schedule, what the runs
    for what is declared came to, and until when the next waits."""

    snapshot: Snapshot | None = None
    schedule: Schedule | None = None
    tried: Tried = NEVER
    due: float | None = None


def status(
    declared: Declared, progress: Progress, seen: Seen, before: Status | None, now: datetime
) -> Status:
    """`before` lends its transition times to conditions that did not change."""
    snapshot = seen.snapshot
    accepted = _accepted(declared)
    if accepted.state == "False":
        progress = Progress("False", accepted.reason, "refused: " + accepted.message)
    progress = _kept_back(declared, progress, seen.schedule)
    ready = _ready(accepted, progress, snapshot)
    if ready.state == "True" and snapshot:
        ready = _stale(snapshot, now) or _warned(ready, snapshot)
    found: tuple[tuple[ConditionType, Progress], ...] = (
        ("Accepted", accepted),
        ("Materialized", progress),
        ("Ready", ready),
    )
    return Status(
        observedGeneration=declared.identity.generation,
        conditions=tuple(_condition(kind, state, before, now) for kind, state in found),
        snapshot=_short(snapshot) if snapshot else None,
        sourcesCompared=seen.schedule.compared if seen.schedule else None,
        nextRefresh=seen.schedule.next if seen.schedule else None,
        lastRun=_last_run(seen.tried) if progress.state != "True" else None,
        nextAttempt=datetime.fromtimestamp(seen.due, UTC) if seen.due else None,
    )


def _kept_back(declared: Declared, progress: Progress, schedule: Schedule | None) -> Progress:
    """What is as declared, but is not built when its sources change, says so."""
    if progress != BUILT or declared.product is None:
        return progress
    if declared.product.spec.suspend:
        return Progress("True", "Suspended", "no builds are started")
    if schedule and schedule.next:
        return replace(BUILT, message=f"sources are looked at again at {_said(schedule.next)}")
    return progress


def _stale(snapshot: Snapshot, now: datetime) -> Progress | None:
    """A moment, not an age, so that the status stands still."""
    document = snapshot.document
    most = document.spec.spec.max_staleness_seconds
    if most is None or now - document.read_at <= timedelta(seconds=most):
        return None
    told = f"its sources were read at {_said(document.read_at)}, more than {most} seconds ago"
    return Progress("True", "Stale", f"snapshot {snapshot.sequence} is served; {told}")


def _warned(ready: Progress, snapshot: Snapshot) -> Progress:
    broken = [each for each in snapshot.document.verdicts if not each.passed]
    if ready.reason != "Served" or not broken:
        return ready
    told = [f"{each.check}: {each.message}" for each in broken]
    return Progress("True", "Warned", "; ".join(filter(None, [*told, ready.message])))


def _said(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _accepted(declared: Declared) -> Progress:
    if declared.problems:
        return Progress("False", declared.problems[0].reason, declared.message)
    return Progress("True", "Accepted")


def _ready(accepted: Progress, progress: Progress, snapshot: Snapshot | None) -> Progress:
    if accepted.state == "True" and progress.state == "True":
        if progress.reason == "Built":
            return Progress("True", "Served", progress.message)
        return progress
    told = progress.message or accepted.message
    if snapshot is None:
        return Progress("False", progress.reason, told)
    kept = f"snapshot {snapshot.sequence} is still served"
    return Progress("False", progress.reason, f"{kept}; {told}")


def _condition(
    kind: ConditionType, state: Progress, before: Status | None, now: datetime
) -> Condition:
    old = before.condition(kind) if before else None
    since = old.last_transition_time if old and old.status == state.state else now
    return Condition(
        type=kind,
        status=state.state,
        reason=state.reason,
        message=state.message,
        lastTransitionTime=since or now,
    )


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
        time=document.created,
        runId=document.run.run_id,
    )
