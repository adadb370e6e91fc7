"""What a mirror shows while watches fail, and how often it asks then."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dphub_k8s.cluster import mirror
from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.errors import ApiError
from dphub_k8s.cluster.mirror import Mirror
from dphub_k8s.cluster.resource import Resource
from dphub_k8s.cluster.watch import Item
from tests.integration.stack import eventually
from tests.kube.fake import faults
from tests.kube.fake.cluster import FakeCluster
from tests.kube.fake.faults import EVERY, Fault

MAPS = Resource("", "v1", "configmaps")
PATH = MAPS.path("default")


def create(client: Client, name: str) -> None:
    metadata = {"name": name, "namespace": "default"}
    client.call("POST", PATH, body={"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})


def name(item: Item) -> str:
    return str(item["metadata"]["name"])


@contextmanager
def closed_in_the_end(made: Mirror[str]) -> Iterator[Mirror[str]]:
    yield made
    made.close()


def test_without_watches_it_lists_now_and_then(
    fake: FakeCluster,
    fake_client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(mirror, "PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(mirror, "LONGEST_PAUSE_SECONDS", 0.2)
    fake.faults.plan(faults.FORBIDDEN, verb="watch", times=EVERY)
    create(fake_client, "a")
    with closed_in_the_end(Mirror(lambda: fake_client, PATH, name)) as made:
        begun = time.monotonic()
        assert set(made.look().values()) == {"a"}
        create(fake_client, "b")
        eventually(lambda: set(made.look().values()) == {"a", "b"}, "the other was seen")
        eventually(lambda: caplog.messages, "it was told")
        time.sleep(0.5)
        lists = [call for call in fake.calls if call.verb == "list"]
        assert len(lists) <= 3 + (time.monotonic() - begun) / 0.2
        (told,) = caplog.messages
        assert told.startswith(f"WATCH {PATH}: 403 Forbidden")


@pytest.mark.parametrize("fault", [faults.PROXY, faults.BROKEN, faults.RESET])
def test_after_a_fault_it_shows_what_there_is(
    fake: FakeCluster, fake_client: Client, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(mirror, "PAUSE_SECONDS", 0.02)
    with closed_in_the_end(Mirror(lambda: fake_client, PATH, name)) as made:
        fake.faults.plan(fault, verb="list", times=3)
        fake.faults.plan(fault, verb="watch", times=3)
        create(fake_client, "a")
        eventually(lambda: shows(made, "a"), "it was seen")
        fake.stop()
        fake.faults.plan(fault, verb="list", times=3)
        fake.start()
        create(fake_client, "b")
        eventually(lambda: shows(made, "a", "b"), "the other was seen")


def shows(made: Mirror[str], *names: str) -> bool:
    try:
        return set(made.look().values()) == set(names)
    except ApiError:
        return False


def test_one_fault_is_told_in_one_way(
    fake: FakeCluster, fake_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "PAUSE_SECONDS", 0.02)
    fake.faults.plan(faults.RESET, times=EVERY)
    with closed_in_the_end(Mirror(lambda: fake_client, PATH, name)) as made:
        first = refused(made)
        fake.stop()
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            assert refused(made) == first
        fake.faults.clear()
        fake.faults.plan(faults.FORBIDDEN, times=EVERY)
        fake.start()
        eventually(lambda: "403" in refused(made), "another fault was told")


def refused(made: Mirror[str]) -> str:
    with pytest.raises(ApiError) as fault:
        made.look()
    return str(fault.value)


def test_a_listing_from_before_a_deletion_brings_nothing_back(
    fake: FakeCluster, fake_client: Client
) -> None:
    create(fake_client, "a")
    create(fake_client, "b")
    fake.faults.plan(faults.FORBIDDEN, verb="watch", times=EVERY)

    def keep(item: Item) -> str:
        """Meanwhile, one of those that are listed is deleted."""
        if name(item) == "b" and not gone:
            gone.append(item)
            fake_client.call("DELETE", MAPS.path("default", "b"))
            made.drop(item)
        return name(item)

    gone: list[Item] = []
    with closed_in_the_end(Mirror(lambda: fake_client, PATH, keep)) as made:
        assert set(made.look().values()) == {"a"}


def test_one_that_is_closed_asks_no_more(
    fake: FakeCluster, fake_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "PAUSE_SECONDS", 0.02)
    fake.faults.plan(faults.RESET, times=EVERY)
    with closed_in_the_end(Mirror(lambda: fake_client, PATH, name)) as made:
        eventually(lambda: not shows(made), "it asked")
    time.sleep(0.1)
    asked = len(fake.calls)
    time.sleep(0.1)
    assert len(fake.calls) == asked
