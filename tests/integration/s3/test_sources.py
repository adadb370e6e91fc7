"""Sources in a bucket: one object each, read in the version that was looked at."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import obstore
import polars as pl
import pytest

from dphub_assets.lake import bucket
from dphub_assets.sources.bucket import Object
from dphub_assets.sources.errors import SourceChanged, SourceForbidden, SourceMissing
from dphub_assets.sources.files import Roots
from dphub_assets.sources.location import locate
from dphub_k8s.api.sources import Source
from tests import gateway
from tests.gateway import Gateway

pytestmark = pytest.mark.integration
Put = Callable[[str, bytes], str]


@pytest.fixture
def put(server: Gateway) -> Put:
    def stored(key: str, content: bytes) -> str:
        obstore.put(bucket.store(gateway.BUCKET), key, content)
        return f"s3://{gateway.BUCKET}/{key}"

    return stored


def rows(location: Object, folder: Path) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        relation = location.relation(connection, folder)
        return connection.execute(f"FROM {relation.sql}").fetchall()


def test_an_object_of_any_format_is_read(put: Put, tmp_path: Path) -> None:
    pl.DataFrame({"a": [1, 2]}).write_parquet(tmp_path / "a.parquet")
    parquet = put("in/a.parquet", (tmp_path / "a.parquet").read_bytes())
    text = put("in/a b's.csv", b"a\n1\n2\n")
    for url in (parquet, text):
        found = Object(url, Source(path=url))
        assert [int(str(row[0])) for row in rows(found, tmp_path / "build")] == [1, 2]


def test_a_changed_object_is_another_version(
    put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = put("a.csv", b"a\n1\n")
    found = Object(url, Source(path=url))
    before = found.version()
    assert found.version() == before
    put("a.csv", b"a\n2\n")
    with pytest.raises(SourceChanged):
        rows(found, tmp_path)
    after = found.version()
    assert after != before
    assert rows(found, tmp_path) == [("2",)]
    monkeypatch.setattr("dphub_assets.sources.bucket.FRESH_SECONDS", 0.0)
    put("a.csv", b"a\n3\n")
    assert found.version() != after


def test_what_is_not_there_is_missing(server: Gateway) -> None:
    for url in (f"s3://{gateway.BUCKET}/nothing.csv", "s3://no-such-bucket/a.csv"):
        with pytest.raises(SourceMissing, match=url):
            Object(url, Source(path=url)).version()


def test_roots_may_be_buckets_and_prefixes() -> None:
    allowed = [Path("s3://bucket/in")]
    found = locate(Source(path="s3://bucket/in/a.csv"), Roots(Path("/"), allowed))
    assert found.name == "s3://bucket/in/a.csv"
    for url in ("s3://bucket/other/a.csv", "s3://bucket/input.csv", "s3://else/in/a.csv"):
        with pytest.raises(SourceForbidden):
            locate(Source(path=url), Roots(Path("/"), allowed))
