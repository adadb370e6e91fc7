"""A product's life against the real processes: added, edited, broken, mended, deleted, put back."""

import copy
from typing import Any

import httpx
import polars as pl
import pytest

from tests.factories import product
from tests.integration.stack import NAME, Stack, eventually, example

pytestmark = pytest.mark.integration

SMALL = product(
    "suburbs",
    domain="geo",
    sources=["areas"],
    entity="Suburb",
    columns={
        "suburb": {"type": "string", "description": "as the provider spells it"},
        "city": "string",
    },
)


def test_a_product_lives(stack: Stack) -> None:
    """One long story: every step begins where the last one ended."""
    document = example()
    stack.put(SMALL)
    stack.put(document)
    first = eventually(stack.ready, "the product was ready")
    eventually(lambda: stack.ready("suburbs"), "the other product was ready")
    assert first.snapshot is not None
    assert first.snapshot.rows == 43_140
    others = stack.rows("suburbs", **{"$top": "1000"})
    assert others
    assert seen_in_dagster(stack)

    page = stack.get(f"/odata/{NAME}", params={"$orderby": "day desc"}).json()

    edited = a_left_join(document)
    stack.put(edited)
    second = eventually(lambda: stack.ready(generation=2), "the edited product was ready")
    assert second.snapshot is not None
    assert second.snapshot.sequence == first.snapshot.sequence + 1
    assert second.snapshot.rows > first.snapshot.rows
    follow_to_the_end(page, first.snapshot.rows)

    runs = len(stack.runs())
    broken = copy.deepcopy(edited)
    broken["spec"]["entity"]["columns"][1]["name"] = "provnce"
    stack.put(broken)
    refusal = eventually(stack.refusal, "the broken product said so")
    assert "UnknownColumn" in refusal
    assert "did you mean 'province'?" in refusal
    assert f"snapshot {second.snapshot.sequence} is still served" in refusal
    assert stack.get(f"/odata/{NAME}/$count").json() == second.snapshot.rows
    assert stack.rows("suburbs", **{"$top": "1000"}) == others
    assert {"FAILURE", "SUCCESS"} >= {run["status"] for run in stack.runs()[: -runs or None]}

    stack.put(edited)
    mended = eventually(lambda: stack.ready(generation=4), "the mended product was ready")
    assert mended.snapshot is not None
    assert mended.snapshot.rows == second.snapshot.rows

    runs = len(stack.runs())
    described = copy.deepcopy(edited)
    described["spec"]["description"] = "When the lights go out"
    described["spec"]["odata"]["default_top"] = 7
    stack.put(described)
    told = eventually(lambda: stack.ready(generation=5), "the description was published")
    assert told.snapshot is not None
    assert told.snapshot.sequence == mended.snapshot.sequence + 1
    eventually(lambda: len(stack.rows() or []) == 7, "the page size was served")
    metadata = stack.get(f"/odata/{NAME}/$metadata").text
    assert "When the lights go out" in metadata
    shown = eventually(lambda: described_in_dagster(stack), "Dagster showed the description")
    assert shown == "When the lights go out"
    assert len(stack.runs()) == runs

    (stack.products / f"{NAME}.yaml").unlink()
    eventually(lambda: stack.get(f"/odata/{NAME}").status_code == 404, "the product was gone", 10)
    eventually(lambda: not seen_in_dagster(stack), "the assets were gone")
    assert stack.rows("suburbs", **{"$top": "1000"}) == others

    stack.put(document)
    again = eventually(stack.ready, "the product was ready again")
    assert again.snapshot is not None
    assert again.snapshot.sequence > told.snapshot.sequence
    assert again.snapshot.rows == first.snapshot.rows


def a_left_join(document: dict[str, Any]) -> dict[str, Any]:
    """Blocks that no schedule names are published too: there are some for one more provider."""
    edited = copy.deepcopy(document)
    edited["spec"]["backend"]["joins"] = [
        {"left": "areas", "right": "schedule", "on": ["provider", "block"], "how": "full"},
    ]
    edited["spec"]["backend"]["joins"][0]["on"] = ["block"]
    return edited


