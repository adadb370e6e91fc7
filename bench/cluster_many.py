"""Many products in one kubectl apply, and how often the hub writes what it has observed of them."""

import time
from pathlib import Path

from bench import many
from bench.report import Report
from dphub_k8s import documents
from tests.integration.kube import hub
from tests.integration.kube.hub import NAMESPACE, KubeHub
from tests.integration.stack import eventually
from tests.kube import products, writes
from tests.kube.control_plane import ControlPlane

RESOURCE = products.settings(None).products
PATIENCE = 3_600.0
SETTLED_SECONDS = 10.0
MOST_WRITES = 3
SECONDS_FOR_A_THOUSAND = 1_200.0


def measure(out: Report, plane: ControlPlane, folder: Path, count: int, steady: float) -> None:
    with hub.running(plane, folder / "hub") as running:
        many.write_sources(running.stack.data)
        began = time.perf_counter()
        running.apply(many.document("alone", 0))
        assert running.wait("alone", PATIENCE)
        at_once(out, plane, running, count, alone=time.perf_counter() - began)
        if steady:
            watched(out, plane, running, f"many_{count}.steady", steady)


def at_once(out: Report, plane: ControlPlane, running: KubeHub, count: int, alone: float) -> None:
    names = {f"many-{number:05}" for number in range(count)}
    text = "---\n".join(
        documents.dump(many.document(name, number % many.SOURCES))
        for number, name in enumerate(sorted(names))
    )
    before = many.seconds_of(running.stack)
    with writes.counted(plane.client, RESOURCE, NAMESPACE) as counted:
        began = time.perf_counter()
        running.kubectl("apply", "-f", "-", text=text)
        applied = time.perf_counter() - began
        eventually(lambda: names <= counted.ready(), "all were ready", PATIENCE)
        took = time.perf_counter() - began
        spent = many.seconds_of(running.stack)
        counted.settle(SETTLED_SECONDS)
        sent = counted.sent
    part = f"many_{count}"
    out.add(f"{part}.applied", applied, "s")
    wanted = f"<= {SECONDS_FOR_A_THOUSAND * count / 1000:.0f}; to one alone"
    out.add(f"{part}.ready", took, "s", baseline=alone, wanted=wanted)
    for name, seconds in spent.items():
        out.add(f"{part}.cpu_each.{name}", (seconds - before.get(name, 0.0)) / count, "s")
    out.add(f"{part}.writes.most", counted.most, "", wanted=f"<= {MOST_WRITES} of each")
    out.add(f"{part}.writes.mean", counted.total / count, "")
    out.add(f"{part}.requests.mean", sent / count, "", baseline=counted.total / count)


def watched(out: Report, plane: ControlPlane, running: KubeHub, name: str, seconds: float) -> None:
    before = many.seconds_of(running.stack)
    with writes.counted(plane.client, RESOURCE, NAMESPACE) as counted:
        time.sleep(seconds)
        sent = counted.sent
    out.add(f"{name}.writes", counted.total, "", wanted=f"0 in {seconds:.0f} s")
    out.add(f"{name}.requests", sent, "", wanted="0")
    for process, now in many.seconds_of(running.stack).items():
        out.add(f"{name}.cpu.{process}", (now - before.get(process, now)) / seconds, "of a core")
