"""What the hub keeps beside a product, with the rights of its account and no others."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dphub_k8s.cluster.errors import ADVICE
from dphub_k8s.reconcile.export import NAME as EXPORT
from tests.integration.kube.hub import NAMESPACE, KubeHub, running
from tests.integration.stack import NAME, PATIENCE, eventually, example
from tests.kube.control_plane import ControlPlane

pytestmark = [pytest.mark.integration, pytest.mark.timeout(4 * PATIENCE)]
INGRESS = f"ingress/dp-{NAME}"
HOST = "data.example.org"
FORBIDDEN = ADVICE[403]
SELECTOR = f"dphub.io/product={NAME}"


@pytest.fixture(scope="module")
def hub(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeHub]:
    folder = tmp_path_factory.mktemp("hub")
    settings = {"DPHUB_EXPOSURE": "Ingress", "DPHUB_INGRESS_HOST": HOST}
    with running(control_plane, folder, **settings) as started:
        started.apply(example())
        assert started.wait()
        eventually(lambda: found(started, INGRESS), "there was an Ingress")
        yield started
        assert [line for line in started.stack.log if FORBIDDEN in line] == []


def found(hub: KubeHub, what: str) -> dict[str, Any]:
    said = hub.plane.kubectl("-n", NAMESPACE, "get", what, "-o", "json", check=False).stdout
    document: dict[str, Any] = json.loads(said) if said else {}
    return document


def paths(hub: KubeHub) -> list[str]:
    (rule,) = found(hub, INGRESS)["spec"]["rules"]
    assert rule["host"] == HOST
    return [each["path"] for each in rule["http"]["paths"]]


def exported(hub: KubeHub) -> dict[str, str]:
    data: dict[str, str] = found(hub, f"configmap/{EXPORT}").get("data", {})
    return data


def reconcile(hub: KubeHub) -> "subprocess.CompletedProcess[str]":
    """`dphub reconcile --once`, beside the hub."""
    said = {
        "DPHUB_STORE": "cluster",
        "DPHUB_HOME": str(hub.stack.home),
        "DPHUB_DATA_ROOT": str(hub.stack.data),
        "DPHUB_PUBLIC_URL": hub.stack.url,
        "DPHUB_SERVICE_URLS": hub.stack.url,
    }
    command = [sys.executable, "-m", "dphub_k8s", "reconcile", "--once", f"--seconds={PATIENCE}"]
    environment = {**os.environ, **hub.stack.environment, **said}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def version(hub: KubeHub, what: str) -> str:
    return str(found(hub, what)["metadata"]["resourceVersion"])


def test_a_product_has_its_ingress_and_its_spec_in_the_export(hub: KubeHub) -> None:
    assert paths(hub) == [f"/odata/{NAME}"]
    (owner,) = found(hub, INGRESS)["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("DataProduct", hub.get()["metadata"]["uid"])
    assert INGRESS.split("/")[1] in hub.kubectl("get", "ingress", "-l", SELECTOR)
    eventually(lambda: NAME in exported(hub), "it was exported")
    spec = json.loads(exported(hub)[NAME])
    assert spec == {name: hub.get()["spec"][name] for name in spec}
    assert "backend" in spec


def test_kubectl_describe_tells_what_has_become_of_it(hub: KubeHub) -> None:
    def told() -> str:
        return hub.kubectl("describe", "dp", NAME).partition("Events:")[2]

    eventually(lambda: " Served " in told(), "it was told to be served")
    assert [word for word in ("Accepted", "Built") if f" {word} " not in told()] == []
    assert "rows is published" in told()


def test_drift_is_put_right_and_the_next_look_changes_nothing(hub: KubeHub) -> None:
    elsewhere = {"op": "replace", "path": "/spec/rules/0/http/paths/0/path", "value": "/elsewhere"}
    hub.kubectl("patch", INGRESS, "--type=json", "-p", json.dumps([elsewhere]))
    hub.kubectl("delete", "configmap", EXPORT)
    done = reconcile(hub)
    assert done.returncode == 0, done.stderr
    assert paths(hub) == [f"/odata/{NAME}"]
    assert NAME in exported(hub)
    kept = [INGRESS, f"configmap/{EXPORT}", f"dp/{NAME}"]
    before = [version(hub, each) for each in kept]
    assert reconcile(hub).returncode == 0
    assert [version(hub, each) for each in kept] == before


def test_what_a_suspended_product_has_stays_as_it_is(hub: KubeHub) -> None:
    before = version(hub, INGRESS)
    hub.apply(example(suspend=True, api={"path": "/outages"}))
    eventually(hub.observed, "the edit was observed")
    assert reconcile(hub).returncode == 0
    assert version(hub, INGRESS) == before
    hub.apply(example(api={"path": "/outages"}))
    eventually(lambda: paths(hub) == ["/odata/outages"], "the Ingress followed")


def test_with_the_product_all_goes_whether_the_hub_runs_or_not(hub: KubeHub) -> None:
    hub.stack.stop()
    began = time.monotonic()
    hub.kubectl("delete", "dp", NAME)
    eventually(lambda: not found(hub, INGRESS), "the Ingress was gone")
    print(f"gone after {time.monotonic() - began:.2f} s")
    assert NAME in exported(hub)
    hub.stack.start()
    eventually(lambda: NAME not in exported(hub), "the export forgot it")
