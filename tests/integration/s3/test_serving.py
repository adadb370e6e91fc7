"""The service over a lake in a bucket: local copies, and it goes on without the bucket."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dphub_assets.lake.reader import LakeReader
from dphub_assets.lake.writer import Lake
from tests import gateway
from tests.gateway import Gateway
from tests.integration.s3.proxy import Proxy
from tests.integration.stack import eventually
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import Client, serving

pytestmark = pytest.mark.integration
ORDERS = product({"a": "int"})
SOON = {"DPHUB_POLL_SECONDS": "0.1"}


def values(client: Client, url: str = "/odata/orders") -> list[int] | None:
    answer = client.get(url)
    return [row["a"] for row in answer.json()["value"]] if answer.status_code == 200 else None


def rows_file(server: Gateway, place: str) -> Path:
    """The newest in the bucket, as the server keeps it."""
    table = server.root / place.removeprefix("s3://") / "tables" / "orders"
    return max(table.glob("rows-*.parquet"), key=lambda file: file.stat().st_mtime_ns)


def test_what_is_served_stays_until_the_next_is_here(
    door: Proxy, place: str, tmp_path: Path
) -> None:
    lake = Lake.open_at(place, work=tmp_path / "build")
    publish(lake, ORDERS, "SELECT 1 AS a")
    with serving(tmp_path, DPHUB_LAKE=place) as client:
        assert values(client) == [1]
        second = publish(lake, ORDERS, "SELECT 2 AS a")
        door.held = second.document.files[0].path
        client.refresh()
        assert any(each.startswith("GET") and door.held in each for each in door.asked)
        assert values(client) == [1]
        door.held = ""
        eventually(lambda: values(client) == [2], "the second was served, without another look")
        assert values(client, "/odata/orders@0") == [1]


def test_the_service_goes_on_without_the_bucket_and_finds_it_again(
    server: Gateway, place: str, tmp_path: Path
) -> None:
    lake = Lake.open_at(place, work=tmp_path / "build")
    publish(lake, ORDERS, "SELECT 1 AS a")
    with serving(tmp_path, DPHUB_LAKE=place, **SOON) as client:
        eventually(lambda: values(client) == [1], "the first was served")
        server.kill()
        degraded = eventually(lambda: client.get("/health").json()["degraded"], "it was told")
        assert "cannot be listed" in str(degraded)
        assert values(client) == [1]
        server.start()
        publish(lake, ORDERS, "SELECT 2 AS a")
        eventually(lambda: values(client) == [2], "the second was served")
        assert client.get("/health").json()["degraded"] == {}


def test_a_file_that_was_changed_is_not_served(server: Gateway, place: str, tmp_path: Path) -> None:
    lake = Lake.open_at(place, work=tmp_path / "build")
    publish(lake, ORDERS, "SELECT 1 AS a")
    with serving(tmp_path, DPHUB_LAKE=place) as client:
        publish(lake, ORDERS, "SELECT 2 AS a")
        stored = rows_file(server, place)
        stored.write_bytes(stored.read_bytes() + b"more")
        client.refresh()
        assert values(client) == [1]
        assert "bytes, not" in client.get("/health").json()["degraded"]["orders"]


def test_readers_that_share_a_folder_fetch_a_file_once(
    door: Proxy, place: str, tmp_path: Path
) -> None:
    lake = Lake.open_at(place, work=tmp_path / "build")
    snapshot = publish(lake, ORDERS, "SELECT 1 AS a")
    readers = [LakeReader.at(place, tmp_path / "copies") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        fetch = lambda reader: reader.local(snapshot, snapshot.document.files[0])  # noqa: E731
        assert len(set(pool.map(fetch, readers))) == 1
    assert len([asked for asked in door.asked if asked.startswith("GET") and "rows-" in asked]) == 1


def test_a_look_at_a_lake_that_did_not_change_is_one_request(
    door: Proxy, place: str, tmp_path: Path
) -> None:
    lake = Lake.open_at(place, work=tmp_path / "build")
    for name in ("orders", "others"):
        publish(lake, product({"a": "int"}, name=name), "SELECT 1 AS a")
    with serving(tmp_path, DPHUB_LAKE=place) as client:
        eventually(lambda: values(client, "/odata/others") == [1], "both were served")
        before = len(door.asked)
        client.refresh()
        (asked,) = door.asked[before:]
        assert asked.startswith(f"GET /{gateway.BUCKET}?")
