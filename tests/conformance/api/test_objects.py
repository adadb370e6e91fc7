"""Objects: what the API server fills in, what a write may change, what it refuses."""

from datetime import datetime
from typing import Any

import pytest

from dphub_k8s.cluster.client import MERGE_PATCH, Client
from dphub_k8s.cluster.errors import ApiError, UnknownResource
from dphub_k8s.cluster.resource import Resource
from tests.integration.stack import eventually
from tests.kube.install import install, served
from tests.kube.widgets import CRDS, GROUP, WIDGETS, crd, widget

CONFIG_MAPS = Resource("", "v1", "configmaps")


@pytest.fixture
def made(client: Client, namespace: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.call(
        "POST", WIDGETS.path(namespace), body=widget("one", namespace)
    )
    return answer


def put(client: Client, document: dict[str, Any], subresource: str | None = None) -> dict[str, Any]:
    metadata = document["metadata"]
    path = WIDGETS.path(metadata["namespace"], metadata["name"], subresource)
    answer: dict[str, Any] = client.call("PUT", path, body=document)
    return answer


def patch(client: Client, made: dict[str, Any], change: Any, subresource: str | None = None) -> Any:
    metadata = made["metadata"]
    path = WIDGETS.path(metadata["namespace"], metadata["name"], subresource)
    return client.call("PATCH", path, body=change, content_type=MERGE_PATCH)


def test_create_fills_in_what_identifies_an_object(made: dict[str, Any]) -> None:
    metadata = made["metadata"]
    assert metadata["generation"] == 1
    assert len(metadata["uid"]) == 36
    assert int(metadata["resourceVersion"]) > 0
    assert datetime.fromisoformat(metadata["creationTimestamp"]).tzinfo is not None


def test_create_gives_defaults_and_drops_what_the_schema_does_not_know(
    client: Client, namespace: str
) -> None:
    body = {**widget("one", namespace, unknown=1), "status": {"phase": "Done"}}
    made = client.call("POST", WIDGETS.path(namespace), body=body)
    assert made["spec"] == {"size": 1, "color": "red"}
    assert "status" not in made


def test_a_name_can_be_generated(client: Client, namespace: str) -> None:
    body = widget("", namespace)
    body["metadata"] = {"generateName": "many-"}
    names = {
        client.call("POST", WIDGETS.path(namespace), body=body)["metadata"]["name"]
        for _ in range(3)
    }
    assert len(names) == 3
    assert all(name.startswith("many-") for name in names)


def test_create_refuses_a_name_that_is_taken(client: Client, made: dict[str, Any]) -> None:
    namespace = made["metadata"]["namespace"]
    with pytest.raises(ApiError, match="already exists") as caught:
        client.call("POST", WIDGETS.path(namespace), body=widget("one", namespace))
    assert (caught.value.status, caught.value.reason) == (409, "AlreadyExists")


def test_create_refuses_a_namespace_that_is_not_there(client: Client) -> None:
    with pytest.raises(ApiError, match='namespaces "nowhere" not found') as caught:
        client.call("POST", WIDGETS.path("nowhere"), body=widget("one", "nowhere"))
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("spec", "field", "message"),
    [
        ({"size": 11}, "spec.size", "should be less than or equal to 10"),
        ({"size": 0}, "spec.size", "should be greater than or equal to 1"),
        ({"size": "big"}, "spec.size", 'must be of type integer: "string"'),
        ({"color": "blue"}, "spec.color", 'Unsupported value: "blue"'),
        ({"parts": [{"count": 1}]}, "spec.parts[0].name", "Required value"),
        ({"parts": [{"name": "a"}, {"name": "a"}]}, "spec.parts[1]", "Duplicate value"),
    ],
)
def test_an_invalid_object_is_refused_with_the_field_and_what_is_wrong(
    client: Client, namespace: str, spec: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(ApiError) as caught:
        client.call("POST", WIDGETS.path(namespace), body=widget("one", namespace, **spec))
    refused = caught.value
    assert (refused.status, refused.reason) == (422, "Invalid")
    assert [cause["field"] for cause in refused.details["causes"]] == [field]
    assert message in refused.details["causes"][0]["message"]
    assert f'Widget.{GROUP} "one" is invalid: {field}: ' in refused.message


def test_an_edit_of_the_spec_is_a_new_generation(client: Client, made: dict[str, Any]) -> None:
    edited = put(client, {**made, "spec": {"size": 2}})
    assert edited["metadata"]["generation"] == 2
    assert edited["metadata"]["uid"] == made["metadata"]["uid"]
    assert patch(client, made, {"spec": {"size": 3}})["metadata"]["generation"] == 3


def test_an_edit_of_labels_or_status_is_none(client: Client, made: dict[str, Any]) -> None:
    labelled = patch(client, made, {"metadata": {"labels": {"a": "b"}}})
    told = patch(client, made, {"status": {"phase": "Done"}}, "status")
    assert labelled["metadata"]["generation"] == told["metadata"]["generation"] == 1
    assert told["status"] == {"phase": "Done"}
    assert int(told["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])


def test_status_and_the_rest_are_written_apart(client: Client, made: dict[str, Any]) -> None:
    put(client, {**made, "status": {"phase": "Lost"}})
    both = {"spec": {"size": 9}, "status": {"phase": "Done"}}
    told = patch(client, made, both, "status")
    assert (told["spec"]["size"], told["status"]) == (1, {"phase": "Done"})
    edited = patch(client, made, {"spec": {"size": 3}, "status": {"phase": "Lost"}})
    assert (edited["spec"]["size"], edited["status"]) == (3, {"phase": "Done"})


def test_a_write_that_changes_nothing_keeps_the_version(
    client: Client, made: dict[str, Any]
) -> None:
    version = made["metadata"]["resourceVersion"]
    assert put(client, made)["metadata"]["resourceVersion"] == version
    assert patch(client, made, {"spec": {"size": 1}})["metadata"]["resourceVersion"] == version


def test_merge_patch_takes_away_what_is_null(client: Client, made: dict[str, Any]) -> None:
    patch(client, made, {"spec": {"note": "text"}})
    assert "note" not in patch(client, made, {"spec": {"note": None}})["spec"]


@pytest.mark.parametrize("subresource", [None, "status"])
def test_a_write_over_an_older_version_is_refused(
    client: Client, made: dict[str, Any], subresource: str | None
) -> None:
    put(client, {**made, "spec": {"size": 2}})
    with pytest.raises(ApiError, match="the object has been modified") as caught:
        put(client, {**made, "spec": {"size": 3}, "status": {"phase": "a"}}, subresource)
    assert (caught.value.status, caught.value.reason) == (409, "Conflict")
    stale = {"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}}
    with pytest.raises(ApiError, match="the object has been modified"):
        patch(client, made, {**stale, "spec": {"size": 3}})


def test_a_write_to_another_uid_is_refused(client: Client, made: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        patch(client, made, {"metadata": {"uid": "another"}, "spec": {"size": 3}})
    assert caught.value.status in (409, 422)


def test_replacing_a_custom_resource_needs_a_version(client: Client, made: dict[str, Any]) -> None:
    metadata = {"name": "one", "namespace": made["metadata"]["namespace"]}
    with pytest.raises(ApiError, match="must be specified for an update") as caught:
        put(client, {**made, "metadata": metadata})
    assert caught.value.status == 422


def test_an_object_that_is_not_there_is_not_found(client: Client, namespace: str) -> None:
    path = WIDGETS.path(namespace, "none")
    for method, body in (("GET", None), ("DELETE", None), ("PUT", widget("none", namespace))):
        if body:
            body["metadata"]["resourceVersion"] = "1"
        with pytest.raises(ApiError, match=r'widgets\.tests\.dphub\.io "none" not found') as caught:
            client.call(method, path, body=body)
        assert (caught.value.status, type(caught.value)) == (404, ApiError)


def test_created_again_is_another_object(client: Client, made: dict[str, Any]) -> None:
    namespace = made["metadata"]["namespace"]
    client.call("DELETE", WIDGETS.path(namespace, "one"))
    again = client.call("POST", WIDGETS.path(namespace), body=widget("one", namespace))
    assert again["metadata"]["uid"] != made["metadata"]["uid"]
    assert again["metadata"]["generation"] == 1


@pytest.mark.parametrize("name", ["uid", "resourceVersion"])
def test_delete_keeps_to_its_preconditions(client: Client, made: dict[str, Any], name: str) -> None:
    path = WIDGETS.path(made["metadata"]["namespace"], "one")
    with pytest.raises(ApiError, match=r"[Pp]recondition") as caught:
        client.call("DELETE", path, body={"preconditions": {name: "1"}})
    assert caught.value.status == 409
    client.call("DELETE", path, body={"preconditions": {name: made["metadata"][name]}})


def test_a_finalizer_keeps_an_object_until_it_is_taken_away(
    client: Client, made: dict[str, Any]
) -> None:
    path = WIDGETS.path(made["metadata"]["namespace"], "one")
    patch(client, made, {"metadata": {"finalizers": ["tests.dphub.io/wait"]}})
    client.call("DELETE", path)
    assert "deletionTimestamp" in client.call("GET", path)["metadata"]
    patch(client, made, {"metadata": {"finalizers": None}})
    eventually(lambda: not served(client, path), "it was gone")


def test_a_configmap_has_no_generation_and_a_limit(client: Client, namespace: str) -> None:
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}}
    made = client.call("POST", CONFIG_MAPS.path(namespace), body=document)
    assert "generation" not in made["metadata"]
    with pytest.raises(ApiError) as caught:
        client.call(
            "PUT",
            CONFIG_MAPS.path(namespace, "one"),
            body={**document, "data": {"a": "a" * 1_100_000}},
        )
    assert caught.value.status == 422


def test_who_has_no_rights_is_told_which_are_missing(nobody: Client, namespace: str) -> None:
    with pytest.raises(ApiError) as caught:
        nobody.list(WIDGETS.path(namespace))
    assert caught.value.status == 403
    told = f'User "nobody" cannot list resource "widgets" in API group "{GROUP}" in the namespace'
    assert f'{told} "{namespace}"' in caught.value.message
    with pytest.raises(ApiError, match='cannot patch resource "widgets/status"'):
        nobody.apply(WIDGETS.path(namespace, "one", "status"), widget("one", namespace), "tests")
    with pytest.raises(ApiError, match="at the cluster scope"):
        list(nobody.watch(WIDGETS.path(), "1", 1))


def test_without_its_crd_a_resource_is_unknown(client: Client, namespace: str) -> None:
    install(client, crd("gadgets", "Gadget"))
    gadgets = Resource(GROUP, "v1", "gadgets")
    body = {**widget("one", namespace), "kind": "Gadget"}
    client.call("POST", gadgets.path(namespace), body=body)
    client.call("DELETE", CRDS.path(name=f"gadgets.{GROUP}"))
    eventually(lambda: not served(client, gadgets.path()), "the resource was gone")
    with pytest.raises(UnknownResource, match="is its CRD installed"):
        client.list(gadgets.path())
    with pytest.raises(UnknownResource):
        client.call("GET", gadgets.path(namespace, "one"))
    with pytest.raises(UnknownResource):
        client.call("GET", "/apis/nothing.dphub.io/v1/things")
