"""Lists in pages, and watches."""

import threading
from typing import Any

import pytest

from dphub_k8s.cluster.client import MERGE_PATCH, Client
from dphub_k8s.cluster.errors import Expired
from dphub_k8s.cluster.watch import Event
from tests.conformance.api.conftest import Forget
from tests.kube.widgets import GROUP, WIDGETS, widget


def create(client: Client, namespace: str, *names: str, **labels: str) -> list[dict[str, Any]]:
    made = []
    for name in names:
        body = widget(name, namespace)
        body["metadata"]["labels"] = labels
        made.append(client.call("POST", WIDGETS.path(namespace), body=body))
    return made


def names(items: Any) -> list[str]:
    return [item["metadata"]["name"] for item in items]


def test_pages_are_one_version(client: Client, namespace: str) -> None:
    create(client, namespace, "a", "b", "c", "d", "e")
    path = WIDGETS.path(namespace)
    first = client.call("GET", path, {"limit": 2})
    assert first["kind"] == "WidgetList"
    assert first["metadata"]["remainingItemCount"] == 3
    client.call("DELETE", WIDGETS.path(namespace, "c"))
    create(client, namespace, "cc")
    rest = client.call("GET", path, {"limit": 10, "continue": first["metadata"]["continue"]})
    assert names(first["items"] + rest["items"]) == ["a", "b", "c", "d", "e"]
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert rest["metadata"]["continue"] == ""
    assert names(client.list(path, {"limit": 2}).items) == ["a", "b", "cc", "d", "e"]


def test_items_of_a_custom_resource_say_what_they_are(client: Client, namespace: str) -> None:
    create(client, namespace, "a")
    (item,) = client.list(WIDGETS.path(namespace)).items
    assert (item["apiVersion"], item["kind"]) == (f"{GROUP}/v1", "Widget")


def test_a_page_of_the_past_has_expired(client: Client, namespace: str, forget: Forget) -> None:
    create(client, namespace, "a", "b", "c")
    path = WIDGETS.path(namespace)
    token = client.call("GET", path, {"limit": 1})["metadata"]["continue"]
    with pytest.raises(Expired):
        client.call("GET", path, {"limit": 1, "continue": forget.token(token)})


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("color=red", ["a"]),
        ("color!=red", ["b", "c"]),
        ("color in (red, green)", ["a", "b"]),
        ("color notin (red)", ["b", "c"]),
        ("color", ["a", "b"]),
        ("!color", ["c"]),
        ("color=red,size=1", []),
    ],
)
def test_labels_select(client: Client, namespace: str, selector: str, found: list[str]) -> None:
    create(client, namespace, "a", color="red")
    create(client, namespace, "b", color="green")
    create(client, namespace, "c")
    listed = client.list(WIDGETS.path(namespace), {"labelSelector": selector})
    assert names(listed.items) == found


def test_a_name_selects(client: Client, namespace: str) -> None:
    create(client, namespace, "a", "b")
    listed = client.list(WIDGETS.path(namespace), {"fieldSelector": "metadata.name=b"})
    assert names(listed.items) == ["b"]


def watched(client: Client, namespace: str, version: str, **query: str) -> list[Event]:
    events = client.watch(WIDGETS.path(namespace), version, 1, query)
    return [event for event in events if event.type != "BOOKMARK"]


def test_a_watch_tells_what_has_changed_since(client: Client, namespace: str) -> None:
    version = client.list(WIDGETS.path(namespace)).version
    (made,) = create(client, namespace, "a")
    path = WIDGETS.path(namespace, "a")
    client.call("PATCH", path, body={"spec": {"size": 2}}, content_type=MERGE_PATCH)
    client.call("DELETE", path)
    events = watched(client, namespace, version)
    assert [event.type for event in events] == ["ADDED", "MODIFIED", "DELETED"]
    assert [event.object["spec"]["size"] for event in events] == [1, 2, 2]
    assert events[0].version == made["metadata"]["resourceVersion"]
    versions = [int(event.version) for event in events]
    assert versions == sorted(set(versions))
    again = watched(client, namespace, events[0].version)
    assert [event.type for event in again] == ["MODIFIED", "DELETED"]


def test_a_watch_tells_what_changes_meanwhile(client: Client, namespace: str) -> None:
    version = client.list(WIDGETS.path(namespace)).version
    events = client.watch(WIDGETS.path(namespace), version, 30)
    writer = threading.Timer(0.3, create, (client, namespace, "a"))
    writer.start()
    assert next(events).object["metadata"]["name"] == "a"
    events.close()  # type: ignore[attr-defined]
    writer.join()


def test_a_watch_of_selected_objects_tells_when_one_comes_and_goes(
    client: Client, namespace: str
) -> None:
    version = client.list(WIDGETS.path(namespace)).version
    create(client, namespace, "other")
    create(client, namespace, "a")
    for color in ("red", "green"):
        change = {"metadata": {"labels": {"color": color}}}
        path = WIDGETS.path(namespace, "a")
        client.call("PATCH", path, body=change, content_type=MERGE_PATCH)
    events = watched(client, namespace, version, labelSelector="color=red")
    assert [(event.type, event.object["metadata"]["name"]) for event in events] == [
        ("ADDED", "a"),
        ("DELETED", "a"),
    ]


def test_a_watch_from_the_past_has_expired(client: Client, namespace: str, forget: Forget) -> None:
    create(client, namespace, "a")
    version = forget()
    with pytest.raises(Expired, match="410 Expired: too old resource version: 1"):
        list(client.watch(WIDGETS.path(), version, 5))


def test_a_watch_from_the_future_is_silent(client: Client, namespace: str) -> None:
    version = int(client.list(WIDGETS.path(namespace)).version)
    assert watched(client, namespace, str(version + 1_000_000)) == []


def test_a_bookmark_has_a_version_to_go_on_from(client: Client, namespace: str) -> None:
    create(client, namespace, "a", "b")
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
    path = f"{WIDGETS.path(namespace)}"
    *first, bookmark = client.watch(path, "", 1, query)
    # On a slow server another bookmark may follow the first.
    assert [event.type for event in first if event.type != "BOOKMARK"] == ["ADDED", "ADDED"]
    assert bookmark.type == "BOOKMARK"
    assert set(bookmark.object["metadata"]) <= {
        "annotations", "creationTimestamp", "resourceVersion",
    }  # fmt: skip
    create(client, namespace, "c")
    events = watched(client, namespace, bookmark.version)
    assert names(event.object for event in events) == ["c"]
