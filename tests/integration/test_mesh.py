"""Products that read products, against the real processes: a change goes through in waves."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dphub_assets.lake.reader import LakeReader, Snapshot
from tests import factories
from tests.integration.stack import Stack, eventually, running

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

PLACES = pl.DataFrame({"place": ["a", "b"], "name": ["Ahl", "Byl"]})
VISITS = pl.DataFrame({"place": ["a", "a", "b"], "day": ["1", "2", "0"]})
DOCUMENTS = {
    "places": factories.product(
        "places",
        sources={"places": {"path": "places.parquet"}},
        columns={"place": "string", "name": "string"},
        domain="geo",
    ),
    "visits": factories.product(
        "visits",
        sources={"visits": {"path": "visits.parquet"}, "places": {"product": "places"}},
        columns={"place": "string", "name": "string", "day": "string"},
        joins=[{"left": "visits", "right": "places", "on": ["place"]}],
        domain="travel",
    ),
    "report": factories.product(
        "report",
        sources={
            "visits": {"product": "visits", "rename": {"id": "visit", "name": "label"}},
            "places": {"product": "places"},
        },
        columns={"visit": "string", "name": "string", "day": "string"},
        joins=[{"left": "visits", "right": "places", "on": ["place"]}],
        domain="travel",
    ),
}
NAMES = tuple(DOCUMENTS)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("mesh")
    with running(folder) as running_stack:
        yield running_stack


def put(stack: Stack, name: str, frame: pl.DataFrame) -> None:
    """By rename."""
    draft = stack.data / f".{name}"
    frame.write_parquet(draft)
    draft.replace(stack.data / name)


def snapshots(stack: Stack) -> dict[str, Snapshot]:
    reader = LakeReader.at(stack.home / "lake")
    return {name: found for name in NAMES if (found := reader.current(name))}


def sequences(stack: Stack) -> dict[str, int]:
    return {name: found.sequence for name, found in snapshots(stack).items()}


def reads(stack: Stack, name: str) -> list[str]:
    return [source.location for source in snapshots(stack)[name].document.sources]


def settled(stack: Stack, rows: int) -> dict[str, Snapshot] | None:
    """Everything is ready, the last product with this many rows, and no run is under way."""
    if not all(stack.ready(name) for name in NAMES):
        return None
    found = snapshots(stack)
    busy = any(run["status"] not in ("SUCCESS", "FAILURE") for run in stack.runs())
    return found if not busy and found["report"].document.rows == rows else None


def built(stack: Stack, before: list[dict[str, Any]]) -> list[str]:
    """The products that were built since, in the order in which their runs began."""
    query = "{runsOrError{...on Runs{results{runId startTime endTime tags{key value}}}}}"
    known = {run["runId"] for run in before}
    runs = stack.graphql(query)["runsOrError"]["results"]
    new = sorted((r for r in runs if r["runId"] not in known), key=lambda run: run["startTime"])
    names = [{tag["key"]: tag["value"] for tag in run["tags"]}["dphub.io/product"] for run in new]
    for first, second in pairwise(new):
        assert first["endTime"] <= second["startTime"], names
    return names


def test_a_change_rebuilds_what_it_reaches_once_and_in_order(stack: Stack) -> None:
    """One story: every step begins where the last one ended."""
    put(stack, "places.parquet", PLACES)
    put(stack, "visits.parquet", VISITS)
    for name in reversed(NAMES):
        stack.put(DOCUMENTS[name])
    eventually(lambda: settled(stack, 3), "the mesh was built")
    assert built(stack, []) == ["places", "visits", "report"]
    assert sequences(stack) == {"places": 0, "visits": 0, "report": 0}
    assert reads(stack, "report") == ["visits@0", "places@0"]
    assert shown(stack) == {
        "places": [["sources", "places.parquet"]],
        "visits": [["geo", "places"], ["sources", "visits.parquet"]],
        "report": [["geo", "places"], ["travel", "visits"]],
    }
    eventually(lambda: set(stale(stack).values()) == {"FRESH"}, "nothing was stale")

    before = stack.runs()
    put(stack, "visits.parquet", VISITS.extend(VISITS.head(1)))
    eventually(lambda: settled(stack, 4), "the visits went through")
    assert built(stack, before) == ["visits", "report"]
    assert reads(stack, "report") == ["visits@1", "places@0"]

    before = stack.runs()
    put(stack, "places.parquet", PLACES.with_columns(name=pl.lit("Cyl")))
    eventually(
        lambda: (found := settled(stack, 4)) and found["report"].sequence == 2 and found,
        "the places went through",
    )
    assert built(stack, before) == ["places", "visits", "report"]
    assert reads(stack, "report") == ["visits@2", "places@1"]
    assert {row["name"] for row in stack.rows("report") or []} == {"Cyl"}
    eventually(lambda: set(stale(stack).values()) == {"FRESH"}, "nothing was stale")


def test_other_words_about_the_same_rows_build_nothing_downstream(stack: Stack) -> None:
    before, runs = sequences(stack), stack.runs()
    document = factories.changed(DOCUMENTS["places"], "spec.odata", {"default_top": 7})
    stack.put(document)
    eventually(lambda: stack.ready("places", generation=2), "the page size was published")
    assert eventually(lambda: settled(stack, 4), "all was ready")
    assert sequences(stack) == {**before, "places": before["places"] + 1}
    assert built(stack, runs) == []


def test_an_edit_in_the_middle_reaches_what_is_below_it(stack: Stack) -> None:
    """But no further than the data differ."""
    before, runs = sequences(stack), stack.runs()
    stack.put(factories.changed(DOCUMENTS["visits"], "spec.backend.joins.0.how", "left"))
    eventually(lambda: stack.ready("visits", generation=2), "the same rows were built")
    eventually(lambda: settled(stack, 4), "all was ready")
    assert built(stack, runs) == ["visits"]

    runs = stack.runs()
    stack.put(factories.changed(DOCUMENTS["visits"], "spec.entity.sort", ["day"]))
    eventually(
        lambda: (found := settled(stack, 4)) and found["report"].sequence > before["report"],
        "the edit went through",
    )
    assert built(stack, runs) == ["visits", "report"]
    assert sequences(stack)["places"] == before["places"]


def test_what_reads_a_deleted_product_says_so_and_is_served(stack: Stack) -> None:
    rows = stack.rows("report")
    assert rows
    (stack.products / "places.yaml").unlink()
    told = eventually(lambda: stack.refusal("report"), "the report missed its source")
    assert "SourceMissing" in told
    assert "waiting for product places" in told
    assert stack.rows("report") == rows
    stack.put(DOCUMENTS["places"])
    eventually(lambda: settled(stack, 4), "all was ready again")


def test_a_circle_refuses_the_product_that_closes_it(stack: Stack) -> None:
    circle = factories.changed(
        DOCUMENTS["places"], "spec.backend.sources", {"places": {"product": "report"}}
    )
    stack.put(circle)
    told = eventually(lambda: stack.refusal("places"), "the circle was refused")
    assert "ProductCycle" in told
    assert "→ places" in told
    stack.put(DOCUMENTS["places"])
    eventually(lambda: settled(stack, 4), "all was ready again")


def shown(stack: Stack) -> dict[str, list[list[str]]]:
    """What Dagster shows that each product depends on."""
    nodes = stack.graphql("{assetNodes{assetKey{path} dependencyKeys{path}}}")["assetNodes"]
    return {
        node["assetKey"]["path"][1]: sorted(key["path"] for key in node["dependencyKeys"])
        for node in nodes
        if node["assetKey"]["path"][1:] and node["assetKey"]["path"][1] in NAMES
    }


def stale(stack: Stack) -> dict[str, str]:
    nodes = stack.graphql("{assetNodes{assetKey{path} staleStatus}}")["assetNodes"]
    return {
        node["assetKey"]["path"][1]: node["staleStatus"]
        for node in nodes
        if node["assetKey"]["path"][-1] in NAMES
    }
