"""Navigation paths: from one entity to what belongs to it."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests import build_products
from tests.unit.serving import related
from tests.unit.serving.conftest import Client, serving

SALES = "/odata/sales"


def rows(client: Client, url: str) -> list[dict[str, Any]]:
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("Orders(1)/items", ["a", "b", "c"]),
        ("Orders/1/items", ["a", "b", "c"]),
        ("Orders(4)/items", []),
        ("Orders(1)/items/", ["a", "b", "c"]),
        ("Orders(1)/items?$filter=price gt 1&$orderby=id desc", ["c", "a"]),
        ("Orders(1)/items?$skip=1&$top=1", ["b"]),
        ("Orders(1)/buyer/orders(1)/items?$top=1", ["a"]),
    ],
)
def test_a_collection(mesh: Client, path: str, ids: list[str]) -> None:
    assert [row["id"] for row in rows(mesh, f"{SALES}/{path}")] == ids


@pytest.mark.parametrize(
    ("path", "status", "found"),
    [
        ("Orders(1)/items/b", 200, "b"),
        ("Orders/1/items/b", 200, "b"),
        ("Orders(1)/items/b/$ref", 200, "Items('b')"),
        ("Customers(10)/orders/1/items/a", 200, "a"),
        ("Customers/10/orders/1/items/$count", 200, "3"),
        ("Customers/10/orders/1/buyer", 200, "Ann"),
        ("Orders(1)/items/d", 404, "no such entity"),
        ("Customers(10)/orders/x", 404, "no resource 'x'"),
        ("Orders(1)/items/price", 400, "give a key"),
        ("Customers(10)/orders/items", 400, "give a key"),
        ("Orders(1)/items/sales.Items", 501, "sales.Items"),
        ("Orders(1)/buyer/customers.Customer", 501, "customers.Customer"),
    ],
)
def test_a_key_may_be_a_segment(mesh: Client, path: str, status: int, found: str) -> None:
    answer = mesh.get(f"{SALES}/{path}")
    assert answer.status_code == status, answer.text
    assert found in answer.text


@pytest.mark.parametrize(
    "path", ["/odata/sales/Orders(1)/items", "/odata/sales(1)/items", "/odata/sales/Orders/1/items"]
)
def test_a_link_leads_on_from_its_own_entity(mesh: Client, path: str) -> None:
    first = mesh.get(path, {"Prefer": "maxpagesize=1"})
    link = first.json()["@odata.nextLink"]
    assert [row["id"] for row in rows(mesh, link)] == ["b"]
    answer = mesh.get(link.replace("(1)", "(2)").replace("/1/", "/2/"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadToken")


def test_one_entity(mesh: Client) -> None:
    found = mesh.get(f"{SALES}/Orders(2)/buyer").json()
    assert (found["id"], found["name"]) == (20, "Bob")
    assert found["@odata.context"].endswith("#Customers/$entity")
    item = mesh.get(f"{SALES}/Orders(1)/items('b')?$select=price").json()
    assert (item["price"], item["@odata.id"]) == (1.0, "Items('b')")
    assert mesh.get(f"{SALES}/Orders(2)/buyer/referrer_").json()["name"] == "Ann"
    assert mesh.get("/odata/sales(2)/buyer").json()["name"] == "Bob"


def test_nobody_is_204_and_what_is_not_there_404(mesh: Client) -> None:
    assert mesh.get(f"{SALES}/Orders(4)/buyer").status_code == 204
    assert mesh.get(f"{SALES}/Customers(10)/referrer_").status_code == 204
    for path in ("Orders(9)/items", "Orders(1)/items('d')", "Orders(4)/buyer/orders"):
        assert mesh.get(f"{SALES}/{path}").status_code == 404, path
    assert mesh.get(f"{SALES}/Orders(1)/itms").status_code == 404


def test_how_many(mesh: Client) -> None:
    assert mesh.get(f"{SALES}/Orders(1)/items/$count").text == "3"
    assert mesh.get(f"{SALES}/Orders(1)/items/$count?$filter=price eq 2").text == "2"
    assert mesh.get(f"{SALES}/Orders(4)/items/$count").text == "0"
    found = mesh.get(f"{SALES}/Orders(1)/items?$count=true&$top=1").json()
    assert (found["@odata.count"], len(found["value"])) == (3, 1)


def test_links(mesh: Client) -> None:
    found = mesh.get(f"{SALES}/Orders(2)/items/$ref").json()
    assert found["value"] == [{"@odata.id": "Items('d')"}]
    assert found["@odata.context"].endswith("#Collection($ref)")
    one = mesh.get(f"{SALES}/Orders(2)/buyer/$ref").json()
    assert one["@odata.id"] == "Customers(20)"
    assert one["@odata.context"].endswith("#$ref")


def test_what_is_reached_is_expanded(mesh: Client) -> None:
    found = rows(mesh, "/odata/customers/Customers(10)/orders?$expand=items($select=id)")
    assert [[each["id"] for each in row["items"]] for row in found] == [["a", "b", "c"], []]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Orders(1)/buyer?$filter=id eq 1", 400),
        ("Orders(1)/buyer?$search=Ann", 400),
        ("Orders(1)/buyer/$count", 400),
        ("Orders(1)/items/buyer", 404),
        ("Orders(1)/buyer(10)", 400),
        ("Orders(1)/items('x','y')", 400),
        ("Orders(1)/buyer/name", 501),
        ("Orders(x)/items", 400),
    ],
)
def test_what_makes_no_sense(mesh: Client, path: str, status: int) -> None:
    assert mesh.get(f"{SALES}/{path}").status_code == status


def test_pages_go_on_in_the_same_snapshots(tmp_path: Path) -> None:
    related.publish(tmp_path, related.sales(), related.customers())
    with serving(tmp_path / "home") as client:
        url = "/odata/customers/Customers(10)/orders"
        first = client.get(url, {"Prefer": "maxpagesize=1"}).json()
        assert [row["number"] for row in first["value"]] == [1]
        changed = related.ORDERS.with_columns(pl.col("total") + 1)
        build_products.write(tmp_path, {"orders": changed})
        build_products.build(build_products.builder(tmp_path), related.sales())
        client.refresh()
        last = client.get(first["@odata.nextLink"]).json()
        assert [row["number"] for row in last["value"]] == [3]
        tag = client.get(f"{url}/$count").headers["ETag"]
        assert client.get(f"{url}/$count", {"If-None-Match": tag}).status_code == 304


def test_what_is_expanded_is_written_as_the_rows_are(mesh: Client) -> None:
    full = {"Accept": "application/json;odata.metadata=full"}
    found = mesh.get(f"{SALES}/Orders(2)?$expand=buyer,items($select=price)", full).json()
    assert found["@odata.type"] == "#sales.Order"
    assert found["buyer"]["@odata.editLink"] == "Customers(20)"
    assert found["items"][0]["@odata.id"] == "Items('d')"
    assert found["items"][0]["price@odata.type"] == "#Double"
    reached = mesh.get(f"{SALES}/Orders(2)/buyer", full).json()
    assert reached["@odata.type"] == found["buyer"]["@odata.type"]
    omit = {"Prefer": "omit-values=nulls"}
    answer = mesh.get(f"{SALES}/Customers?$expand=orders($expand=items)", omit)
    assert answer.headers["Preference-Applied"] == "omit-values=nulls"
    assert None not in [value for row in answer.json()["value"] for value in row.values()]


def test_full_metadata_has_the_links_of_navigation(mesh: Client) -> None:
    full = {"Accept": "application/json;odata.metadata=full"}
    ways = {
        "items@odata.associationLink": "Orders(2)/items/$ref",
        "items@odata.navigationLink": "Orders(2)/items",
        "buyer@odata.associationLink": "Orders(2)/buyer/$ref",
        "buyer@odata.navigationLink": "Orders(2)/buyer",
    }
    page = mesh.get(f"{SALES}/Orders?$filter=number eq 2", full).json()["value"]
    omitting = {**full, "Prefer": "omit-values=nulls"}
    one = mesh.get(f"{SALES}/Orders(2)", omitting).json()
    for row in (*page, one):
        assert {name: link for name, link in row.items() if name.endswith("nLink")} == ways
        assert list(row)[-4:] == list(ways)
    for link in ways.values():
        assert mesh.get(f"{SALES}/{link}").status_code == 200
    selected = mesh.get(f"{SALES}/Orders(2)?$select=total,buyer", full).json()
    assert [name for name in selected if name.endswith("nLink")] == list(ways)[2:]
    assert "nLink" not in mesh.get(f"{SALES}/Orders(2)").text


def test_links_stand_right_before_what_they_lead_to(mesh: Client) -> None:
    full = {"Accept": "application/json;metadata=full", "OData-MaxVersion": "4.01"}
    found = mesh.get(f"{SALES}/Orders(1)?$select=total&$expand=items($count=true),buyer", full)
    assert [name for name in found.json() if name.startswith(("items", "buyer"))] == [
        *("items@associationLink", "items@navigationLink", "items@count", "items"),
        *("buyer@associationLink", "buyer@navigationLink", "buyer"),
    ]
    assert found.json()["items@navigationLink"] == "Orders(1)/items"
    assert found.json()["buyer"]["orders@navigationLink"] == "Customers(10)/orders"
    references = mesh.get(f"{SALES}/Orders(1)?$expand=items/$ref", full).json()["items"]
    assert references[0] == {"@id": "Items('a')"}
    deep = mesh.get(f"{SALES}/Orders(1)?$expand=buyer($expand=orders)", full).json()["buyer"]
    assert deep["orders@navigationLink"] == "Customers(10)/orders"
    assert deep["orders"][0]["items@navigationLink"] == "Orders(1)/items"


def test_a_way_from_a_key_by_an_alias_goes_on(mesh: Client) -> None:
    first = mesh.get(f"{SALES}/Orders(@k)/items?@k=1", {"Prefer": "maxpagesize=2"})
    assert first.headers["Preference-Applied"] == "odata.maxpagesize=2"
    assert "/Orders(@k)/items?@k=1&" in first.json()["@odata.nextLink"]
    last = mesh.get(first.json()["@odata.nextLink"]).json()
    assert [row["id"] for row in last["value"]] == ["c"]


def test_properties_and_navigation_in_one_batch(mesh: Client) -> None:
    urls = ["Orders(1)/items/$count", "$1", "Orders(2)/buyer", "Orders/$filter(items/$count gt 1)"]
    asked = [{"id": str(n), "method": "get", "url": url} for n, url in enumerate(urls, 1)]
    content = json.dumps({"requests": asked})
    found = mesh.post(f"{SALES}/$batch", content, "application/json").json()["responses"]
    assert [each["status"] for each in found] == [200, 200, 200, 200]
    assert found[2]["body"]["name"] == "Bob"
    assert [row["number"] for row in found[3]["body"]["value"]] == [1]
