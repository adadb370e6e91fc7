"""Snapshots that are asked for often get a native file, and lose it without anybody noticing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dphub_assets.lake.writer import Lake
from dphub_serving.cache.folder import SUFFIX
from dphub_serving.cache.native import HOT
from tests.lake_factory import product, publish
from tests.unit.serving.cache.native_files import native, started, until, warm
from tests.unit.serving.conftest import Client

COLUMNS = {"a": "string", "b": "int"}
ROWS = "SELECT 'v' || (i % 50) AS a, (i * 7) % 100 AS b FROM range(9000) t(i)"
PAGES = ("", "?$skip=8000", "?$orderby=b desc", "('v7~49~0')", "?$orderby=a desc&$top=7", "/$count")


@pytest.fixture
def hot(tmp_path: Path, lake: Lake) -> Iterator[Client]:
    """A service with a native file attached; nothing is kept, so every answer is made."""
    publish(lake, product(COLUMNS, odata={"page_size": 90}), ROWS)
    with started(tmp_path) as client:
        warm(client)
        yield client


def files(home: Path) -> list[Path]:
    return list((home / "cache").glob(f"*{SUFFIX}"))


def answers(client: Client) -> list[bytes]:
    return [client.get(f"/odata/orders/Rows{page}").content for page in PAGES]


def test_native_and_parquet_give_the_same_bytes(tmp_path: Path, hot: Client) -> None:
    given = answers(hot)
    assert native(hot)["attached"] == 1
    with started(tmp_path, megabytes=0) as plain:
        assert answers(plain) == given
        assert native(plain)["attached"] == 0


def test_a_file_survives_a_restart(tmp_path: Path, hot: Client) -> None:
    made = [file.stat().st_ino for file in files(tmp_path)]
    with started(tmp_path) as again:
        again.get("/odata/orders/Rows")
        until(lambda: native(again)["attached"] == 1)
        assert [file.stat().st_ino for file in files(tmp_path)] == made


def test_one_that_is_taken_away_is_let_go(tmp_path: Path, hot: Client) -> None:
    before = answers(hot)
    (file,) = files(tmp_path)
    file.unlink()
    assert answers(hot) == before
    until(lambda: native(hot)["attached"] == 0)
    assert answers(hot) == before


def test_one_that_is_found_when_its_builder_ends_is_attached_once(
    tmp_path: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dphub_serving.cache.native.TICK_SECONDS", 60.0)
    monkeypatch.setattr("dphub_serving.cache.native.LOOK_SECONDS", 0.0)
    publish(lake, product(COLUMNS, odata={"page_size": 90}), ROWS)
    with started(tmp_path) as client:
        for _ in range(HOT):
            client.get("/odata/orders/Rows")
        until(lambda: native(client)["building"] == 1)
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        # The thread that attaches wakes up for this one, and finds both the file and the end.
        client.get("/odata/orders/Rows")
        until(lambda: native(client) == {"attached": 1, "building": 0})
        assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("share", [0, 0.3, 0.9])
def test_one_that_is_cut_off_gives_way_to_parquet(tmp_path: Path, lake: Lake, share: float) -> None:
    rows = "SELECT md5(i::VARCHAR) AS a, hash(i) % 100000 AS b FROM range(90000) t(i)"
    publish(lake, product(COLUMNS, odata={"page_size": 90}), rows)
    with started(tmp_path) as client:
        expected = answers(client)
        warm(client)
        (file,) = files(tmp_path)
        os.truncate(file, int(share * file.stat().st_size))
        assert answers(client) == expected
        until(lambda: native(client)["attached"] == 0)
        assert not file.exists()
        assert answers(client) == expected


@pytest.mark.parametrize("content", [b"", b"no database", b"x" * 300_000])
def test_one_that_makes_no_sense_is_never_attached(
    tmp_path: Path, hot: Client, content: bytes
) -> None:
    expected = answers(hot)
    (file,) = files(tmp_path)
    file.unlink()
    file.write_bytes(content)
    with started(tmp_path) as again:
        assert answers(again) == expected
        until(lambda: not file.exists() or file.read_bytes() != content)
        assert answers(again) == expected


def test_bytes_that_changed_are_noticed(tmp_path: Path, hot: Client) -> None:
    """DuckDB keeps a checksum of every block."""
    expected = answers(hot)
    (file,) = files(tmp_path)
    whole = file.read_bytes()
    file.unlink()
    for place in range(0, len(whole), len(whole) // 12):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with started(tmp_path) as again:
            assert answers(again) == expected
            assert answers(again) == expected


def test_a_bad_one_that_cannot_be_removed_is_left_alone(tmp_path: Path, hot: Client) -> None:
    expected = answers(hot)
    (file,) = files(tmp_path)
    whole = bytearray(file.read_bytes())
    whole[len(whole) * 5 // 6] ^= 0xFF  # in a block of values
    file.unlink()
    file.write_bytes(whole)
    with started(tmp_path) as again:
        again.get("/odata/orders/Rows")
        until(lambda: native(again)["attached"] == 1)
        file.unlink()
        file.mkdir()
        assert answers(again) == expected
        assert native(again)["attached"] == 0


def test_one_without_room_is_not_made(tmp_path: Path, lake: Lake) -> None:
    rows = "SELECT md5(i::VARCHAR) AS a, i::INT AS b FROM range(60000) t(i)"
    publish(lake, product(COLUMNS), rows)
    with started(tmp_path, megabytes=1) as client:
        for _ in range(HOT):
            client.get("/odata/orders/Rows")
        until(lambda: native(client)["building"] == 1)
        until(lambda: native(client)["building"] == 0)
        assert native(client)["attached"] == 0
    assert list((tmp_path / "cache").glob("*.duckdb*")) == []


def test_what_is_asked_seldom_has_none(tmp_path: Path, lake: Lake) -> None:
    publish(lake, product(COLUMNS), ROWS)
    with started(tmp_path) as client:
        for _ in range(HOT - 1):
            client.get("/odata/orders/Rows")
        assert native(client) == {"attached": 0, "building": 0}
    assert files(tmp_path) == []
