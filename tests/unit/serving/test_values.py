"""Every type comes out as OData JSON says, and every number exactly."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from dphub_assets.lake.writer import Lake
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import Client

ROWS = [
    # type, DuckDB literal, JSON text
    ("string", "'a\"b\\ü\u2028'", '"a\\"b\\\\ü\\u2028"'),
    ("string", "''", '""'),
    ("bool", "true", "true"),
    ("byte", "-128", "-128"),
    ("short", "32767", "32767"),
    ("int", "-2147483648", "-2147483648"),
    ("long", "9223372036854775807", "9223372036854775807"),
    ("ubyte", "255", "255"),
    ("ushort", "65535", "65535"),
    ("uint", "4294967295", "4294967295"),
    ("ulong", "18446744073709551615", "18446744073709551615"),
    ("decimal(38,10)", "1234567890123456789012345678.0123456789", None),
    ("decimal(10,2)", "-0.10", "-0.1"),
    ("decimal(18,18)", "-0.5", "-0.500000000000000000"),
    ("decimal(37,37)", "0", "0.0000000000000000000000000000000000000"),
    ("decimal(38,38)", "0.25", "0.2500000000000000000000000000000000000"),
    ("decimal(2,2)", "0.25", "0.25"),
    ("decimal(9,7)", "0.0000001", "0.0000001"),
    ("float", "0.1", "0.1"),
    ("float", "'nan'", '"NaN"'),
    ("float", "'-inf'", '"-INF"'),
    ("double", "0.1", "0.1"),
    ("double", "'inf'", '"INF"'),
    ("double", "5e-324", "5e-324"),
    ("date", "'2024-02-29'", '"2024-02-29"'),
    ("date", "'infinity'", "null"),
    ("time", "'03:04:05.5'", '"03:04:05.5"'),
    ("timestamp", "'2024-01-02 03:04:05.123456+02'", '"2024-01-02T01:04:05.123456Z"'),
    ("timestamp", "'1969-12-31 23:59:59Z'", '"1969-12-31T23:59:59Z"'),
    ("timestamp", "'-infinity'", "null"),
    (
        "uuid",
        "'ABCDEF00-0000-4000-8000-000000000000'",
        '"abcdef00-0000-4000-8000-000000000000"',
    ),
    ("binary", "'\\xFB\\xFF\\x00'::BLOB", '"-_8A"'),
    ("json", "'{\"a\": [1]}'", '"{\\"a\\": [1]}"'),
]
COLUMNS = {f"c{number}": kind for number, (kind, _, _) in enumerate(ROWS)}
VALUES = ", ".join(f"{literal} AS c{number}" for number, (_, literal, _) in enumerate(ROWS))
NULLS = ", ".join(f"NULL AS c{number}" for number in range(len(ROWS)))


@pytest.fixture
def served(lake: Lake, client: Client) -> Client:
    publish(lake, product(COLUMNS), f"SELECT {VALUES} UNION ALL SELECT {NULLS}")
    client.refresh()
    return client


@pytest.mark.parametrize(
    ("kind", "finite", "others"),
    [
        ("double", "1.5", {"'nan'": "NaN", "'inf'": "INF", "'-inf'": "-INF"}),
        ("float", "1.5", {"'nan'": "NaN", "'inf'": "INF", "'-inf'": "-INF"}),
        ("date", "'2024-02-29'", {"'infinity'": None, "'-infinity'": None}),
        ("timestamp", "'2024-02-29'", {"'infinity'": None, "'-infinity'": None}),
    ],
)
def test_one_value_that_is_not_finite_is_told(
    lake: Lake, client: Client, kind: str, finite: str, others: dict[str, str | None]
) -> None:
    for literal, wanted in others.items():
        values = [f"SELECT {n} AS n, {v} AS v" for n, v in enumerate((finite, literal, finite))]
        publish(lake, product({"n": "int", "v": kind}), " UNION ALL ".join(values))
        client.refresh()
        first, found, last = (row["v"] for row in client.get("/odata/orders").json()["value"])
        assert (found, first) == (wanted, last), literal
        assert first in (1.5, "2024-02-29", "2024-02-29T00:00:00Z")


def exact(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def test_values_are_written_as_odata_wants(served: Client) -> None:
    written = served.get("/odata/orders").text
    nulls, values = exact(written)["value"]
    for number, (kind, literal, text) in enumerate(ROWS):
        wanted = exact(text if text is not None else literal)
        if kind.startswith("decimal"):  # 1e-7 is the same number, and not what 4.0 writes
            assert f'"c{number}":{text or literal}' in written
        assert values[f"c{number}"] == wanted, (kind, literal)
        assert nulls[f"c{number}"] is None


def test_wide_numbers_are_texts_for_who_asks_for_ieee754(served: Client) -> None:
    accept = "application/json;IEEE754Compatible=true"
    answer = served.get("/odata/orders?$count=true", headers={"Accept": accept})
    values = answer.json()["value"][1]
    assert answer.json()["@odata.count"] == "2"
    for number, (kind, literal, text) in enumerate(ROWS):
        if kind in {"long", "uint", "ulong"} or kind.startswith("decimal"):
            assert Decimal(values[f"c{number}"]) == Decimal(text or literal)
            assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", values[f"c{number}"])
    assert "IEEE754Compatible=true" in answer.headers["Content-Type"]


def test_a_row_of_every_type_is_found_by_its_key(served: Client) -> None:
    rows = served.get("/odata/orders").json()["value"]
    for row in rows:
        answer = served.get(f"/odata/orders('{row['id']}')")
        assert answer.status_code == 200, row["id"]
        found = answer.json()
        found.pop("@odata.context")
        assert found == row
