"""A hub's hand in a cluster in memory, with a clock that a test sets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.errors import ApiError
from dphub_k8s.reconcile.export import CONFIG_MAPS
from dphub_k8s.reconcile.manifest import OWNED
from dphub_k8s.reconcile.objects import Objects, Report
from dphub_k8s.reconcile.recorder import EVENTS, Transition
from dphub_k8s.reconcile.settings import ObjectSettings
from dphub_k8s.reconcile.subject import Subject
from tests.kube import declared, products
from tests.kube.fake.cluster import FakeCluster
from tests.kube.widgets import NAMESPACES

INGRESSES = OWNED["Ingress"]


@dataclass
class Hub:
    """`restart` is another process: it remembers nothing."""

    fake: FakeCluster
    client: Client
    said: ObjectSettings
    now: float = 1_000.0
    objects: Objects = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, said: ObjectSettings | None = None) -> None:
        self.said = said or self.said
        self.objects = Objects(lambda: self.client, self.said, lambda: self.now)

    def tick(
        self,
        subjects: Sequence[Subject] | None,
        transitions: Sequence[Transition] = (),
        after: float = 5.0,
    ) -> Report:
        self.now += after
        return self.objects.tick(subjects or (), transitions, subjects)

    def ingresses(self, namespace: str = "hub") -> dict[str, Any]:
        listed = self.client.list(INGRESSES.path(namespace)).items
        return {item["metadata"]["name"]: item for item in listed}

    def parts(self) -> dict[str, dict[str, str]]:
        listed = self.client.list(CONFIG_MAPS.path("hub")).items
        return {item["metadata"]["name"]: item.get("data", {}) for item in listed}

    def events(self, namespace: str = "hub") -> list[Any]:
        return list(self.client.list(EVENTS.path(namespace)).items)

    def writes(self) -> list[str]:
        """Since it was asked last."""
        verbs = ("create", "patch", "update", "delete")
        found = [f"{call.verb} {call.plural}" for call in self.fake.calls if call.verb in verbs]
        self.fake.calls.clear()
        return found

    def declare(self, name: str, namespace: str = "hub", **said: Any) -> Subject:
        return declared.declare(self.client, namespace, name, **said)

    def delete(self, subject: Subject) -> None:
        self.client.call("DELETE", declared.PRODUCTS.path(subject.namespace, subject.name))


@pytest.fixture
def hub(fake: FakeCluster, fake_client: Client) -> Hub:
    for name in ("hub", "elsewhere"):
        document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        fake_client.call("POST", NAMESPACES.path(), body=document)
    products.install(fake_client)
    fake.calls.clear()
    return Hub(fake, fake_client, declared.settings())


def version(item: Any) -> str:
    return str(item["metadata"]["resourceVersion"])


def gone(client: Client, path: str) -> bool:
    try:
        client.call("GET", path)
    except ApiError as error:
        return error.status == 404
    return False
