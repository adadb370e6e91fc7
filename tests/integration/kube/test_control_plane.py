"""A control plane that is stopped, killed, started again; and its users."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.errors import ApiError, Unreachable
from dphub_k8s.cluster.resource import Resource
from tests.integration.stack import PATIENCE, ROOT, eventually
from tests.kube import programs
from tests.kube.control_plane import ORDER, ControlPlane

pytestmark = pytest.mark.integration

MAPS = Resource("", "v1", "configmaps")
RBAC = "rbac.authorization.k8s.io"


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[ControlPlane]:
    try:
        plane = ControlPlane(tmp_path / "plane")
    except programs.Missing as missing:
        pytest.skip(str(missing))
    try:
        plane.start()
        yield plane
    finally:
        plane.stop()


def write(client: Client, name: str) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    client.call("POST", MAPS.path("default"), body=body)


def names(client: Client) -> set[str]:
    found = client.list(MAPS.path("default"), keep=lambda item: str(item["metadata"]["name"]))
    return set(found.items) - {"kube-root-ca.crt"}


@pytest.mark.timeout(4 * PATIENCE)
def test_objects_and_address_outlive_its_processes(plane: ControlPlane) -> None:
    client = plane.client
    write(client, "one")
    version = client.list(MAPS.path()).version
    watch = client.watch(MAPS.path("default"), version, 60)
    plane.kill("kube-apiserver")
    with pytest.raises(Unreachable):
        list(watch)
    with pytest.raises(Unreachable, match="is the API server running"):
        client.list(MAPS.path())
    plane.start()
    assert names(client) == {"one"}
    write(client, "two")
    plane.stop()
    assert [plane.pid(name) for name in ORDER] == [None, None, None]
    plane.start()
    assert names(client) == {"one", "two"}


def test_a_service_account_has_the_rights_that_it_was_given(control_plane: ControlPlane) -> None:
    admin = control_plane.client
    for kind, manifest in {
        "namespaces": {"kind": "Namespace"},
        "serviceaccounts": {"kind": "ServiceAccount"},
    }.items():
        place = None if kind == "namespaces" else "accounts"
        name = "accounts" if kind == "namespaces" else "hub"
        body = {"apiVersion": "v1", "metadata": {"name": name}, **manifest}
        admin.call("POST", Resource("", "v1", kind).path(place), body=body)
    hub = Client.open(control_plane.account("accounts", "hub"))
    told = 'User "system:serviceaccount:accounts:hub" cannot list resource "configmaps"'
    with pytest.raises(ApiError, match=told):
        hub.list(MAPS.path("accounts"))
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}
    group = f"{RBAC}/v1"
    role = {"apiVersion": group, "kind": "Role", "metadata": {"name": "hub"}, "rules": [rule]}
    admin.call("POST", Resource(RBAC, "v1", "roles").path("accounts"), body=role)
    binding = {
        "apiVersion": group,
        "kind": "RoleBinding",
        "metadata": {"name": "hub"},
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "hub"},
        "subjects": [{"kind": "ServiceAccount", "name": "hub", "namespace": "accounts"}],
    }
    admin.call("POST", Resource(RBAC, "v1", "rolebindings").path("accounts"), body=binding)

    def allowed() -> bool:
        try:
            hub.list(MAPS.path("accounts"))
        except ApiError as error:
            if error.status != 403:
                raise
            return False
        return True

    eventually(allowed, "the role counted")
    with pytest.raises(ApiError, match="403 Forbidden"):
        hub.list(MAPS.path("default"))


@pytest.mark.timeout(4 * PATIENCE)
def test_up_and_down_from_the_command_line(tmp_path: Path) -> None:
    try:
        plane = ControlPlane(tmp_path / "up", leashed=False)
    except programs.Missing as missing:
        pytest.skip(str(missing))

    def command(what: str) -> str:
        run = [sys.executable, "-m", "tests.kube.control_plane", what, str(plane.folder)]
        done = subprocess.run(run, cwd=ROOT, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    try:
        told = command("up")
        assert told == str(plane.kubeconfig)
        pids = {name: plane.pid(name) for name in ORDER}
        assert None not in pids.values()
        write(Client.open(Path(told)), "one")
        command("up")
        assert {name: plane.pid(name) for name in ORDER} == pids
        command("down")
        assert {name: plane.pid(name) for name in ORDER} == dict.fromkeys(ORDER)
        command("up")
        assert names(Client.open(Path(told))) == {"one"}
    finally:
        command("down")


@pytest.mark.timeout(4 * PATIENCE)
def test_a_leashed_plane_ends_with_its_parent(tmp_path: Path) -> None:
    try:
        plane = ControlPlane(tmp_path / "plane")
    except programs.Missing as missing:
        pytest.skip(str(missing))
    code = f"""
import os, signal
from pathlib import Path
from tests.kube.control_plane import ControlPlane
ControlPlane(Path({str(plane.folder)!r})).start()
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ, check=False)
    for name in ORDER:
        eventually(lambda name=name: plane.pid(name) is None, f"{name} had ended")  # type: ignore[misc]
