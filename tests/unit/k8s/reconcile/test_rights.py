"""The manifests give the hub what it needs, and nothing else."""

import pytest

from dphub_k8s.reconcile.recorder import REPEAT_SECONDS
from tests.kube import declared
from tests.kube.rights import HOME, SERVING, Right, granted, manifests
from tests.unit.k8s.reconcile.conftest import Hub
from tests.unit.k8s.reconcile.test_export import LONG
from tests.unit.k8s.reconcile.test_recorder import accepts

ALL, OWN, ONE_MORE = "rbac.yaml", "rbac-own.yaml", "rbac-namespace.yaml"
PRODUCTS = declared.PRODUCTS
# By the store, which has tests of its own.
OF_STORE = {
    (verb, PRODUCTS.group, resource)
    for verb, resource in (
        ("get", "dataproducts"),
        ("list", "dataproducts"),
        ("watch", "dataproducts"),
        ("patch", "dataproducts/status"),
    )
}
VERBS = {"get", "list", "watch", "create", "patch", "delete"}


def of_products(where: str | None) -> set[Right]:
    return {
        *(Right(verb, group, resource, where) for verb, group, resource in OF_STORE),
        Right("create", "", "events", where),
        Right("patch", "", "events", where),
    }


@pytest.mark.parametrize(("file", "where"), [(ALL, None), (OWN, HOME)])
def test_the_rights_are_exactly_these(file: str, where: str | None) -> None:
    assert set(granted(manifests(file))) == {
        *(Right(verb, "networking.k8s.io", "ingresses", HOME) for verb in VERBS),
        *(Right(verb, "", "configmaps", HOME) for verb in VERBS),
        *of_products(where),
    }


def test_one_more_namespace_is_about_its_products_alone() -> None:
    assert set(granted(manifests(ONE_MORE), "more")) == of_products("more")


@pytest.mark.parametrize("file", [OWN, ONE_MORE])
def test_a_hub_of_some_namespaces_has_nothing_of_the_cluster(file: str) -> None:
    assert {each["kind"] for each in manifests(file)} <= {"ServiceAccount", "Role", "RoleBinding"}


def test_every_call_of_the_hub_is_covered(hub: Hub) -> None:
    given = {(right.verb, right.group, right.resource) for right in granted(manifests(ALL))}
    first = hub.declare("orders")
    others = [declared.long(f"p{each}", f"u-{each}", LONG) for each in range(4)]
    hub.fake.calls.clear()
    hub.tick([first, *others], [accepts(first)])
    hub.tick([first], [accepts(first)], after=REPEAT_SECONDS)
    hub.restart(declared.settings(exposure=None))
    hub.tick([first])
    calls = {
        (call.verb, call.kind.group, "/".join(filter(None, [call.plural, call.subresource])))
        for call in hub.fake.calls
        if call.kind
    }
    assert calls >= {
        ("delete", "networking.k8s.io", "ingresses"),
        ("delete", "", "configmaps"),
        ("patch", "", "events"),
    }
    assert calls <= given


@pytest.mark.parametrize("file", [ALL, OWN])
def test_the_service_has_no_rights_and_no_token(file: str) -> None:
    accounts = {
        each["metadata"]["name"]: each
        for each in manifests(file)
        if each["kind"] == "ServiceAccount"
    }
    assert accounts[SERVING]["automountServiceAccountToken"] is False
