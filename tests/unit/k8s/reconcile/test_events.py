"""What a person is told of a status that follows another."""

import pytest

from dphub_k8s.api.status import Condition, RunStatus, SnapshotStatus, Status
from dphub_k8s.reconcile.events import events

ACCEPTED = {"Accepted": "True Accepted"}
PENDING = {**ACCEPTED, "Materialized": "Unknown Pending", "Ready": "False Pending"}
READY = {**ACCEPTED, "Materialized": "True Built", "Served": "True Served", "Ready": "True Served"}
REFUSED = {
    "Accepted": "False UnknownType spec: no such type",
    "Materialized": "False UnknownType refused: spec: no such type",
    "Stalled": "True UnknownType no such type",
}
BROKEN = {**ACCEPTED, "Materialized": "False CastFailed price is no number"}
STUCK = {**BROKEN, "Stalled": "True CastFailed price is no number"}

REFUSED_OBJECT = {**READY, "Reconciling": "True ObjectRefused PATCH /x: 403 Forbidden"}


def status(
    conditions: dict[str, str], generation: int = 1, sequence: int = 0, run: str = ""
) -> Status:
    """Conditions are `status reason message`."""
    found = []
    for kind, said in conditions.items():
        state, reason, *message = said.split(" ", 2)
        text = message[0] if message else ""
        made = Condition.model_construct(type=kind, status=state, reason=reason, message=text)
        found.append(made)
    return Status.model_construct(
        observed_generation=generation,
        conditions=tuple(found),
        snapshot=SnapshotStatus.model_construct(sequence=sequence, rows=42) if sequence else None,
        last_run=RunStatus.model_construct(id=run, result="Failed") if run else None,
    )


def told(before: Status | None, after: Status) -> list[str]:
    return [f"{each.type} {each.reason}: {each.message}" for each in events(before, after)]


ACCEPTS = "Normal Accepted: generation 1 is accepted"
BUILDS = "Normal Built: snapshot 1 with 42 rows is published"
SERVES = "Normal Served: snapshot 1 is served"


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (None, status(PENDING), [ACCEPTS]),
        (status(PENDING), status(PENDING), []),
        (status(PENDING), status(READY, sequence=1), [BUILDS, SERVES]),
        (status(READY, sequence=1), status(READY, sequence=1), []),
        (
            status(READY, sequence=1),
            status({**PENDING, "Served": "True Served"}, generation=2, sequence=1),
            ["Normal Accepted: generation 2 is accepted"],
        ),
        (
            status({**PENDING, "Served": "True Served"}, generation=2, sequence=1),
            status(READY, generation=2, sequence=2),
            [
                "Normal Built: snapshot 2 with 42 rows is published",
                "Normal Served: snapshot 2 is served",
            ],
        ),
        (
            status(READY, sequence=1),
            status(READY, sequence=2),
            ["Normal Built: snapshot 2 with 42 rows is published"],
        ),
        (
            status(READY, sequence=1),
            status(READY, generation=2, sequence=1),
            ["Normal Accepted: generation 2 is accepted", SERVES],
        ),
        (None, status(REFUSED), ["Warning Refused: UnknownType: spec: no such type"]),
        (status(REFUSED), status(REFUSED), []),
        (
            status(REFUSED),
            status(REFUSED, generation=2),
            ["Warning Refused: UnknownType: spec: no such type"],
        ),
        (status(REFUSED), status(PENDING), [ACCEPTS]),
        (
            status(PENDING),
            status(BROKEN, run="run-1"),
            ["Warning BuildFailed: CastFailed: price is no number"],
        ),
        (status(BROKEN, run="run-1"), status(BROKEN, run="run-1"), []),
        (
            status(BROKEN, run="run-1"),
            status(BROKEN, run="run-2"),
            ["Warning BuildFailed: CastFailed: price is no number"],
        ),
        (
            status(PENDING),
            status(STUCK, run="run-1"),
            [
                "Warning BuildFailed: CastFailed: price is no number",
                "Warning Stalled: CastFailed: nothing happens until the product or its sources"
                " change",
            ],
        ),
        (
            status(PENDING),
            status({**ACCEPTED, "Materialized": "False SourceMissing waiting for a.parquet"}),
            ["Warning SourceMissing: waiting for a.parquet"],
        ),
        (
            status(PENDING),
            status({**ACCEPTED, "Materialized": "False Suspended it is suspended"}),
            ["Normal Suspended: it is suspended"],
        ),
        (
            status(READY, sequence=1),
            status({**READY, "Served": "False NotServed nobody has it"}, sequence=1),
            ["Warning NotServed: nobody has it"],
        ),
        (
            status(READY, sequence=1),
            status({**READY, "Ready": "False Stale too old"}, sequence=1),
            ["Warning Stale: too old"],
        ),
        (
            status({**READY, "Reconciling": "False Settled"}, sequence=1),
            status(REFUSED_OBJECT, sequence=1),
            ["Warning ObjectRefused: PATCH /x: 403 Forbidden"],
        ),
        (status(REFUSED_OBJECT, sequence=1), status(REFUSED_OBJECT, sequence=1), []),
    ],
)
def test_events_follow_from_transitions(
    before: Status | None, after: Status, wanted: list[str]
) -> None:
    assert told(before, after) == wanted
