"""What the status of a product says, from where it stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dphub_assets.decide.declared import Declared
from dphub_assets.decide.reconcile import Failure, Tried
from dphub_assets.decide.schedule import Schedule
from dphub_assets.lake.reader import Snapshot
from dphub_assets.status import conditions
from dphub_assets.status.conditions import Heard, Progress
from dphub_k8s.api.errors import Problem
from dphub_k8s.api.refresh import Refresh
from dphub_k8s.api.snapshot import DataFile, Identity, Verdict
from dphub_k8s.api.status import LONGEST_MESSAGE, RunStatus, Status
from tests import factories, lake_documents

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PRODUCT = lake_documents.product()
IDENTITY = Identity(name="orders", uid="u", generation=3)
GOOD = Declared(IDENTITY, "default", PRODUCT.spec_digest(), "c", PRODUCT)
EDITED = replace(GOOD, digest="another")
CREATED_AGAIN = replace(GOOD, identity=IDENTITY.model_copy(update={"uid": "v"}))
BAD = Declared(IDENTITY, "default", "d", "", None, (Problem("spec.x", "UnknownField", "no x"),))
FILE = DataFile(path="f", rows=7, bytes=8, digest="", statistics={})
SNAPSHOT = Snapshot(4, lake_documents.document("id", PRODUCT, IDENTITY, FILE))
FAILED = conditions.failed("CastFailed", "'x' is no int", final=True)
LOST = conditions.failed("RunLost", "it died", final=False)
MISSING = conditions.waiting(["a.parquet"])
SILENT = "http://10.0.0.1:8000 does not answer"


def status(
    declared: Declared = GOOD,
    progress: Progress = conditions.BUILT,
    snapshot: Snapshot | None = SNAPSHOT,
    before: Status | None = None,
    now: datetime = NOW,
    heard: Heard | None = None,
    refused: str = "",
) -> Status:
    stale = snapshot is not None and conditions.is_stale(snapshot, now)
    seen = conditions.Seen(snapshot, stale=stale, heard=heard, refused=refused)
    return conditions.status(declared, progress, seen, before, now, "https://hub.test")


def said(found: Status) -> dict[str, tuple[str, str]]:
    return {one.type: (one.status, one.reason) for one in found.conditions}


def in_short(found: Status) -> str:
    """Each condition's first letter of its status, and the reason of Ready."""
    ready = found.condition("Ready")
    assert ready is not None
    return " ".join([*(one.status[0] for one in found.conditions), ready.reason])


@pytest.mark.parametrize(
    ("declared", "progress", "snapshot", "told"),
    [
        # Accepted, Materialized, Served, Ready, Reconciling, Stalled
        (GOOD, conditions.BUILT, SNAPSHOT, "T T T T F F Served"),
        (GOOD, conditions.PENDING, None, "T U F F T F Pending"),
        (GOOD, conditions.BUILDING, None, "T U F F T F Building"),
        (GOOD, FAILED, None, "T F F F F T CastFailed"),
        (GOOD, MISSING, None, "T F F F F T SourceMissing"),
        (GOOD, LOST, None, "T F F F T F RunLost"),
        # An edit: what is served is not what is asked for.
        (EDITED, conditions.BUILT, SNAPSHOT, "T U T F T F Pending"),
        (EDITED, conditions.BUILDING, SNAPSHOT, "T U T F T F Building"),
        (EDITED, FAILED, SNAPSHOT, "T F T F F T CastFailed"),
        (EDITED, LOST, SNAPSHOT, "T F T F T F RunLost"),
        (EDITED, conditions.NOT_LOADED, SNAPSHOT, "T F T F F T NotLoaded"),
        (EDITED, conditions.SUSPENDED, SNAPSHOT, "T F T F F T Suspended"),
        (CREATED_AGAIN, conditions.BUILDING, SNAPSHOT, "T U T F T F Building"),
        # Other sources: what is asked for is served, from the sources of before.
        (GOOD, conditions.BUILDING, SNAPSHOT, "T U T T T F Served"),
        (GOOD, FAILED, SNAPSHOT, "T F T T F T Served"),
        (GOOD, LOST, SNAPSHOT, "T F T T T F Served"),
        (GOOD, MISSING, SNAPSHOT, "T F T T F T Served"),
        # Refused.
        (BAD, conditions.PENDING, SNAPSHOT, "F F T F F T UnknownField"),
        (BAD, conditions.NOT_LOADED, None, "F F F F F T UnknownField"),
    ],
)
def test_ready_means_that_what_is_declared_is_served(
    declared: Declared, progress: Progress, snapshot: Snapshot | None, told: str
) -> None:
    assert in_short(status(declared, progress, snapshot)) == told


