"""Calls: what is decoded, what is tried again, and what a refusal says."""

import threading
from pathlib import Path

import pytest

from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.errors import ApiError, UnknownResource, Unreachable
from dphub_k8s.cluster.resource import Resource
from tests.kube.fake import faults
from tests.kube.fake.cluster import FakeCluster
from tests.kube.fake.faults import Fault
from tests.kube.fake.refusal import Refusal
from tests.kube.fake.rights import Forbidden

MAPS = Resource("", "v1", "configmaps")


def config_map(name: str = "one") -> dict[str, object]:
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (MAPS.path(), "/api/v1/configmaps"),
        (MAPS.path("a", "b"), "/api/v1/namespaces/a/configmaps/b"),
        (Resource("g.io", "v1", "things").path("a"), "/apis/g.io/v1/namespaces/a/things"),
        (MAPS.path("a", "../b?c", "status"), "/api/v1/namespaces/a/configmaps/..%2Fb%3Fc/status"),
    ],
)
def test_paths(path: str, text: str) -> None:
    assert path == text


def test_json_is_decoded_and_text_is_not(fake_client: Client) -> None:
    assert fake_client.call("GET", "/version")["major"] == "1"
    assert fake_client.call("GET", "/readyz") == "ok"


def test_the_token_is_sent(fake: FakeCluster, tmp_path: Path) -> None:
    client = Client.open(fake.kubeconfig(tmp_path / "config", "hub"))
    client.list(MAPS.path())
    assert fake.calls[-1].user == "hub"


@pytest.mark.parametrize(
    ("code", "retry_after"),
    [(429, 0), (503, 0)],
)
def test_a_busy_server_is_asked_again(
    fake: FakeCluster, fake_client: Client, code: int, retry_after: int
) -> None:
    fake.faults.plan(Fault(Refusal(code, "busy"), retry_after), times=3)
    fake_client.call("POST", MAPS.path("default"), body=config_map())
    assert len(fake.calls) == 4


def test_but_not_for_ever(fake: FakeCluster, fake_client: Client) -> None:
    fake.faults.plan(faults.busy(0), times=faults.EVERY)
    with pytest.raises(ApiError, match="429 TooManyRequests") as caught:
        fake_client.list(MAPS.path())
    assert caught.value.status == 429
    assert len(fake.calls) == 5


@pytest.mark.parametrize("fault", [faults.busy(60), faults.busy(None), faults.NOT_READY])
def test_nor_later_than_the_call_may_take(
    fake: FakeCluster, fake_client: Client, fault: Fault
) -> None:
    fake.faults.plan(fault)
    with pytest.raises(ApiError, match="try again later"):
        fake_client.call("GET", MAPS.path(), seconds=5)
    assert len(fake.calls) == 1


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (faults.CONFLICT, "409 Conflict: the object has been modified; please apply your changes"),
        (faults.BROKEN, "500 InternalError: etcdserver: leader changed: the API server has a"),
        (faults.FORBIDDEN, "403 Forbidden: forbidden: this account has lost its role: the role"),
    ],
)
def test_a_refusal_is_one_line_with_call_status_and_advice(
    fake: FakeCluster, fake_client: Client, fault: Fault, told: str
) -> None:
    fake.faults.plan(fault)
    with pytest.raises(ApiError) as caught:
        fake_client.call("POST", MAPS.path("default"), body=config_map())
    assert caught.value.message.startswith(f"POST /api/v1/namespaces/default/configmaps: {told}")
    assert "\n" not in caught.value.message


def test_what_is_missing_is_the_object_or_the_resource(fake_client: Client) -> None:
    with pytest.raises(ApiError, match=r'configmaps "one" not found$') as caught:
        fake_client.call("GET", MAPS.path("default", "one"))
    assert type(caught.value) is ApiError
    with pytest.raises(UnknownResource, match=r"404: 404 page not found: .* is its CRD installed"):
        fake_client.list(Resource("g.io", "v1", "things").path())


def test_rights_that_are_missing_are_named(fake: FakeCluster, fake_client: Client) -> None:
    fake.forbidden.append(Forbidden(verb="list", plural="configmaps"))
    with pytest.raises(ApiError, match='cannot list resource "configmaps" in API group ""'):
        fake_client.list(MAPS.path())
    fake.forbidden.pop()
    assert fake_client.list(MAPS.path()).items == ()


def test_a_token_that_is_not_accepted(fake: FakeCluster, tmp_path: Path) -> None:
    file = fake.kubeconfig(tmp_path / "config", "hub")
    good = file.read_text()
    file.write_text(good.replace("hub-token", "old-token"))
    client = Client.open(file)
    with pytest.raises(ApiError, match=r"401 Unauthorized: .* does not accept this token"):
        client.list(MAPS.path())
    file.write_text(good)
    client.list(MAPS.path())
    assert fake.calls[-1].user == "hub"


@pytest.mark.parametrize("fault", [faults.RESET, faults.LOST_ANSWER])
def test_a_broken_connection_is_no_answer(
    fake: FakeCluster, fake_client: Client, fault: Fault
) -> None:
    fake.faults.plan(fault)
    with pytest.raises(Unreachable, match="no answer from http://127") as caught:
        fake_client.call("POST", MAPS.path("default"), body=config_map())
    assert caught.value.status == 0
    assert len(fake_client.list(MAPS.path()).items) == (1 if fault.done else 0)


def test_a_silent_server_is_waited_for_as_long_as_was_said(
    fake: FakeCluster, fake_client: Client
) -> None:
    fake.faults.plan(faults.silent(60))
    with pytest.raises(Unreachable, match="timed out"):
        fake_client.call("GET", MAPS.path(), seconds=0.2)


def test_a_server_that_is_stopped_and_back(fake: FakeCluster, fake_client: Client) -> None:
    fake_client.call("POST", MAPS.path("default"), body=config_map())
    fake.stop()
    with pytest.raises(Unreachable, match="is the API server running, and is this its address"):
        fake_client.list(MAPS.path())
    fake.start()
    assert len(fake_client.list(MAPS.path()).items) == 1


def test_one_connection_serves_one_call_after_the_other(
    fake: FakeCluster, fake_client: Client
) -> None:
    for _ in range(5):
        version = fake_client.list(MAPS.path()).version
        with pytest.raises(ApiError):
            fake_client.call("GET", MAPS.path("default", "none"))
    list(fake_client.watch(MAPS.path(), version, 1))
    fake_client.list(MAPS.path())
    assert fake.connections == 1


def test_many_threads_share_a_client(fake: FakeCluster, fake_client: Client) -> None:
    def write(thread: int) -> None:
        for number in range(10):
            name = f"map-{thread}-{number}"
            fake_client.apply(MAPS.path("default", name), config_map(name), "tests")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fake_client.list(MAPS.path("default")).items) == 80
