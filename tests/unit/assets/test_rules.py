"""Rules in a build: what blocks, what is only told, what cannot be measured."""

import datetime as dt
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest

from dphub_assets.build import quality
from dphub_assets.build.errors import ChecksFailed
from dphub_assets.build.rules import confine
from dphub_assets.graph import names, translator
from dphub_k8s.api.errors import Refused
from dphub_k8s.api.snapshot import Verdict
from tests import build_products, factories
from tests.unit.assets.test_assets import declare, run

ROWS = pl.DataFrame(
    {
        "item": ["a", "b", "b", None],
        "amount": [1, 2, 2, 50],
        "day": [dt.date(2020, 1, 1), None, None, dt.date(2020, 1, 3)],
        "id_of": ["6f9619ff-8b86-d011-b42d-00cf4fc964ff", None, None, None],
    }
)
COLUMNS = {"item": "string", "amount": "int", "day": "date", "id_of": "uuid"}
RULES: dict[str, dict[str, Any]] = {
    "no nulls": {"metric": "nullValues", "column": "item"},
    "unique": {"metric": "duplicateValues", "columns": ["amount"]},
    "old": {"metric": "freshness", "column": "day", "mustBeLessThan": 60},
    "known": {
        "metric": "invalidValues",
        "column": "id_of",
        "arguments": {"validValues": ["6F9619FF-8B86-D011-B42D-00CF4FC964FF"]},
    },
    "cast": {"metric": "expression", "expression": "CAST(item AS INTEGER) > 0"},
    "small": {"metric": "expression", "expression": "amount < 10 -- at most"},
}


def rules(*wanted: str, severity: str = "warning") -> list[dict[str, Any]]:
    return [{"name": name, "severity": severity, **RULES[name]} for name in wanted]


def told(root: Path, *wanted: str, frame: pl.DataFrame = ROWS) -> dict[str, Verdict]:
    said = {"columns": COLUMNS, "quality": rules(*wanted)}
    _, snapshot = build_products.built(root, {"t": frame}, **said)
    return {
        found.check.removeprefix("rule:"): found
        for found in snapshot.document.verdicts
        if found.check.startswith("rule:")
    }


def test_a_warning_is_published_with_counts_and_keys(tmp_path: Path) -> None:
    found = told(tmp_path, "no nulls", "unique", "known", "small")
    assert [one.passed for one in found.values()] == [False, False, True, False]
    assert not any(one.blocking for one in found.values())
    assert found["no nulls"].message == "1 of 4 rows; mustBe 0"
    assert found["no nulls"].keys == ("_~50~2020-01-03~_~0",)
    assert (found["unique"].violations, found["unique"].keys) == (1, ("b~2~_~_~1",))
    assert found["known"].violations == 0


@pytest.mark.parametrize("bound", [{"minimum": 0}, {"maximum": 9}, {"minimum": 0, "maximum": 9}])
def test_nan_is_within_no_bounds(tmp_path: Path, bound: dict[str, int]) -> None:
    frame = pl.DataFrame({"n": [1, 2, 3], "x": [1.0, float("nan"), None]})
    rule = {"metric": "invalidValues", "column": "x", "severity": "warning", "arguments": bound}
    said = {"key": "n", "columns": {"n": "long", "x": "double"}, "quality": [rule]}
    _, snapshot = build_products.built(tmp_path, {"t": frame}, **said)
    assert [(v.violations, v.keys) for v in snapshot.document.verdicts[4:]] == [(1, ("2",))]


def test_an_error_keeps_the_old_snapshot(tmp_path: Path) -> None:
    made, first = build_products.built(tmp_path, {"t": ROWS.head(1)}, columns=COLUMNS)
    build_products.write(tmp_path, {"t": ROWS})
    checked = factories.admitted(
        sources=["t"], columns=COLUMNS, quality=rules("no nulls", severity="error")
    )
    with pytest.raises(ChecksFailed, match="rule:no nulls: 1 of 4 rows; mustBe 0"):
        made.build(checked, first.document.product)
    assert made.lake.current("orders") == first


def test_what_cannot_be_measured_has_failed(tmp_path: Path) -> None:
    frame = ROWS.with_columns(day=pl.lit(None, dtype=pl.Date))
    found = told(tmp_path, "old", "cast", "small", frame=frame)
    assert found["old"].message.startswith("could not be measured: there are no values")
    assert found["cast"].message.startswith("could not be measured: Conversion Error")
    assert found["small"].violations == 1


def test_freshness_is_in_seconds(tmp_path: Path) -> None:
    found = told(tmp_path, "old")["old"]
    age = dt.datetime.now(dt.UTC) - dt.datetime(2020, 1, 3, tzinfo=dt.UTC)
    assert found.measured == pytest.approx(age.total_seconds(), abs=600)
    assert "mustBeLessThan 60 seconds" in found.message


def test_expressions_and_patterns_are_looked_at_before_the_build(tmp_path: Path) -> None:
    build_products.write(tmp_path, {"t": ROWS})
    wrong = [
        {"metric": "expression", "expression": "item IN (SELECT 'a')"},
        {"metric": "invalidValues", "column": "item", "arguments": {"pattern": "("}},
    ]
    product = factories.admitted(sources=["t"], columns=COLUMNS, quality=wrong)
    with pytest.raises(Refused) as caught:
        build_products.builder(tmp_path).validate(product)
    assert [(found.path, found.reason) for found in caught.value.problems] == [
        ("spec.quality[0].expression", "InvalidExpression"),
        ("spec.quality[1].arguments.pattern", "InvalidPattern"),
    ]


def test_the_session_of_rules_reads_only_what_was_written(tmp_path: Path) -> None:
    secret, written = tmp_path / "secret.parquet", tmp_path / "written.parquet"
    ROWS.write_parquet(secret)
    ROWS.write_parquet(written)
    with duckdb.connect() as connection:
        confine(connection, written)
        assert connection.execute(f"SELECT count(*) FROM '{written}'").fetchall() == [(4,)]
        for text in (
            f"SELECT * FROM '{secret}'",
            f"SELECT * FROM read_text('{secret}')",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            "SET enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(text).fetchall()


def test_rules_are_dagster_checks_with_what_was_found(tmp_path: Path) -> None:
    one = declare(columns=COLUMNS, quality=rules("no nulls", "small"))
    result = run(tmp_path, one, ROWS)
    assert result.success
    found = {each.check_name: each for each in result.get_asset_check_evaluations()}
    warned = found[names.check("rule:no nulls")]
    assert (warned.passed, warned.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert warned.metadata["violations"].value == 1
    assert warned.metadata["keys"].value == ["_~50~2020-01-03~_~0"]
    assert one.product is not None
    specs = {spec.name: spec for spec in translator.check_specs(one.product)}
    assert set(specs) == set(found)
    assert not specs["rule_small"].blocking
    assert [check.name for check in quality.checks(one.product)][-1] == "rule:small"


def test_an_error_rule_fails_the_run(tmp_path: Path) -> None:
    one = declare(columns=COLUMNS, quality=rules("small", severity="error"))
    result = run(tmp_path, one, ROWS)
    assert not result.success
    found = {each.check_name: each for each in result.get_asset_check_evaluations()}
    assert (found["rule_small"].passed, found["rule_small"].blocking) == (False, True)
    assert result.get_asset_materialization_events() == []
