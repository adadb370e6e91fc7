"""`$expand`: what navigation brings along, level by level."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests import build_products, factories
from tests.unit.serving import related
from tests.unit.serving.conftest import Client, serving

ORDERS = "/odata/sales/Orders"


def rows(client: Client, url: str) -> list[dict[str, Any]]:
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


def ids(row: dict[str, Any], way: str = "items") -> list[Any]:
    return [each["id"] for each in row[way]]


def test_many_and_one_and_none(mesh: Client) -> None:
    found = rows(mesh, f"{ORDERS}?$expand=items,buyer")
    assert [ids(row) for row in found] == [["a", "b", "c"], ["d"], [], []]
    assert [row["buyer"] and row["buyer"]["name"] for row in found] == ["Ann", "Bob", "Ann", None]
    assert found[0]["items"][0] == {"id": "a", "order": 1, "price": 2.0}
    assert list(found[0]) == ["number", "customer", "total", "items", "buyer"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("$filter=price gt 1", [["a", "c"], ["d"], [], []]),
        ("$orderby=price desc,id desc", [["c", "a", "b"], ["d"], [], []]),
        ("$top=2", [["a", "b"], ["d"], [], []]),
        ("$skip=1", [["b", "c"], [], [], []]),
        ("$orderby=price;$skip=1;$top=1", [["a"], [], [], []]),
        ("$top=0", [[], [], [], []]),
        ("$filter=price gt 100", [[], [], [], []]),
        ("top=1", [["a"], ["d"], [], []]),
    ],
)
def test_options_of_a_collection(mesh: Client, options: str, expected: list[list[str]]) -> None:
    assert [ids(row) for row in rows(mesh, f"{ORDERS}?$expand=items({options})")] == expected


@pytest.mark.parametrize("page", ["", ";$top=0", ";$top=1", ";$skip=2", ";$skip=9"])
def test_the_count_is_of_all_that_the_filter_leaves(mesh: Client, page: str) -> None:
    expand = f"items($count=true;$filter=price ge 1{page})"
    found = rows(mesh, f"{ORDERS}?$expand={expand}")
    assert [row["items@odata.count"] for row in found] == [3, 1, 0, 0]
    accept = {"Accept": "application/json;IEEE754Compatible=true"}
    found = mesh.get(f"{ORDERS}?$expand={expand}", accept).json()["value"]
    assert found[0]["items@odata.count"] == "3"


def test_only_how_many(mesh: Client) -> None:
    found = rows(mesh, f"{ORDERS}?$expand=items/$count($filter=price eq 2)")
    assert [row["items@odata.count"] for row in found] == [2, 0, 0, 0]
    assert "items" not in found[0]


def test_only_links(mesh: Client) -> None:
    found = rows(mesh, f"{ORDERS}?$expand=items/$ref,buyer/$ref")
    assert found[0]["items"] == [{"@odata.id": f"Items('{each}')"} for each in "abc"]
    assert found[0]["buyer"] == {"@odata.id": "Customers(10)"}
    assert found[3]["buyer"] is None


def test_a_selection_here_and_there(mesh: Client) -> None:
    found = mesh.get(f"{ORDERS}?$select=number&$expand=items($select=id,price),buyer").json()
    assert found["value"][1] == {
        "number": 2,
        "items": [{"id": "d", "price": 7.5}],
        "buyer": {"id": 20, "name": "Bob", "referrer": 10},
    }
    assert found["@odata.context"].endswith("#Orders(number,items(id,price))")
    newer = {"OData-MaxVersion": "4.01"}
    told = mesh.get(f"{ORDERS}?$expand=items,buyer($select=name)", newer).json()
    assert told["@context"].endswith("#Orders(items(),buyer(name))")
    plain = mesh.get(f"{ORDERS}?$expand=items").json()
    assert plain["@odata.context"].endswith("#Orders")


def test_what_is_computed_and_sought_there(mesh: Client) -> None:
    expand = "items($compute=price mul 2 as twice;$select=id,twice;$orderby=twice desc;$search=a)"
    (row, *_) = rows(mesh, f"{ORDERS}?$expand={expand}")
    assert row["items"] == [{"id": "a", "twice@odata.type": "#Double", "twice": 4.0}]


def test_navigation_may_be_selected_and_shows_nothing(mesh: Client) -> None:
    found = mesh.get(f"{ORDERS}?$select=number,buyer&$top=1").json()
    assert found["value"] == [{"number": 1}]
    assert found["@odata.context"].endswith("#Orders(number,buyer)")


@pytest.mark.parametrize("item", ["buyer/name", "buyer($select=name)", "items($top=1)"])
def test_parts_of_navigation_are_expanded_not_selected(mesh: Client, item: str) -> None:
    answer = mesh.get(f"{ORDERS}?$select=number,{item}")
    assert answer.status_code == 400
    assert "is navigation: $expand=" in answer.json()["error"]["message"]


def test_without_its_key_a_row_says_its_id(mesh: Client) -> None:
    (row, *_) = rows(mesh, f"{ORDERS}?$select=total&$expand=items($select=price)")
    assert row["@odata.id"] == "Orders(1)"
    assert row["items"][0] == {"@odata.id": "Items('a')", "price": 2.0}


def test_levels_in_levels(mesh: Client) -> None:
    found = rows(mesh, "/odata/customers/Customers?$expand=orders($expand=items($top=1),buyer)")
    assert [ids(order) for order in found[0]["orders"]] == [["a"], []]
    assert found[0]["orders"][0]["buyer"]["name"] == "Ann"
    assert found[2]["orders"] == []


def test_levels_by_number(mesh: Client) -> None:
    found = mesh.get("/odata/customers/Customers?$expand=referrer_($levels=2;$select=name)").json()
    cy = found["value"][2]
    assert (cy["name"], cy["referrer_"]["name"]) == ("Cy", "Bob")
    assert cy["referrer_"]["referrer_"]["name"] == "Ann"
    assert "referrer_" not in cy["referrer_"]["referrer_"]
    assert found["@odata.context"].endswith("#Customers(referrer_+(name))")


@pytest.mark.parametrize(
    ("expand", "projection"),
    [
        ("referrer_($levels=3;$select=name)", "(referrer_+(name))"),
        ("referrer_($levels=2),orders", "(referrer_+(),orders())"),
        ("referrer_($levels=1;$select=name)", "(referrer_(name))"),
        ("referrer_($levels=2;$expand=orders($select=number))", "(referrer_+(orders(number)))"),
        ("referrer_($expand=referrer_($select=id))", "(referrer_(referrer_(id)))"),
        ("orders($levels=2)", "(orders())"),
    ],
)
def test_the_context_names_levels_once(mesh: Client, expand: str, projection: str) -> None:
    newer = {"OData-MaxVersion": "4.01"}
    found = mesh.get(f"/odata/customers/Customers?$expand={expand}", newer).json()
    assert found["@context"].endswith(f"#Customers{projection}")


def test_everything(mesh: Client) -> None:
    (row, *_) = rows(mesh, f"{ORDERS}?$expand=*")
    assert (ids(row), row["buyer"]["name"]) == (["a", "b", "c"], "Ann")
    (row, *_) = rows(mesh, f"{ORDERS}?$expand=*,items($top=1)")
    assert (ids(row), row["buyer"]["name"]) == (["a"], "Ann")


def test_one_entity(mesh: Client) -> None:
    found = mesh.get(f"{ORDERS}(1)?$expand=items($orderby=price),buyer($expand=referrer_)").json()
    assert ids(found) == ["b", "a", "c"]
    assert found["buyer"]["referrer_"] is None
    assert found["@odata.context"].endswith("#Orders/$entity")


def test_in_the_hub_and_on_the_quick_look(mesh: Client) -> None:
    for url in ("/odata/sales", "/odata/sales_Items", "/odata/customers"):
        assert mesh.get(url).status_code == 200
    (row, *_) = rows(mesh, "/odata/sales?$expand=items,buyer&$top=1")
    assert (ids(row), row["buyer"]["name"]) == (["a", "b", "c"], "Ann")


@pytest.mark.parametrize(
    ("expand", "status", "message"),
    [
        ("itms", 400, "did you mean 'items'?"),
        ("items,items", 400, "expanded twice"),
        ("buyer($filter=name eq 'x')", 400, "no collection and has no $filter"),
        ("buyer/$count", 400, "no collection"),
        ("items($filter=prise gt 1)", 400, "did you mean 'price'?"),
        ("items($select=nme)", 400, "no property 'nme'"),
        ("items($apply=identity)", 501, "$apply in $expand"),
        ("items($filter=$it/number eq 1)", 501, "$it in $expand"),
        ("items($filter=@x gt 1)&@x=price", 501, "a path in an alias in $expand"),
        ("items($filter=price gt @x)&@x=1", 200, ""),
        ("items($orderby=$it/id)", 501, "$it in $expand"),
        ("items($compute=$it/id as x)", 501, "$it in $expand"),
        ("items/$count($filter=$it/id eq 'a')", 501, "$it in $expand"),
        ("buyer($search=x)", 400, "no collection and has no $search"),
        ("$value", 501, "$value"),
        ("sales.Order/items", 501, "sales.Order/items"),
        ("buyer/referrer_", 400, "'buyer' is navigation: $expand=buyer($expand=…)"),
        ("buyer/orders/items", 400, "'buyer' is navigation: $expand=buyer($expand=…)"),
        ("buyer/customers.Customer", 501, "buyer/customers.Customer"),
        ("number", 400, "'number' is no navigation property: $select=number"),
        ("buyer($levels=max)", 200, ""),
    ],
)
def test_what_cannot_be_expanded(mesh: Client, expand: str, status: int, message: str) -> None:
    answer = mesh.get(f"{ORDERS}?$expand={expand}")
    assert answer.status_code == status
    if status != 200:
        error = answer.json()["error"]
        assert message in error["message"]
        assert error["target"] == "$expand"


def test_it_is_another_row_in_parentheses_also_where_it_was_asked_before(mesh: Client) -> None:
    assert mesh.get("/odata/sales/Items?$filter=$it/price gt 1").status_code == 200
    assert mesh.get(f"{ORDERS}?$expand=items($filter=$it/price gt 1)").status_code == 501


def test_endless_levels_are_bounded(mesh: Client) -> None:
    url = "/odata/customers/Customers?$expand=referrer_($levels={})"
    assert mesh.get(url.format(6)).status_code == 200
    assert mesh.get(url.format(7)).status_code == 400
    assert mesh.get(url.format("max")).json() == mesh.get(url.format(6)).json()
    within = "/odata/sales/Orders?$expand=buyer($expand=referrer_($levels={}))"
    assert mesh.get(within.format("max")).json() == mesh.get(within.format(5)).json()
    wide = "orders($expand=buyer($expand=orders($expand=buyer($expand=orders($expand=*)))))"
    assert mesh.get(f"/odata/customers/Customers?$expand={wide}").status_code == 200


def test_pages_and_tags_name_every_snapshot(tmp_path: Path) -> None:
    related.publish(tmp_path, related.sales(), related.customers())
    with serving(tmp_path / "home") as client:
        url = f"{ORDERS}?$expand=buyer"
        first = client.get(url, {"Prefer": "maxpagesize=2"})
        plain = client.get(ORDERS).headers["ETag"]
        changed = pl.DataFrame({"id": [10], "name": ["Anna"], "referrer": [None]})
        build_products.write(tmp_path, {"customers": changed.cast(related.CUSTOMERS.schema)})
        build_products.build(build_products.builder(tmp_path), related.customers())
        client.refresh()
        last = rows(client, first.json()["@odata.nextLink"])
        assert [row["buyer"] and row["buyer"]["name"] for row in last] == ["Ann", None]
        headers = {"If-None-Match": first.headers["ETag"], "Prefer": "maxpagesize=2"}
        renewed = client.get(url, headers)
        assert renewed.status_code == 200
        assert renewed.json()["value"][0]["buyer"]["name"] == "Anna"
        assert client.get(ORDERS, {"If-None-Match": plain}).status_code == 304


@pytest.mark.parametrize("service", ["/odata/sales/Orders", "/odata/sales"])
@pytest.mark.parametrize(
    ("options", "first", "last"),
    [
        ("", ["a", "b"], ["c"]),
        ("$orderby=price", ["b", "a"], ["c"]),
        ("$orderby=price desc;$filter=price lt 9;$select=id", ["a", "c"], ["b"]),
        ("$skip=1;$top=9", ["b", "c"], []),
    ],
)
def test_the_rest_of_a_collection_is_behind_a_link(
    mesh: Client, service: str, options: str, first: list[str], last: list[str]
) -> None:
    inside = f"({options})" if options else ""
    answer = mesh.get(f"{service}?$expand=items{inside}", {"Prefer": "maxpagesize=2"})
    row = answer.json()["value"][0]
    assert ids(row) == first
    link = row.get("items@odata.nextLink")
    assert (link is not None) == bool(last)
    if link:
        assert ids({"items": rows(mesh, link)}) == last


@pytest.mark.parametrize("prefer", ["maxpagesize=2", "maxpagesize=2,omit-values=nulls"])
@pytest.mark.parametrize(
    ("url", "level"),
    [
        ("/odata/sales/Orders?$top=1", "none"),
        ("/odata/sales/Orders(1)?", "none"),
        ("/odata/customers/Customers(10)/orders?$top=1", "none"),
        ("/odata/sales?$top=1", "minimal"),
    ],
)
def test_the_rest_is_behind_a_link_of_a_row_that_shows_no_key(
    mesh: Client, url: str, level: str, prefer: str
) -> None:
    headers = {"Accept": f"application/json;odata.metadata={level}", "Prefer": prefer}
    answer = mesh.get(f"{url}&$select=total&$expand=items($select=id)", headers)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    row = found["value"][0] if "value" in found else found
    shown = {name for name in row if not name.startswith("@odata.context")}
    assert shown == {"total", "items", "items@odata.nextLink"}
    assert ids({"items": rows(mesh, row["items@odata.nextLink"])}) == ["c"]


@pytest.mark.parametrize(
    "path", ["/odata/sales/Orders(1)", "/odata/sales(1)", "/odata/sales/Orders/1"]
)
def test_one_entity_brings_pages_along_too(mesh: Client, path: str) -> None:
    answer = mesh.get(f"{path}?$expand=items", {"Prefer": "maxpagesize=2"})
    assert answer.headers["Preference-Applied"] == "odata.maxpagesize=2"
    assert ids(answer.json()) == ["a", "b"]
    assert ids({"items": rows(mesh, answer.json()["items@odata.nextLink"])}) == ["c"]
    assert "Preference-Applied" not in mesh.get(path, {"Prefer": "maxpagesize=2"}).headers


def test_so_does_one_that_navigation_leads_to(mesh: Client) -> None:
    url = "/odata/sales/Orders(1)/buyer?$expand=orders"
    answer = mesh.get(url, {"Prefer": "maxpagesize=1"})
    assert answer.headers["Preference-Applied"] == "odata.maxpagesize=1"
    assert [each["number"] for each in answer.json()["orders"]] == [1]
    assert len(mesh.get(url).json()["orders"]) == 2


def test_the_rest_of_a_level_below_is_behind_a_link_too(mesh: Client) -> None:
    url = "/odata/customers?$expand=orders($expand=items)&$top=1"
    (row,) = mesh.get(url, {"Prefer": "maxpagesize=2"}).json()["value"]
    (link,) = [
        order["items@odata.nextLink"] for order in row["orders"] if "items@odata.nextLink" in order
    ]
    assert ids({"items": rows(mesh, link)}) == ["c"]


def test_what_no_page_shows_is_not_too_much(tmp_path: Path) -> None:
    """Of 100,002 orders of one customer a page is brought along, and where the rest is."""
    count = 100_002
    orders = pl.DataFrame(
        {"number": range(count), "customer": [10] * count, "total": [1.0] * count}
    )
    frames = {"orders": orders, "items": related.ITEMS, "customers": related.CUSTOMERS}
    build_products.write(tmp_path, frames)
    customers = factories.product("customers", sources=["customers"], columns={"id": "long"})
    leading = related.leading(
        customers,
        related.way("orders", "sales", "id", "customer", "many"),
        related.way("any_order", "sales", "id", "customer", "zeroOrOne"),
    )
    related.publish_only(tmp_path, related.sales(), leading)
    with serving(tmp_path / "home") as client:
        url = "/odata/customers/Order(10)?$expand=orders,any_order"
        ann = client.get(url).json()
        assert [row["number"] for row in ann["orders"]] == [*range(1000)]
        assert rows(client, ann["orders@odata.nextLink"])[0]["number"] == 1000
        assert ann["any_order"]["number"] == 0


@pytest.mark.parametrize("options", ["", "($orderby=price desc;$count=true)"])
def test_the_rest_of_links_is_links(mesh: Client, options: str) -> None:
    url = f"{ORDERS}?$expand=items/$ref{options}"
    whole, *_ = rows(mesh, url)
    part, *_ = mesh.get(url, {"Prefer": "maxpagesize=2"}).json()["value"]
    rest = mesh.get(part["items@odata.nextLink"]).json()
    assert rest["@odata.context"].endswith("#Collection($ref)")
    assert part["items"] + rest["value"] == whole["items"]


@pytest.mark.parametrize("more", ["", ";$expand=referrer_($select=id)"])
def test_the_rest_has_the_levels_that_are_left(tmp_path: Path, more: str) -> None:
    names, referrers = ["x"] * 9, [None, 1, 1, 1, 2, 3, 4, 7, 8]
    tree = pl.DataFrame({"id": range(1, 10), "name": names, "referrer": referrers})
    build_products.write(tmp_path, {"customers": tree})
    related.publish_only(tmp_path, related.customers())
    with serving(tmp_path / "home") as client:
        levels = f"referred($levels=3;$select=id{more})"
        url = f"/odata/customers/Customers?$filter=id eq 1&$expand={levels}"
        (whole,) = rows(client, url)
        (part,) = client.get(url, {"Prefer": "maxpagesize=2"}).json()["value"]
        assert part["referred"] == whole["referred"][:2]
        assert rows(client, part["referred@odata.nextLink"]) == whole["referred"][2:]
        assert whole["referred"][2]["referred"][0]["referred"][0]["id"] == 8


def test_the_rest_is_of_the_same_snapshots(tmp_path: Path) -> None:
    related.publish(tmp_path, related.sales(), related.customers())
    with serving(tmp_path / "home") as client:
        url = "/odata/customers/Customers?$expand=orders"
        (ann, *_) = client.get(url, {"Prefer": "maxpagesize=1"}).json()["value"]
        changed = related.ORDERS.with_columns(total=pl.lit(100.0))
        build_products.write(tmp_path, {"orders": changed})
        build_products.build(build_products.builder(tmp_path), related.sales())
        client.refresh()
        (rest,) = rows(client, ann["orders@odata.nextLink"])
        assert (rest["number"], rest["total"]) == (3, None)


@pytest.mark.parametrize("url", [ORDERS, f"{ORDERS}(1)", "/odata/sales", f"{ORDERS}?$expand=items"])
def test_links_appear_with_their_target(tmp_path: Path, url: str) -> None:
    related.publish(tmp_path, related.sales())
    with serving(tmp_path / "home") as client:
        full = {"Accept": "application/json;odata.metadata=full"}
        alone = client.get(url, full)
        assert "buyer" not in alone.text
        related.publish_only(tmp_path, related.customers())
        client.refresh()
        led = client.get(url, {**full, "If-None-Match": alone.headers["ETag"]})
        assert led.status_code == 200
        assert "/buyer" in led.text


@pytest.mark.parametrize(
    "url", [ORDERS, f"{ORDERS}(1)/buyer/orders", f"{ORDERS}(3)/buyer/orders(1)"]
)
def test_pages_of_what_is_expanded_have_tags_of_their_own(tmp_path: Path, url: str) -> None:
    small = related.sales(odata={"default_top": 1, "max_top": 1, "page_size": 1})
    related.publish(tmp_path, small, related.customers())
    with serving(tmp_path / "home") as client:
        url = f"{url}?$expand=items"
        found = [client.get(url, {"Prefer": f"maxpagesize={size}"}) for size in (1, 2, 9)]
        bodies = [each.json() for each in found]
        first = [body.get("value", [body])[0] for body in bodies]
        assert [len(row["items"]) for row in first] == [1, 2, 3]
        assert len({each.headers["ETag"] for each in found}) == 3
