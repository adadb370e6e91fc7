"""The lake keeps one promise: a product has the old snapshot or the new one, and links live on."""

from datetime import UTC, datetime, timedelta

import deltalake
import polars as pl
import pytest

from dphub_assets.lake import layout, pointer, retention
from dphub_assets.lake.errors import NoSnapshot, NotAccepted, SnapshotGone, Superseded
from dphub_assets.lake.objects import Objects
from dphub_assets.lake.reader import LakeReader
from dphub_assets.lake.writer import Lake
from tests.lake_documents import identity, product, publish, publish_staged

PLAIN_HTTP = {"allow_http": "true"}


@pytest.fixture
def lake(objects: Objects) -> Lake:
    return Lake(objects)


def rows(lake: Lake, name: str = "orders") -> list[int]:
    """As anybody reads a Delta table."""
    return pl.read_delta(lake.uri(name), storage_options=PLAIN_HTTP)["a"].to_list()


def test_an_accepted_product_has_a_pointer_and_no_snapshot(lake: Lake) -> None:
    lake.accept(identity(product()), "orders")
    assert lake.pointers()["orders"].current is None
    assert lake.current("orders") is None


def test_a_publish_is_the_current_snapshot_and_a_delta_version(lake: Lake) -> None:
    first = publish(lake, product())
    second = publish(lake, product(), start=10)
    assert (first.sequence, second.sequence) == (0, 1)
    current = lake.current("orders")
    assert current is not None
    assert current.sequence == 1
    assert current.document == second.document
    assert rows(lake) == [10, 11, 12]


def test_a_changed_description_is_a_new_sequence_over_the_same_files(lake: Lake) -> None:
    first = publish(lake, product())
    second = lake.republish(product(description="new"), identity(product(), generation=2))
    assert second.sequence == 1
    assert second.document.files == first.document.files
    assert second.document.spec.spec.description == "new"
    assert rows(lake) == [0, 1, 2]


def test_a_publish_that_began_before_another_one_is_refused(lake: Lake) -> None:
    publish(lake, product())
    with lake.staging("orders") as slow:
        publish(lake, product(), start=10)
        with pytest.raises(Superseded):
            publish_staged(lake, slow, product(), identity(product()), 3, 20)
    assert rows(lake) == [10, 11, 12]


def test_two_first_publishes_make_one_table(lake: Lake) -> None:
    lake.accept(identity(product()), "orders")
    with lake.staging("orders") as slow:
        publish(lake, product())
        with pytest.raises(Superseded):
            publish_staged(lake, slow, product(), identity(product()), 3, 20)


def test_a_build_of_a_deleted_product_publishes_nothing(lake: Lake) -> None:
    lake.accept(identity(product()), "orders")
    with lake.staging("orders") as slow:
        lake.retire("orders")
        with pytest.raises(NotAccepted):
            publish_staged(lake, slow, product(), identity(product()), 3, 20)


def test_a_product_created_again_continues_the_sequence(lake: Lake) -> None:
    publish(lake, product())
    lake.retire("orders")
    assert lake.pointers() == {}
    again = publish(lake, product(), uid="uid-2")
    assert again.sequence == 2
    known = lake.pointer("orders")
    assert known is not None
    with pytest.raises(SnapshotGone):
        lake.at_sequence(known, 0)


def test_retiring_twice_leaves_one_tombstone(lake: Lake) -> None:
    publish(lake, product())
    lake.retire("orders")
    lake.retire("orders")
    assert [commit.snapshot is None for commit in lake.commits("orders")] == [True, False]


def test_retention_delete_removes_the_table(lake: Lake) -> None:
    publish(lake, product())
    lake.retire("orders", delete_data=True)
    assert lake.version("orders") is None
    assert lake.objects.list(layout.table("orders")) == {}


