"""The folder of native files keeps to its bytes, and to what still serves."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dphub_serving.cache.build import TOO_BIG
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


def test_a_file_that_needs_too_much_memory_is_too_big(folder: Folder) -> None:
    rows = "CREATE TABLE rows AS SELECT i, repeat('x', 200) AS t FROM range(300000) r(i)"
    starved = "from dphub_serving.cache import build; build.CONFIG['memory_limit'] = '2MB'; "
    code = f"import sys; {starved}sys.exit(build.main(sys.argv[1:]))"
    sort = "CREATE TABLE sorted AS FROM rows ORDER BY i % 7, t"
    asked = [str(folder.path), "1000000000", "k", rows, sort]
    done = subprocess.run([sys.executable, "-c", code, *asked], check=False)
    assert done.returncode == TOO_BIG
    assert not list(folder.path.glob("*.duckdb*"))
