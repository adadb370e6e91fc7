"""Server-side apply: who owns what, and what becomes of it."""

from typing import Any

import pytest

from dphub_k8s.cluster.client import MERGE_PATCH, Client
from dphub_k8s.cluster.errors import ApiError
from dphub_k8s.cluster.resource import Resource
from tests.kube.widgets import WIDGETS, widget

CONFIG_MAPS = Resource("", "v1", "configmaps")


class Applier:
    def __init__(self, client: Client, namespace: str) -> None:
        self.client = client
        self.namespace = namespace
        self.path = WIDGETS.path(namespace, "one")

    def __call__(self, manager: str, force: bool = False, **spec: Any) -> dict[str, Any]:
        manifest = widget("one", self.namespace)
        manifest["spec"] = spec
        return self.client.apply(self.path, manifest, manager, force)

    def status(self, manager: str, **status: Any) -> dict[str, Any]:
        manifest = widget("one", self.namespace)
        del manifest["spec"]
        manifest["status"] = status
        return self.client.apply(f"{self.path}/status", manifest, manager)


@pytest.fixture
def apply(client: Client, namespace: str) -> Applier:
    return Applier(client, namespace)


def test_apply_creates(apply: Applier) -> None:
    made = apply("hub", size=1)
    assert made["metadata"]["generation"] == 1
    assert made["spec"] == {"size": 1, "color": "red"}
    entries = made["metadata"]["managedFields"]
    assert [(entry["manager"], entry["operation"]) for entry in entries] == [("hub", "Apply")]
    assert entries[0]["fieldsV1"] == {"f:spec": {"f:size": {}}}


def test_applied_twice_is_one_version(apply: Applier) -> None:
    first = apply("hub", size=1, note="text")
    assert apply("hub", size=1, note="text")["metadata"] == first["metadata"]


def test_what_a_manager_sends_no_more_goes(apply: Applier) -> None:
    apply("hub", size=1, note="text", parts=[{"name": "a", "count": 1}, {"name": "b"}])
    assert apply("hub", size=1, parts=[{"name": "a"}])["spec"] == {
        "size": 1,
        "color": "red",
        "parts": [{"name": "a"}],
    }


def test_what_another_owns_too_stays(apply: Applier) -> None:
    apply("hub", size=1, note="text")
    apply("other", size=1, note="text")
    assert apply("hub", size=1)["spec"]["note"] == "text"
    assert "note" not in apply("other", size=1)["spec"]


def test_a_conflict_names_the_manager_and_the_field(apply: Applier) -> None:
    apply("hub", size=1, note="text")
    with pytest.raises(ApiError, match='conflict with "hub"') as caught:
        apply("other", size=1, note="more")
    assert (caught.value.status, caught.value.reason) == (409, "Conflict")
    causes = caught.value.details["causes"]
    assert [(cause["reason"], cause["field"]) for cause in causes] == [
        ("FieldManagerConflict", ".spec.note")
    ]


def test_force_takes_the_field(apply: Applier) -> None:
    apply("hub", size=1, note="text")
    assert apply("other", force=True, note="more")["spec"]["note"] == "more"
    assert apply("hub", size=1)["spec"]["note"] == "more"


def test_a_field_that_somebody_edited_is_taken_back_by_force(apply: Applier) -> None:
    apply("hub", size=1)
    edit = {"spec": {"size": 2, "other": "mine"}}
    query = {"fieldManager": "editor"}
    apply.client.call("PATCH", apply.path, query, edit, MERGE_PATCH)
    with pytest.raises(ApiError, match='conflict with "editor"'):
        apply("hub", size=1)
    assert apply("hub", force=True, size=1)["spec"] == {"size": 1, "color": "red", "other": "mine"}


def test_items_of_a_list_with_keys_have_owners_of_their_own(apply: Applier) -> None:
    apply("hub", size=1, parts=[{"name": "a", "count": 1}])
    both = apply("other", parts=[{"name": "b", "count": 2}])
    assert [part["name"] for part in both["spec"]["parts"]] == ["a", "b"]


def test_a_list_without_keys_has_one_owner(apply: Applier) -> None:
    apply("hub", size=1, words=["a"])
    with pytest.raises(ApiError, match='conflict with "hub"'):
        apply("other", words=["b"])


def test_status_is_applied_apart(apply: Applier) -> None:
    made = apply("hub", size=1)
    ready = {"type": "Ready", "status": "True"}
    told = apply.status("hub-status", phase="Done", conditions=[ready])
    assert told["status"] == {"phase": "Done", "conditions": [ready]}
    assert told["metadata"]["generation"] == made["metadata"]["generation"]
    version = told["metadata"]["resourceVersion"]
    again = apply.status("hub-status", phase="Done", conditions=[ready])
    assert again["metadata"]["resourceVersion"] == version
    assert "phase" not in apply.status("hub-status", conditions=[ready])["status"]
    assert apply("hub", size=2)["status"] == {"conditions": [ready]}


def test_a_status_needs_its_object(apply: Applier) -> None:
    with pytest.raises(ApiError, match="not found") as caught:
        apply.status("hub-status", phase="Done")
    assert caught.value.status == 404


def test_a_status_of_an_older_version_is_refused(apply: Applier) -> None:
    version = apply("hub", size=1)["metadata"]["resourceVersion"]
    apply("hub", size=2)
    manifest = widget("one", apply.namespace)
    del manifest["spec"]
    manifest |= {"status": {"phase": "Done"}}
    manifest["metadata"]["resourceVersion"] = version
    with pytest.raises(ApiError) as caught:
        apply.client.apply(f"{apply.path}/status", manifest, "hub-status")
    assert (caught.value.status, caught.value.reason) == (409, "Conflict")


def test_a_uid_that_is_gone_is_not_created_again(apply: Applier) -> None:
    uid = apply("hub", size=1)["metadata"]["uid"]
    apply.client.call("DELETE", apply.path)
    manifest = widget("one", apply.namespace)
    manifest["metadata"]["uid"] = uid
    with pytest.raises(ApiError) as caught:
        apply.client.apply(apply.path, manifest, "hub")
    assert caught.value.status == 409


def test_apply_refuses_what_is_invalid(apply: Applier) -> None:
    with pytest.raises(ApiError) as caught:
        apply("hub", size=11)
    assert (caught.value.status, caught.value.reason) == (422, "Invalid")


def test_two_managers_share_a_configmap_by_key(client: Client, namespace: str) -> None:
    path = CONFIG_MAPS.path(namespace, "shared")

    def manifest(**data: str) -> dict[str, Any]:
        metadata = {"name": "shared", "namespace": namespace}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}

    client.apply(path, manifest(a="1"), "hub")
    assert client.apply(path, manifest(b="2"), "other")["data"] == {"a": "1", "b": "2"}
    assert client.apply(path, manifest(c="3"), "hub")["data"] == {"b": "2", "c": "3"}
