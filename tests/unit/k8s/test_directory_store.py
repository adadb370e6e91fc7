"""What people do to files, and what the store makes of it."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from dphub_k8s import documents
from dphub_k8s.stores import files
from dphub_k8s.stores.base import AlreadyExists, NotFound, StoreError
from dphub_k8s.stores.directory import DirectoryStore
from tests.factories import product

BROKEN = "metadata: {name: orders\nspec: ]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "products").mkdir()
    return tmp_path / "products"


@pytest.fixture
def store(folder: Path) -> DirectoryStore:
    return restarted(folder)


def restarted(folder: Path) -> DirectoryStore:
    return DirectoryStore(folder, folder.parent / "state")


def text(name: str, **said: Any) -> str:
    return documents.dump(product(name, **said))


def names(store: DirectoryStore) -> list[str]:
    return [stored.name for stored in store.list()]


def test_files_of_every_kind_are_read_and_others_are_not(
    folder: Path, store: DirectoryStore
) -> None:
    (folder / "a.yaml").write_text(text("a"))
    (folder / "b.yml").write_text(text("b"))
    (folder / "c.json").write_text(json.dumps(product("c")))
    (folder / "sales").mkdir()
    (folder / "sales" / "d.yaml").write_text(text("d"))
    (folder / ".git").mkdir()
    for other in (".git/x.yaml", ".#a.yaml", "#a.yaml", "a.yaml~", ".a.yaml.swp", "README.md"):
        (folder / other).write_text(text("other"))
    assert names(store) == ["a", "b", "c", "d"]
    assert store.get("d").origin == f"{folder}/sales/d.yaml:1"
    assert store.faults() == ()


def test_a_person_s_file_is_left_as_it_is(folder: Path, store: DirectoryStore) -> None:
    written = "# ours\n" + text("orders") + "# end\n"
    (folder / "x.yaml").write_text(written)
    made = store.get("orders")
    assert made.origin == f"{folder}/x.yaml:2"
    assert (folder / "x.yaml").read_text() == written
    assert [path.name for path in folder.iterdir()] == ["x.yaml"]


def test_an_edit_by_hand_counts_and_a_comment_does_not(folder: Path, store: DirectoryStore) -> None:
    (folder / "x.yaml").write_text(text("orders"))
    made = store.get("orders")
    (folder / "x.yaml").write_text("# a comment\n" + text("orders"))
    commented = store.get("orders")
    assert (commented.generation, commented.version) == (1, made.version)
    (folder / "x.yaml").write_text(text("orders", owner="me"))
    edited = store.get("orders")
    assert (edited.uid, edited.generation) == (made.uid, 2)
    assert edited.version != made.version


def test_an_edit_is_seen_after_a_restart_too(folder: Path, store: DirectoryStore) -> None:
    (folder / "x.yaml").write_text(text("orders"))
    made = store.get("orders")
    (folder / "x.yaml").write_text(text("orders", owner="me"))
    edited = restarted(folder).get("orders")
    assert (edited.uid, edited.generation, edited.created) == (made.uid, 2, made.created)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(BROKEN, "NotYaml"), ("", "Empty"), ("# later\n", "Empty"), ("- a", "NotADocument")],
)
def test_a_broken_file_keeps_what_it_held(
    folder: Path, store: DirectoryStore, content: str, reason: str
) -> None:
    file = folder / "x.yaml"
    file.write_text(f"{text('orders')}---\n{text('items')}")
    made = store.get("orders")
    file.write_text(content)
    for looked in (store, restarted(folder)):
        kept = looked.get("orders")
        assert (kept.uid, kept.generation, kept.document) == (made.uid, 1, made.document)
        assert kept.fault
        assert kept.fault.reason == reason
        assert kept.fault.path.startswith(str(file))
        assert names(looked) == ["items", "orders"]
        assert looked.faults() == ()
    with pytest.raises(StoreError, match="mended first"):
        store.replace(product("orders", owner="me"), made.version)
    with pytest.raises(StoreError, match="mended first"):
        store.delete("orders")
    file.write_text(f"{text('orders')}---\n{text('items')}")
    assert store.get("orders") == made


def test_a_file_that_was_never_good_is_a_fault(folder: Path, store: DirectoryStore) -> None:
    (folder / "x.yaml").write_text("a: b: c")
    (folder / "empty.yaml").write_text("")
    (folder / "y.yaml").write_text(f"kind: DataProduct\n---\n{text('orders')}")
    assert names(store) == ["orders"]
    assert [(fault.path, fault.reason) for fault in store.faults()] == [
        (f"{folder}/x.yaml:1:5", "NotYaml"),
        (f"{folder}/y.yaml:1", "NoName"),
    ]


def test_a_broken_file_of_one_product_can_be_deleted(folder: Path, store: DirectoryStore) -> None:
    (folder / "x.yaml").write_text(text("orders"))
    store.list()
    (folder / "x.yaml").write_text(BROKEN)
    store.delete("orders")
    assert list(folder.iterdir()) == []
    assert names(store) == []


def test_a_name_belongs_to_the_file_that_had_it_first(folder: Path, store: DirectoryStore) -> None:
    (folder / "m.yaml").write_text(text("orders"))
    made = store.get("orders")
    (folder / "a.yaml").write_text(text("orders", owner="me"))
    assert store.list() == (made,)
    (fault,) = store.faults()
    assert (fault.path, fault.reason) == (f"{folder}/a.yaml:1", "NameTaken")
    assert f"{folder}/m.yaml:1" in fault.message
    assert restarted(folder).list() == (made,)
    (folder / "m.yaml").unlink()
    successor = store.get("orders")
    assert (successor.uid, successor.generation) == (made.uid, 2)
    assert successor.document == product("orders", owner="me")
    assert store.faults() == ()


def test_of_two_in_one_file_the_first_counts(folder: Path, store: DirectoryStore) -> None:
    (folder / "x.yaml").write_text(f"{text('orders')}---\n{text('orders', owner='me')}")
    assert store.get("orders").document == product("orders")
    assert [fault.reason for fault in store.faults()] == ["NameTaken"]


def test_a_moved_product_is_the_same(folder: Path, store: DirectoryStore) -> None:
    (folder / "x.yaml").write_text(f"{text('a')}---\n{text('b')}")
    a, b = store.list()
    (folder / "x.yaml").write_text(text("a"))
    (folder / "sub").mkdir()
    (folder / "sub" / "y.yaml").write_text(text("b", owner="me"))
    (folder / "x.yaml").rename(folder / "z.yaml")
    moved, edited = store.list()
    assert (moved.uid, moved.generation, moved.origin) == (a.uid, 1, f"{folder}/z.yaml:1")
    assert (edited.uid, edited.generation) == (b.uid, 2)


def test_a_deleted_file_put_back_is_another_product(folder: Path, store: DirectoryStore) -> None:
    (folder / "x.yaml").write_text(text("orders"))
    made = store.get("orders")
    (folder / "x.yaml").unlink()
    with pytest.raises(NotFound):
        store.get("orders")
    (folder / "x.yaml").write_text(text("orders"))
    again = store.get("orders")
    assert (again.uid == made.uid, again.generation) == (False, 1)


def test_a_document_cut_out_of_its_file_is_deleted(folder: Path, store: DirectoryStore) -> None:
    (folder / "x.yaml").write_text(f"{text('a')}---\n{text('b')}")
    assert names(store) == ["a", "b"]
    (folder / "x.yaml").write_text(text("b"))
    assert names(store) == ["b"]


def test_a_file_saved_in_two_steps_is_never_missed(
    folder: Path, store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Editors move the old file away, or empty it, before they write the new one."""
    monkeypatch.setattr(files, "SETTLE_S", 0.3)
    file = folder / "x.yaml"
    file.write_text(text("orders"))
    made = store.get("orders")
    stop = threading.Event()
    seen: set[tuple[tuple[str, bool], ...]] = set()
    looked = 0

    def look() -> None:
        nonlocal looked
        other = restarted(folder)
        while not stop.is_set():
            seen.add(tuple((stored.uid, stored.fault is None) for stored in other.list()))
            looked += 1

    def looked_again() -> None:
        """A look that begins after now has ended."""
        enough, deadline = looked + 2, time.monotonic() + 10
        while looked < enough:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    looking = threading.Thread(target=look)
    looking.start()
    for step in (lambda: file.write_text(""), lambda: file.rename(folder / "x.yaml~")):
        step()
        time.sleep(0.01)
        file.write_text(text("orders", owner="me"))
        looked_again()
    stop.set()
    looking.join()
    assert seen == {((made.uid, True),)}


