"""The examples against the real processes: JSON, CSV and a product become one product."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from tests.integration.stack import EXAMPLE, NAME, REPORTS, ROOT, Stack, clone, eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
ASSET = '{assetNodeOrError(assetKey: {path: ["operations", "%s"]}) {... on AssetNode {%s}}}'
CHECKS = (
    "assetChecksOrError {... on AssetChecks {checks {name executionForLatestMaterialization "
    "{status evaluation {severity metadataEntries {label ... on IntMetadataEntry {intValue}}}}}}}"
)
COLUMNS = (
    "dependencyKeys {path} assetMaterializations(limit: 1) {metadataEntries "
    "{... on TableColumnLineageMetadataEntry "
    "{lineage {columnName columnDeps {assetKey {path} columnName}}}}}"
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("clone")
    with clone(folder) as running_stack:
        yield running_stack


def asked(stack: Stack, **options: str) -> list[dict[str, Any]]:
    answer = stack.get(f"/odata/{REPORTS}", params={f"${name}": v for name, v in options.items()})
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page["@odata.count"] == len(page["value"]) or "@odata.nextLink" in page
    rows: list[dict[str, Any]] = page["value"]
    return rows


def count(stack: Stack, condition: str) -> int:
    answer = stack.get(f"/odata/{REPORTS}/$count", params={"$filter": condition})
    assert answer.status_code == 200, answer.text
    return int(answer.text)


def asset(stack: Stack, fields: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.graphql(ASSET % (REPORTS, fields))["assetNodeOrError"]
    return found


def checked(stack: Stack) -> dict[str, Any]:
    return {
        check["name"]: check["executionForLatestMaterialization"]
        for check in asset(stack, CHECKS)["assetChecksOrError"]["checks"]
    }


def test_the_warning_is_seen_by_whoever_looks(stack: Stack) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "dphub_k8s", "get", REPORTS, "--output", "wide"],
        env={**os.environ, "DPHUB_PRODUCTS": str(stack.products), "DPHUB_HOME": str(stack.home)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Warned" in run.stdout
    assert "rule:explained: 180 of 1,500 rows, 12 percent; mustBeLessThan 10 percent" in run.stdout
    eventually(
        lambda: all(each["status"] != "IN_PROGRESS" for each in checked(stack).values()),
        "the run that checked them had ended",
    )
    checks = checked(stack)
    assert checks["cardinality"]["status"] == "SUCCEEDED"
    warned = checks.pop("rule_explained")
    assert (warned["status"], warned["evaluation"]["severity"]) == ("FAILED", "WARN")
    entries = warned["evaluation"]["metadataEntries"]
    assert {"label": "violations", "intValue": 180} in entries
    assert {check["status"] for check in checks.values()} == {"SUCCEEDED"}


@pytest.mark.parametrize(
    "condition",
    [
        "claimed gt 5000.50",
        "claimed eq 543.25",
        "customers mul tariff gt 20000 and customers ne null",
        "reported ge 2026-03-31T00:00:00+02:00",
        "restored sub reported gt duration'PT10H'",
        "outage eq null or stage in (7,8)",
        "endswith(suburb,'(Old)') and not (province eq 'Gauteng')",
    ],
)
def test_a_filter_and_its_contrary_and_null_are_all_rows(stack: Stack, condition: str) -> None:
    found = count(stack, condition)
    assert 0 < found < 1_500
    others = count(stack, f"not ({condition})") + count(stack, f"({condition}) eq null")
    assert found + others == 1_500
    assert len(asked(stack, filter=condition, top="1000")) == found


def test_decimals_and_moments_are_exact(stack: Stack) -> None:
    (row,) = asked(stack, filter="claimed eq 543.25", select="number,claimed,reported")
    assert row == {"number": "R00001", "claimed": 543.25, "reported": "2026-02-28T22:01:33Z"}
    file = ROOT / "examples" / REPORTS / "sample-data" / "reports.ndjson"
    lines = file.read_text().splitlines()
    reported = [datetime.fromisoformat(json.loads(one)["reported"]) for one in lines]
    begin = "2026-03-31T00:00:00+02:00"
    last = asked(stack, filter=f"reported ge {begin}", top="1000")
    assert len(last) == sum(one >= datetime.fromisoformat(begin) for one in reported)
    assert {datetime.fromisoformat(one["reported"]) for one in last} <= set(reported)


def test_a_list_of_structs_is_a_collection_of_a_complex_type(stack: Stack) -> None:
    report = stack.get(f"/odata/{REPORTS}('R00002')").json()
    (visit,) = report["visits"]
    assert visit["arrived"] == "2026-02-28T22:43:14Z"
    assert stack.get(f"/odata/{REPORTS}('R00001')").json()["visits"] == []
    schema = ET.fromstring(stack.get(f"/odata/{REPORTS}/$metadata").text)
    kinds = {each.get("Name"): each for each in schema.iter(f"{EDM}ComplexType")}
    (kind,) = kinds
    properties = {each.get("Name"): each.get("Type") for each in schema.iter(f"{EDM}Property")}
    assert properties["visits"] == f"Collection(southafrica_outage_reports.{kind})"
    fields = {each.get("Name"): each.get("Type") for each in kinds[kind]}
    assert set(visit) == set(fields)
    assert (fields["arrived"], fields["parts"]) == ("Edm.DateTimeOffset", "Edm.Decimal")


def test_the_key_of_an_outage_leads_to_the_other_product(stack: Stack) -> None:
    (row,) = asked(stack, filter="number eq 'R00002'")
    outage = stack.get(f"/odata/{NAME}('{row['outage']}')").json()
    same = ("province", "city", "suburb", "day", "stage")
    assert {name: outage[name] for name in same} == {name: row[name] for name in same}
    expanded = stack.get(f"/odata/{REPORTS}('R00002')?$expand=scheduled").json()
    del outage["@odata.context"]
    assert expanded["scheduled"] == outage
    assert count(stack, "scheduled eq null") == count(stack, "outage eq null")


def test_what_is_confidential_cannot_be_asked_by(stack: Stack) -> None:
    for option, value in (("$filter", "meter eq '1'"), ("$orderby", "meter")):
        answer = stack.get(f"/odata/{REPORTS}", params={option: value})
        assert answer.status_code == 400
        assert "'meter'" in answer.json()["error"]["message"]


def test_dagster_leads_from_product_to_product(stack: Stack) -> None:
    found = asset(stack, COLUMNS)
    assert ["default", NAME] in [key["path"] for key in found["dependencyKeys"]]
    (event,) = found["assetMaterializations"]
    (lineage,) = [entry["lineage"] for entry in event["metadataEntries"] if entry]
    columns = {each["columnName"]: each["columnDeps"] for each in lineage}
    outages = {"assetKey": {"path": ["default", NAME]}, "columnName": "id"}
    assert outages in columns["outage"]


def test_another_schedule_builds_both_once_and_in_order(stack: Stack) -> None:
    file = stack.data / "examples" / EXAMPLE.name / "sample-data" / "schedule.parquet"
    before = {run["runId"] for run in stack.runs()}
    faults = count(stack, "outage eq null")
    draft = file.with_name(".draft")
    pl.read_parquet(file).filter(pl.col("stage") < 8).write_parquet(draft)
    draft.replace(file)
    eventually(lambda: count(stack, "outage eq null") > faults, "the reports were built again")
    eventually(lambda: stack.ready(REPORTS) and stack.ready(), "both were ready")
    new = [run for run in reversed(stack.runs()) if run["runId"] not in before]
    names = [{tag["key"]: tag["value"] for tag in run["tags"]}["dphub.io/product"] for run in new]
    assert names == [NAME, REPORTS]
    assert len(asked(stack, top="1000", filter="stage eq 8 and outage ne null")) == 0
