"""Every key finds its row, whatever is in it; what only looks like a key finds nothing."""

from typing import Any
from urllib.parse import quote

import pytest

from dphub_assets.lake.writer import Lake
from dphub_k8s.api.product import DataProduct
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import Client

NASTY = """
    SELECT * FROM (VALUES
        ('a', 1, 1.5), ('a', 1, 1.5), ('a', 1, 1.5), (NULL, NULL, NULL), ('', 0, 0.0),
        ('_', -1, -0.5), ('~', 2, 2), ('a~b', 2, 2), ('it''s', 3, 3), ('it''''s', 3, 3),
        ('/x/y', 4, 4), ('é ü', 5, 5), ('%2F', 6, 6), ('a b', 7, 7), ('+', 8, 8), ('?&=#', 9, 9),
        ('(x)', 10, 10), ('"', 11, 11), ('日本', 12, 12), ('_20', 13, 13),
        (repeat('long ', 60), 14, 14), ('\\', 15, 15)
    ) t(a, b, c)
"""
COLUMNS = {"a": "string", "b": "int", "c": "double"}
PRODUCTS = [
    product(COLUMNS),
    product(COLUMNS, generated="long"),
    product(COLUMNS, generated="uuid"),
    product(COLUMNS, sort=["c", "a"]),
    product(COLUMNS, generated="uuid", sort=["b"]),
]


def ask(lake: Lake, client: Client, wanted: DataProduct, rows: str) -> list[dict[str, Any]]:
    publish(lake, wanted, rows)
    client.refresh()
    found: list[dict[str, Any]] = client.get("/odata/orders/Rows").json()["value"]
    return found


def literal(key: object) -> str:
    text = str(key)
    if isinstance(key, int) or (len(text) == 36 and text[14] == "8"):
        return text
    return quote("'" + text.replace("'", "''") + "'", safe="")


@pytest.mark.parametrize("wanted", PRODUCTS, ids=lambda it: it.spec.entity.key.type)
def test_every_generated_key_finds_its_row(lake: Lake, client: Client, wanted: DataProduct) -> None:
    rows = ask(lake, client, wanted, NASTY)
    assert len({row["id"] for row in rows}) == len(rows) == 22
    for row in rows:
        found = client.get(f"/odata/orders/Rows({literal(row['id'])})").json()
        found.pop("@odata.context")
        assert found == row


@pytest.mark.parametrize("sort", [[], ["b"]])
def test_every_declared_key_finds_its_row(lake: Lake, client: Client, sort: list[str]) -> None:
    wanted = product(COLUMNS, key="a", generated=None, sort=sort)
    rows = ask(lake, client, wanted, f"SELECT DISTINCT * FROM ({NASTY}) WHERE a IS NOT NULL")
    for row in rows:
        for url in (f"Rows({literal(row['a'])})", f"Rows(a={literal(row['a'])})"):
            found = client.get(f"/odata/orders/{url}").json()
            found.pop("@odata.context")
            assert found == row
    for row in client.get("/odata/orders/Rows?$select=b").json()["value"]:
        assert client.get(f"/odata/orders/{row['@odata.id']}").json()["b"] == row["b"]


@pytest.mark.parametrize(
    "kind", ["long", "uuid", "date", "decimal(9,2)", "decimal(5,5)", "timestamp", "time"]
)
def test_a_declared_key_of_any_type(lake: Lake, client: Client, kind: str) -> None:
    literals = {
        "long": "9007199254740993",
        "uuid": "ABCDEF00-0000-4000-8000-000000000000",
        "date": "2024-02-29",
        "decimal(9,2)": "12.5",
        "decimal(5,5)": "0.12500",
        "timestamp": "2024-01-02T03:04:05.5+02:00",
        "time": "03:04:05.500",
    }
    wanted = product({"k": kind, "b": "int"}, key="k", generated=None)
    rows = ask(lake, client, wanted, f"SELECT '{literals[kind]}' AS k, 7 AS b")
    key = literals[kind].replace("+", "%2B")
    for url in (f"Rows({key})", f"Rows(k={key})", f"Rows('{key}')", f"Rows/{key}"):
        answer = client.get(f"/odata/orders/{url}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["b"] == 7
    assert rows[0]["b"] == 7
    (row,) = client.get("/odata/orders/Rows?$select=b").json()["value"]
    assert client.get(f"/odata/orders/{row['@odata.id']}").json()["b"] == 7


WRONG = [
    "a~1~1.5~3",
    "a~1~1.5~00",
    "a~01~1.5~0",
    "a~1~1.50~0",
    "a~1~15e-1~0",
    "_61~1~1.5~0",
    "a~1~1.5",
    "a~1~1.5~0~0",
    "a~x~1.5~0",
    "~~~",
    "",
    "_x00",
    "_x" + "0" * 64,
    "long_20" * 60 + "~14~14.0~0",
]


def test_what_is_not_spelled_as_a_row_spells_itself_finds_nothing(
    lake: Lake, client: Client
) -> None:
    ask(lake, client, product(COLUMNS), NASTY)
    for key in WRONG:
        assert client.get(f"/odata/orders('{key}')").status_code == 404, key


def test_a_row_without_its_key_names_itself(lake: Lake, client: Client) -> None:
    ask(lake, client, product(COLUMNS), NASTY)
    quick = client.get("/odata/orders?$select=b").json()["value"]
    assert {tuple(row) for row in quick} == {("b",)}
    rows = client.get("/odata/orders/Rows?$select=b").json()["value"]
    assert {tuple(row) for row in rows} == {("@odata.id", "b")}
    for row in rows:
        one = client.get(f"/odata/orders/{row['@odata.id']}?$select=b").json()
        one.pop("@odata.context")
        assert one == row
    bare = client.get(
        "/odata/orders?$select=b", headers={"Accept": "application/json;metadata=none"}
    )
    assert {tuple(row) for row in bare.json()["value"]} == {("b",)}


@pytest.mark.parametrize("sort", [["k"], ["b"]])
@pytest.mark.parametrize(
    ("kind", "there", "missing"),
    [
        ("decimal(9,2)", ["1.5", "1.50", "15e-1"], ["1.501", "1.499", "99999999999", "1e300"]),
        ("ulong", ["1", "1.0"], ["1.5", "0.5", "-1", "18446744073709551616", "1e-300"]),
        ("ushort", ["1"], ["65536", "-1"]),
        ("uint", ["1"], ["4294967296", "-1"]),
        ("decimal(38,0)", ["1"], ["1.5", "1" + "0" * 38]),
    ],
)
def test_a_number_that_no_key_can_be_is_not_found(
    lake: Lake, client: Client, kind: str, there: list[str], missing: list[str], sort: list[str]
) -> None:
    wanted = product({"k": kind, "b": "int"}, key="k", generated=None, sort=sort)
    ask(lake, client, wanted, f"SELECT {there[0]} AS k, 7 AS b")
    for number in there:
        assert client.get(f"/odata/orders/Rows({number})").json()["b"] == 7
    for number in missing:
        assert client.get(f"/odata/orders/Rows({number})").status_code == 404, number
        assert client.get(f"/odata/orders/Rows/{number}/b").status_code == 404, number
