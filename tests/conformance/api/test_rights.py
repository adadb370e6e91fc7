"""The hub with the rights of its manifests, on a real API server."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from dphub_k8s.api.status import Condition, Status
from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.errors import ApiError
from dphub_k8s.cluster.resource import Resource
from dphub_k8s.reconcile.export import CONFIG_MAPS, NAME
from dphub_k8s.reconcile.manifest import OWNED
from dphub_k8s.reconcile.objects import Objects
from dphub_k8s.reconcile.recorder import EVENTS, REPEAT_SECONDS, Transition
from dphub_k8s.stores.cluster import STATUS_MANAGER
from tests.integration.stack import eventually
from tests.kube import declared, products
from tests.kube.control_plane import ControlPlane
from tests.kube.declared import PRODUCTS
from tests.kube.rights import ACCOUNT, SERVING, manifests
from tests.kube.widgets import NAMESPACES

pytestmark = pytest.mark.integration

INGRESSES = OWNED["Ingress"]
SECRETS = Resource("", "v1", "secrets")
RBAC = "rbac.authorization.k8s.io"
PLURALS = {
    "ServiceAccount": Resource("", "v1", "serviceaccounts"),
    "Role": Resource(RBAC, "v1", "roles"),
    "RoleBinding": Resource(RBAC, "v1", "rolebindings"),
}
REFUSED = Status(
    observedGeneration=1,
    conditions=(Condition(type="Accepted", status="False", reason="NoType", message="no type"),),
)


@dataclass
class Installed:
    """A hub in the namespace `home`, which looks after products there and in `data`."""

    plane: ControlPlane
    home: str
    data: str
    other: str

    @property
    def admin(self) -> Client:
        return self.plane.client

    def account(self, name: str = ACCOUNT) -> Client:
        return Client.open(self.plane.account(self.home, name))


@pytest.fixture
def installed(control_plane: ControlPlane) -> Iterator[Installed]:
    admin = control_plane.client
    products.install(admin)
    names = [f"test-{uuid4().hex[:8]}-{what}" for what in ("home", "data", "other")]
    for name in names:
        document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        admin.call("POST", NAMESPACES.path(), body=document)
    home, data, other = names
    apply(admin, manifests("rbac-own.yaml", home), home)
    apply(admin, manifests("rbac-namespace.yaml", home), data)
    installed = Installed(control_plane, home, data, other)
    account = installed.account()
    eventually(
        lambda: may(account, CONFIG_MAPS.path(home), PRODUCTS.path(home), PRODUCTS.path(data)),
        "the rights were given",
    )
    yield installed
    for name in names:
        admin.call("DELETE", NAMESPACES.path(name=name))


def apply(admin: Client, documents: list[dict[str, Any]], namespace: str) -> None:
    for document in documents:
        metadata = document["metadata"]
        place = metadata.setdefault("namespace", namespace)
        admin.apply(PLURALS[document["kind"]].path(place, metadata["name"]), document, "tests")


def refused(call: Any) -> bool:
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.status == 403


def test_the_hub_may_do_its_work(installed: Installed) -> None:
    account = installed.account()
    subject = declared.declare(installed.admin, installed.home, "orders")
    elsewhere = declared.declare(installed.admin, installed.data, "outages")
    objects = Objects(lambda: account, declared.settings(installed.home))
    subjects = [subject, elsewhere]
    transitions = [Transition(each, None, REFUSED) for each in subjects]
    assert objects.tick(subjects, transitions, subjects, seconds=60).lines == ()
    assert objects.settled
    account.call("GET", INGRESSES.path(installed.home, "dp-orders"))
    assert set(account.call("GET", CONFIG_MAPS.path(installed.home, NAME))["data"]) == {
        "orders",
        "outages",
    }
    assert len(installed.admin.list(EVENTS.path(installed.data)).items) == 1
    unexposed = Objects(lambda: account, declared.settings(installed.home, None))
    assert unexposed.tick(subjects, (), subjects, seconds=60).lines == ()
    assert installed.admin.list(INGRESSES.path(installed.home)).items == ()


def test_kubectl_describe_shows_what_has_become_of_a_product(installed: Installed) -> None:
    account = installed.account()
    subject = declared.declare(installed.admin, installed.data, "orders")
    now = [1_000.0]
    objects = Objects(lambda: account, declared.settings(installed.home), lambda: now[0])
    for _ in range(2):
        assert objects.tick((), [Transition(subject, None, REFUSED)], seconds=60).lines == ()
        now[0] += REPEAT_SECONDS
    told = installed.plane.kubectl("describe", "dataproduct", "orders", "-n", installed.data).stdout
    (line,) = [line for line in told.splitlines() if "NoType: no type" in line]
    assert line.split()[:2] == ["Warning", "Refused"]
    assert "(x2 over" in line
    assert " dphub " in line


def test_the_hub_may_read_products_and_write_their_status(installed: Installed) -> None:
    account = installed.account()
    subject = declared.declare(installed.admin, installed.data, "orders")
    (item,) = account.list(PRODUCTS.path(installed.data)).items
    manifest = {
        "apiVersion": item["apiVersion"],
        "kind": item["kind"],
        "metadata": {"name": "orders", "namespace": installed.data, "uid": subject.uid},
        "status": {"observedGeneration": 1},
    }
    path = PRODUCTS.path(installed.data, "orders")
    account.apply(f"{path}/status", manifest, STATUS_MANAGER)
    assert refused(lambda: account.call("DELETE", path))
    assert refused(lambda: account.apply(path, {**manifest, "spec": {}}, STATUS_MANAGER))


def test_the_hub_may_do_nothing_else(installed: Installed) -> None:
    account, home, data = installed.account(), installed.home, installed.data
    for path in (
        SECRETS.path(home),
        SECRETS.path(data),
        INGRESSES.path(data),
        CONFIG_MAPS.path(data),
        EVENTS.path(home),
        PRODUCTS.path(installed.other),
        PRODUCTS.path(),
        NAMESPACES.path(),
        "/api/v1/nodes",
        "/api/v1/namespaces/kube-system/configmaps",
        f"/apis/{RBAC}/v1/clusterroles",
    ):
        assert refused(lambda path=path: account.list(path)), path


ALLOWED = """
configmaps                              [get list watch create patch delete]
ingresses.networking.k8s.io             [get list watch create patch delete]
dataproducts.openness.ecostruxure.se.app         [get list watch]
dataproducts.openness.ecostruxure.se.app/status  [patch]
events                                  [create patch]
"""


@pytest.mark.parametrize(
    ("name", "kept"),
    [(ACCOUNT, {line.split()[0] for line in ALLOWED.split("\n") if line}), (SERVING, set())],
)
def test_kubectl_lists_these_rights(installed: Installed, name: str, kept: set[str]) -> None:
    """Beside those of everybody, which are about oneself."""

    def listed(account: str) -> set[str]:
        subject = f"system:serviceaccount:{installed.home}:{account}"
        asked = ("auth", "can-i", "--list", "--no-headers", "-n", installed.home)
        told = installed.plane.kubectl(*asked, f"--as={subject}").stdout
        return {line.split()[0] for line in told.splitlines()}

    assert listed(name) - listed("default") == kept


def test_without_its_rights_the_hub_says_so_in_a_line_and_goes_on(installed: Installed) -> None:
    account = installed.account()
    subjects = [declared.declare(installed.admin, installed.home, f"p{each}") for each in range(5)]
    now = [1_000.0]
    objects = Objects(lambda: account, declared.settings(installed.home), lambda: now[0])
    binding = PLURALS["RoleBinding"].path(installed.home, ACCOUNT)
    kept = installed.admin.call("GET", binding)
    installed.admin.call("DELETE", binding)
    paths = INGRESSES.path(installed.home), CONFIG_MAPS.path(installed.home)
    eventually(lambda: not may(account, paths[0]), "the rights were gone")
    transitions = [Transition(subjects[0], None, REFUSED)]
    report = objects.tick(subjects, transitions, subjects, seconds=60)
    assert [line.partition(":")[0] for line in report.lines] == ["dependents", "export"]
    assert all("403 Forbidden" in line and "\n" not in line for line in report.lines)
    assert len(installed.admin.list(EVENTS.path(installed.home)).items) == 1
    fresh = {"name": ACCOUNT, "namespace": installed.home}
    body = {**kept, "metadata": fresh}
    installed.admin.call("POST", PLURALS["RoleBinding"].path(installed.home), body=body)
    eventually(lambda: may(account, *paths), "the rights were back")
    now[0] += 10
    assert objects.tick(subjects, (), subjects, seconds=60).lines == ()
    assert len(installed.admin.list(INGRESSES.path(installed.home)).items) == 5


def may(account: Client, *paths: str) -> bool:
    """The authorizer of the API server follows what is written a moment later."""
    try:
        for path in paths:
            account.list(path)
    except ApiError as error:
        if error.status != 403:
            raise
        return False
    return True
