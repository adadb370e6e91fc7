"""The whole hub with its lake and its sources in a bucket."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import obstore
import polars as pl
import pytest

from dphub_assets.lake import bucket
from tests import gateway
from tests.gateway import Gateway
from tests.integration.stack import EXAMPLE, NAME, eventually, example, running

pytestmark = pytest.mark.integration
SOURCES = f"s3://{gateway.BUCKET}/in"


def upload(alias: str, content: bytes | None = None) -> None:
    data = content or (EXAMPLE / "sample-data" / f"{alias}.parquet").read_bytes()
    obstore.put(bucket.store(gateway.BUCKET), f"in/{alias}.parquet", data)


def declared(**spec: Any) -> dict[str, Any]:
    document = example(**spec)
    for alias, source in document["spec"]["backend"]["sources"].items():
        source["path"] = f"{SOURCES}/{alias}.parquet"
    return document


def test_the_example_is_built_and_served_and_follows_edits_and_sources(
    server: Gateway, tmp_path: Path
) -> None:
    place = f"s3://{gateway.BUCKET}/{uuid4().hex}"
    aliases = list(example()["spec"]["backend"]["sources"])
    for alias in aliases:
        upload(alias)
    with running(tmp_path, **server.environment, DPHUB_LAKE=place) as hub:
        hub.put(declared())
        eventually(hub.ready, "the example was ready")
        rows = eventually(hub.rows, "the example was served")
        table, plain = f"{place}/tables/{NAME}", {"allow_http": "true"}
        assert len(pl.read_delta(table, storage_options=plain)) > len(rows) > 0
        assert not (hub.home / "lake").exists()
        assert list((hub.home / "cache" / "files").rglob("rows-*.parquet"))

        hub.put(declared(odata={"default_top": 7}))
        eventually(lambda: len(hub.rows() or ()) == 7, "the edit was served")

        half = pl.read_parquet(EXAMPLE / "sample-data" / f"{aliases[0]}.parquet")
        half.head(len(half) // 2).write_parquet(tmp_path / "half.parquet")
        before = len(pl.read_delta(table, storage_options=plain))
        upload(aliases[0], (tmp_path / "half.parquet").read_bytes())
        eventually(
            lambda: len(pl.read_delta(table, storage_options=plain)) != before,
            "the changed source was built",
        )
