"""The API server away, rights, resource or namespace taken and given back, the hub killed.

Nothing is lost, nothing is done twice, other products are served as ever, and the log says what is
wrong in one line.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.integration import stack as stacks
from tests.integration.faults import processes, runs
from tests.integration.faults import products as samples
from tests.integration.kube.hub import CRD, NAMESPACE, RIGHTS, KubeHub, clear, install
from tests.integration.kube.trouble import BYSTANDER, Trouble, trouble
from tests.integration.stack import PATIENCE, eventually
from tests.kube import rights
from tests.kube.control_plane import ControlPlane

pytestmark = [pytest.mark.integration, pytest.mark.timeout(6 * PATIENCE)]
# A minute with DPHUB_OUTAGE=60.
OUTAGE = float(os.environ.get("DPHUB_OUTAGE", "20"))
BINDING = "data-product-hub-products"
GUESTS = "guests"
SERVER = "kube-apiserver"


@pytest.fixture(scope="module")
def hub(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeHub]:
    folder = tmp_path_factory.mktemp("hub")
    (folder / "data").mkdir()
    samples.write_small(folder / "data")
    samples.write_slow(folder / "data")
    install(control_plane, GUESTS)
    clear(control_plane)
    environment = {
        "DPHUB_KUBECONFIG": str(control_plane.account(NAMESPACE, rights.ACCOUNT)),
        "DPHUB_NAMESPACE": NAMESPACE,
        "DPHUB_EXPOSURE": "Ingress",
    }
    with stacks.running(folder, **environment) as stack:
        made = KubeHub(control_plane, stack)
        made.apply(samples.small(BYSTANDER))
        assert made.wait(BYSTANDER)
        yield made


def built(hub: KubeHub, name: str) -> int | None:
    """The sequence of what is published of it as it is declared."""
    if not hub.wait(name):
        return None
    sequence: int = hub.get(name)["status"]["snapshot"]["sequence"]
    return sequence


def wide(name: str) -> dict[str, Any]:
    """The small product, with rows of another shape."""
    return samples.document(name, {"numbers": "small.parquet"}, {"number": "long"})


@contextmanager
def silent(plane: ControlPlane) -> Iterator[None]:
    """The API server neither answers nor refuses."""
    pid = plane.pid(SERVER)
    assert pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def dead(plane: ControlPlane) -> Iterator[None]:
    plane.kill(SERVER)
    try:
        yield
    finally:
        plane.start()


@contextmanager
def given_back(hub: KubeHub) -> Iterator[None]:
    """All rights, in the end."""
    try:
        yield
    finally:
        hub.plane.kubectl("apply", "-f", RIGHTS)


def test_the_api_server_is_dead_for_a_while(hub: KubeHub) -> None:
    hub.apply(samples.small("outlives"))
    assert built(hub, "outlives") == 0
    with trouble(hub) as since:
        with dead(hub.plane):
            begun = time.monotonic()
            since.is_told_once("no answer from")
            time.sleep(max(0, OUTAGE - (time.monotonic() - begun)))
        hub.apply(wide("outlives"))
        hub.apply(samples.small("after-death"))
        assert built(hub, "outlives") == 1
        assert built(hub, "after-death") == 0
        assert since.runs() == {"outlives": ["SUCCESS"], "after-death": ["SUCCESS"]}


def test_the_api_server_is_silent_for_a_while(hub: KubeHub) -> None:
    """What is built is no business of the API server."""
    samples.write_small(hub.stack.data, name="moving.parquet")
    hub.apply(samples.small("moving", "moving.parquet"))
    assert built(hub, "moving") == 0
    with trouble(hub) as since:
        with silent(hub.plane):
            begun = time.monotonic()
            samples.write_small(hub.stack.data, rows=20, name="moving.parquet")
            eventually(lambda: hub.count("moving") == 20, "the rows were served")
            time.sleep(max(0, OUTAGE - (time.monotonic() - begun)))
        hub.apply(samples.small("after-silence"))
        assert built(hub, "after-silence") == 0
        eventually(lambda: hub.get("moving")["status"]["snapshot"]["sequence"] == 1, "it was told")
        assert since.runs() == {"moving": ["SUCCESS"], "after-silence": ["SUCCESS"]}


def test_rights_are_taken_and_given_back(hub: KubeHub) -> None:
    names = [f"without-rights-{number}" for number in range(3)]
    with trouble(hub) as since:
        with given_back(hub):
            hub.kubectl("delete", "clusterrolebinding", BINDING)
            for name in names:
                hub.apply(samples.small(name))
            since.is_told_once('cannot list resource "dataproducts"')
            assert not any("status" in hub.get(name) for name in names)
            # Of listing, of all statuses, of all events.
            assert len(since.errors("403 Forbidden")) <= 3, since.log()
        assert [built(hub, name) for name in names] == [0, 0, 0]
        assert since.runs() == {name: ["SUCCESS"] for name in names}


def test_a_namespace_is_deleted_with_its_products(hub: KubeHub) -> None:
    guest = samples.small("guest")
    guest["metadata"]["namespace"] = GUESTS

    def arrives() -> None:
        hub.plane.kubectl("apply", "-f", "-", text=json.dumps(guest))
        condition = "--for=condition=Ready", f"--timeout={PATIENCE:.0f}s"
        hub.plane.kubectl("-n", GUESTS, "wait", "dp/guest", *condition)

    with trouble(hub) as since:
        arrives()
        hub.plane.kubectl("delete", "namespace", GUESTS)
        eventually(lambda: hub.stack.get("/odata/guest").status_code == 404, "it was gone")
        install(hub.plane, GUESTS)
        arrives()
        assert hub.count("guest") == 10
        assert since.runs() == {"guest": ["SUCCESS", "SUCCESS"]}


def test_the_hub_is_killed_between_a_build_and_its_status(hub: KubeHub) -> None:
    name = "killed-untold"
    hub.apply(samples.slow(name))
    worker = processes.building(hub.stack)
    with silent(hub.plane):
        os.kill(worker, signal.SIGCONT)
        eventually(lambda: hub.count(name), "it was served")
        eventually(lambda: runs.settled(hub.stack), "its run had ended")
        processes.kill_everything(hub.stack)
    assert "snapshot" not in hub.get(name)["status"]
    hub.stack.start()
    assert built(hub, name) == 0
    assert all_runs(hub, name) == ["SUCCESS"]


def test_the_hub_is_killed_between_the_objects_and_the_status(hub: KubeHub) -> None:
    name = "killed-applied"
    status = '[{"op": "remove", "path": "/rules/1"}]'
    with given_back(hub):
        hub.kubectl("patch", "clusterrole", BINDING, "--type=json", "-p", status)
        hub.apply(samples.small(name))
        eventually(lambda: ingresses(hub, name), "its Ingress was there")
        eventually(lambda: hub.count(name), "it was served")
        eventually(lambda: runs.settled(hub.stack), "its run had ended")
        processes.kill_everything(hub.stack)
        assert "status" not in hub.get(name)
        before = ingresses(hub, name)
    hub.stack.start()
    assert built(hub, name) == 0
    assert all_runs(hub, name) == ["SUCCESS"]
    assert ingresses(hub, name) == before


def all_runs(hub: KubeHub, name: str) -> list[str]:
    return runs.of(eventually(lambda: runs.settled(hub.stack), "all runs had ended"), name)


def ingresses(hub: KubeHub, name: str) -> dict[str, str]:
    """Versions, by name."""
    label = f"dphub.io/product-uid={hub.get(name)['metadata']['uid']}"
    found = json.loads(hub.kubectl("get", "ingress", "-l", label, "-o", "json"))["items"]
    return {x["metadata"]["name"]: x["metadata"]["resourceVersion"] for x in found}


def test_the_resource_is_deleted_and_installed_again(hub: KubeHub) -> None:
    """With it go all products; their data stay in the lake, or not, as they say."""
    began = len(eventually(lambda: runs.settled(hub.stack), "all runs had ended"))
    brief = samples.small("brief", dataRetention="Delete")
    hub.apply(brief)
    before = built(hub, BYSTANDER)
    assert before is not None
    assert built(hub, "brief") == 0
    since = Trouble(hub, len(hub.stack.log), began)
    hub.kubectl("delete", "crd", CRD)
    since.is_told_once("is its CRD installed?")
    assert hub.stack.get("/odata/").status_code == 200
    assert hub.stack.get(f"/odata/{BYSTANDER}").status_code in (200, 404)
    install(hub.plane, GUESTS)
    hub.apply(samples.small(BYSTANDER))
    hub.apply(brief)
    after = built(hub, BYSTANDER)
    assert after is not None
    assert after > before
    assert built(hub, "brief") == 0
    assert hub.count(BYSTANDER) == hub.count("brief") == 10
    assert since.runs() == {BYSTANDER: ["SUCCESS"], "brief": ["SUCCESS", "SUCCESS"]}
    assert not since.log("Traceback"), since.log()
    assert not since.log("starting it again"), since.log()
