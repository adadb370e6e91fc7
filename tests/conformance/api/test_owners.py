"""What goes when its owner goes, or its namespace."""

from typing import Any
from uuid import uuid4

import pytest

from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.resource import Resource
from tests.integration.stack import eventually
from tests.kube.install import served
from tests.kube.widgets import NAMESPACES, WIDGETS, widget

CONFIG_MAPS = Resource("", "v1", "configmaps")


def owned(client: Client, namespace: str, name: str, *owners: dict[str, Any]) -> str:
    references = [
        {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            "controller": owner is owners[0],
            "blockOwnerDeletion": False,
        }
        for owner in owners
    ]
    metadata = {"name": name, "namespace": namespace, "ownerReferences": references}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    path = CONFIG_MAPS.path(namespace, name)
    client.apply(path, body, "tests")
    return path


@pytest.fixture
def owner(client: Client, namespace: str) -> dict[str, Any]:
    made: dict[str, Any] = client.call(
        "POST", WIDGETS.path(namespace), body=widget("one", namespace)
    )
    return made


def test_what_is_owned_goes_with_its_owner(
    client: Client, namespace: str, owner: dict[str, Any]
) -> None:
    path = owned(client, namespace, "owned", owner)
    other = owned(client, namespace, "other")
    client.call("DELETE", WIDGETS.path(namespace, "one"))
    eventually(lambda: not served(client, path), "it went with its owner")
    assert served(client, other)


def test_the_last_owner_decides(client: Client, namespace: str, owner: dict[str, Any]) -> None:
    second = client.call("POST", WIDGETS.path(namespace), body=widget("two", namespace))
    both = owned(client, namespace, "both", owner, second)
    one = owned(client, namespace, "one", owner)
    client.call("DELETE", WIDGETS.path(namespace, "one"))
    eventually(lambda: not served(client, one), "it went with its only owner")
    assert served(client, both)
    client.call("DELETE", WIDGETS.path(namespace, "two"))
    eventually(lambda: not served(client, both), "it went with the last")


def test_an_owner_that_is_gone_already_is_none(
    client: Client, namespace: str, owner: dict[str, Any]
) -> None:
    client.call("DELETE", WIDGETS.path(namespace, "one"))
    path = owned(client, namespace, "late", owner)
    eventually(lambda: not served(client, path), "it was collected")


def test_an_owner_in_another_namespace_is_none(
    client: Client, namespace: str, owner: dict[str, Any]
) -> None:
    path = owned(client, "default", f"elsewhere-{uuid4().hex[:8]}", owner)
    eventually(lambda: not served(client, path), "it was collected")


def test_all_goes_with_its_namespace(client: Client) -> None:
    name = f"test-{uuid4().hex[:8]}"
    document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    client.call("POST", NAMESPACES.path(), body=document)
    client.call("POST", WIDGETS.path(name), body=widget("one", name))
    client.call("DELETE", NAMESPACES.path(name=name))
    eventually(lambda: not served(client, NAMESPACES.path(name=name)), "the namespace went")
    assert client.list(WIDGETS.path(name)).items == ()


def test_a_selected_lot_is_deleted_at_once(client: Client, namespace: str) -> None:
    for name, labels in (("a", {"lot": "1"}), ("b", {"lot": "1"}), ("c", {"lot": "2"})):
        body = widget(name, namespace)
        body["metadata"]["labels"] = labels
        client.call("POST", WIDGETS.path(namespace), body=body)
    client.call("DELETE", WIDGETS.path(namespace), {"labelSelector": "lot=1"})
    eventually(lambda: len(client.list(WIDGETS.path(namespace)).items) == 1, "two went")