def test_replacing_one_document_leaves_the_others_alone(
    folder: Path, store: DirectoryStore
) -> None:
    file = folder / "x.yaml"
    parts = [
        f"# who\n{text('a')}# after a\n",
        f"---\n# about b\n{text('b')}\n# after b\n",
        f"--- # c\r\n{text('c')}".replace("\n", "\r\n"),
    ]
    file.write_bytes("".join(parts).encode())
    version = store.get("b").version
    new = store.replace(product("b", owner="ü"), version)
    content = file.read_bytes().decode()
    assert content.startswith(parts[0] + "---\n")
    assert content.endswith("\n# after b\n" + parts[2])
    assert new.document == product("b", owner="ü")
    assert [stored.generation for stored in store.list()] == [1, 2, 1]
    store.replace(product("a", owner="me"), store.get("a").version)
    store.delete("c")
    rest = file.read_text()
    assert rest.startswith("# who\n")
    assert [one.document for one in documents.parse(rest, "x.yaml")] == [
        product("a", owner="me"),
        product("b", owner="ü"),
    ]
    store.delete("a")
    store.delete("b")
    assert not file.exists()


def test_json_stays_json(folder: Path, store: DirectoryStore) -> None:
    file = folder / "x.json"
    file.write_text(json.dumps(product("orders")))
    store.replace(product("orders", owner="me"), store.get("orders").version)
    assert json.loads(file.read_text()) == product("orders", owner="me")


