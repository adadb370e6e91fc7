"""What the event log is known to hold, and the events that it lacks.

A memory of answers, asked again where it differs: an event counts only once it has been read back,
so a tick that is lost costs nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import dagster as dg

from dphub_assets import translator
from dphub_assets.lake.reader import Snapshot

Event = dg.AssetMaterialization | dg.AssetCheckEvaluation


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
        for location, version in versions.items():
            if self.versions.get(location) == version:
                continue
            record = instance.get_latest_materialization_event(translator.source_key(location))
            event = record.asset_materialization if record else None
            if event and (event.tags or {}).get(translator.DATA_VERSION) == version:
                self.versions[location] = version
            else:
                yield translator.source_event(location, version)

    def snapshots(
        self,
        instance: dg.DagsterInstance,
        snapshots: Mapping[str, Snapshot],
        domains: Mapping[str, str],
        public_url: str,
        uris: Mapping[str, str],
    ) -> Iterator[Event]:
        """Materializations for what no run reported: it had none, or died right after."""
        for name in self.behind(snapshots):
            snapshot = snapshots[name]
            if self._told(instance, snapshot):
                self.sequences[name] = _of(snapshot)
                continue
            yield translator.product_event(snapshot, domains, public_url, uris[name])
            yield from translator.check_events(snapshot)
            yield translator.endpoint_event(snapshot, public_url)

    def _told(self, instance: dg.DagsterInstance, snapshot: Snapshot) -> bool:
        key = translator.product_key(snapshot.document.spec)
        record = instance.get_latest_materialization_event(key)
        event = record.asset_materialization if record else None
        if event is None:
            return False
        uid, sequence = event.metadata.get(translator.UID), event.metadata.get(translator.SEQUENCE)
        return bool(uid and sequence and (uid.value, sequence.value) == _of(snapshot))


def _of(snapshot: Snapshot) -> tuple[str, int]:
    return snapshot.document.product.uid, snapshot.sequence
