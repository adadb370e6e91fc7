"""`$filter` over HTTP: which rows come, how they are counted and paged, and what is refused."""

from collections.abc import Iterator
from typing import Any

import pytest

from dphub_assets.lake.writer import Lake
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import Client, serving

ROWS = """
    SELECT DATE '2023-01-01' + (i // 10)::INTEGER AS day, i % 5 AS stage,
           CASE WHEN i % 4 = 0 THEN NULL ELSE 'place ' || (i % 7) END AS suburb, i AS n
    FROM range(300) t(i)
"""
COLUMNS = {"day": "date", "stage": "int", "suburb": "string", "n": "long"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("home")
    lake = Lake.open_at(home / "lake")
    publish(lake, product(COLUMNS, sort=["day"], odata={"page_size": 23}), ROWS)
    with serving(home) as client:
        yield client


def follow(client: Client, link: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    following: str | None = link
    while following:
        response = client.get(following)
        assert response.status_code == 200, response.text
        page = response.json()
        rows += page["value"]
        following = page.get("@odata.nextLink")
    return rows


def numbers(client: Client, text: str, more: str = "") -> list[int]:
    link = f"/odata/orders/Rows?$filter={text}&$select=n{more}"
    return [row["n"] for row in follow(client, link)]


def test_the_example_of_the_documents(served: Client) -> None:
    wanted = [n for n in range(300) if n % 5 == 4 and n >= 10]
    assert sorted(numbers(served, "stage eq 4 and day gt 2023-01-01")) == wanted
    page = served.get("/odata/orders?$filter=stage eq 4 and day gt 2023-01-01&$top=5").json()
    assert page["@odata.count"] == len(wanted)
    assert [row["stage"] for row in page["value"]] == [4] * 5


@pytest.mark.parametrize(
    "order", ["", "day", "day desc", "n", "n desc", "suburb,n desc", "id desc"]
)
def test_pages_of_a_filter_hold_every_row_once(served: Client, order: str) -> None:
    found = numbers(served, "stage ne 2 and suburb ne null", f"&$orderby={order}" if order else "")
    assert sorted(found) == [n for n in range(300) if n % 5 != 2 and n % 4 != 0]
    if order in {"n", "n desc"}:
        assert found == sorted(found, reverse=order == "n desc")


@pytest.mark.parametrize("order", ["", "&$orderby=day desc", "&$orderby=n"])
def test_skip_and_top_cut_a_piece_of_what_passes(served: Client, order: str) -> None:
    whole = numbers(served, "stage eq 1", order)
    assert numbers(served, "stage eq 1", f"{order}&$skip=10&$top=30") == whole[10:40]


def test_what_passes_is_counted(served: Client) -> None:
    for path in ("/odata/orders/$count", "/odata/orders/Rows/$count", "/odata/orders@0/$count"):
        response = served.get(f"{path}?$filter=suburb eq null")
        assert (response.status_code, response.text) == (200, "75"), path
    page = served.get("/odata/orders/Rows?filter=suburb eq null&$count=true&$top=3").json()
    assert (page["@odata.count"], len(page["value"])) == (75, 3)
    assert served.get("/odata/orders?$filter=n eq 5&$top=1").json()["@odata.count"] == 1


def test_a_page_link_is_bound_to_its_filter(served: Client) -> None:
    link = served.get("/odata/orders/Rows?$filter=stage eq 1").json()["@odata.nextLink"]
    assert served.get(link).status_code == 200
    other = served.get(link.replace("eq", "ne"))
    assert (other.status_code, other.json()["error"]["code"]) == (400, "BadToken")


def test_what_a_product_does_not_filter_by_is_refused(lake: Lake, client: Client) -> None:
    publish(lake, product(COLUMNS, odata={"filterable": ["day"]}), ROWS)
    client.refresh()
    assert client.get("/odata/orders?$filter=day gt 2023-01-05").status_code == 200
    refused = client.get("/odata/orders?$filter=day gt 2023-01-05 and stage eq 1")
    assert refused.status_code == 400
    assert "cannot be filtered by 'stage' (at position 22" in refused.text
