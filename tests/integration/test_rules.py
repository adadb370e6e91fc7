"""Rules, a suspension and a schedule against the real processes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.factories import product
from tests.integration.stack import Stack, eventually, running

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

NAME = "orders"
COLUMNS = {"number": {"type": "long"}, "item": {"type": "string"}, "amount": {"type": "int"}}
POSITIVE = {"metric": "invalidValues", "column": "amount", "arguments": {"minimum": 1}}
NAMED = {"metric": "nullValues", "column": "item", "severity": "warning"}
CHECKS = (
    "{assetNodeOrError(assetKey: {path: [%s]}) {... on AssetNode {assetChecksOrError "
    "{... on AssetChecks {checks {name executionForLatestMaterialization {status evaluation "
    "{severity metadataEntries {label ... on IntMetadataEntry {intValue} "
    "... on JsonMetadataEntry {jsonString}}}}}}}}}}"
)

EVENTS = (
    '{assetNodeOrError(assetKey: {path: ["sources", "orders.parquet"]}) '
    "{... on AssetNode {assetMaterializations(limit: 99) {timestamp}}}}"
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("rules")
    with running(folder) as running_stack:
        yield running_stack


def orders(**spec: Any) -> dict[str, Any]:
    return product(NAME, key="number", columns=COLUMNS, **spec)


def write(stack: Stack, *amounts: int, item: str | None = "a") -> None:
    frame = pl.DataFrame(
        {
            "number": range(len(amounts)),
            "item": [item, *["b"] * (len(amounts) - 1)],
            "amount": amounts,
        },
        schema_overrides={"item": pl.String, "amount": pl.Int32},
    )
    draft = stack.data / "draft"
    frame.write_parquet(draft)
    draft.replace(stack.data / "orders.parquet")


def amounts(stack: Stack) -> list[int]:
    return [row["amount"] for row in stack.rows(NAME) or []]


def checks(stack: Stack) -> dict[str, Any]:
    """By name, what the last run of each check said."""
    found = stack.graphql(CHECKS % f'"default", "{NAME}"')["assetNodeOrError"]
    return {
        check["name"]: check["executionForLatestMaterialization"]
        for check in found["assetChecksOrError"]["checks"]
        if check["executionForLatestMaterialization"]
    }


def metadata(check: dict[str, Any]) -> dict[str, Any]:
    entries = check["evaluation"]["metadataEntries"]
    return {each["label"]: each.get("intValue", each.get("jsonString")) for each in entries}


def reason(stack: Stack, generation: int) -> str | None:
    status = stack.status(NAME)
    built = status.condition("Materialized") if status else None
    return built.reason if status and built and status.observed_generation == generation else None


def test_an_error_keeps_what_is_served_and_a_warning_is_shown(stack: Stack) -> None:
    write(stack, 5, 6, item=None)
    stack.put(orders(quality=[POSITIVE, NAMED]))
    first = eventually(lambda: stack.ready(NAME), "it was published, with a warning")
    assert first.snapshot is not None
    assert amounts(stack) == [5, 6]
    warned = eventually(lambda: checks(stack).get("rule_nullValues_item"), "the warning was seen")
    assert warned["evaluation"]["severity"] == "WARN"
    assert (metadata(warned)["violations"], metadata(warned)["keys"]) == (1, '["0"]')

    write(stack, 5, -6, -7)
    eventually(lambda: reason(stack, 1) == "ChecksFailed", "the rule held the rows back")
    refusal = stack.refusal(NAME)
    assert refusal is not None
    assert "rule:invalidValues-amount: 2 of 3 rows; mustBe 0" in refusal
    assert amounts(stack) == [5, 6]
    failed = stack.runs()[0]
    assert failed["status"] == "FAILURE"

    write(stack, 5, 7)
    eventually(lambda: amounts(stack) == [5, 7], "the mended rows were published")


def test_what_is_suspended_is_built_once_when_it_goes_on(stack: Stack) -> None:
    before = len(stack.runs())
    stack.put(orders(suspend=True))
    eventually(lambda: reason(stack, 2) == "Suspended", "it was suspended")
    served = amounts(stack)
    write(stack, 1, 2, 3)
    eventually(lambda: told(stack) == "False", "the change was seen")
    write(stack, 1, 2, 3, 4)
    assert (amounts(stack), len(stack.runs())) == (served, before)
    stack.put(orders())
    eventually(lambda: stack.ready(NAME, generation=3), "it went on")
    assert (amounts(stack), len(stack.runs())) == ([1, 2, 3, 4], before + 1)


def test_between_the_moments_of_a_schedule_changes_wait(stack: Stack) -> None:
    """The next moment is a leap day at midnight: far away, whenever this runs."""
    stack.put(orders(refresh={"cron": "0 0 29 2 *"}))
    scheduled = eventually(lambda: next_refresh(stack), "the next moment was told")
    assert (scheduled.month, scheduled.day) == (2, 29)
    before, served, seen = len(stack.runs()), amounts(stack), source_events(stack)
    write(stack, 9, 9)
    eventually(lambda: source_events(stack) > seen, "a tick saw the change")
    assert (amounts(stack), len(stack.runs())) == (served, before)
    stack.put(orders())
    eventually(lambda: amounts(stack) == [9, 9], "without the schedule it was built at once")


def told(stack: Stack) -> str | None:
    status = stack.status(NAME)
    built = status.condition("Materialized") if status else None
    return built.status if built else None


def next_refresh(stack: Stack) -> Any:
    status = stack.status(NAME)
    return status.next_refresh if status else None


def source_events(stack: Stack) -> int:
    """How often the source was seen to be another."""
    found = stack.graphql(EVENTS)["assetNodeOrError"]
    return len(found["assetMaterializations"])
