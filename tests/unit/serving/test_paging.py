"""Following next links yields every row once, in the order asked, whatever the order."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from dphub_assets.lake.writer import Lake
from dphub_serving.sql.spelling import MOST_ROWS
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import Client, serving

COLUMNS = {"a": "string", "b": "int", "c": "double", "d": "timestamp", "e": "bool"}
ROWS = """
    SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE chr((97 + i % 5)::INTEGER) END AS a,
           CASE WHEN i % 3 = 0 THEN NULL ELSE i % 11 END AS b,
           CASE i % 6 WHEN 0 THEN NULL WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN 'inf'::DOUBLE
                      WHEN 3 THEN '-inf'::DOUBLE ELSE i / 10.0 END AS c,
           CASE WHEN i % 4 = 0 THEN NULL ELSE TIMESTAMPTZ '2024-01-01 00:00:00.5+00'
                + to_days((i % 20)::INTEGER) END AS d,
           CASE WHEN i % 5 = 0 THEN NULL ELSE i % 2 = 0 END AS e
    FROM range(200) t(i)
"""
NAN = "NaN"
ORDERS = [
    "",
    "a",
    "a desc",
    "a,b",
    "a desc,b desc",
    "a,b desc",
    "b",
    "b desc",
    "c",
    "c desc",
    "d desc,e",
    "e,c desc,a",
    "id",
    "id desc",
    "b desc,id",
    "id,b",
    "a,b,c,d,e,id",
]


def lowest_first(value: Any) -> tuple[int, Any]:
    """OData's order, and DuckDB's for what OData leaves open: NaN is the greatest number."""
    if value is None:
        return (0, 0)
    numbers = {"-INF": float("-inf"), "INF": float("inf")}
    return (2, 0) if value == NAN else (1, numbers.get(value, value))


def follow(client: Client, link: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    following: str | None = link
    while following:
        page = client.get(following).json()
        assert page["value"], f"an empty page: {following}"
        rows += page["value"]
        following = page.get("@odata.nextLink")
    return rows


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("home")
    wanted = product(COLUMNS, odata={"page_size": 23, "default_top": 17})
    publish(Lake.open_at(home / "lake"), wanted, ROWS)
    with serving(home) as client:
        yield client


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("path", ["/odata/orders", "/odata/orders/Rows"])
def test_every_row_comes_once_and_in_order(served: Client, path: str, order: str) -> None:
    rows = follow(served, f"{path}?$orderby={order}" if order else path)
    assert len(rows) == len({row["id"] for row in rows}) == 200
    for before, after in pairwise(rows):
        for item in filter(None, order.split(",")):
            name, _, descending = item.partition(" ")
            left, right = lowest_first(before[name]), lowest_first(after[name])
            if left != right:
                assert (left > right) if descending else (left < right), (order, before, after)
                break


@pytest.mark.parametrize("order", ["", "a desc", "b", "c desc"])
def test_skip_and_top_cut_a_piece_out_of_the_whole(served: Client, order: str) -> None:
    query = f"$orderby={order}&" if order else ""
    whole = follow(served, f"/odata/orders?{query}")
    piece = follow(served, f"/odata/orders/Rows?{query}$skip=30&$top=60")
    assert piece == whole[30:90]


def test_a_total_is_kept_over_pages(served: Client) -> None:
    sizes, link = [], "/odata/orders/Rows?$top=50&$count=true"
    while link:
        page = served.get(link).json()
        sizes.append(len(page["value"]))
        assert page["@odata.count"] == 200
        link = page.get("@odata.nextLink", "")
    assert sizes == [23, 23, 4]


def test_the_last_page_has_no_link_and_none_is_empty(served: Client) -> None:
    assert "@odata.nextLink" not in served.get("/odata/orders?$top=200").json()
    for order in ("a", "b"):
        page = served.get(f"/odata/orders/Rows?$orderby={order}&$skip=177").json()
        assert len(page["value"]) == 23
        assert "@odata.nextLink" not in page


def test_nothing_is_asked_of_no_rows(served: Client) -> None:
    page = served.get("/odata/orders?$top=0").json()
    assert page["value"] == []
    assert page["@odata.count"] == 200
    assert served.get("/odata/orders?$skip=1000").json()["value"] == []
    assert served.get("/odata/orders?$orderby=b&$skip=1000").json()["value"] == []


def test_texts_too_long_for_a_link_page_as_well(lake: Lake, client: Client) -> None:
    rows = "SELECT repeat(chr((97 + i % 3)::INTEGER), 5000) AS a, i AS b FROM range(20) t(i)"
    publish(lake, product({"b": "int", "a": "string"}, odata={"page_size": 6}), rows)
    client.refresh()
    for order in ("a desc", "a,b desc"):
        found = follow(client, f"/odata/orders/Rows?$orderby={order}&$select=a,b")
        assert sorted(row["b"] for row in found) == list(range(20))
        texts = [row["a"][0] for row in found]
        assert texts == sorted(texts, reverse="desc" in order.split(",")[0])


def test_texts_that_are_together_too_long_for_a_link_page_as_well(
    lake: Lake, client: Client
) -> None:
    text = "repeat('電', 450)"
    rows = (
        f"SELECT i AS b, {', '.join(f'{text} AS {name}' for name in 'cdefgh')} FROM range(4) t(i)"
    )
    wanted = product({"b": "int", **dict.fromkeys("cdefgh", "string")}, odata={"page_size": 1})
    publish(lake, wanted, rows)
    client.refresh()
    found = follow(client, "/odata/orders/Rows?$orderby=c,d,e,f,g,h desc,b desc&$select=b")
    assert [row["b"] for row in found] == [3, 2, 1, 0]


@pytest.mark.parametrize("select", ["*", "id", "b", "a,b", "id,a", "b,id"])
@pytest.mark.parametrize("accept", ["application/json", "application/json;odata.metadata=none"])
def test_rows_of_small_and_of_large_pages_are_written_alike(
    lake: Lake, client: Client, select: str, accept: str
) -> None:
    """Python spells the keys of small ones, DuckDB those of large ones."""
    values = ["NULL", "''", "'~_'", "'é\"\\'", "'it''s'", "repeat('~', 300)"]
    items = ", ".join(values)
    rows = (
        f"SELECT [{items}][1 + i % {len(values)}] AS a, nullif(i % 4, 1) AS b FROM range(99) t(i)"
    )
    wanted = product({"a": "string", "b": "int"}, odata={"max_top": 2 * MOST_ROWS})
    publish(lake, wanted, rows)
    client.refresh()
    for more in ("", "&$filter=b ne 2", "&$orderby=a desc,b desc"):
        query = f"$count=false&$select={select}{more}"
        small, large = (
            client.get(f"/odata/orders/Rows?{query}&$top={top}", {"Accept": accept})
            for top in (MOST_ROWS, MOST_ROWS + 1)
        )
        assert small.status_code == large.status_code == 200
        assert small.content == large.content


def test_a_page_holds_at_most_eight_megabytes(lake: Lake, client: Client) -> None:
    rows = "SELECT repeat('x', 900000) || i AS a FROM range(12) t(i)"
    publish(lake, product({"a": "string"}), rows)
    client.refresh()
    for query in ("", "?$orderby=a desc,id", "?$filter=a ne null&$top=12"):
        first = client.get(f"/odata/orders/Rows{query}")
        assert len(first.content) < 8_100_000
        assert len(first.json()["value"]) == 8
        assert len(follow(client, f"/odata/orders/Rows{query}")) == 12
