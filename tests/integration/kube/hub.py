"""The local stack over a cluster."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.integration import stack as stacks
from tests.integration.stack import NAME, PATIENCE, Stack
from tests.kube import products, rights
from tests.kube.control_plane import ControlPlane

NAMESPACE = rights.HOME
DEFINITION = rights.FOLDER / "crd.yaml"
RIGHTS = rights.FOLDER / "rbac.yaml"
CRD = products.crd()["metadata"]["name"]


@dataclass
class KubeHub:
    plane: ControlPlane
    stack: Stack

    def kubectl(self, *arguments: str, text: str | None = None, check: bool = True) -> str:
        """What it says, as an administrator."""
        done = self.plane.kubectl("-n", NAMESPACE, *arguments, text=text, check=check)
        return done.stdout + done.stderr

    def apply(self, document: dict[str, Any]) -> str:
        return self.kubectl("apply", "-f", "-", text=json.dumps(document))

    def get(self, name: str = NAME) -> dict[str, Any]:
        said = self.plane.kubectl("-n", NAMESPACE, "get", "dp", name, "-o", "json").stdout
        found: dict[str, Any] = json.loads(said)
        return found

    def wait(self, name: str = NAME, seconds: float = PATIENCE) -> bool:
        """Whether it was Ready in time, as `kubectl wait` sees it."""
        condition = ("--for=condition=Ready", f"--timeout={seconds:.0f}s")
        return "condition met" in self.kubectl("wait", f"dp/{name}", *condition, check=False)

    def condition(self, kind: str, name: str = NAME) -> dict[str, Any]:
        conditions = self.get(name).get("status", {}).get("conditions", [])
        return next((each for each in conditions if each["type"] == kind), {})

    def observed(self, name: str = NAME) -> bool:
        found = self.get(name)
        seen: bool = found["status"].get("observedGeneration") == found["metadata"]["generation"]
        return seen

    def count(self, name: str = NAME) -> int | None:
        answer = self.stack.get(f"/odata/{name}", params={"$top": "1", "$count": "true"})
        return int(answer.json()["@odata.count"]) if answer.status_code == 200 else None


def install(plane: ControlPlane, *namespaces: str) -> None:
    """The resource, the rights and the hub's namespace, as the manifests have them."""
    products.install(plane.client, yaml.safe_load(DEFINITION.read_text()))
    for name in (NAMESPACE, *namespaces):
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        plane.kubectl("apply", "-f", "-", text=json.dumps(namespace))
    plane.kubectl("apply", "-f", RIGHTS)


def clear(plane: ControlPlane) -> None:
    """Of the products of a hub before: they say that they are published, and their lake is gone."""
    plane.kubectl("delete", CRD, "--all", "--all-namespaces")


@contextmanager
def running(plane: ControlPlane, folder: Path, **settings: str) -> Iterator[KubeHub]:
    """With the rights of the manifests."""
    install(plane)
    clear(plane)
    environment = {
        "DPHUB_KUBECONFIG": str(plane.account(NAMESPACE, rights.ACCOUNT)),
        "DPHUB_NAMESPACE": NAMESPACE,
        "DPHUB_NAMESPACES": NAMESPACE,
        **settings,
    }
    with stacks.running_over_the_example(folder, **environment) as stack:
        yield KubeHub(plane, stack)
