"""From kubectl to rows over OData, and to nothing: `dphub dev --kube` with all its processes."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.apply_to_query import PATIENCE, POLL_SECONDS, Sample
from bench.measure import median, quantile, ratio
from bench.report import Report
from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.resource import Resource
from tests.integration.kube import hub
from tests.integration.kube.hub import NAMESPACE, KubeHub
from tests.integration.stack import eventually
from tests.kube.control_plane import ControlPlane

INGRESSES = Resource("networking.k8s.io", "v1", "ingresses")
# Each way of deleting has one at least.
FEWEST_ROUNDS = 4
EXPOSED = {"DPHUB_EXPOSURE": "Ingress", "DPHUB_NAMESPACE": NAMESPACE}


@dataclass(frozen=True, slots=True)
class Applied(Sample):
    """A sample in the cluster."""

    hub: KubeHub
    client: Client

    def write(self, document: dict[str, Any]) -> None:
        self.hub.apply(document)

    def remove(self) -> None:
        self.hub.kubectl("delete", "dp", self.name)

    def settle(self) -> None:
        assert self.hub.wait(self.name, PATIENCE)
        eventually(lambda: self.name in self.owners(), f"{self.name} had an Ingress", PATIENCE)

    def owners(self) -> set[str]:
        """Of the Ingresses that are there."""
        items = self.client.list(INGRESSES.path(NAMESPACE)).items
        return {owner["name"] for item in items for owner in item["metadata"]["ownerReferences"]}

    def until_gone(self) -> float:
        """Seconds from kubectl delete until nothing is left that the product owned."""
        began = time.perf_counter()
        self.remove()
        while self.name in self.owners():
            assert time.perf_counter() - began < PATIENCE, f"{self.name} left its Ingress"
            time.sleep(POLL_SECONDS)
        return time.perf_counter() - began


def measure(out: Report, plane: ControlPlane, folder: Path, rounds: int) -> None:
    client = plane.client
    with hub.running(plane, folder / "hub", **EXPOSED) as running:
        samples = [Applied(running.stack, number, running, client) for number in range(rounds)]
        applied, alone = [], []
        for sample in samples:
            applied.append(sample.apply())
            sample.settle()
            alone.append(sample.materialize(folder / "once"))
        baseline = median(alone)
        out.add("apply.first", applied[0], "s", baseline=alone[0])
        out.add(
            "apply.p50", median(applied), "s", baseline=baseline, ratio=ratio(applied, alone),
            wanted="<= 6; to dphub materialize",
        )  # fmt: skip
        out.add("apply.p95", quantile(applied, 0.95), "s", baseline=baseline, wanted="<= 12")
        with_hub, without = samples[: rounds // 2], samples[rounds // 2 :]
        answered = [sample.delete() for sample in with_hub[::2]]
        gone = [sample.until_gone() for sample in with_hub[1::2]]
    out.add("delete.404.p95", quantile(answered, 0.95), "s", wanted="<= 5")
    tell(out, "delete.gone", gone)
    tell(out, "delete.gone.hub_stopped", [sample.until_gone() for sample in without])


def tell(out: Report, name: str, seconds: list[float]) -> None:
    out.add(f"{name}.p50", median(seconds), "s")
    out.add(f"{name}.most", max(seconds), "s", wanted="<= 5")