def test_a_superseded_snapshot_is_readable_for_the_lifetime_of_its_links(lake: Lake) -> None:
    first = publish(lake, product())
    publish(lake, product(), start=10)
    known = lake.pointer("orders")
    assert known is not None
    assert lake.at_sequence(known, 0).document == first.document
    later = datetime.now(UTC) + timedelta(hours=25)
    with pytest.raises(SnapshotGone):
        lake.at_sequence(known, 0, later)
    with pytest.raises(NoSnapshot):
        lake.at_sequence(known, 7)


def test_a_sweep_deletes_what_links_can_no_longer_name_and_nothing_else(lake: Lake) -> None:
    first = publish(lake, product())
    lake.republish(product(description="shares the file"), identity(product()))
    publish(lake, product(), start=10)
    lake.objects.write(f"{layout.table('orders')}/rows-orphan.parquet", b"left by a killed process")
    now = datetime.now(UTC) + timedelta(seconds=1)
    assert retention.sweep(lake, "orders", now) == []
    swept = retention.sweep(lake, "orders", now, grace=timedelta(0))
    assert swept == ["rows-orphan.parquet"]
    later = now + timedelta(hours=25)
    assert retention.sweep(lake, "orders", later) == [first.document.files[0].path]
    assert rows(lake) == [10, 11, 12]


def test_a_lost_pointer_is_made_again_from_the_log(lake: Lake) -> None:
    publish(lake, product())
    publish(lake, product(), start=10)
    before = lake.pointer("orders")
    lake.objects.delete(pointer.object_name("orders"))
    after = lake.rebuild("orders")
    assert before is not None
    assert after is not None
    assert after.current == before.current
    assert [old.sequence for old in after.retained] == [0]


def test_a_tombstone_is_not_resurrected(lake: Lake) -> None:
    publish(lake, product())
    lake.retire("orders")
    assert lake.rebuild("orders") is None
    assert lake.pointers() == {}


def test_a_pointer_that_missed_its_commit_is_healed(lake: Lake) -> None:
    publish(lake, product())
    stale = lake.objects.read(pointer.object_name("orders"))
    second = publish(lake, product(), start=10)
    lake.objects.write(pointer.object_name("orders"), stale)
    assert lake.heal("orders")
    assert not lake.heal("orders")
    current = lake.current("orders")
    assert current is not None
    assert current.sequence == second.sequence


def test_versions_that_the_hub_did_not_commit_are_no_snapshots(lake: Lake) -> None:
    publish(lake, product())
    table = deltalake.DeltaTable(lake.uri("orders"), storage_options=PLAIN_HTTP)
    table.alter.set_table_properties({"delta.deletedFileRetentionDuration": "interval 30 days"})
    second = publish(lake, product(), start=10)
    assert second.sequence > 1
    assert [commit.version for commit in lake.commits("orders")] == [second.sequence, 0]


def test_a_listing_reads_only_pointers_that_changed(lake: Lake) -> None:
    for name in ("orders", "customers"):
        publish(lake, product(name))
    reader = LakeReader(lake.objects)
    first = reader.pointers()
    publish(lake, product("orders"), start=10)
    second = reader.pointers()
    assert second["customers"] is first["customers"]
    assert second["orders"].sequence == 1


def test_an_unreadable_pointer_hides_no_other_product(lake: Lake) -> None:
    publish(lake, product("customers"))
    lake.objects.write(pointer.object_name("orders"), b"{")
    assert list(lake.pointers()) == ["customers"]
    assert "orders" in lake.faults


def test_a_pointer_that_makes_no_sense_is_accepted_again(lake: Lake) -> None:
    publish(lake, product())
    lake.objects.write(pointer.object_name("orders"), b"{")
    lake.accept(identity(product()), "orders")
    assert lake.heal("orders")
    current = lake.current("orders")
    assert current is not None
    assert current.sequence == 0


def test_what_a_killed_publish_staged_is_swept_in_the_end(lake: Lake) -> None:
    with lake.objects.staging() as folder:
        left = folder.with_name("left")
    left.mkdir()
    retention.sweep_staging(lake)
    assert left.exists()
    retention.sweep_staging(lake, datetime.now(UTC) + timedelta(hours=7))
    assert not left.exists()
