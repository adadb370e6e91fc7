"""Telling the event log what it lacks: each thing once, a bounded number a tick."""

import dagster as dg
import pytest

from dphub_assets.decide.reconcile import Decision, Tried
from dphub_assets.lake.reader import Snapshot
from dphub_assets.loop import reported
from dphub_assets.loop.reported import Reported, tellable
from dphub_k8s.api.snapshot import DataFile, Identity
from tests import lake_documents

COUNT = reported.TOLD + 7


def test_many_sources_are_told_over_several_ticks() -> None:
    versions = {f"source-{number}.parquet": "1" for number in range(COUNT)}
    with dg.DagsterInstance.ephemeral() as instance:
        told = Reported()
        ticks = [tick(told, instance, versions) for _ in range(4)]
        assert ticks == [reported.TOLD, 7, 0, 0]
        # Another process asks the log.
        assert tick(Reported(), instance, versions) == 0
        assert tick(told, instance, {**versions, "source-3.parquet": "2"}) == 1


@pytest.mark.parametrize("versions", [{}, {"a/b.parquet": "1"}])
def test_what_is_told_is_read_back(versions: dict[str, str]) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        told = Reported()
        tick(told, instance, versions)
        assert told.versions == {}
        tick(told, instance, versions)
        assert told.versions == versions


FILE = DataFile(path="f", rows=7, bytes=8, digest="", statistics={})
IDENTITY = Identity(name="orders", uid="u", generation=1)
SNAPSHOT = Snapshot(0, lake_documents.document("id", lake_documents.product(), IDENTITY, FILE))


@pytest.mark.parametrize(
    ("decision", "wanted"),
    [
        (Decision(), ["a", "c"]),
        (Decision(queued=("d",), failed=("e",)), ["a", "c"]),
        # An edit waits for this tick to end.
        (Decision(stale=("d",)), []),
        (Decision(build={"d": "key"}, runs=(("d",),)), []),
    ],
)
def test_what_is_told_event_by_event_keeps_no_edit_waiting(
    decision: Decision, wanted: list[str]
) -> None:
    snapshots = dict.fromkeys("abc", SNAPSHOT)
    tried = {"a": Tried(attempts=1), "b": Tried(in_flight=True)}
    assert list(tellable({"c", "b", "a", "unpublished"}, snapshots, decision, tried)) == wanted


def tick(told: Reported, instance: dg.DagsterInstance, versions: dict[str, str]) -> int:
    events = list(told.sources(instance, versions))
    for event in events:
        instance.report_runless_asset_event(event)
    return len(events)
