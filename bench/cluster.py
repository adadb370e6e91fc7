"""Many objects of a custom resource in a real API server: what listing and watching them costs.

    python -m bench.cluster [--json] [--objects N]

Needs the programs that `make kube` builds. The work is done in a process of its own, so that
memory is that of the client alone; the baseline is the official client's `CustomObjectsApi`.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import report
from bench.measure import ROOT, cpu_seconds, median, resident_mib, timed
from bench.report import Report
from dphub_k8s.cluster.client import Client
from tests.kube import programs
from tests.kube.control_plane import ORDER, ControlPlane
from tests.kube.install import install
from tests.kube.widgets import GROUP, WIDGETS, crd, widget

WRITERS = 8
TICKS = 5
CPU_OF_A_LIST, MIB_OF_A_LIST, CPU_OF_A_TICK = 2.0, 100.0, 0.05


def main() -> int:
    parser = report.options(__doc__ or "")
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.work:
        print(json.dumps(WORK[chosen.work[0]](Path(chosen.work[1]))))
        return 0
    try:
        with running() as plane:
            out = Report(chosen.json)
            out.begin(f"{chosen.objects} custom resources in one API server", None)
            measure(out, plane, chosen.objects)
            out.end()
    except programs.Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


def measure(out: Report, plane: ControlPlane, count: int) -> None:
    fill(plane.client, count)
    for name in ORDER:
        if pid := plane.pid(name):
            out.add(f"{name}.resident", resident_mib(pid), "MiB")
            out.add(f"{name}.cpu", cpu_seconds(pid), "s")
    ours, theirs = work("ours", plane.kubeconfig), work("theirs", plane.kubeconfig)
    assert ours["count"] == theirs["count"] == count
    out.add("client.import", ours["import"], "CPU s", baseline=theirs["import"])
    out.add("list.first", ours["cpu"], "CPU s", baseline=theirs["cpu"], wanted=str(CPU_OF_A_LIST))
    mib = str(MIB_OF_A_LIST)
    out.add("list.first.memory", ours["mib"], "MiB", baseline=theirs["mib"], wanted=mib)
    out.add("list.again", ours["again"], "CPU s", baseline=theirs["again"])
    out.add("watch.idle", ours["tick"], "CPU s", wanted=str(CPU_OF_A_TICK))


@contextmanager
def running() -> Iterator[ControlPlane]:
    with TemporaryDirectory(prefix="dphub-bench-") as folder:
        plane = ControlPlane(Path(folder))
        try:
            plane.start()
            yield plane
        finally:
            plane.stop()


def fill(client: Client, count: int) -> None:
    """With objects of the size that products have."""
    install(client, crd())
    parts = [{"name": f"column-{number}", "count": number} for number in range(12)]

    def create(number: int) -> None:
        body = widget(f"many-{number:05}", "default", note="x" * 500, parts=parts)
        client.call("POST", WIDGETS.path("default"), body=body)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(create, range(count)))


def work(which: str, kubeconfig: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.cluster", "--work", which, str(kubeconfig)]
    run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(run.stdout)
    return told


def ours(kubeconfig: Path) -> dict[str, float]:
    started = time.process_time()
    client = Client.open(kubeconfig)
    client.call("GET", "/version")
    before, found = resident_mib(), []

    def keep(item: Any) -> tuple[str, int, int]:
        metadata = item["metadata"]
        return metadata["uid"], metadata["generation"], hash(str(item["spec"]))

    first = timed(lambda: found.append(client.list(WIDGETS.path(), keep=keep)))
    grown = resident_mib() - before
    again = timed(lambda: client.list(WIDGETS.path(), keep=keep))
    version = found[0].version
    ticks = [timed(lambda: list(client.watch(WIDGETS.path(), version, 1))) for _ in range(TICKS)]
    return {
        "import": started,
        "cpu": first.cpu,
        "mib": grown,
        "again": again.cpu,
        "tick": median([tick.cpu for tick in ticks]),
        "count": len(found[0].items),
    }


def theirs(kubeconfig: Path) -> dict[str, float]:
    from kubernetes import client, config

    started = time.process_time()
    config.load_kube_config(str(kubeconfig))
    api = client.CustomObjectsApi()
    client.VersionApi().get_code()
    before, found = resident_mib(), []
    first = timed(lambda: found.append(api.list_cluster_custom_object(GROUP, "v1", "widgets")))
    grown = resident_mib() - before
    again = timed(lambda: api.list_cluster_custom_object(GROUP, "v1", "widgets"))
    count = len(found[0]["items"])
    return {
        "import": started, "cpu": first.cpu, "mib": grown, "again": again.cpu, "count": count,
    }  # fmt: skip


WORK = {"ours": ours, "theirs": theirs}

if __name__ == "__main__":
    sys.exit(main())
