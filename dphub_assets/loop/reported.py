"""What the event log is known to hold, and the events that it lacks.

A memory of answers, asked again where it differs: an event counts only once it has been read back,
so a tick that is lost costs nothing.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import dagster as dg

from dphub_assets.decide.reconcile import Decision, Tried
from dphub_assets.graph import translator
from dphub_assets.lake.reader import Snapshot

Event = dg.AssetMaterialization | dg.AssetCheckEvaluation
# Of a tick, which has to end in good time: the log is asked in one go, but written event by event.
ASKED, TOLD = 500, 50


@dataclass(frozen=True)
class Reported:
    """`versions` are data versions by location, `sequences` (uid, sequence) by product."""

    versions: dict[str, str] = field(default_factory=dict)
    sequences: dict[str, tuple[str, int]] = field(default_factory=dict)

    def behind(self, snapshots: Mapping[str, Snapshot]) -> set[str]:
        return {name for name, found in snapshots.items() if self.sequences.get(name) != _of(found)}

    def sources(
        self, instance: dg.DagsterInstance, versions: Mapping[str, str]
    ) -> Iterator[dg.AssetMaterialization]:
        new = (each for each in versions.items() if self.versions.get(each[0]) != each[1])
        asked = {translator.source_key(where): (where, v) for where, v in islice(new, ASKED)}
        told = _latest(instance, asked)
        behind = []
        for key, (location, version) in asked.items():
            event = told.get(key)
            if event and (event.tags or {}).get(translator.DATA_VERSION) == version:
                self.versions[location] = version
            else:
                behind.append(translator.source_event(location, version))
        yield from behind[:TOLD]

    def snapshots(
        self,
        instance: dg.DagsterInstance,
        snapshots: Mapping[str, Snapshot],
        domains: Mapping[str, str],
        public_url: str,
        uri: Callable[[str], str],
    ) -> Iterator[Event]:
        """Materializations for what no run reported: it had none, or died right after."""
        asked = {
            translator.product_key(snapshot.document.spec): (name, snapshot)
            for name, snapshot in islice(snapshots.items(), ASKED)
        }
        told = _latest(instance, asked)
        behind = []
        for key, (name, snapshot) in asked.items():
            if _tells(told.get(key), snapshot):
                self.sequences[name] = _of(snapshot)
            else:
                behind.append((name, snapshot))
        for name, snapshot in behind[:TOLD]:
            yield translator.product_event(snapshot, domains, public_url, uri(name))
            yield from translator.check_events(snapshot)
            yield translator.endpoint_event(snapshot, public_url)


def tellable(
    behind: Collection[str],
    snapshots: Mapping[str, Snapshot],
    decision: Decision,
    tried: Mapping[str, Tried],
) -> dict[str, Snapshot]:
    """What has to be written event by event keeps no edit waiting: nothing of it while a reload or
    a run is due, nor of a product whose run may tell it."""
    if decision.stale or decision.runs:
        return {}
    return {
        name: snapshots[name]
        for name in sorted(behind)
        if name in snapshots and not (name in tried and tried[name].in_flight)
    }


def _latest(
    instance: dg.DagsterInstance, keys: Iterable[dg.AssetKey]
) -> dict[dg.AssetKey, dg.AssetMaterialization]:
    found = {}
    if asked := list(keys):
        for record in instance.get_asset_records(asked):
            if event := record.asset_entry.last_materialization:
                found[record.asset_entry.asset_key] = event.asset_materialization
    return {key: event for key, event in found.items() if event}


def _tells(event: dg.AssetMaterialization | None, snapshot: Snapshot) -> bool:
    if event is None:
        return False
    uid, sequence = event.metadata.get(translator.UID), event.metadata.get(translator.SEQUENCE)
    return bool(uid and sequence and (uid.value, sequence.value) == _of(snapshot))


def _of(snapshot: Snapshot) -> tuple[str, int]:
    return snapshot.document.product.uid, snapshot.sequence