READY = status()


@pytest.mark.parametrize(
    ("declared", "heard", "before", "told"),
    [
        (GOOD, Heard(4), None, "T T T T F F Served"),
        (GOOD, Heard(None), None, "T T F F T F NotServed"),
        (GOOD, Heard(3), None, "T T T F T F Behind"),
        (GOOD, Heard(3), READY, "T T T T T F Served"),
        # A product of the same name, whose data were deleted, had more snapshots.
        (GOOD, Heard(9), None, "T T T F T F Behind"),
        (GOOD, Heard(None), READY, "T T F F T F NotServed"),
        (GOOD, Heard(fault=SILENT), READY, "T T U U F F ServiceUnreachable"),
        (GOOD, Heard(fault=SILENT, fresh=True), None, "T T U U F F ServiceUnreachable"),
        (GOOD, Heard(fault=SILENT, fresh=True), READY, "T T T T F F Served"),
        (EDITED, Heard(fault=SILENT, fresh=True), READY, "T U T F T F Pending"),
        (BAD, Heard(fault=SILENT), None, "F F U F F T UnknownField"),
        (BAD, Heard(4), None, "F F T F F T UnknownField"),
    ],
)
def test_served_is_what_the_service_says(
    declared: Declared, heard: Heard, before: Status | None, told: str
) -> None:
    assert in_short(status(declared, before=before, heard=heard)) == told


def test_what_is_served_of_a_lost_document_is_told() -> None:
    assert said(status(snapshot=None, heard=Heard(4)))["Served"] == ("True", "Served")
    assert said(status(snapshot=None, heard=Heard(None)))["Served"] == ("False", "Unpublished")


def test_where_it_is_served_and_what_it_was_built_from() -> None:
    found = status()
    assert (found.url, found.entity_url) == (
        "https://hub.test/odata/orders",
        "https://hub.test/odata/orders/Order",
    )
    assert found.spec_hash == PRODUCT.spec_digest()
    moved = replace(GOOD, product=lake_documents.product(api={"path": "/other"}), digest="x")
    assert status(moved).url == found.url
    assert status(moved, snapshot=None).url == "https://hub.test/odata/other"
    assert status(BAD, snapshot=None).url is None
    assert {one.observed_generation for one in found.conditions} == {3}


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
    found = status(EDITED, FAILED).condition("Ready")
    assert found is not None
    assert "snapshot 4 is still served" in found.message
    assert "'x' is no int (edit the product or its sources)" in found.message


def test_the_snapshot_in_short() -> None:
    found = status()
    assert found.observed_generation == 3
    assert found.snapshot is not None
    assert (found.snapshot.sequence, found.snapshot.rows, found.snapshot.bytes) == (4, 7, 8)


def test_a_transition_time_moves_with_the_status_only() -> None:
    first = status()
    later = NOW + timedelta(minutes=1)
    assert status(before=first, now=later) == first
    changed = status(EDITED, FAILED, before=first, now=later)
    times = {one.type: one.last_transition_time for one in changed.conditions}
    flipped = {"Materialized", "Ready", "Stalled"}
    assert times == {kind: later if kind in flipped else NOW for kind in times}