def test_created_products_get_a_file_of_their_name(folder: Path, store: DirectoryStore) -> None:
    store.create(product("orders"))
    assert documents.read(folder / "orders.yaml")[0].document == product("orders")
    (folder / "items.yaml").write_text("a: b: c")
    with pytest.raises(AlreadyExists, match=r"items\.yaml"):
        store.create(product("items"))


@pytest.mark.parametrize("name", ["../x", "a/b", ".x", "X", "a.b", "x" * 101])
def test_a_name_that_no_file_can_have_is_refused(store: DirectoryStore, name: str) -> None:
    with pytest.raises(StoreError, match="cannot name a file"):
        store.create(product(name))


@pytest.mark.parametrize("value", [float("nan"), {1: 2}, "x" * 2_000_000])
def test_what_would_not_read_back_is_not_written(
    folder: Path, store: DirectoryStore, value: object
) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        store.create({"metadata": {"name": "orders"}, "value": value})
    assert list(folder.iterdir()) == []


def test_links_and_modes_are_kept(folder: Path, store: DirectoryStore, tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_text(text("orders"))
    real.chmod(0o640)
    (folder / "x.yaml").symlink_to(real)
    store.replace(product("orders", owner="me"), store.get("orders").version)
    assert (folder / "x.yaml").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert documents.read(real)[0].document == product("orders", owner="me")


def test_a_missing_folder_is_no_deletion(folder: Path, store: DirectoryStore) -> None:
    (folder / "x.yaml").write_text(text("orders"))
    made = store.get("orders")
    folder.rename(folder.parent / "away")
    with pytest.raises(StoreError, match="there is no folder"):
        store.list()
    (folder.parent / "away").rename(folder)
    assert store.list() == (made,)


def test_what_is_remembered_can_be_lost_in_part(folder: Path, store: DirectoryStore) -> None:
    (folder / "x.yaml").write_text(text("orders"))
    made = store.get("orders")
    for path in (folder.parent / "state" / "documents").iterdir():
        path.write_text("")
    assert restarted(folder).get("orders") == made
    (folder.parent / "state" / "index.json").write_text("{")
    with pytest.raises(StoreError, match=r"index\.json is not what this version writes"):
        restarted(folder).list()


def test_nothing_is_remembered_of_the_dead(folder: Path, store: DirectoryStore) -> None:
    made = store.create(product("orders"))
    new = store.replace(product("orders", owner="me"), made.version)
    state = folder.parent / "state"
    assert [path.stem for path in (state / "documents").iterdir()] == [new.version]
    store.delete("orders")
    assert list((state / "documents").iterdir()) == []


def test_a_thousand_products_are_listed_quickly(folder: Path, store: DirectoryStore) -> None:
    for number in range(1000):
        (folder / f"p{number}.yaml").write_text(f"metadata: {{name: p{number}}}\n")
    assert len(store.list()) == 1000
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        store.list()
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.05  # some 5 ms on a quiet machine


def test_the_state_of_other_products_is_not_taken_for_ones_own(tmp_path: Path) -> None:
    """Else every product of the first folder would look deleted."""
    for folder in ("mine", "other"):
        (tmp_path / folder).mkdir()
    (tmp_path / "mine" / "orders.yaml").write_text(text("orders"))
    mine = DirectoryStore(tmp_path / "mine", tmp_path / "state")
    uid = mine.get("orders").uid
    with pytest.raises(StoreError, match="name that folder, or another home"):
        DirectoryStore(tmp_path / "other", tmp_path / "state").list()
    assert DirectoryStore(tmp_path / "mine", tmp_path / "state").get("orders").uid == uid
