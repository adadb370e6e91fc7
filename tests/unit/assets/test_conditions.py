"""What the status of a product says, from where it stands."""

from datetime import UTC, datetime, timedelta

import pytest

from dphub_assets import conditions
from dphub_assets.conditions import Progress
from dphub_assets.declared import Declared
from dphub_assets.lake.reader import Snapshot
from dphub_k8s.api.errors import Problem
from dphub_k8s.api.snapshot import DataFile, Identity
from dphub_k8s.api.status import Status
from tests import lake_documents

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PRODUCT = lake_documents.product()
IDENTITY = Identity(name="orders", uid="u", generation=3)
GOOD = Declared(IDENTITY, "default", "d", "c", PRODUCT)
BAD = Declared(IDENTITY, "default", "d", "", None, (Problem("spec.x", "UnknownField", "no x"),))
FILE = DataFile(path="f", rows=7, bytes=8, digest="", statistics={})
SNAPSHOT = Snapshot(4, lake_documents.document("id", PRODUCT, IDENTITY, FILE))
FAILED = conditions.failed("CastFailed", "'x' is no int", "edit it")


def status(
    declared: Declared = GOOD,
    progress: Progress = conditions.BUILT,
    snapshot: Snapshot | None = SNAPSHOT,
    before: Status | None = None,
    now: datetime = NOW,
) -> Status:
    return conditions.status(declared, progress, snapshot, before, now)


def said(found: Status) -> dict[str, tuple[str, str]]:
    return {one.type: (one.status, one.reason) for one in found.conditions}


@pytest.mark.parametrize(
    ("declared", "progress", "snapshot", "ready", "materialized"),
    [
        (GOOD, conditions.BUILT, SNAPSHOT, ("True", "Served"), ("True", "Built")),
        (GOOD, conditions.BUILDING, None, ("False", "Building"), ("Unknown", "Building")),
        (GOOD, FAILED, SNAPSHOT, ("False", "CastFailed"), ("False", "CastFailed")),
        (
            GOOD,
            conditions.waiting(["a.parquet"]),
            None,
            ("False", "SourceMissing"),
            ("False", "SourceMissing"),
        ),
        (
            BAD,
            conditions.PENDING,
            SNAPSHOT,
            ("False", "UnknownField"),
            ("False", "UnknownField"),
        ),
    ],
)
def test_ready_means_served_as_declared(
    declared: Declared,
    progress: Progress,
    snapshot: Snapshot | None,
    ready: tuple[str, str],
    materialized: tuple[str, str],
) -> None:
    found = said(status(declared, progress, snapshot))
    assert (found["Ready"], found["Materialized"]) == (ready, materialized)


def test_an_old_snapshot_is_said_to_be_served_still() -> None:
    found = status(progress=FAILED).condition("Ready")
    assert found is not None
    assert "snapshot 4 is still served" in found.message
    assert "'x' is no int (edit it)" in found.message


def test_the_snapshot_in_short() -> None:
    found = status()
    assert found.observed_generation == 3
    assert found.snapshot is not None
    assert (found.snapshot.sequence, found.snapshot.rows, found.snapshot.bytes) == (4, 7, 8)


def test_a_transition_time_moves_with_the_status_only() -> None:
    first = status()
    later = NOW + timedelta(minutes=1)
    assert status(before=first, now=later) == first
    changed = status(progress=FAILED, before=first, now=later)
    times = {one.type: one.last_transition_time for one in changed.conditions}
    assert times == {"Accepted": NOW, "Materialized": later, "Ready": later}
