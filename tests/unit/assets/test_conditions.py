"""What the status of a product says, from where it stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dphub_assets import conditions
from dphub_assets.conditions import Progress
from dphub_assets.declared import Declared
from dphub_assets.lake.reader import Snapshot
from dphub_assets.reconcile import Failure, Tried
from dphub_assets.schedule import Schedule
from dphub_k8s.api.errors import Problem
from dphub_k8s.api.refresh import Refresh
from dphub_k8s.api.snapshot import DataFile, Identity, Verdict
from dphub_k8s.api.status import RunStatus, Status
from tests import factories, lake_documents

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
    return conditions.status(declared, progress, conditions.Seen(snapshot), before, now)


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


def test_what_a_run_came_to_is_told_until_another_mends_it() -> None:
    end, due = NOW.timestamp(), NOW.timestamp() + 5
    tried = Tried(attempts=1, last_end=end, failure=Failure("DiskFailed", "full"), last_run="r")
    seen = conditions.Seen(None, tried=tried, due=due)
    found = conditions.status(GOOD, FAILED, seen, None, NOW)
    assert found.last_run == RunStatus(id="r", result="Failed", ended=NOW)
    assert found.next_attempt == NOW + timedelta(seconds=5)
    mended = conditions.Seen(SNAPSHOT, tried=Tried(attempts=1, last_end=end, last_run="r"))
    found = conditions.status(GOOD, conditions.BUILT, mended, None, NOW)
    assert (found.last_run, found.next_attempt) == (None, None)


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


def with_spec(**said: object) -> Declared:
    product = factories.admitted(**said)  # type: ignore[arg-type]
    return Declared(IDENTITY, "default", "d", "c", product)


def test_a_suspended_product_says_so_whether_it_is_as_declared_or_not() -> None:
    suspended = with_spec(suspend=True)
    assert said(status(suspended)) == {
        "Accepted": ("True", "Accepted"),
        "Materialized": ("True", "Suspended"),
        "Ready": ("True", "Suspended"),
    }
    assert said(status(suspended, conditions.SUSPENDED))["Ready"] == ("False", "Suspended")
    assert said(status(suspended, conditions.BUILDING))["Ready"] == ("False", "Building")


def test_the_next_look_at_the_sources_is_told() -> None:
    schedule = Schedule(Refresh(cron="0 6 * * *"), NOW)
    seen = conditions.Seen(SNAPSHOT, schedule)
    found = conditions.status(GOOD, conditions.BUILT, seen, None, NOW)
    ready = found.condition("Ready")
    assert ready is not None
    assert ready.message == "sources are looked at again at 2026-01-02 06:00:00 UTC"
    assert (found.sources_compared, found.next_refresh) == (
        NOW,
        NOW.replace(hour=6, minute=0, second=0),
    )


def test_a_broken_rule_that_blocks_nothing_is_told() -> None:
    verdicts = (
        Verdict(check="key_unique", passed=True),
        Verdict(check="rule:named", passed=False, blocking=False, message="2 of 7 rows"),
    )
    warned = replace(SNAPSHOT, document=SNAPSHOT.document.model_copy(update={"verdicts": verdicts}))
    found = status(snapshot=warned)
    ready = found.condition("Ready")
    assert ready is not None
    assert said(found)["Materialized"] == ("True", "Built")
    assert (ready.status, ready.reason) == ("True", "Warned")
    assert ready.message == "rule:named: 2 of 7 rows"
    assert said(status(snapshot=warned, progress=FAILED))["Ready"] == ("False", "CastFailed")


@pytest.mark.parametrize(("age", "reason"), [(60, "Served"), (61, "Stale")])
def test_an_old_snapshot_is_ready_and_stale(age: int, reason: str) -> None:
    document = SNAPSHOT.document
    kept = factories.admitted(maxStalenessSeconds=60)
    read = NOW - timedelta(seconds=age)
    update = {"spec": kept, "sources_read": read, "created": NOW}
    old = Snapshot(4, document.model_copy(update=update))
    assert said(status(snapshot=old))["Ready"] == ("True", reason)
    first = status(snapshot=old)
    later = status(snapshot=old, before=first, now=NOW + timedelta(seconds=1))
    assert (later == first) == (reason == "Stale")
