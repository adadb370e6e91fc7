"""The real outage data, where they are at hand: 37,046 x 5,952 rows that join to 6,884,411."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from tests.integration.stack import NAME, Stack, eventually, example, running

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

DATA = Path(__file__).parents[3] / "shared" / "data" / "southafrica-scheduled-outage"
ROWS = 6_884_411
PAGE = 100_000


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if not DATA.is_dir():
        pytest.skip("the real data (../shared/data/southafrica-scheduled-outage) is not at hand")
    folder: Path = tmp_path_factory.mktemp("real")
    shutil.copytree(DATA, folder / "data")
    with running(folder) as running_stack:
        running_stack.put(example(odata={"page_size": PAGE}))
        eventually(running_stack.ready, "the product was ready", 300)
        yield running_stack


def test_every_row_is_counted(stack: Stack) -> None:
    assert int(stack.get(f"/odata/{NAME}/$count").text) == ROWS
    page = stack.get(f"/odata/{NAME}", params={"$top": "10"}).json()
    assert page["@odata.count"] == ROWS
    assert len(page["value"]) == 10


def test_links_yield_every_key_once_while_the_product_is_rebuilt(stack: Stack) -> None:
    """Another order is published while the links of the first snapshot are followed."""
    walk = Walk(f"{stack.url}/odata/{NAME}/SouthAfricaScheduledOutage?$select=id,day&$count=true")
    walk.start()
    eventually(lambda: walk.pages >= 3 or walk.error, "three pages were read")
    stack.put(example(odata={"page_size": PAGE}, entity=another_order()))
    rebuilt = eventually(lambda: stack.ready(generation=2), "it was rebuilt", 300)
    still_walking = walk.is_alive()
    walk.join(600)
    assert walk.error is None
    assert still_walking, "the rebuild was slower than all the pages: nothing was proven"
    assert rebuilt.snapshot is not None
    assert rebuilt.snapshot.sequence == 1
    assert walk.counts == {ROWS}
    assert len(walk.keys) == ROWS
    assert pl.Series(walk.keys).n_unique() == ROWS


def test_a_plain_delta_reader_sees_the_same_rows(stack: Stack) -> None:
    table = pl.scan_delta(str(stack.home / "lake" / "tables" / NAME))
    assert table.select(pl.len()).collect().item() == ROWS
    served = stack.get(f"/odata/{NAME}", params={"$top": "1000", "$skip": "5000000"}).json()
    wanted = ["province", "city", "suburb", "day", "stage"]
    stored = table.slice(5_000_000, 1000).select(wanted).collect()
    assert [{name: row[name] for name in wanted} for row in served["value"]] == stored.to_dicts()


def test_two_processes_write_the_same_bytes(stack: Stack) -> None:
    """The same inputs and spec give the same digest, whoever builds."""
    digests = set()
    for home in ("one", "two"):
        environment = {
            "DPHUB_HOME": str(stack.folder / home),
            "DPHUB_DATA_ROOT": str(stack.data),
            "DPHUB_BUILD_THREADS": "1" if home == "one" else "2",
        }
        command = [sys.executable, "-m", "dphub_assets", "materialize", str(a_file(stack))]
        subprocess.run(command, check=True, env=environment, capture_output=True, timeout=300)
        [document] = (stack.folder / home).glob("lake/tables/*/_dphub/*.json")
        digests.add(digest_of(document))
    assert len(digests) == 1


class Walk(threading.Thread):
    """Follows the links of a page to the end."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url: str | None = url
        self.pages = 0
        self.keys: list[str] = []
        self.counts: set[int] = set()
        self.error: str | None = None

    def run(self) -> None:
        with httpx.Client(timeout=60) as client:
            while self.url:
                answer = client.get(self.url)
                if answer.status_code != 200:
                    self.error = answer.text
                    return
                page = answer.json()
                self.keys += [row["id"] for row in page["value"]]
                self.counts.add(page["@odata.count"])
                self.pages += 1
                self.url = page.get("@odata.nextLink")


def another_order() -> dict[str, Any]:
    entity: dict[str, Any] = example()["spec"]["entity"]
    return {**entity, "sort": ["day", "stage"]}


def a_file(stack: Stack) -> Path:
    [file] = stack.products.glob("*.yaml")
    return file


def digest_of(document: Path) -> str:
    found: str = json.loads(document.read_text())["files"][0]["digest"]
    return found
