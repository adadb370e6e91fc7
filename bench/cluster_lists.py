"""Many products in one API server: what listing and watching them costs.

    python -m bench.cluster_lists (store|client|official) KUBECONFIG

does the work of one subject, in a process of its own so that memory is its alone. `store` is what
the sensor reads, `client` our bare calls; the baseline is the official client's `CustomObjectsApi`.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.measure import ROOT, cpu_seconds, median, resident_mib, timed
from bench.report import Report
from dphub_k8s.cluster.client import Client
from dphub_k8s.crd import document
from dphub_k8s.stores.cluster import ClusterStore
from tests.factories import product
from tests.kube import products
from tests.kube.control_plane import ORDER, ControlPlane

WRITERS = 8
TICKS = 10
COLUMNS = 12
WANTED = {"first": "<= 2", "memory": "<= 100", "idle_tick": "<= 0.05"}
UNITS = {"import": "CPU s", "first": "CPU s", "memory": "MiB", "idle_tick": "CPU s"}
Told = Mapping[str, float]


def measure(out: Report, plane: ControlPlane, count: int) -> None:
    began = time.perf_counter()
    fill(plane.client, count)
    out.add("lists.filled", time.perf_counter() - began, "s")
    for name in ORDER:
        if pid := plane.pid(name):
            out.add(f"lists.{name}.resident", resident_mib(pid), "MiB")
            out.add(f"lists.{name}.cpu", cpu_seconds(pid), "s")
    official = work("official", plane.kubeconfig)
    for subject in ("store", "client"):
        told = work(subject, plane.kubeconfig)
        assert told["count"] == official["count"] == count
        for name, unit in UNITS.items():
            baseline, wanted = official.get(name), WANTED.get(name, "")
            out.add(f"lists.{subject}.{name}", told[name], unit, baseline=baseline, wanted=wanted)


def fill(client: Client, count: int) -> None:
    """With products of a usual size, as people declare them."""
    products.install(client, document.definition())
    path = products.settings(None).products.path("default")
    columns = {f"column_{number}": "string" for number in range(COLUMNS)}

    def create(number: int) -> None:
        body = product(f"many-{number:05}", columns=columns, description="x" * 500)
        client.call("POST", path, body=body)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(create, range(count)))


def work(subject: str, kubeconfig: Path) -> Told:
    command = [sys.executable, "-m", "bench.cluster_lists", subject, str(kubeconfig)]
    run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    told: Told = json.loads(run.stdout)
    return told


def store(kubeconfig: Path) -> Told:
    opened = ClusterStore(products.settings(kubeconfig))
    Client.open(kubeconfig).call("GET", "/version")
    began, before = time.process_time(), resident_mib()
    first = timed(lambda: opened.list())
    grown, count = resident_mib() - before, len(opened.list())

    def ticks() -> None:
        for _ in range(TICKS):
            opened.list()
            time.sleep(1)

    return told(began, first.cpu, grown, count, timed(ticks).cpu / TICKS)


def client(kubeconfig: Path) -> Told:
    opened, path = Client.open(kubeconfig), products.settings(kubeconfig).products.path()
    opened.call("GET", "/version")
    began, before = time.process_time(), resident_mib()

    def keep(item: Any) -> tuple[str, int, int]:
        metadata = item["metadata"]
        return metadata["uid"], metadata["generation"], hash(str(item["spec"]))

    found = []
    first = timed(lambda: found.append(opened.list(path, keep=keep)))
    grown, version = resident_mib() - before, found[0].version
    ticks = [timed(lambda: list(opened.watch(path, version, 1))) for _ in range(TICKS)]
    return told(began, first.cpu, grown, len(found[0].items), median([each.cpu for each in ticks]))


def official(kubeconfig: Path) -> Told:
    from kubernetes import client, config

    config.load_kube_config(str(kubeconfig))
    api, resource = client.CustomObjectsApi(), products.settings(kubeconfig).products
    client.VersionApi().get_code()
    began, before = time.process_time(), resident_mib()
    named, found = (resource.group, resource.version, resource.plural), []
    first = timed(lambda: found.append(api.list_cluster_custom_object(*named)))
    return told(began, first.cpu, resident_mib() - before, len(found[0]["items"]))


def told(
    imported: float, first: float, memory: float, count: int, idle_tick: float | None = None
) -> Told:
    found = {"import": imported, "first": first, "memory": memory, "count": count}
    return found if idle_tick is None else {**found, "idle_tick": idle_tick}


SUBJECTS: Mapping[str, Callable[[Path], Told]] = {
    "store": store,
    "client": client,
    "official": official,
}

if __name__ == "__main__":
    print(json.dumps(SUBJECTS[sys.argv[1]](Path(sys.argv[2]))))
