"""CRDs, installed and waited for."""

from typing import Any

from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.errors import ApiError
from tests.integration.stack import eventually
from tests.kube.widgets import CRDS


def install(client: Client, document: dict[str, Any]) -> None:
    """A CRD; returns when its resource is served."""
    name = document["metadata"]["name"]
    client.apply(CRDS.path(name=name), document, "tests")

    def established() -> bool:
        found = client.call("GET", CRDS.path(name=name)).get("status", {})
        return any(
            each["type"] == "Established" and each["status"] == "True"
            for each in found.get("conditions") or ()
        )

    eventually(established, f"{name} was established")
    plural, _, group = name.partition(".")
    eventually(lambda: served(client, f"/apis/{group}/v1/{plural}"), f"{name} was served")


def served(client: Client, path: str) -> bool:
    """Whether there is something at `path`."""
    try:
        client.call("GET", path)
    except ApiError as error:
        if error.status != 404:
            raise
        return False
    return True
