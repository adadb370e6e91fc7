"""A CustomResourceDefinition that takes any spec, for tests of what is done with products."""

from collections.abc import Mapping
from typing import Any

from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.errors import UnknownResource
from dphub_k8s.cluster.resource import Resource
from dphub_k8s.cluster.settings import GROUP, PLURAL, VERSION, ClusterSettings
from tests.integration.stack import eventually

CRDS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions")
ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def crd() -> dict[str, Any]:
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "properties": {"spec": ANYTHING, "status": ANYTHING},
            }
        },
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "plural": PLURAL,
                "singular": "dataproduct",
                "shortNames": ["dp"],
                "kind": "DataProduct",
            },
            "versions": [version],
        },
    }


def settings(kubeconfig: Any, namespace: str = "default", *namespaces: str) -> ClusterSettings:
    return ClusterSettings(kubeconfig, namespace, namespaces, GROUP, VERSION)


def install(client: Client, definition: Mapping[str, Any] | None = None) -> None:
    """Returns when the API server takes products; without a definition any that have a name."""
    client.apply(CRDS.path(name=f"{PLURAL}.{GROUP}"), definition or crd(), "tests")
    path = settings(None).products.path("default")
    eventually(lambda: _known(client, path), "the API server knew products")


def clear(client: Client) -> None:
    resource = settings(None).products
    for item in client.list(resource.path()).items:
        metadata = item["metadata"]
        client.call("DELETE", resource.path(metadata["namespace"], metadata["name"]))


def _known(client: Client, path: str) -> bool:
    try:
        client.list(path)
    except UnknownResource:
        return False
    return True
