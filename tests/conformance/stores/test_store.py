"""What every product store does, whatever it keeps its products in."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from dphub_k8s.api.status import Condition, Status
from dphub_k8s.stores.base import (
    AlreadyExists,
    Conflict,
    NotFound,
    ProductStore,
    StoreError,
)
from tests.conformance.stores.documents import product
from tests.conformance.stores.increments import increment
from tests.factories import changed

READY = Status(
    observedGeneration=1,
    conditions=(
        Condition(
            type="Ready", status="True", reason="Built", lastTransitionTime=datetime.now(UTC)
        ),
    ),
)


def test_an_empty_store(store: ProductStore) -> None:
    assert store.list() == ()
    assert store.faults() == ()
    with pytest.raises(NotFound, match="'orders' is no product"):
        store.get("orders")


def test_what_is_created_can_be_read(store: ProductStore) -> None:
    made = store.create(product("orders"))
    assert (made.name, made.generation, made.fault) == ("orders", 1, None)
    assert made.document == product("orders")
    assert made.created <= datetime.now(UTC)
    assert store.get("orders") == made
    assert store.list() == (made,)


def test_products_are_listed_by_name(store: ProductStore) -> None:
    for name in ("b", "c", "a"):
        store.create(product(name))
    assert [stored.name for stored in store.list()] == ["a", "b", "c"]


def test_a_name_is_created_once(store: ProductStore) -> None:
    store.create(product("orders"))
    with pytest.raises(AlreadyExists, match="orders"):
        store.create(product("orders", owner="me"))
    assert store.get("orders").document == product("orders")


@pytest.mark.parametrize("document", [{}, {"metadata": []}, {"metadata": {"name": 5}}])
def test_a_document_needs_a_name(store: ProductStore, document: dict[str, object]) -> None:
    with pytest.raises(StoreError, match=r"metadata\.name"):
        store.create(document)


def test_any_document_with_a_name_is_kept(store: ProductStore) -> None:
    document = {"metadata": {"name": "odd"}, "spec": [1, None, {"on": "no", "é": "12:30\n"}]}
    if "schema" in store.features:
        with pytest.raises(StoreError, match=r"odd|DataProduct"):
            store.create(document)
    else:
        assert store.create(document).document == document


def test_replacing_keeps_the_uid_and_counts(store: ProductStore) -> None:
    old = store.create(product("orders"))
    new = store.replace(product("orders", owner="me"), old.version)
    assert (new.uid, new.created, new.generation) == (old.uid, old.created, 2)
    assert new.version != old.version
    assert store.get("orders") == new


def test_replacing_with_the_same_changes_nothing(store: ProductStore) -> None:
    old = store.create(product("orders"))
    again = dict(reversed(product("orders").items()))
    assert store.replace(again, old.version) == old


def test_the_version_belongs_to_the_document(store: ProductStore) -> None:
    first = store.create(product("orders"))
    second = store.replace(product("orders", owner="me"), first.version)
    third = store.replace(product("orders"), second.version)
    assert (third.version, third.generation) == (first.version, 3)


def test_what_has_changed_meanwhile_is_not_replaced(store: ProductStore) -> None:
    old = store.create(product("orders"))
    store.replace(product("orders", owner="me"), old.version)
    with pytest.raises(Conflict, match=old.version):
        store.replace(product("orders", owner="you"), old.version)
    with pytest.raises(Conflict):
        store.delete("orders", old.version)
    assert store.get("orders").document == product("orders", owner="me")


def test_what_is_not_there_is_neither_replaced_nor_deleted(store: ProductStore) -> None:
    with pytest.raises(NotFound):
        store.replace(product("orders"), "x")
    with pytest.raises(NotFound):
        store.delete("orders")


def test_a_product_created_again_is_another(store: ProductStore) -> None:
    old = store.create(product("orders"))
    store.set_status("orders", old.uid, READY)
    store.delete("orders", old.version)
    assert store.list() == ()
    new = store.create(product("orders"))
    assert (new.uid == old.uid, new.generation) == (False, 1)
    assert store.status("orders") is None


def test_a_document_in_the_store_is_nobody_elses(store: ProductStore) -> None:
    mine = product("orders")
    store.create(mine)
    mine["spec"]["owner"] = "me"
    assert store.get("orders").document == product("orders")


def test_a_status_is_kept_once(store: ProductStore) -> None:
    made = store.create(product("orders"))
    assert store.status("orders") is None
    assert store.set_status("orders", made.uid, READY)
    assert not store.set_status("orders", made.uid, READY)
    assert store.status("orders") == READY
    assert store.get("orders") == made
    store.replace(product("orders", owner="me"), made.version)
    assert store.status("orders") == READY


def test_a_status_of_somebody_else_is_not_kept(store: ProductStore) -> None:
    store.create(product("orders"))
    assert not store.set_status("orders", "another", READY)
    assert not store.set_status("nobody", "another", READY)
    assert store.status("orders") is None
    with pytest.raises(NotFound):
        store.status("nobody")


def test_a_watch_shows_what_happens_from_now_on(store: ProductStore) -> None:
    store.create(product("before"))
    events = store.watch(timeout=0.6)
    made = store.create(product("orders"))
    assert next(events).stored == made
    changed_ = store.replace(product("orders", owner="me"), made.version)
    assert (event := next(events)).type == "MODIFIED"
    assert event.stored == changed_
    store.delete("orders")
    again = store.create(product("orders"))
    assert [(one.type, one.stored.uid) for one in events] == [
        ("DELETED", made.uid),
        ("ADDED", again.uid),
    ]


def test_a_watch_ends_when_nothing_happens(store: ProductStore) -> None:
    assert list(store.watch(timeout=0.05)) == []


def test_a_hundred_concurrent_increments(store: ProductStore) -> None:
    store.create(product("counter", displayName="0"))
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: increment(store), range(100)))
    counter = store.get("counter")
    assert counter.document["spec"]["displayName"] == "100"
    assert counter.generation == 101


def test_of_many_creators_one_succeeds(store: ProductStore) -> None:
    ready = threading.Barrier(8)

    def create(number: int) -> bool:
        ready.wait()
        try:
            store.create(changed(product("orders"), "spec.owner", str(number)))
        except AlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(8))) == 1
