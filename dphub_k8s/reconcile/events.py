"""What a person wants to see under `kubectl describe`, of what has become of a product. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dphub_k8s.api.status import Condition, Status

# The condition that tells of the objects which a product owns.
OBJECTS = "Reconciling"


@dataclass(frozen=True, slots=True)
class Event:
    type: Literal["Normal", "Warning"]
    reason: str
    message: str


def events(before: Status | None, after: Status) -> tuple[Event, ...]:
    """Of one status after the other; of none where nothing has changed that is worth a line."""
    return tuple(_events(before or Status(), after))


def _events(before: Status, after: Status) -> Iterator[Event]:
    old, new = _by_type(before), _by_type(after)
    edited = before.observed_generation != after.observed_generation
    refused = _is(new, "Accepted", "False")
    if refused and (edited or _said(old, "Accepted") != _said(new, "Accepted")):
        yield _warning("Refused", new["Accepted"])
    if _is(new, "Accepted", "True") and (edited or not _is(old, "Accepted", "True")):
        yield Event("Normal", "Accepted", f"generation {after.observed_generation} is accepted")
    if after.snapshot and _sequence(before) != after.snapshot.sequence:
        told = f"snapshot {after.snapshot.sequence} with {after.snapshot.rows} rows is published"
        yield Event("Normal", "Built", told)
    if not refused:
        yield from _unbuilt(before, after)
    if _is(new, "Ready", "True") and (edited or not _is(old, "Ready", "True")):
        yield Event("Normal", "Served", f"snapshot {_sequence(after)} is served")
    if _is(old, "Served", "True") and not _is(new, "Served", "True") and "Served" in new:
        yield _warning("NotServed", new["Served"])
    if _reason(new, "Ready") in ("Stale", "Warned") and _said(old, "Ready") != _said(new, "Ready"):
        yield _warning(_reason(new, "Ready"), new["Ready"])
    if _reason(new, OBJECTS) == "ObjectRefused" and _said(old, OBJECTS) != _said(new, OBJECTS):
        yield _warning("ObjectRefused", new[OBJECTS])
    if _is(new, "Stalled", "True") and not _is(old, "Stalled", "True") and not refused:
        why = new["Stalled"].reason
        yield Event(
            "Warning", "Stalled", f"{why}: nothing happens until the product or its sources change"
        )


def _unbuilt(before: Status, after: Status) -> Iterator[Event]:
    """A failed run, or why there is none."""
    old, new = _by_type(before), _by_type(after)
    if "Materialized" not in new:
        return
    run, last = after.last_run, before.last_run
    if run and run.result == "Failed" and (last is None or last.id != run.id):
        yield _warning("BuildFailed", new["Materialized"])
    elif _is(new, "Materialized", "False") and _reason(old, "Materialized") != (
        reason := _reason(new, "Materialized")
    ):
        kind: Literal["Normal", "Warning"] = "Normal" if reason == "Suspended" else "Warning"
        yield Event(kind, reason, new["Materialized"].message)


def _warning(reason: str, condition: Condition) -> Event:
    why = "" if condition.reason == reason else f"{condition.reason}: "
    return Event("Warning", reason, f"{why}{condition.message}")


def _by_type(status: Status) -> dict[str, Condition]:
    return {condition.type: condition for condition in status.conditions}


def _is(conditions: dict[str, Condition], kind: str, status: str) -> bool:
    return kind in conditions and conditions[kind].status == status


def _reason(conditions: dict[str, Condition], kind: str) -> str:
    return conditions[kind].reason if kind in conditions else ""


def _said(conditions: dict[str, Condition], kind: str) -> tuple[str, str]:
    found = conditions.get(kind)
    return (found.reason, found.message) if found else ("", "")


def _sequence(status: Status) -> int | None:
    return status.snapshot.sequence if status.snapshot else None
