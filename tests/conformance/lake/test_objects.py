"""What the lake asks of the place where it is kept, whichever it is."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dphub_assets.lake.errors import Corrupt
from dphub_assets.lake.objects import Objects
from dphub_k8s.api.snapshot import DataFile


def described(content: bytes, digest: str | None = None) -> DataFile:
    found = hashlib.sha256(content).hexdigest() if digest is None else digest
    return DataFile(path="f", rows=1, bytes=len(content), digest=found, statistics={})


def test_what_was_written_is_read(objects: Objects) -> None:
    objects.write("a/b.json", b"one")
    objects.write("a/b.json", b"two")
    assert objects.read("a/b.json") == b"two"


def test_what_is_not_there_is_not_found(objects: Objects) -> None:
    with pytest.raises(FileNotFoundError):
        objects.read("a/b.json")
    with pytest.raises(FileNotFoundError):
        objects.local("a/b.parquet", described(b"x"))
    objects.delete("a/b.json")
    objects.delete_tree("a")
    assert objects.list("a") == {}


def test_a_listing_has_what_lies_right_under_a_prefix(objects: Objects) -> None:
    for name in ("a/one", "a/two", "a/b/three", "ab/four", "a.json"):
        objects.write(name, b"1")
    assert sorted(objects.list("a")) == ["one", "two"]
    assert sorted(objects.list("a/")) == ["one", "two"]


def test_a_stamp_tells_of_a_change_and_of_nothing_else(objects: Objects) -> None:
    objects.write("a/one", b"1")
    objects.write("a/two", b"1")
    before = objects.list("a")
    objects.write("a/one", b"2")
    after = objects.list("a")
    assert before["one"] != after["one"]
    assert before["two"] == after["two"]
    assert after["two"].size == 1
    written = datetime.fromtimestamp(after["two"].modified_ns / 1e9, UTC)
    assert abs(datetime.now(UTC) - written) < timedelta(minutes=5)


def test_more_objects_than_one_answer_holds_are_listed(objects: Objects) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: objects.write(f"many/{n}", b""), range(1_050)))
    assert len(objects.list("many")) == 1_050


def test_an_update_sees_what_is_there_and_replaces_it(objects: Objects) -> None:
    objects.update("a/b", lambda now: b"first" if now is None else b"wrong")
    objects.update("a/b", lambda now: (now or b"") + b", second")
    objects.update("a/b", lambda now: None)
    assert objects.read("a/b") == b"first, second"


def test_no_update_is_lost(objects: Objects) -> None:
    def add(_: int) -> None:
        objects.update("a/count", lambda now: b"%d" % (int(now or b"0") + 1))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(60)))
    assert objects.read("a/count") == b"60"


def test_a_file_is_taken_over_whole(objects: Objects, tmp_path: Path) -> None:
    content = os.urandom(20_000_000)  # more than one part of an upload
    (tmp_path / "file").write_bytes(content)
    objects.adopt(tmp_path / "file", "a/file.parquet")
    assert not (tmp_path / "file").exists()
    local = objects.local("a/file.parquet", described(content))
    assert local.is_relative_to(objects.folder)
    assert local.read_bytes() == content


def test_a_tree_is_deleted_with_everything_in_it(objects: Objects) -> None:
    for name in ("a/one", "a/b/two", "ab/three"):
        objects.write(name, b"1")
    objects.delete_tree("a")
    assert objects.list("a") == objects.list("a/b") == {}
    assert objects.read("ab/three") == b"1"


def test_staging_is_gone_afterwards_and_swept_when_it_is_not(objects: Objects) -> None:
    with objects.staging() as folder:
        (folder / "file").write_bytes(b"1")
        left = folder.with_name("left")
        left.mkdir()
    assert not folder.exists()
    objects.discard_staging(datetime.now(UTC) - timedelta(hours=1))
    assert left.exists()
    objects.discard_staging(datetime.now(UTC) + timedelta(hours=1))
    assert not left.exists()


@pytest.mark.integration
@pytest.mark.parametrize("place", ["bucket"], indirect=True)
@pytest.mark.parametrize("wrong", [described(b"longer"), described(b"same", "0" * 64)])
def test_a_copy_that_is_not_what_the_document_says_is_refused(
    objects: Objects, wrong: DataFile
) -> None:
    objects.write("a/file", b"data")
    with pytest.raises(Corrupt):
        objects.local("a/file", wrong)
    assert objects.local("a/file", described(b"data")).read_bytes() == b"data"
