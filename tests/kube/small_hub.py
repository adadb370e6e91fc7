"""A hub without Dagster and lake: what the sensor does with a cluster, a tick at a time."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from dphub_assets.decide.declared import Declarations, Declared
from dphub_assets.decide.reconcile import (
    Built,
    Decision,
    Loaded,
    Tried,
    Wanted,
    reconcile,
    unsettled,
)
from dphub_assets.lake.reader import Snapshot
from dphub_assets.status.objects import ClusterObjects
from dphub_assets.status.teller import Observed, Teller
from dphub_k8s.api.snapshot import DataFile
from dphub_k8s.cluster.client import Client
from dphub_k8s.reconcile.objects import Objects
from dphub_k8s.reconcile.settings import ObjectSettings
from dphub_k8s.shards import Shard
from dphub_k8s.stores.base import StoreError
from dphub_k8s.stores.cluster import ClusterStore
from tests import lake_documents
from tests.kube import products
from tests.kube.declared import EXPOSURE

FILE = DataFile(path="f", rows=7, bytes=8, digest="", statistics={})
SLOTS = 10
PATIENCE = 60.0


@dataclass
class Works:
    """What outlives a hub: runs, what is published, and all that was ever done, in words."""

    running: dict[str, Declared] = field(default_factory=dict)
    published: dict[str, Snapshot] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    def end_runs(self) -> None:
        for name in list(self.running):
            self.publish("built", self.running.pop(name))

    def publish(self, how: str, one: Declared) -> None:
        assert one.product is not None
        sequence = self.sequences[one.name] = self.sequences.get(one.name, -1) + 1
        document = lake_documents.document(f"{sequence}", one.product, one.identity, FILE)
        self.published[one.name] = Snapshot(sequence, document)
        self.done.append(f"{how} {one.name} {sequence} of generation {one.identity.generation}")

    def retire(self, name: str) -> None:
        del self.published[name]
        self.done.append(f"retired {name}")


class SmallHub:
    """`skipped` says why ticks were. A tick is a second for what waits after failures."""

    def __init__(self, kubeconfig: Path, works: Works) -> None:
        settings = products.settings(kubeconfig)
        self.store = ClusterStore(settings)
        self.skipped: list[str] = []
        self._now = 0.0
        self._declarations = Declarations(self.store, None)
        self._teller = Teller(self.store)
        client = cache(lambda: Client.open(kubeconfig))
        objects = Objects(client, ObjectSettings(settings, EXPOSURE), lambda: self._now)
        self._objects = ClusterObjects(objects, Shard())
        self._works = works

    @property
    def settled(self) -> bool:
        return self._objects.settled

    def tick(self) -> None:
        self._now += 1.0
        try:
            self._reconcile()
        except StoreError as error:
            self.skipped.append(str(error))

    def _reconcile(self) -> None:
        works = self._works
        declared = self._declarations.read()
        works.end_runs()
        wanted = {name: _wanted(one) for name, one in declared.items()}
        built = {name: _built(snapshot) for name, snapshot in works.published.items()}
        pending = unsettled(wanted, built)
        tried = {name: Tried(in_flight=name in works.running) for name in pending}
        loaded = {name: Loaded(want.stamp) for name, want in wanted.items()}
        decision = reconcile(wanted, loaded, built, tried, 0.0, SLOTS)
        self._act(decision, declared)
        observed = Observed(datetime.now(UTC), declared, works.published)
        self._teller.tell(observed, decision, tried)
        self._objects.tick(declared, self._declarations.stored, self._teller.news)
        self._objects.wait(PATIENCE)

    def _act(self, decision: Decision, declared: dict[str, Declared]) -> None:
        for name in decision.retire:
            self._works.retire(name)
        for name in decision.publish:
            self._works.publish("published", declared[name])
        for name in decision.build:
            self._works.running[name] = declared[name]


def _wanted(one: Declared) -> Wanted:
    return Wanted(
        uid=one.identity.uid,
        generation=one.identity.generation,
        stamp=one.stamp,
        digest=one.digest,
        level=one.code_version,
        route=one.product.route if one.product else "",
        refused=one.product is None,
    )


def _built(snapshot: Snapshot) -> Built:
    document = snapshot.document
    spec = document.spec
    return Built(
        document.product.uid, spec.route, spec.spec_digest(), document.code_version, "data"
    )
