"""A lake that is not there for a while: vanished, an empty folder, no folder at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dphub_k8s.shards import LOCATION
from tests.integration.faults import products, runs
from tests.integration.stack import PATIENCE, Stack, eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(4 * PATIENCE)]
MARKER = "lake/.dphub"
TICK = """{sensorOrError(sensorSelector:{repositoryName:"__repository__",
    repositoryLocationName:"%s", sensorName:"dphub_reconcile"}){
    ...on Sensor{sensorState{ticks(limit:1){skipReason}}}}}"""


@contextmanager
def away(lake: Path) -> Iterator[None]:
    aside = lake.rename(lake.with_name("aside"))
    try:
        yield
    finally:
        clear(lake)
        aside.rename(lake)


def skipped(stack: Stack) -> str | None:
    """Why the last tick did nothing."""
    ticks = stack.graphql(TICK % LOCATION)["sensorOrError"]["sensorState"]["ticks"]
    return ticks[0]["skipReason"] if ticks else None


def clear(lake: Path) -> None:
    """Only what holds nothing can be cleared: nobody may have built there."""
    if lake.is_dir():
        lake.rmdir()
    else:
        lake.unlink(missing_ok=True)


def test_a_lake_that_is_away_for_a_while_costs_no_build(stack: Stack) -> None:
    before = eventually(lambda: runs.settled(stack), "all runs had ended")
    sequence, rows = runs.sequence(stack, "bystander"), stack.rows("bystander")
    lake = stack.home / "lake"

    def says(text: str) -> None:
        eventually(lambda: text in (skipped(stack) or ""), f"the sensor said {text}")

    def served() -> None:
        assert stack.get("/odata/bystander").status_code in (200, 503)
        assert stack.get("/odata/bystander/$metadata").status_code == 200

    with away(lake):
        says(MARKER)
        served()
        lake.mkdir()
        says(MARKER)
        served()
        clear(lake)
        lake.touch()
        says("Not a directory")
        served()
        stack.put(products.small("before-the-lake"))
        clear(lake)
        lake.mkdir()
        log = "".join(stack.log)
        assert log.count(MARKER) < 10
        assert "Traceback" not in log[log.index(MARKER) :]
        stack.stop()
        stack.start()  # nobody remembers that there was a lake, but what the statuses say
        says(f"bring it back, or create {lake / '.dphub'}")
    eventually(lambda: stack.rows("bystander") == rows, "the rows were served again")
    eventually(lambda: stack.ready("before-the-lake"), "a new product was ready")
    found = eventually(lambda: runs.settled(stack), "all runs had ended")[len(before) :]
    assert [runs.product(run) for run in found] == ["before-the-lake"]
    assert runs.sequence(stack, "bystander") == sequence
