"""The folder of native files keeps to its bytes, and to what still serves."""

import os
import time
from pathlib import Path

import pytest

from dphub_serving.cache.folder import DAY, SUFFIX, UNFINISHED, Folder


def put(folder: Folder, key: str, size: int = 10, age: float = 0) -> Path:
    file = folder.file(key)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * size)
    os.utime(file, (time.time() - age,) * 2)
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "cache", 100)


def test_one_at_a_time_changes_it(folder: Folder) -> None:
    with folder.locked(wait=False) as mine, folder.locked(wait=False) as theirs:
        assert (mine, theirs) == (True, False)
    with folder.locked(wait=False) as again:
        assert again


def test_leftovers_are_swept(folder: Folder) -> None:
    kept = [put(folder, "recent"), put(folder, "current", age=2 * DAY)]
    old = put(folder, "old", age=2 * DAY)
    leftovers = [
        folder.path / f"dead{SUFFIX}{UNFINISHED}",
        folder.path / f"dead{SUFFIX}{UNFINISHED}.wal",
        folder.path / "recent.1-0.9.duckdb",
    ]
    for file in leftovers:
        file.write_bytes(b"x")
    folder.sweep(["current"])
    assert [file.exists() for file in kept] == [True, True]
    assert not [file for file in [old, *leftovers] if file.exists()]


def test_room_is_made_of_what_was_asked_for_longest_ago(folder: Folder) -> None:
    old, new = put(folder, "old", 30, age=60), put(folder, "new", 30)
    assert folder.room() == 70
    assert (old.exists(), new.exists()) == (False, True)
    assert folder.room() == 70
    big = put(folder, "big", 51)
    assert folder.room() == 70
    assert (big.exists(), new.exists()) == (False, True)
