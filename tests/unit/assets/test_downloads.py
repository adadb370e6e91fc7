"""Local copies: what is in use stays, and the folder does not grow without bound."""

import os
import time
from pathlib import Path
from typing import IO

import pytest

from dphub_assets.lake.download import UNFINISHED, UNUSED_SECONDS, Downloads
from dphub_k8s.api.snapshot import DataFile

FILE = DataFile(path="f", rows=1, bytes=4, digest="", statistics={})


def copied(downloads: Downloads, name: str, age: float = 0) -> Path:
    def download(into: IO[bytes]) -> None:
        into.write(b"data")

    made = downloads.get(name, FILE, download)
    os.utime(made, (time.time() - age,) * 2)
    return made


def test_copies_that_nobody_keeps_go_the_longest_unused_first(tmp_path: Path) -> None:
    downloads = Downloads(tmp_path, limit=12)
    old, older, oldest = (
        copied(downloads, f"a/{age}.parquet", UNUSED_SECONDS * age) for age in (2, 3, 4)
    )
    fresh, kept = copied(downloads, "fresh.parquet"), copied(downloads, "kept.parquet", 1e6)
    downloads.keep([kept])
    assert [each.exists() for each in (old, older, oldest, fresh, kept)] == [
        *(True, False, False),
        *(True, True),
    ]


def test_what_was_used_lately_stays_even_where_it_is_too_much(tmp_path: Path) -> None:
    downloads = Downloads(tmp_path, limit=0)
    made = copied(downloads, "a.parquet", UNUSED_SECONDS * 2)
    assert downloads.get("a.parquet", FILE, lambda _: pytest.fail("fetched again")) == made
    downloads.keep([])
    assert made.exists()


def test_a_download_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def broken(_: object) -> None:
        raise OSError("broken off")

    downloads = Downloads(tmp_path, limit=0)
    with pytest.raises(OSError, match="broken off"):
        downloads.get("a.parquet", FILE, broken)
    assert list(tmp_path.glob("*.parquet*")) == []


def test_what_a_killed_download_left_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / f"a.parquet{UNFINISHED}").write_bytes(b"half of it")
    assert copied(Downloads(tmp_path, limit=0), "a.parquet").read_bytes() == b"data"
