"""Products in a cluster, for tests of what the hub keeps beside them."""

from dataclasses import replace
from typing import Any

from dphub_k8s.admission import admit
from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.settings import GROUP, VERSION, ClusterSettings
from dphub_k8s.reconcile.settings import Exposure, ObjectSettings
from dphub_k8s.reconcile.subject import Subject
from tests import factories

SETTINGS = ClusterSettings(None, "hub", (), GROUP, VERSION)
PRODUCTS = SETTINGS.products
EXPOSURE = Exposure(service="data-product-hub", port=80, host="data.example.org")


def settings(namespace: str = "hub", exposure: Exposure | None = EXPOSURE) -> ObjectSettings:
    return ObjectSettings(ClusterSettings(None, namespace, (), GROUP, VERSION), exposure)


def subject(name: str = "orders", uid: str = "u-1", namespace: str = "hub", **said: Any) -> Subject:
    """One that no cluster knows."""
    return Subject(name, namespace, uid, factories.admitted(name, **said))


def long(name: str, uid: str, text: str) -> Subject:
    """As large as many columns would make it."""
    short = subject(name, uid)
    assert short.product
    spec = short.product.spec.model_copy(update={"description": text})
    return replace(short, product=short.product.model_copy(update={"spec": spec}))


def refused(like: Subject) -> Subject:
    return Subject(like.name, like.namespace, like.uid, None)


def declare(client: Client, namespace: str, name: str, **said: Any) -> Subject:
    document = factories.product(name, **said)
    document["metadata"]["namespace"] = namespace
    made = client.apply(PRODUCTS.path(namespace, name), document, "tests")
    return Subject.of(made, made["metadata"]["uid"], admit(document))
