"""`dphub reconcile`: status and objects, and an end that can be relied on."""

from pathlib import Path

import duckdb
import pytest

from dphub_assets import settle
from dphub_assets.__main__ import main
from dphub_assets.build.publish import Builder
from dphub_k8s.admission import admit
from dphub_k8s.api.snapshot import Identity
from dphub_k8s.api.status import Condition, Status
from dphub_k8s.cluster.client import Client
from dphub_k8s.settings import Settings
from dphub_k8s.stores import choice
from dphub_k8s.stores.base import ProductStore
from tests import factories
from tests.kube import declared, products
from tests.kube.fake import faults
from tests.kube.fake.cluster import FakeCluster
from tests.kube.fake.faults import EVERY
from tests.kube.rights import granted, manifests
from tests.kube.widgets import NAMESPACES

ALL = "rbac.yaml"


@pytest.fixture
def cluster(
    fake: FakeCluster, fake_client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> FakeCluster:
    """With one product, whose source is there."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "HOME": tmp_path / "home",
        "DATA_ROOT": tmp_path,
        "STORE": "cluster",
        "KUBECONFIG": fake.kubeconfig(tmp_path / "hub", "hub"),
        "NAMESPACE": "hub",
        "EXPOSURE": "Ingress",
    }.items():
        monkeypatch.setenv(f"DPHUB_{name}", str(value))
    document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hub"}}
    fake_client.call("POST", NAMESPACES.path(), body=document)
    products.install(fake_client)
    declared.declare(fake_client, "hub", "orders")
    duckdb.connect().execute("COPY (SELECT 'a' AS item) TO 'orders.parquet'")
    return fake


@pytest.fixture
def store(cluster: FakeCluster) -> ProductStore:
    return choice.opened(Settings.read())


def build() -> None:
    settings = Settings.read()
    stored = choice.opened(settings).get("orders")
    identity = Identity(name="orders", uid=stored.uid, generation=stored.generation)
    product = admit(stored.document)
    builder = Builder.read(settings)
    builder.lake.accept(identity, product.route)
    builder.build(product, identity)


def ready(store: ProductStore) -> str:
    status = store.status("orders")
    found = status.condition("Ready") if status else None
    assert found
    return f"{found.status} {found.reason}"


def written(fake: FakeCluster) -> list[str]:
    """By the hub, since it was asked last."""
    calls = [call for call in fake.calls if call.user == "hub" and call.verb not in ("get", "list")]
    fake.calls.clear()
    return sorted(f"{each.verb} {each.plural}" for each in calls if each.verb != "watch")


def asked(fake: FakeCluster) -> set[tuple[str, str, str]]:
    """Of the API server, by the hub."""
    return {
        (str(call.verb), call.kind.group, "/".join(filter(None, [call.plural, call.subresource])))
        for call in fake.calls
        if call.user == "hub" and call.kind
    }


def test_it_tells_and_keeps_once(cluster: FakeCluster, store: ProductStore) -> None:
    build()
    cluster.calls.clear()
    assert settle.main(["--once"]) == 0
    assert ready(store) == "True Served"
    assert asked(cluster) <= {(r.verb, r.group, r.resource) for r in granted(manifests(ALL))}
    writes = written(cluster)
    assert writes.count("patch dataproducts") == 1
    assert {"patch ingresses", "patch configmaps", "create events"} <= set(writes)
    assert settle.main(["--once"]) == 0
    assert written(cluster) == []


def test_what_is_not_built_waits_and_keeps_what_was_said_of_it(
    cluster: FakeCluster, store: ProductStore
) -> None:
    assert settle.main(["--once"]) == 0
    assert ready(store) == "False Pending"
    failed = Condition(type="Materialized", status="False", reason="CastFailed", message="no int")
    said = Status(observedGeneration=1, conditions=(failed,))
    assert store.set_status("orders", store.get("orders").uid, said)
    assert settle.main(["--once"]) == 0
    assert store.status("orders") == said


@pytest.mark.parametrize(
    ("plural", "fault", "told"),
    [
        ("ingresses", faults.FORBIDDEN, "403"),
        ("configmaps", faults.BROKEN, "not settled after 1 s"),
        ("dataproducts", faults.FORBIDDEN, "403"),
    ],
)
def test_what_is_not_done_is_a_line_and_a_status(
    cluster: FakeCluster,
    capsys: pytest.CaptureFixture[str],
    plural: str,
    fault: faults.Fault,
    told: str,
) -> None:
    cluster.faults.plan(fault, plural=plural, times=EVERY)
    assert main(["reconcile", "--once", "--seconds=1"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert any(told in line for line in lines)
    assert len(lines) <= 3


def test_products_in_a_folder_are_told_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("STORE", "KUBECONFIG", "HOME", "PRODUCTS", "DATA_ROOT"):
        monkeypatch.delenv(f"DPHUB_{name}", raising=False)
    (tmp_path / "products").mkdir()
    factories.write(tmp_path / "products" / "orders.yaml", factories.product())
    duckdb.connect().execute("COPY (SELECT 'a' AS item) TO 'orders.parquet'")
    build()
    assert settle.main(["--once"]) == 0
    assert ready(choice.opened(Settings.read())) == "True Served"
