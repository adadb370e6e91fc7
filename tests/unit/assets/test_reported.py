"""Telling the event log what it lacks: each thing once, a bounded number a tick."""

import dagster as dg
import pytest

from dphub_assets import reported
from dphub_assets.reported import Reported

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


def tick(told: Reported, instance: dg.DagsterInstance, versions: dict[str, str]) -> int:
    events = list(told.sources(instance, versions))
    for event in events:
        instance.report_runless_asset_event(event)
    return len(events)
