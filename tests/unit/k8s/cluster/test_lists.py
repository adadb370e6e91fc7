"""Lists in pages, and watches, when things go wrong in between."""

import threading
from collections.abc import Iterator

import pytest

from dphub_k8s.cluster.client import LISTINGS, Client
from dphub_k8s.cluster.errors import ApiError, Expired, Unreachable
from dphub_k8s.cluster.resource import Resource
from dphub_k8s.cluster.watch import Item, events
from tests.integration.stack import eventually
from tests.kube.fake import cluster, faults
from tests.kube.fake.cluster import FakeCluster
from tests.kube.fake.faults import Fault

MAPS = Resource("", "v1", "configmaps")
PATH = MAPS.path("default")


def create(client: Client, *names: str) -> None:
    for name in names:
        metadata = {"name": name, "namespace": "default"}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
        client.call("POST", PATH, body=body)


def name(item: Item) -> str:
    return str(item["metadata"]["name"])


@pytest.fixture
def three(fake_client: Client) -> Client:
    create(fake_client, "a", "b", "c")
    return fake_client


def test_only_what_is_kept_of_an_item_stays(three: Client) -> None:
    listing = three.list(PATH, {"limit": 2}, keep=name)
    assert listing.items == ("a", "b", "c")


@pytest.mark.parametrize("skip", [0, 1, 2])
def test_a_page_that_has_expired_begins_the_list_anew(
    fake: FakeCluster, three: Client, skip: int
) -> None:
    fake.faults.plan(faults.EXPIRED, verb="list", skip=skip)
    assert three.list(PATH, {"limit": 1}, keep=name).items == ("a", "b", "c")


def test_but_not_for_ever(fake: FakeCluster, three: Client) -> None:
    fake.faults.plan(faults.EXPIRED, verb="list", times=faults.EVERY)
    before = len(fake.calls)
    with pytest.raises(Expired):
        three.list(PATH)
    assert len(fake.calls) - before == LISTINGS


@pytest.mark.parametrize("fault", [faults.BROKEN, faults.FORBIDDEN, faults.RESET])
@pytest.mark.parametrize("skip", [0, 1, 2])
def test_a_list_is_whole_or_an_error(
    fake: FakeCluster, three: Client, fault: Fault, skip: int
) -> None:
    fake.faults.plan(fault, verb="list", skip=skip)
    with pytest.raises(ApiError):
        three.list(PATH, {"limit": 1})


def test_a_watch_goes_on_from_the_list(three: Client) -> None:
    version = three.list(PATH).version
    create(three, "d")
    assert [name(event.object) for event in three.watch(PATH, version, 1)] == ["d"]


def test_a_quiet_watch_ends_without_a_word(three: Client) -> None:
    assert list(three.watch(PATH, three.list(PATH).version, 1)) == []


def test_bookmarks_move_a_quiet_watch_on(tmp_path_factory: pytest.TempPathFactory) -> None:
    with cluster.running(bookmark_seconds=0.1) as fake:
        client = Client.open(fake.kubeconfig(tmp_path_factory.mktemp("kube") / "config"))
        old = client.list(PATH).version
        elsewhere = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}}
        client.call("POST", Resource("", "v1", "namespaces").path(), body=elsewhere)
        first = next(client.watch(PATH, old, 10))
        assert first.type == "BOOKMARK"
        fake.compact()
        with pytest.raises(Expired):
            list(client.watch(PATH, old, 1))
        create(client, "a")
        found = [each for each in client.watch(PATH, first.version, 1) if each.type == "ADDED"]
        assert [name(event.object) for event in found] == ["a"]


def test_a_watch_that_has_expired(fake: FakeCluster, three: Client) -> None:
    version = three.list(PATH).version
    create(three, "d")
    fake.compact()
    with pytest.raises(Expired, match=r"WATCH .*/configmaps: 410 Expired: too old resource"):
        list(three.watch(PATH, version, 1))


@pytest.mark.parametrize(
    ("fault", "error"),
    [(faults.EXPIRED, Expired), (faults.FORBIDDEN, ApiError), (faults.RESET, Unreachable)],
)
def test_a_watch_that_is_refused(
    fake: FakeCluster, three: Client, fault: Fault, error: type[ApiError]
) -> None:
    fake.faults.plan(fault, verb="watch")
    with pytest.raises(error):
        list(three.watch(PATH, "1", 1))


def test_a_watch_breaks_off_with_its_server(fake: FakeCluster, three: Client) -> None:
    version = three.list(PATH).version
    watching = threading.Event()

    def stop() -> None:
        watching.wait()
        fake.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    create(three, "d")
    watch = three.watch(PATH, version, 60)
    assert name(next(watch).object) == "d"
    watching.set()
    with pytest.raises(Unreachable):
        next(watch)
    stopper.join()
    fake.start()


def test_a_watch_that_breaks_off_goes_on_from_its_last_event(
    fake: FakeCluster, three: Client
) -> None:
    version = three.list(PATH).version
    create(three, "d", "e")
    fake.faults.plan(faults.LOST_ANSWER, verb="watch")
    watch = three.watch(PATH, version, 60)
    first = next(watch)
    with pytest.raises(Unreachable):
        next(watch)
    again = three.watch(PATH, first.version, 1)
    assert [name(event.object) for event in (first, *again)] == ["d", "e"]


def test_a_watch_can_be_left(fake: FakeCluster, three: Client) -> None:
    before = threading.active_count()
    watch = three.watch(PATH, "0", 60)
    assert name(next(watch).object) == "a"
    watch.close()  # type: ignore[attr-defined]
    create(three, "d", "e")
    eventually(lambda: threading.active_count() <= before, "the server had noticed")


def test_events_come_in_any_pieces() -> None:
    lines = b"".join(
        b'{"type":"ADDED","object":{"metadata":{"resourceVersion":"%d"}}}\n' % number
        for number in range(3)
    )

    def pieces(size: int) -> Iterator[bytes]:
        for start in range(0, len(lines), size):
            yield lines[start : start + size]

    for size in (1, 7, 56, 57, 58, len(lines)):
        assert [event.version for event in events("WATCH", pieces(size))] == ["0", "1", "2"]
