"""What the hub keeps beside products, on both API servers."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from dphub_k8s.api.status import Condition, Status
from dphub_k8s.cluster.client import MERGE_PATCH, Client
from dphub_k8s.reconcile.budget import LOOK_SECONDS
from dphub_k8s.reconcile.export import CONFIG_MAPS, NAME
from dphub_k8s.reconcile.manifest import OWNED
from dphub_k8s.reconcile.objects import Objects, Report
from dphub_k8s.reconcile.recorder import EVENTS, REPEAT_SECONDS, Transition
from dphub_k8s.reconcile.subject import Subject
from tests.conformance.api.conftest import Server
from tests.integration.stack import eventually
from tests.kube import declared, products
from tests.kube.control_plane import ControlPlane
from tests.kube.declared import PRODUCTS

INGRESSES = OWNED["Ingress"]
REFUSED = Status(
    observedGeneration=1,
    conditions=(Condition(type="Accepted", status="False", reason="NoType", message="no type"),),
)


@dataclass
class Hub:
    """In a namespace of its own; its clock goes as the test says."""

    client: Client
    namespace: str
    now: float = 1_000.0
    objects: Objects = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, exposed: bool = True) -> None:
        exposure = declared.EXPOSURE if exposed else None
        said = declared.settings(self.namespace, exposure)
        self.objects = Objects(lambda: self.client, said, lambda: self.now)

    def tick(
        self,
        subjects: Sequence[Subject] | None,
        transitions: Sequence[Transition] = (),
        after: float = 5.0,
    ) -> Report:
        self.now += after
        return self.objects.tick(subjects or (), transitions, subjects, seconds=60)

    def declare(self, name: str, **said: Any) -> Subject:
        return declared.declare(self.client, self.namespace, name, **said)

    def ingresses(self) -> dict[str, Any]:
        listed = self.client.list(INGRESSES.path(self.namespace)).items
        return {item["metadata"]["name"]: item for item in listed}

    def config_map(self) -> Any:
        return self.client.call("GET", CONFIG_MAPS.path(self.namespace, NAME))


@pytest.fixture
def hub(client: Client, namespace: str) -> Hub:
    products.install(client)
    return Hub(client, namespace)


def test_everything_is_made_once(hub: Hub) -> None:
    subjects = [hub.declare("orders"), hub.declare("outages")]
    assert hub.tick(subjects).lines == ()
    assert hub.objects.settled
    made, exported = hub.ingresses(), hub.config_map()
    assert list(made) == ["dp-orders", "dp-outages"]
    for each in subjects:
        assert each.product
        assert json.loads(exported["data"][each.name]) == each.product.document()["spec"]
    hub.tick(subjects, after=LOOK_SECONDS)
    hub.restart()
    hub.tick(subjects)
    assert hub.ingresses() == made
    assert hub.config_map() == exported


def test_drift_is_put_right(hub: Hub) -> None:
    subjects = [hub.declare("orders")]
    hub.tick(subjects)
    before = hub.ingresses()["dp-orders"]
    path = INGRESSES.path(hub.namespace, "dp-orders")
    rules = [{"host": "elsewhere.example.org", "http": before["spec"]["rules"][0]["http"]}]
    query = {"fieldManager": "editor"}
    hub.client.call("PATCH", path, query, {"spec": {"rules": rules}}, MERGE_PATCH)
    hub.tick(subjects, after=LOOK_SECONDS)
    assert hub.ingresses()["dp-orders"]["spec"] == before["spec"]


def test_what_is_no_longer_desired_is_taken_away(hub: Hub) -> None:
    subjects = [hub.declare("orders")]
    hub.tick(subjects)
    hub.restart(exposed=False)
    assert hub.tick(subjects).lines == ()
    assert hub.ingresses() == {}


def test_what_a_product_owns_goes_with_it_and_without_a_hub(hub: Hub, server: Server) -> None:
    if isinstance(server, ControlPlane):
        learn(hub)
    subject = hub.declare("orders")
    hub.tick([subject])
    begun = time.monotonic()
    hub.client.call("DELETE", PRODUCTS.path(hub.namespace, "orders"))
    eventually(lambda: hub.ingresses() == {}, "the Ingress was deleted")
    assert time.monotonic() - begun <= 5
    hub.tick([])
    assert hub.config_map().get("data", {}) == {}


def learn(hub: Hub) -> None:
    """The garbage collector looks for new resources every 30 seconds."""
    hub.tick([hub.declare("first")])
    hub.client.call("DELETE", PRODUCTS.path(hub.namespace, "first"))
    eventually(lambda: hub.ingresses() == {}, "garbage was collected")
    hub.restart()


def test_deleted_and_created_again_a_product_has_an_ingress_of_its_own(hub: Hub) -> None:
    hub.tick([hub.declare("orders")])
    hub.client.call("DELETE", PRODUCTS.path(hub.namespace, "orders"))
    second = hub.declare("orders")

    def owned() -> bool:
        hub.tick([second])
        owners = [item["metadata"]["ownerReferences"] for item in hub.ingresses().values()]
        return [each[0]["uid"] for each in owners] == [second.uid]

    eventually(owned, "the new product had its Ingress")
    assert hub.tick([second]).faults == {}


def test_events_are_counted(hub: Hub) -> None:
    subject = hub.declare("orders")
    for _ in range(3):
        report = hub.tick(None, [Transition(subject, None, REFUSED)], after=REPEAT_SECONDS)
        assert report.lines == ()
    query = {"fieldSelector": f"involvedObject.uid={subject.uid}"}
    (event,) = hub.client.list(EVENTS.path(hub.namespace), query).items
    assert (event["reason"], event["count"], event["type"]) == ("Refused", 3, "Warning")