def follow_to_the_end(page: dict[str, Any], rows: int) -> None:
    """The links of a page that was asked before the rebuild go on in the snapshot of then."""
    keys = [row["id"] for row in page["value"]]
    days = [row["day"] for row in page["value"]]
    with httpx.Client(timeout=30) as client:
        while link := page.get("@odata.nextLink"):
            answer = client.get(link.replace("%24top=100", "%24top=1000"))
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert page["@odata.count"] == rows
            keys += [row["id"] for row in page["value"]]
            days += [row["day"] for row in page["value"]]
    assert len(keys) == len(set(keys)) == rows
    assert days == sorted(days, reverse=True)


def seen_in_dagster(stack: Stack) -> set[str]:
    nodes = stack.graphql("{assetNodes{assetKey{path}}}")["assetNodes"]
    names = {node["assetKey"]["path"][-1] for node in nodes}
    return names & {NAME, f"{NAME}_api"}


def described_in_dagster(stack: Stack) -> str | None:
    nodes = stack.graphql("{assetNodes{assetKey{path} description}}")["assetNodes"]
    found: list[str] = [
        node["description"] for node in nodes if node["assetKey"]["path"][-1] == NAME
    ]
    return found[0] if found and found[0].startswith("When") else None


def test_a_file_that_is_no_yaml_refuses_nobody_else(stack: Stack) -> None:
    stack.put(SMALL)
    eventually(lambda: stack.ready("suburbs"), "the product was ready")
    (stack.products / "broken.yaml").write_text("spec: [")
    eventually(lambda: stack.store().faults(), "the store named the fault")
    assert stack.get("/odata/suburbs").status_code == 200
    (stack.products / "broken.yaml").unlink()


def test_a_changed_source_is_built_again(stack: Stack) -> None:
    stack.put(SMALL)
    before = eventually(lambda: stack.ready("suburbs"), "the product was ready")
    assert before.snapshot is not None
    half = pl.read_parquet(stack.data / "areas.parquet").head(100)
    half.write_parquet(stack.data / ".areas.parquet")
    (stack.data / ".areas.parquet").replace(stack.data / "areas.parquet")
    eventually(
        lambda: (found := stack.ready("suburbs")) and found.snapshot and found.snapshot.rows == 100,
        "the changed source was published",
    )


def test_dagster_shows_lineage_checks_and_metadata(stack: Stack) -> None:
    stack.put(SMALL)
    eventually(lambda: stack.ready("suburbs"), "the product was ready")
    query = """{assetNodes{
        assetKey{path} groupName description isMaterializable
        dependencyKeys{path} dependedByKeys{path}
        assetChecksOrError{...on AssetChecks{checks{name blocking
            executionForLatestMaterialization{status}}}}
        assetMaterializations(limit:1){metadataEntries{__typename label}}}}"""
    nodes = {tuple(n["assetKey"]["path"]): n for n in stack.graphql(query)["assetNodes"]}
    product = nodes["geo", "suburbs"]
    assert product["groupName"] == "geo"
    assert [key["path"] for key in product["dependencyKeys"]] == [["sources", "areas.parquet"]]
    assert [key["path"] for key in product["dependedByKeys"]] == [["geo", "suburbs_api"]]
    checks = product["assetChecksOrError"]["checks"]
    assert {check["name"] for check in checks} == {
        "contract",
        "key_unique",
        "nullability",
        "row_count",
    }
    results = [check["executionForLatestMaterialization"] for check in checks]
    assert [result and result["status"] for result in results] == ["SUCCEEDED"] * 4
    labels = {entry["label"] for entry in product["assetMaterializations"][0]["metadataEntries"]}
    assert labels >= {
        "dagster/row_count",
        "dagster/column_schema",
        "dagster/column_lineage",
        "dagster/table_name",
        "dagster/uri",
        "sql",
        "dphub/sequence",
        "odata",
    }
    assert not nodes["sources", "areas.parquet"]["isMaterializable"]
    assert not nodes["geo", "suburbs_api"]["isMaterializable"]
