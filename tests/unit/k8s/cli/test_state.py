import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dphub_k8s.api.status import Condition, RunStatus, SnapshotStatus, Status
from dphub_k8s.dev import lock
from dphub_k8s.settings import Settings
from dphub_k8s.stores.directory import DirectoryStore
from tests.factories import product, write
from tests.unit.k8s.cli.conftest import Dphub

NOW = datetime.now(UTC)
SNAPSHOT = SnapshotStatus(
    sequence=3,
    rows=6_884_411,
    bytes=1,
    materializedAt=NOW - timedelta(hours=5),
    runId="0123456789ab",
)
HUB = "no `dphub dev` uses"


@pytest.fixture
def store(here: Path) -> DirectoryStore:
    return DirectoryStore(here / "products", here / ".dphub" / "store")


def observed(accepted: str, built: str, ready: str, message: str = "", **said: Any) -> Status:
    """Conditions as `status reason`, of the first generation."""
    kinds = {"Accepted": accepted, "Materialized": built, "Ready": ready}
    found = [
        {"type": kind, "status": text.split()[0], "reason": text.split()[1], "message": message}
        for kind, text in kinds.items()
    ]
    return Status(
        observedGeneration=1, conditions=tuple(map(Condition.model_validate, found)), **said
    )


GOOD = observed("True Accepted", "True Built", "True Served", snapshot=SNAPSHOT)


def put(store: DirectoryStore, name: str, status: Status) -> None:
    store.set_status(name, store.create(product(name)).uid, status)


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [
        (GOOD, "Ready", 0),
        (observed("True Accepted", "True Built", "False Stale"), "Stale", 1),
        (observed("True Accepted", "False CastFailed", "True Served"), "Failed", 0),
        (observed("True Accepted", "False SourceMissing", "True Served"), "Waiting", 0),
        (observed("True Accepted", "Unknown Building", "True Served"), "Building", 0),
        (observed("True Accepted", "True Built", "False Behind"), "Waiting", 1),
        (
            observed("True Accepted", "True Built", "Unknown ServiceUnreachable"),
            "Unreachable",
            1,
        ),
        (observed("True Accepted", "True Suspended", "True Suspended"), "Suspended", 0),
        (observed("True Accepted", "False Suspended", "False Suspended"), "Suspended", 1),
        (observed("True Accepted", "Unknown Building", "False Building"), "Building", 1),
        (observed("True Accepted", "Unknown Pending", "False Pending"), "Waiting", 1),
        (observed("True Accepted", "False SourceMissing", "False SourceMissing"), "Waiting", 1),
        (observed("True Accepted", "False CastFailed", "False CastFailed"), "Failed", 1),
        (observed("False NameTaken", "False NameTaken", "False NameTaken"), "Refused", 1),
        (Status(), "Waiting", 1),
    ],
)
def test_a_product_is_in_one_state(
    dphub: Dphub, store: DirectoryStore, status: Status, state: str, code: int
) -> None:
    put(store, "a", status)
    run = dphub("status")
    assert (run.status, run.out.splitlines()[1].split()[:2]) == (code, ["a", state])
    assert run.out.endswith(f"1 product: 1 {state.lower()}\n")


def test_the_table_says_what_happened_and_what_follows(dphub: Dphub, store: DirectoryStore) -> None:
    put(store, "a", GOOD)
    failed = RunStatus(id="fedcba9876543210", result="Failed", ended=NOW)
    due = NOW + timedelta(hours=3, minutes=30)
    message = "no room; snapshot 3 is still served"
    put(
        store,
        "b",
        observed(
            "True Accepted",
            "False DiskFailed",
            "False DiskFailed",
            message,
            snapshot=SNAPSHOT,
            lastRun=failed,
            nextAttempt=due,
        ),
    )
    run = dphub("status")
    _, a, b, why, total = run.out.splitlines()
    assert a.split() == [
        "a",
        "Ready",
        "True",
        "Served",
        "6,884,411",
        "5h",
        "01234567",
        "succeeded",
        "-",
    ]
    wanted = "b Failed False DiskFailed 6,884,411 5h fedcba98 failed attempt in 3h"
    assert b.split() == wanted.split()
    assert why == f"b: {message}"
    assert total == "2 products: 1 ready, 1 failed"
    first, second = json.loads(dphub("status", "-o", "json").out)
    assert (first["state"], first["ready"], first["snapshot"]["rows"]) == ("Ready", True, 6_884_411)
    assert first["lastRun"]["result"] == "Succeeded"
    assert second["next"] == [{"what": "attempt", "at": due.isoformat()}]


def test_what_the_hub_has_not_looked_at_yet_waits(
    dphub: Dphub, here: Path, store: DirectoryStore
) -> None:
    put(store, "a", GOOD)
    write(here / "products" / "a.yaml", product("a", owner="me"))
    run = dphub("status")
    assert (run.status, run.out.splitlines()[1].split()[1]) == (1, "Waiting")
    assert "a: the hub has not looked at this declaration yet\n" in run.out


def test_files_that_cannot_be_read_are_not_ready(
    dphub: Dphub, here: Path, store: DirectoryStore
) -> None:
    put(store, "a", GOOD)
    (here / "products" / "a.yaml").write_text("")
    run = dphub("status")
    assert (run.status, run.out.splitlines()[1].split()[1:4:2]) == (1, ["Refused", "Empty"])
    write(here / "products" / "a.yaml", product("a"))
    assert dphub("status").status == 0
    (here / "products" / "b.yaml").write_text("a: b: c")
    run = dphub("status")
    assert run.status == 1
    assert f"fault: {here}/products/b.yaml:1:5: not YAML" in run.err


def test_it_says_when_no_hub_runs(dphub: Dphub, here: Path, store: DirectoryStore) -> None:
    put(store, "a", GOOD)
    assert f"{HUB} {here}/.dphub" in dphub("status").err
    with lock.alone(Settings.read({"DPHUB_HOME": str(here / ".dphub")})):
        assert dphub("status").err == ""
    assert HUB in dphub("status").err


def test_nothing_is_ready_where_nothing_is(dphub: Dphub) -> None:
    run = dphub("status")
    assert (run.status, run.out) == (0, "there is no product\n")
