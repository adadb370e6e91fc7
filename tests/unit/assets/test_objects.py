"""What a tick of the sensor does in a cluster beside the status, and that it never waits for it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dphub_assets.decide.declared import Declarations, Declared
from dphub_assets.decide.reconcile import Decision
from dphub_assets.lake.reader import Snapshot
from dphub_assets.status.objects import ClusterObjects
from dphub_assets.status.outlook import objects
from dphub_assets.status.teller import Observed, Teller
from dphub_k8s.api.snapshot import DataFile
from dphub_k8s.api.status import Condition
from dphub_k8s.cluster.client import Client
from dphub_k8s.reconcile.export import CONFIG_MAPS
from dphub_k8s.reconcile.manifest import OWNED
from dphub_k8s.reconcile.objects import Objects
from dphub_k8s.reconcile.recorder import EVENTS
from dphub_k8s.settings import InvalidSetting
from dphub_k8s.shards import Shard, all_of
from dphub_k8s.stores.cluster import ClusterStore
from tests import lake_documents
from tests.kube import declared, products
from tests.kube.fake import faults
from tests.kube.fake.cluster import FakeCluster
from tests.kube.fake.faults import EVERY
from tests.kube.widgets import NAMESPACES

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FILE = DataFile(path="f", rows=7, bytes=8, digest="", statistics={})
INGRESSES = OWNED["Ingress"]
# Longer than any pause before another attempt.
LATER = 400.0


@dataclass
class Hub:
    """Reads products of a cluster in memory and tells how they stand, as if all were built."""

    client: Client
    declarations: Declarations
    shard: Shard = field(default_factory=Shard)
    now: float = 1_000.0

    def __post_init__(self) -> None:
        self.teller = Teller(self.declarations.store)
        made = Objects(lambda: self.client, declared.settings(), lambda: self.now)
        self.objects = ClusterObjects(made, self.shard)

    def tick(self) -> None:
        every = self.declarations.read()
        own = {name: one for name, one in every.items() if self.shard.holds(name)}
        snapshots = {name: published(one) for name, one in own.items()}
        observed = Observed(NOW, own, snapshots, refused=self.objects.faults)
        self.teller.tell(observed, Decision(), {})
        self.objects.tick(every, self.declarations.stored, self.teller.news)

    def whole_tick(self, after: float = 1.0) -> list[str]:
        """With what it began in the background; what the log is told."""
        self.now += after
        self.tick()
        self.objects.wait(20)
        return self.objects.lines()

    def names(self, resource: Any) -> list[str]:
        return [item["metadata"]["name"] for item in self.client.list(resource.path("hub")).items]

    def reconciling(self, name: str) -> Condition:
        status = self.declarations.store.status(name)
        found = status.condition("Reconciling") if status else None
        assert found
        return found


def published(one: Declared) -> Snapshot:
    assert one.product
    return Snapshot(0, lake_documents.document("id", one.product, one.identity, FILE))


@pytest.fixture
def hub(fake: FakeCluster, fake_client: Client, tmp_path: Path) -> Iterator[Hub]:
    document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hub"}}
    fake_client.call("POST", NAMESPACES.path(), body=document)
    products.install(fake_client)
    for name in ("orders", "outages"):
        declared.declare(fake_client, "hub", name)
    store = ClusterStore(products.settings(fake.kubeconfig(tmp_path / "store"), "hub", "hub"))
    yield Hub(fake_client, Declarations(store, None))
    store.close()


def test_a_tick_keeps_what_products_own_and_tells_what_became_of_them(hub: Hub) -> None:
    assert hub.whole_tick() == []
    assert hub.names(INGRESSES) == ["dp-orders", "dp-outages"]
    reasons = {item["reason"] for item in hub.client.list(EVENTS.path("hub")).items}
    assert reasons == {"Accepted", "Built", "Served"}
    assert hub.objects.settled


def test_it_does_not_wait_for_the_server(hub: Hub, fake: FakeCluster) -> None:
    hub.tick()
    hub.objects.wait(20)
    silence = 2.0
    fake.faults.plan(faults.silent(silence), plural="events", times=EVERY)
    declared.declare(hub.client, "hub", "bills")
    while "bills" not in hub.declarations.read():
        time.sleep(0.01)
    began = time.monotonic()
    for _ in range(3):
        hub.tick()
    assert time.monotonic() - began < silence / 2
    assert not hub.objects.settled
    fake.faults.clear()
    hub.objects.wait(20)
    hub.whole_tick(LATER)
    assert len(hub.client.list(EVENTS.path("hub")).items) == 9


def test_what_is_refused_is_in_the_status_and_an_event_as_long_as_it_is(
    hub: Hub, fake: FakeCluster
) -> None:
    fake.faults.plan(faults.FORBIDDEN, verb="patch", plural="ingresses", times=EVERY)
    (line,) = hub.whole_tick()
    assert "(and 1 other products)" in line
    hub.whole_tick()
    told = hub.reconciling("orders")
    assert (told.status, told.reason) == ("True", "ObjectRefused")
    assert "403" in told.message
    reasons = [item["reason"] for item in hub.client.list(EVENTS.path("hub")).items]
    assert reasons.count("ObjectRefused") == 2
    fake.faults.clear()
    hub.whole_tick(LATER)
    hub.whole_tick()
    assert hub.reconciling("orders").reason != "ObjectRefused"


def test_what_goes_on_being_wrong_is_said_once(hub: Hub, fake: FakeCluster) -> None:
    for _ in range(2):
        fake.faults.plan(faults.BROKEN, plural="configmaps", times=EVERY)
        said = [line for _ in range(5) for line in hub.whole_tick(LATER)]
        assert [line.partition(":")[0] for line in said] == ["export"]
        fake.faults.clear()
        assert hub.whole_tick(LATER) == []
        assert hub.objects.settled


def test_a_fault_of_ours_is_a_line_and_tried_again(hub: Hub) -> None:
    client = hub.client
    del hub.client
    assert [line.partition(":")[0] for line in hub.whole_tick()] == ["objects of the cluster"]
    hub.client = client
    assert hub.whole_tick() == []
    assert hub.names(INGRESSES) == ["dp-orders", "dp-outages"]


def test_each_shard_keeps_its_own_and_the_first_one_exports_all(hub: Hub) -> None:
    for shard in reversed(all_of(2)):
        one = Hub(hub.client, hub.declarations, shard)
        before = hub.names(INGRESSES)
        one.whole_tick()
        added = set(hub.names(INGRESSES)) - set(before)
        assert added == {f"dp-{n}" for n in ("orders", "outages") if shard.holds(n)}
        exported = [sorted(item["data"]) for item in hub.client.list(CONFIG_MAPS.path("hub")).items]
        assert exported == ([] if shard.number else [["orders", "outages"]])


def test_products_in_a_folder_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DPHUB_STORE", raising=False)
    monkeypatch.setenv("DPHUB_EXPOSURE", "nonsense")
    assert objects(Shard()) is None
    monkeypatch.setenv("DPHUB_STORE", "cluster")
    with pytest.raises(InvalidSetting, match="DPHUB_EXPOSURE"):
        objects(Shard())
