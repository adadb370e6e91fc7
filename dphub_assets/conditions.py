"""What a product's status says. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dphub_assets.declared import Declared
from dphub_assets.lake.reader import Snapshot
from dphub_k8s.api.status import Condition, ConditionType, SnapshotStatus, Status

State = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the data of an accepted product stands; `reason` and `message` as people read them."""

    state: State
    reason: str
    message: str = ""


BUILT = Progress("True", "Built")
BUILDING = Progress("Unknown", "Building", "a run is under way")
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


def status(
    declared: Declared,
    progress: Progress,
    snapshot: Snapshot | None,
    before: Status | None,
    now: datetime,
) -> Status:
    """`before` lends its transition times to conditions that did not change."""
    accepted = _accepted(declared)
    if accepted.state == "False":
        progress = Progress("False", accepted.reason, "refused: " + accepted.message)
    ready = _ready(accepted, progress, snapshot)
    found: tuple[tuple[ConditionType, Progress], ...] = (
        ("Accepted", accepted),
        ("Materialized", progress),
        ("Ready", ready),
    )
    return Status(
        observedGeneration=declared.identity.generation,
        conditions=tuple(_condition(kind, state, before, now) for kind, state in found),
        snapshot=_short(snapshot) if snapshot else None,
    )


def _accepted(declared: Declared) -> Progress:
    if declared.problems:
        return Progress("False", declared.problems[0].reason, declared.message)
    return Progress("True", "Accepted")


def _ready(accepted: Progress, progress: Progress, snapshot: Snapshot | None) -> Progress:
    if accepted.state == "True" and progress.state == "True":
        return Progress("True", "Served")
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


def _short(snapshot: Snapshot) -> SnapshotStatus:
    document = snapshot.document
    return SnapshotStatus(
        sequence=snapshot.sequence,
        rows=document.rows,
        bytes=document.bytes,
        time=document.created,
        runId=document.run.run_id,
    )
