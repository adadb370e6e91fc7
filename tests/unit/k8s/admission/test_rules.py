"""Rules and policies: what is taken, and what is told of those that cannot be."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dphub_k8s.admission import admit
from dphub_k8s.api.quality import Rule
from dphub_k8s.api.refresh import Refresh
from tests.factories import product
from tests.unit.k8s.admission.refusal import is_refused

COLUMNS = {
    "item": "string",
    "amount": "decimal(9,2)",
    "wide": "decimal(38,2)",
    "stage": "int",
    "ratio": "double",
    "day": "date",
    "at": "timestamp",
    "ok": "bool",
    "raw": "binary",
    "id_of": "uuid",
}


def spec(**said: Any) -> dict[str, Any]:
    return product(columns=COLUMNS, **said)


def rule(metric: str, **said: Any) -> dict[str, Any]:
    return spec(quality=[{"metric": metric, **said}])


def invalid(column: str, **arguments: Any) -> dict[str, Any]:
    return rule("invalidValues", column=column, arguments=arguments)


@pytest.mark.parametrize(
    "document",
    [
        spec(catalog="outages", lifecycle="deprecated", suspend=True, maxStalenessSeconds=60),
        spec(refresh={"onChange": True}),
        spec(refresh={"cron": "*/5 6-18 * * MON-FRI", "timezone": "Europe/Berlin"}),
        spec(odata={"filterable": [], "orderable": ["day", "id"]}),
        rule("nullValues", column="item"),
        rule("duplicateValues", columns=["item", "day"], mustBeLessThan=1.5, unit="percent"),
        invalid("item", validValues=["a"], pattern="^[a-z]$"),
        invalid("stage", validValues=[1, 2], minimum=-3, maximum=4),
        invalid("amount", minimum=0.25, maximum=10),
        invalid("wide", minimum=10**30, maximum=10**36 - 1),
        invalid("ratio", validValues=[1, 0.1]),
        invalid("day", minimum="2024-02-29"),
        invalid("at", maximum="2024-02-29T12:00:00+02:00"),
        invalid("ok", validValues=[True]),
        invalid("id_of", validValues=["6F9619FF-8B86-D011-B42D-00CF4FC964FF"]),
        rule("rowCount"),
        rule("rowCount", mustBeBetween=[1, 5]),
        rule("rowCount", mustBeLessThan=10**400),
        rule("freshness", column="at", mustBeLessThan=5),
        rule("expression", expression="stage > 0"),
    ],
)
def test_what_is_taken_is_kept_as_it_was_written(document: dict[str, Any]) -> None:
    found = admit(document)
    assert found.document() == document
    assert admit(found.document()) == found


@pytest.mark.parametrize(
    ("document", "path", "reason", "message"),
    [
        (spec(lifecycle="retired"), "lifecycle", "UnknownValue", "active, deprecated, inactive"),
        (spec(catalog=" "), "catalog", "InvalidName", "is no catalog"),
        (spec(suspend="yes"), "suspend", "WrongType", "true or false"),
        (spec(maxStalenessSeconds=59), "maxStalenessSeconds", "OutOfRange", "at least 60"),
        (spec(refresh={}), "refresh", "Missing", "'cron' is missing"),
        (spec(refresh={"onChange": False}), "refresh", "Missing", "or 'onChange: true'"),
        (spec(refresh={"onChange": True, "cron": "* * * * *"}), "refresh", "Ambiguous", "not both"),
        (spec(refresh={"cron": "* * * *"}), "refresh.cron", "InvalidCron", "five fields"),
        (spec(refresh={"cron": "0 0 * * * *"}), "refresh.cron", "InvalidCron", "five fields"),
        (spec(refresh={"cron": "0 25 * * *"}), "refresh.cron", "InvalidCron", "Bad hour"),
        (spec(refresh={"cron": "0 0 30 2 *"}), "refresh.cron", "InvalidCron", "day-of-month"),
        (
            spec(refresh={"cron": "0 6 * * *", "timezone": "Europe/Berln"}),
            "refresh.timezone",
            "UnknownTimeZone",
            "such as 'Europe/Berlin'",
        ),
        (
            spec(refresh={"onChange": True, "timezone": "UTC"}),
            "refresh.timezone",
            "NotUsed",
            "belongs to a 'cron'",
        ),
        (
            spec(odata={"filterable": ["itme"]}),
            "odata.filterable[0]",
            "UnknownColumn",
            "did you mean 'item'?",
        ),
        (spec(odata={"orderable": ["day"] * 2}), "odata.orderable[1]", "Duplicate", "there twice"),
        (rule("nullvalues", column="item"), "quality[0].metric", "UnknownValue", "'nullValues'"),
        (rule("nullValues"), "quality[0]", "Missing", "needs 'column'"),
        (rule("nullValues", column="x"), "quality[0].column", "UnknownColumn", "is no column"),
        (rule("nullValues", column="id"), "quality[0].column", "NotCheckable", "is generated"),
        (rule("rowCount", columns=["item"]), "quality[0].columns", "NotUsed", "has no 'columns'"),
        (rule("rowCount", unit="percent"), "quality[0].unit", "NotUsed", "has no 'unit'"),
        (rule("rowCount", mustBe="3"), "quality[0].mustBe", "WrongType", "a number"),
        (rule("rowCount", mustBe=True), "quality[0].mustBe", "WrongType", "a number"),
        (rule("rowCount", mustBe=3, mustNotBe=4), "quality[0]", "Ambiguous", "mustBe, mustNotBe"),
        (
            rule("rowCount", mustBeBetween=[2, 1]),
            "quality[0].mustBeBetween",
            "OutOfRange",
            "lower bound comes first",
        ),
        (
            rule("rowCount", mustBeBetween=[1]),
            "quality[0].mustBeBetween",
            "OutOfRange",
            "at least 2",
        ),
        (
            rule("rowCount", mustBeBetween=[1, 2, 3]),
            "quality[0].mustBeBetween",
            "OutOfRange",
            "at most 2",
        ),
        (rule("duplicateValues"), "quality[0]", "Missing", "'column' or 'columns'"),
        (
            rule("duplicateValues", column="item", columns=["day"]),
            "quality[0]",
            "Ambiguous",
            "not both",
        ),
        (rule("duplicateValues", columns=[]), "quality[0].columns", "Empty", "at least one"),
        (
            rule("duplicateValues", columns=["item", "item"]),
            "quality[0].columns[1]",
            "Duplicate",
            "there twice",
        ),
        (rule("freshness", column="at"), "quality[0]", "Missing", "mustBeLessThan: 86400"),
        (
            rule("freshness", column="item", mustBe=1),
            "quality[0].column",
            "TypeMismatch",
            "a date or a timestamp",
        ),
        (rule("expression"), "quality[0]", "Missing", "needs 'expression'"),
        (rule("expression", expression=""), "quality[0].expression", "OutOfRange", "at least 1"),
        (rule("invalidValues", column="item"), "quality[0].arguments", "Missing", "one is wanted"),
        (invalid("raw", validValues=["00"]), "quality[0].arguments", "TypeMismatch", "binary"),
        (
            invalid("item", validValues=["a", {}]),
            "quality[0].arguments.validValues[1]",
            "WrongType",
            "a text, a number",
        ),
        (
            invalid("item", validValues=["a", 1]),
            "quality[0].arguments.validValues[1]",
            "TypeMismatch",
            "put it in quotes",
        ),
        (
            invalid("stage", validValues=[1.5]),
            "quality[0].arguments.validValues[0]",
            "TypeMismatch",
            "does not fit int",
        ),
        (
            invalid("amount", maximum=0.125),
            "quality[0].arguments.maximum",
            "TypeMismatch",
            "does not fit decimal(9,2)",
        ),
        (
            invalid("stage", pattern="^1"),
            "quality[0].arguments.pattern",
            "TypeMismatch",
            "a pattern is for texts",
        ),
        (
            invalid("item", minimum="a"),
            "quality[0].arguments.minimum",
            "TypeMismatch",
            "has no minimum",
        ),
        (
            invalid("day", minimum="2023-02-29"),
            "quality[0].arguments.minimum",
            "TypeMismatch",
            "does not fit date",
        ),
        (
            spec(quality=[{"metric": "rowCount"}, {"metric": "rowCount", "mustBe": 3}]),
            "quality[1].name",
            "Duplicate",
            "the name of quality[0] already",
        ),
    ],
)
def test_what_is_wrong_is_told(
    document: dict[str, Any], path: str, reason: str, message: str
) -> None:
    is_refused(document, f"spec.{path}", reason, message)


def test_what_does_not_shape_the_data_is_no_reason_to_build() -> None:
    plain = admit(spec())
    said = admit(
        spec(
            catalog="c",
            lifecycle="inactive",
            suspend=True,
            maxStalenessSeconds=99,
            refresh={"cron": "0 0 * * *"},
            odata={"filterable": [], "orderable": []},
        )
    )
    assert said.code_version() == plain.code_version()
    assert said.spec_digest() != plain.spec_digest()


def test_rules_have_a_version_of_their_own() -> None:
    plain, checked = admit(spec()), admit(rule("rowCount", mustBe=3))
    assert checked.code_version() == plain.code_version()
    told = admit(rule("rowCount", mustBe=3, description="three"))
    other = admit(rule("rowCount", mustBe=4))
    named = admit(rule("rowCount", mustBe=3, name="three"))
    assert told.rules_version() == checked.rules_version()
    assert len({each.rules_version() for each in (plain, checked, other, named)}) == 4


@pytest.mark.parametrize(
    ("said", "kept", "broken"),
    [
        ({"mustBe": 2}, [2], [1, 3]),
        ({"mustNotBe": 2}, [1, 3], [2]),
        ({"mustBeGreaterThan": 2}, [3], [2, 1]),
        ({"mustBeGreaterOrEqualTo": 2}, [2, 3], [1]),
        ({"mustBeLessThan": 2}, [1], [2, 3]),
        ({"mustBeLessOrEqualTo": 2}, [1, 2], [3]),
        ({"mustBeBetween": [2, 3]}, [2, 2.5, 3], [1.9, 3.1]),
        ({"mustNotBeBetween": [2, 3]}, [1.9, 3.1], [2, 3]),
        ({}, [1], [0]),
    ],
)
def test_operators(said: dict[str, Any], kept: list[float], broken: list[float]) -> None:
    rule = Rule.model_validate({"metric": "rowCount", **said})
    assert [rule.is_kept(found) for found in kept] == [True] * len(kept)
    assert [rule.is_kept(found) for found in broken] == [False] * len(broken)


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("0 6 * * *", "2026-03-28T05:00:00+00:00", "2026-03-29T04:00:00+00:00"),
        ("0 6 * * *", "2026-03-28T04:59:59+00:00", "2026-03-28T05:00:00+00:00"),
        # 02:30 does not exist that night; 03:00 is the next time that the clock shows.
        ("30 2 * * *", "2026-03-28T12:00:00+00:00", "2026-03-29T01:00:00+00:00"),
        # 02:45 comes twice, at 00:45 and 01:45; it happens once.
        ("45 2 * * *", "2026-10-24T12:00:00+00:00", "2026-10-25T00:45:00+00:00"),
        ("45 2 * * *", "2026-10-25T01:30:00+00:00", "2026-10-26T01:45:00+00:00"),
    ],
)
def test_the_next_moment_in_berlin(cron: str, after: str, expected: str) -> None:
    refresh = Refresh(cron=cron, timezone="Europe/Berlin")
    assert refresh.next(datetime.fromisoformat(after)) == datetime.fromisoformat(expected)


def test_without_a_schedule_there_is_no_next_moment() -> None:
    assert Refresh(onChange=True).next(datetime(2026, 1, 1, tzinfo=UTC)) is None
