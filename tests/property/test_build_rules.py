"""Rules on random tables, against plain Python on the rows that were published."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from dphub_assets.build.errors import ChecksFailed
from dphub_k8s.api.quality import Rule
from dphub_k8s.api.snapshot import RULE, Verdict
from tests import build_products, factories
from tests.build_products import examples

SCHEMA = {"n": pl.Int32, "s": pl.String, "x": pl.Float64, "d": pl.Date}
COLUMNS = {"n": "int", "s": "string", "x": "double", "d": "date"}
EXPRESSIONS: dict[str, Callable[[dict[str, Any]], bool | None]] = {
    "n > 0": lambda row: None if row["n"] is None else row["n"] > 0,
    "n IS NULL OR n % 2 = 0": lambda row: row["n"] is None or row["n"] % 2 == 0,
    "s = 'a' OR x < 1": lambda row: (
        True
        if row["s"] == "a" or (row["x"] is not None and row["x"] < 1)
        else None
        if row["s"] is None or row["x"] is None
        else False
    ),
    "length(coalesce(s, 'xyz')) < 3": lambda row: len("xyz" if row["s"] is None else row["s"]) < 3,
}

rows = st.fixed_dictionaries(
    {
        "n": st.none() | st.integers(-2, 3),
        "s": st.none() | st.sampled_from(["", "a", "ab", "B1"]),
        "x": st.none() | st.sampled_from([-1.5, 0.0, 0.5, 2.25]),
        "d": st.none() | st.dates(dt.date(2020, 1, 1), dt.date(2020, 1, 4)),
    }
)
names = st.sampled_from(list(COLUMNS))
arguments = st.sampled_from(
    [
        ("n", {"validValues": [0, 1, 2]}),
        ("n", {"minimum": 0}),
        ("n", {"minimum": -1, "maximum": 1}),
        ("x", {"validValues": [0.5, 2.25]}),
        ("x", {"maximum": 0.5}),
        ("s", {"pattern": "^[a-z]*$"}),
        ("s", {"pattern": "[a-z]", "validValues": ["a", "B1"]}),
        ("d", {"minimum": "2020-01-02"}),
    ]
)
counted: st.SearchStrategy[dict[str, Any]] = st.one_of(
    names.map(lambda name: {"metric": "nullValues", "column": name}),
    st.lists(names, min_size=1, max_size=3, unique=True).map(
        lambda found: {"metric": "duplicateValues", "columns": found}
    ),
    arguments.map(
        lambda found: {"metric": "invalidValues", "column": found[0], "arguments": found[1]}
    ),
    st.sampled_from(list(EXPRESSIONS)).map(
        lambda text: {"metric": "expression", "expression": text}
    ),
    st.just({"metric": "rowCount"}),
)
operators: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"mustBe": 1},
        {"mustNotBe": 0},
        {"mustBeGreaterThan": 1},
        {"mustBeLessOrEqualTo": 2},
        {"mustBeBetween": [1, 3]},
        {"mustNotBeBetween": [1, 3]},
    ]
)


@st.composite
def rule(draw: st.DrawFn) -> dict[str, Any]:
    said: dict[str, Any] = {**draw(counted), **draw(operators)}
    if said["metric"] != "rowCount" and draw(st.booleans()):
        said["unit"] = "percent"
    return {**said, "severity": draw(st.sampled_from(["error", "warning"]))}


rules = st.lists(rule(), min_size=1, max_size=5)


def violates(said: dict[str, Any], row: dict[str, Any]) -> bool:
    match said["metric"]:
        case "nullValues":
            return row[said["column"]] is None
        case "expression":
            return EXPRESSIONS[said["expression"]](row) is not True
        case _:
            value, wanted = row[said["column"]], said["arguments"]
            if value is None:
                return False
            bounds = {key: wanted[key] for key in ("minimum", "maximum") if key in wanted}
            shown = str(value) if isinstance(value, dt.date) else value
            return (
                ("validValues" in wanted and value not in wanted["validValues"])
                or ("pattern" in wanted and not re.search(wanted["pattern"], value))
                or ("minimum" in bounds and shown < bounds["minimum"])
                or ("maximum" in bounds and shown > bounds["maximum"])
            )


def violations(said: dict[str, Any], table: list[dict[str, Any]]) -> list[int]:
    """Numbers of the rows, in storage order."""
    if said["metric"] != "duplicateValues":
        return [number for number, row in enumerate(table) if violates(said, row)]
    seen: Counter[tuple[Any, ...]] = Counter()
    found = []
    for number, row in enumerate(table):
        values = tuple(row[name] for name in said["columns"])
        if None not in values:
            found += [number] if seen[values] else []
            seen[values] += 1
    return found


def expected(said: dict[str, Any], table: list[dict[str, Any]], keys: list[str]) -> dict[str, Any]:
    rule = Rule.model_validate(said)
    if said["metric"] == "rowCount":
        return {"passed": rule.is_kept(len(table)), "violations": None, "keys": ()}
    broken = violations(said, table)
    if said.get("unit") == "percent":
        passed = bool(table) and rule.is_kept(100 * len(broken) / len(table))
    else:
        passed = rule.is_kept(len(broken))
    measured = said.get("unit") != "percent" or bool(table)
    return {
        "passed": passed,
        "violations": len(broken) if measured else None,
        "keys": () if passed else tuple(keys[number] for number in broken[:10]),
    }


def verdicts(root: Path, frame: pl.DataFrame, quality: list[dict[str, Any]]) -> tuple[Verdict, ...]:
    build_products.write(root, {"t": frame})
    made = build_products.builder(root)
    product = factories.admitted(sources=["t"], columns=COLUMNS, quality=quality)
    try:
        return build_products.build(made, product).document.verdicts
    except ChecksFailed as failed:
        return failed.verdicts


def published(root: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows in storage order and their keys, from a product without rules."""
    made = build_products.builder(root)
    snapshot = build_products.build(
        made, factories.admitted("plain", sources=["t"], columns=COLUMNS)
    )
    stored = build_products.stored(made, snapshot)
    return [dict(zip(COLUMNS, row, strict=False)) for row in stored], build_products.keys(
        made, snapshot
    )


@examples
@given(st.lists(rows, max_size=25), rules)
def test_rules_against_plain_python(
    table: list[dict[str, Any]], quality: list[dict[str, Any]]
) -> None:
    named = [{**said, "name": f"rule {number}"} for number, said in enumerate(quality)]
    with TemporaryDirectory() as folder:
        found = verdicts(Path(folder), pl.DataFrame(table, schema=SCHEMA), named)
        ordered, keys = published(Path(folder))
    own = [verdict for verdict in found if verdict.check.startswith(RULE)]
    assert [verdict.check for verdict in own] == [f"{RULE}{said['name']}" for said in named]
    for verdict, said in zip(own, named, strict=True):
        told = {"passed": verdict.passed, "violations": verdict.violations, "keys": verdict.keys}
        assert told == expected(said, ordered, keys), said
        assert verdict.blocking == (said["severity"] == "error")
        assert bool(verdict.message) != verdict.passed
