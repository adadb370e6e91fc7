"""The whole hub with its lake in a bucket."""

from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest

from tests import gateway
from tests.gateway import Gateway
from tests.integration.stack import NAME, Stack, copy_data, eventually, example, running

pytestmark = pytest.mark.integration
ROWS = f"/odata/{NAME}"


def stack(server: Gateway, folder: Path) -> tuple[str, Stack]:
    place = f"s3://{gateway.BUCKET}/{uuid4().hex}"
    return place, Stack(folder, {**server.environment, "DPHUB_LAKE": place})


def test_the_example_is_built_edited_and_served(server: Gateway, tmp_path: Path) -> None:
    place = f"s3://{gateway.BUCKET}/{uuid4().hex}"
    with running(tmp_path, **server.environment, DPHUB_LAKE=place) as hub:
        copy_data(hub)
        hub.put(example())
        first = eventually(hub.ready, "the example was served")
        rows = hub.rows()
        assert rows
        assert hub.get(f"{ROWS}/$count").status_code in (200, 404)
        table = f"{place}/tables/{NAME}"
        stored = pl.read_delta(table, storage_options={"allow_http": "true"})
        assert len(stored) > 0
        assert not (hub.home / "lake").exists()
        assert list((hub.home / "cache" / "files").rglob("rows-*.parquet"))

        edited = example(description="edited")
        hub.put(edited)
        eventually(lambda: hub.ready(generation=2), "the edit was served")
        del first