def published(declared: Declared) -> Snapshot:
    """What is declared."""
    assert declared.product is not None
    return Snapshot(4, lake_documents.document("id", declared.product, IDENTITY, FILE))


def with_spec(**said: object) -> Declared:
    product = factories.admitted(**said)  # type: ignore[arg-type]
    return Declared(IDENTITY, "default", product.spec_digest(), "c", product)


def test_a_suspended_product_says_so_whether_it_is_as_declared_or_not() -> None:
    suspended = with_spec(suspend=True)
    found = status(suspended, snapshot=published(suspended))
    assert in_short(found) == "T T T T F F Suspended"
    assert said(found)["Materialized"] == ("True", "Suspended")
    assert said(status(suspended, conditions.SUSPENDED))["Ready"] == ("False", "Suspended")
    assert said(status(suspended, conditions.BUILDING))["Ready"] == ("False", "Building")


def test_the_next_look_at_the_sources_is_told() -> None:
    schedule = Schedule(Refresh(cron="0 6 * * *"), NOW)
    seen = conditions.Seen(SNAPSHOT, schedule)
    found = conditions.status(GOOD, conditions.BUILT, seen, None, NOW)
    built = found.condition("Materialized")
    assert built is not None
    assert built.message == "changes of the sources wait for the next refresh"
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
    assert said(status(EDITED, FAILED, warned))["Ready"] == ("False", "CastFailed")


def test_navigation_that_leads_nowhere_is_told_and_breaks_nothing() -> None:
    lost = "navigation 'buyer' is not served: 'customers' is no product (known: orders)"
    found = status(replace(GOOD, unserved=(lost,)))
    ready = found.condition("Ready")
    assert ready is not None
    assert (ready.status, ready.reason, ready.message) == ("True", "Warned", lost)
    assert said(found)["Stalled"] == ("False", "NotStalled")


@pytest.mark.parametrize("progress", [conditions.BUILT, conditions.BUILDING, LOST, FAILED])
@pytest.mark.parametrize(("age", "told"), [(60, ("True", "Served")), (61, ("False", "Stale"))])
def test_what_is_older_than_it_may_be_is_not_ready(
    age: int, told: tuple[str, str], progress: Progress
) -> None:
    declared = with_spec(maxStalenessSeconds=60)
    document = published(declared).document
    read = NOW - timedelta(seconds=age)
    old = Snapshot(4, document.model_copy(update={"sources_read": read, "created": NOW}))
    first = status(declared, progress, old)
    assert said(first)["Ready"] == told
    assert said(first)["Served"] == ("True", "Served")
    later = status(declared, progress, old, first, NOW + timedelta(seconds=1))
    assert (later == first) == (age == 61)


def test_what_is_only_old_is_stalled() -> None:
    declared = with_spec(maxStalenessSeconds=60)
    old = published(declared).document.model_copy(update={"created": NOW - timedelta(days=1)})
    assert in_short(status(declared, snapshot=Snapshot(4, old))) == "T T T F F T Stale"


def test_an_object_that_a_cluster_refuses_is_told_and_what_is_served_is_ready() -> None:
    found = status(refused="PATCH /x: 403 Forbidden")
    assert in_short(found) == "T T T T T F Served"
    reconciling = found.condition("Reconciling")
    assert reconciling is not None
    assert reconciling.reason == "ObjectRefused"
    assert reconciling.message == "PATCH /x: 403 Forbidden"
    assert in_short(status(progress=FAILED, refused="no")) == in_short(status(progress=FAILED))


def test_more_problems_than_a_condition_takes_are_cut() -> None:
    problems = tuple(Problem(f"spec.x{each}", "UnknownField", "x" * 100) for each in range(500))
    told = status(replace(BAD, problems=problems))
    lengths = [len(each.message) for each in told.conditions]
    assert max(lengths) == LONGEST_MESSAGE
    assert told.conditions[0].message.endswith("x…")
