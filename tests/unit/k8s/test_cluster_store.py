"""What only a cluster does to products: namespaces, groups, and an API server that refuses."""

import time
from pathlib import Path
from typing import Any

import pytest

from dphub_k8s import admission
from dphub_k8s.api.errors import Refused
from dphub_k8s.api.status import Status
from dphub_k8s.cluster.client import Client
from dphub_k8s.stores import cluster
from dphub_k8s.stores.base import AlreadyExists, StoreError, age
from dphub_k8s.stores.cluster import ClusterStore, reached
from dphub_k8s.stores.objects import APPLIED
from tests.factories import changed
from tests.factories import product as document
from tests.integration.stack import eventually
from tests.kube import products
from tests.kube.fake.cluster import FakeCluster
from tests.kube.fake.faults import BROKEN, EVERY, FORBIDDEN, LOST_ANSWER, RESET, Fault, silent
from tests.kube.fake.rights import Forbidden

DP = products.settings(None).products


@pytest.fixture
def kubeconfig(fake: FakeCluster, fake_client: Client, tmp_path: Path) -> Path:
    products.install(fake_client)
    for name in ("a", "b"):
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        fake_client.call("POST", "/api/v1/namespaces", body=body)
    return fake.kubeconfig(tmp_path / "kubeconfig")


@pytest.fixture
def store(kubeconfig: Path) -> ClusterStore:
    return ClusterStore(products.settings(kubeconfig))


def put(client: Client, namespace: str, name: str = "orders", **spec: Any) -> str:
    body = changed(document(name, **spec), "metadata.namespace", namespace)
    return str(client.call("POST", DP.path(namespace), body=body)["metadata"]["uid"])


def shows(store: ClusterStore, *names: str) -> bool:
    return not refused(store) and [stored.name for stored in store.list()] == list(names)


def refused(store: ClusterStore) -> str | None:
    try:
        store.list()
    except StoreError as error:
        return str(error)
    return None


def test_of_one_name_in_two_namespaces_the_oldest_has_it(
    store: ClusterStore, fake_client: Client
) -> None:
    put(fake_client, "a")
    put(fake_client, "b")
    eventually(lambda: len(store.list()) == 2, "both were listed")
    first, second = sorted(store.list(), key=age)
    assert (first.name, second.name) == ("orders", second.origin)
    _, outcome = admission.admit_all([(one.document, one.origin) for one in (first, second)])
    assert isinstance(outcome, Refused)
    assert [problem.reason for problem in outcome.problems] == ["NameTaken"]
    store.delete("orders")
    assert [stored.uid for stored in store.list()] == [second.uid]
    assert store.get("orders").origin == second.origin


def test_products_of_some_namespaces(kubeconfig: Path, fake_client: Client) -> None:
    store = ClusterStore(products.settings(kubeconfig, "a", "a", "default"))
    for namespace in ("a", "b", "default"):
        put(fake_client, namespace, f"in-{namespace}")
    assert shows(store, "in-a", "in-default")
    assert store.create(document("made")).origin == "a/made"
    with pytest.raises(StoreError, match=r"kept in a, default \(DPHUB_NAMESPACES\), not in b"):
        store.create(changed(document("other"), "metadata.namespace", "b"))


def test_a_namespace_that_cannot_be_listed_hides_no_other(
    kubeconfig: Path, fake: FakeCluster, fake_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    store = ClusterStore(products.settings(kubeconfig, "a", "a", "b"))
    put(fake_client, "a", "in-a")
    put(fake_client, "b", "in-b")
    assert shows(store, "in-a", "in-b")
    lost = Forbidden(plural="dataproducts", namespace="a")
    fake.forbidden.append(lost)
    fake.stop()
    fake.start()
    eventually(lambda: "403 Forbidden" in told(store), "the store told it")
    put(fake_client, "b", "new-in-b")
    eventually(lambda: shows(store, "in-a", "in-b", "new-in-b"), "the news of b arrived")
    assert len([line for line in caplog.messages if "403 Forbidden" in line]) == 1
    assert refused(ClusterStore(products.settings(kubeconfig, "a", "a", "b")))
    fake.forbidden.remove(lost)
    fake_client.call("DELETE", DP.path("a", "in-a"))
    eventually(lambda: shows(store, "in-b", "new-in-b"), "the news of a arrived")
    assert told(store) == ""


def told(store: ClusterStore) -> str:
    return "" if refused(store) else "; ".join(map(str, store.faults()))


def test_what_kubectl_adds_is_no_part_of_a_document(
    store: ClusterStore, fake_client: Client
) -> None:
    body = document("orders")
    body["metadata"] |= {"annotations": {APPLIED: "{}", "team": "x"}, "labels": {"a": "b"}}
    fake_client.call("POST", DP.path("default"), body=body)
    metadata = store.get("orders").document["metadata"]
    assert metadata == {
        "name": "orders",
        "namespace": "default",
        "annotations": {"team": "x"},
        "labels": {"a": "b"},
    }


@pytest.mark.parametrize("fault", [BROKEN, FORBIDDEN, RESET])
def test_a_list_that_fails_is_never_a_list_of_nothing(
    store: ClusterStore, fake: FakeCluster, fake_client: Client, fault: Fault
) -> None:
    put(fake_client, "default")
    assert shows(store, "orders")
    fake.stop()
    eventually(lambda: refused(store), "the store failed")
    fake.faults.plan(fault, plural="dataproducts", times=EVERY)
    fake.start()
    assert refused(store)
    fake.faults.clear()
    eventually(lambda: shows(store, "orders"), "the store was back")


def test_a_resource_that_is_unknown_is_not_an_empty_list(
    store: ClusterStore, fake_client: Client
) -> None:
    fake_client.call("DELETE", products.CRDS.path(name=products.crd()["metadata"]["name"]))
    with pytest.raises(StoreError, match="is its CRD installed"):
        store.list()


def test_a_write_whose_answer_is_lost_is_told(store: ClusterStore, fake: FakeCluster) -> None:
    fake.faults.plan(LOST_ANSWER, verb="create")
    with pytest.raises(StoreError):
        store.create(document("orders"))
    eventually(lambda: shows(store, "orders"), "it was there all the same")
    with pytest.raises(AlreadyExists):
        store.create(document("orders"))


def test_nothing_is_seen_of_a_version_that_has_expired(
    store: ClusterStore, fake: FakeCluster, fake_client: Client
) -> None:
    put(fake_client, "default")
    assert shows(store, "orders")
    fake.stop()
    fake.compact()
    fake.start()
    put(fake_client, "default", "invoices")
    eventually(lambda: shows(store, "invoices", "orders"), "it was listed again")


def test_a_status_that_nobody_takes_keeps_nobody_waiting(
    store: ClusterStore, fake: FakeCluster, fake_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = put(fake_client, "default")
    assert shows(store, "orders")
    monkeypatch.setattr(cluster, "STATUS_SECONDS", 0.2)
    fake.faults.plan(silent(60), verb="patch")
    begun = time.monotonic()
    with pytest.raises(StoreError, match="no answer"):
        store.set_status("orders", uid, Status())
    assert time.monotonic() - begun < 20
    assert store.set_status("orders", uid, Status())


def test_where_the_products_are(kubeconfig: Path, fake: FakeCluster) -> None:
    assert reached(products.settings(kubeconfig)) == f"all namespaces of {fake.url}"
    named = reached(products.settings(kubeconfig, "a", "a", "b"))
    assert named == f"the namespaces a, b of {fake.url}"
    fake.stop()
    with pytest.raises(StoreError, match="is the API server running"):
        reached(products.settings(kubeconfig))
    fake.start()
