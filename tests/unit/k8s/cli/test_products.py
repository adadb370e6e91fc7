import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dphub_k8s.api.status import Condition, SnapshotStatus, Status
from dphub_k8s.stores.directory import DirectoryStore
from tests.factories import product, write
from tests.unit.k8s.cli.conftest import Dphub


@pytest.fixture
def store(here: Path) -> DirectoryStore:
    return DirectoryStore(here / "products", here / ".dphub" / "store")


def test_products_are_applied(dphub: Dphub, here: Path, store: DirectoryStore) -> None:
    file = write(here / "x.yaml", product("a"), product("b"))
    assert dphub("apply", "-f", file).out == "a created\nb created\n"
    write(file, product("a", owner="me"), product("b"))
    assert dphub("apply", "-f", file).out == "a replaced\nb unchanged\n"
    assert store.get("a").document == product("a", owner="me")


def test_one_refusal_and_nothing_is_applied(
    dphub: Dphub, here: Path, store: DirectoryStore
) -> None:
    store.create(product("old", api={"path": "/x"}))
    file = write(here / "x.yaml", product("a"), product("b", api={"path": "/x"}, colour=1))
    (here / "y.yaml").write_text("a: b: c")
    run = dphub("apply", "-f", file, "-f", "y.yaml")
    assert (run.status, run.out) == (1, "")
    assert len(run.err.splitlines()) == 3
    assert f"'old' ({here}/products/old.yaml:1)" in run.err
    assert [stored.name for stored in store.list()] == ["old"]


def test_a_product_can_be_applied_from_its_own_file(dphub: Dphub, here: Path) -> None:
    file = write(here / "products" / "a.yaml", product("a", api={"path": "/x"}))
    assert dphub("apply", "-f", file).out == "a unchanged\n"


def test_get_shows_products_and_faults(dphub: Dphub, here: Path, store: DirectoryStore) -> None:
    made = store.create(product("a", domain="sales"))
    now = datetime.now(UTC)
    ready = Condition(type="Ready", status="False", reason="CheckFailed", message="key not unique")
    snapshot = SnapshotStatus(sequence=3, rows=6_884_411, bytes=1, materializedAt=now)
    store.set_status("a", made.uid, Status(conditions=(ready,), snapshot=snapshot))
    write(here / "products" / "b.yaml", product("b"))
    store.list()
    (here / "products" / "b.yaml").write_text("")
    (here / "products" / "c.yaml").write_text("a: b: c")
    run = dphub("get")
    head, a, b = map(str.split, run.out.splitlines())
    assert head == ["NAME", "DOMAIN", "GENERATION", "READY", "REASON", "ROWS", "SEQUENCE", "AGE"]
    assert a[:-1] == ["a", "sales", "1", "False", "CheckFailed", "6,884,411", "3"]
    assert b[:-1] == ["b", "default", "1", "Unknown", "Empty", "-", "-"]
    assert "fault: b stays as it was: " in run.err
    assert f"fault: {here}/products/c.yaml:1:5: not YAML" in run.err
    assert "key not unique" in dphub("get", "a", "-o", "wide").out


def test_get_prints_what_can_be_applied_again(
    dphub: Dphub, here: Path, store: DirectoryStore
) -> None:
    store.create(product("a"))
    store.create(product("b"))
    (here / "x.yaml").write_text(dphub("get", "-o", "yaml").out)
    assert dphub("apply", "-f", "x.yaml").out == "a unchanged\nb unchanged\n"
    (known,) = json.loads(dphub("get", "b", "-o", "json").out)
    assert (known["name"], known["generation"], known["status"]) == ("b", 1, None)
    assert known["document"] == product("b")


def test_an_empty_store_says_so(dphub: Dphub) -> None:
    run = dphub("get")
    assert (run.status, run.out) == (0, "there is no product\n")


def test_products_are_deleted_by_name_or_file(
    dphub: Dphub, here: Path, store: DirectoryStore
) -> None:
    for name in "abc":
        store.create(product(name))
    assert dphub("delete", "a").out == "a deleted\n"
    run = dphub("delete", "-f", write(here / "x.yaml", product("b"), product("x")))
    assert (run.status, run.out) == (1, "b deleted\n")
    assert "'x' is no product" in run.err
    assert [stored.name for stored in store.list()] == ["c"]
    assert dphub("delete").status == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("get", "nobody"), "dphub: 'nobody' is no product (known: none)"),
        (("get", "--products", "nowhere"), "/nowhere"),
        (("apply", "-f", "nothing.yaml"), "nothing.yaml: no such file or directory"),
        (("apply", "-f", "products"), "there is no product in products"),
        (("materialize", "nothing.yaml"), "there is no file nothing.yaml"),
        (("materialize", "nobody"), "'nobody' is no product"),
    ],
)
def test_what_fails_is_said_in_a_line(
    dphub: Dphub, arguments: tuple[str, ...], message: str
) -> None:
    run = dphub(*arguments)
    assert (run.status, len(run.err.splitlines())) == (1, 1)
    assert message in run.err
