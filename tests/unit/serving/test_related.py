"""Navigation in expressions: lambda, `$count`, null, paths."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests import build_products, factories
from tests.unit.serving import related
from tests.unit.serving.conftest import Client, serving

ORDERS = "/odata/sales/Orders"


def numbers(client: Client, options: str, url: str = ORDERS) -> list[int]:
    answer = client.get(f"{url}?$select=number&{options}")
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["value"]
    return [row["number"] for row in rows]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("items/any()", [1, 2]),
        ("not items/any()", [3, 4]),
        ("items/any(i:i/price gt 2)", [2]),
        ("items/any(i:i/price gt 1 and i/id ne 'd')", [1]),
        ("items/all(i:i/price gt 1)", [2, 3, 4]),
        ("items/any(i:i/price gt total)", []),
        ("items/any(i:i/price lt total)", [1]),
        ("items/$count gt 1", [1]),
        ("items/$count eq 0", [3, 4]),
        ("items/$count($filter=price eq 2) eq 2", [1]),
        ("buyer eq null", [4]),
        ("buyer ne null and customer ne 10", [2]),
        ("buyer/name eq 'Ann'", [1, 3]),
        ("startswith(buyer/name,'B')", [2]),
        ("buyer/referrer eq null", [1, 3, 4]),
        ("buyer/referrer_/name eq 'Ann'", [2]),
        ("buyer/referrer_ eq null", [1, 3, 4]),
        ("buyer eq buyer", [1, 2, 3, 4]),
        ("buyer ne buyer/referrer_", [1, 2, 3]),
        ("buyer/orders/any(o:o/buyer eq buyer)", [1, 2, 3]),
        ("buyer/referrer_/referred/any(c:c eq buyer)", [2]),
        ("buyer in buyer/referrer_/referred", [2]),
        ("buyer/orders/$count eq 2", [1, 3]),
        ("buyer/orders/any(o:o/total gt 6)", [2]),
        ("buyer/referred/any(c:c/name eq 'Bob')", [1, 3]),
        ("buyer/orders/any(o:o/items/any(i:i/price gt 5))", [2]),
        ("buyer/orders/all(o:o/items/any())", [2, 4]),
        ("buyer/orders/$filter(items/any())/$count eq 1", [1, 2, 3]),
        ("items/any(i:buyer/name eq 'Ann')", [1]),
        ("items/any(i:-i/price mul 2 sub i/order lt -10 and buyer/name eq 'Bob')", [2]),
        ("items/any(i:buyer/orders/any(o:o/number gt i/price))", [1]),
        ("buyer/orders/any(o:o/buyer/referrer_/name eq 'Ann')", [2]),
        ("number in (1,2) and items/any(i:i/id eq 'd')", [2]),
        ("number eq 1 and items/any()", [1]),
    ],
)
def test_a_filter(mesh: Client, condition: str, expected: list[int]) -> None:
    assert numbers(mesh, f"$filter={condition}") == expected
    assert numbers(mesh, f"$filter={condition}", "/odata/sales") == expected
    assert mesh.get(f"{ORDERS}/$count?$filter={condition}").text == str(len(expected))


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("buyer/name desc,number", [2, 1, 3, 4]),
        ("buyer/name,number desc", [4, 3, 1, 2]),
        ("items/$count desc,number", [1, 2, 3, 4]),
        ("buyer/referrer_/name desc,number", [2, 1, 3, 4]),
        ("buyer/orders/$count,number", [4, 2, 1, 3]),
    ],
)
def test_an_order_and_its_pages(mesh: Client, order: str, expected: list[int]) -> None:
    assert numbers(mesh, f"$orderby={order}") == expected
    url, found = f"{ORDERS}?$select=number&$orderby={order}", []
    while url:
        page = mesh.get(url, {"Prefer": "maxpagesize=1"}).json()
        found += [row["number"] for row in page["value"]]
        url = page.get("@odata.nextLink")
    assert found == expected


def test_what_is_computed(mesh: Client) -> None:
    url = f"{ORDERS}?$compute=items/$count as n,buyer/name as who&$select=n,who&$top=2"
    found = [(row["n"], row["who"]) for row in mesh.get(url).json()["value"]]
    assert found == [(3, "Ann"), (1, "Bob")]


@pytest.mark.parametrize("options", ["$compute={}", "$expand=buyer($compute={})"])
def test_nothing_is_computed_in_the_place_of_navigation(mesh: Client, options: str) -> None:
    """Else a row could have two members of this name."""
    name = "orders" if "buyer" in options else "items"
    answer = mesh.get(f"{ORDERS}?{options.format(f'1 add 1 as {name}')}")
    assert answer.status_code == 400
    assert f"has a property '{name}' already" in answer.json()["error"]["message"]


def test_what_is_expanded_may_be_filtered_by_its_own_navigation(mesh: Client) -> None:
    url = "/odata/customers/Customers?$expand=orders($filter=items/any();$select=number)"
    found = [[each["number"] for each in row["orders"]] for row in mesh.get(url).json()["value"]]
    assert found == [[1], [2], []]


@pytest.mark.parametrize(
    ("condition", "status", "message"),
    [
        ("items/any(i:i/prise gt 2)", 400, "Items has no property 'prise'; did you mean 'price'?"),
        ("itms/any()", 400, "did you mean 'items'?"),
        ("items/price gt 2", 400, "behind a collection stands any"),
        ("buyer/any()", 400, "no collection"),
        ("buyer/referrer_/nome eq 'x'", 400, "did you mean 'name'?"),
        ("buyer gt buyer", 400, "gt does not fit"),
        ("items eq items", 400, "eq does not fit"),
        ('buyer eq {"id":10}', 400, "eq does not fit"),
        ("buyer in [buyer]", 501, "an entity in an array or object"),
        ('{"a":buyer} eq {"a":buyer}', 501, "an entity in an array or object"),
        ("hassubset(items,items)", 501, "navigation"),
        ("items/any(i:i/price div i/order gt 1 and buyer/id eq 1)", 501, "navigation from members"),
        ("buyer" + "/referrer_" * 7 + "/id eq 1", 400, "through more than 6 levels"),
    ],
)
def test_what_makes_no_sense(mesh: Client, condition: str, status: int, message: str) -> None:
    answer = mesh.get(f"{ORDERS}?$filter={condition}")
    assert answer.status_code == status
    assert message in answer.json()["error"]["message"]


def test_navigation_is_followed_some_times_and_no_more(mesh: Client) -> None:
    """DuckDB could not be interrupted while it planned 60 of them, half a minute long."""

    def terms(word: str, many: int) -> list[str]:
        return [f"buyer/id {word} {number}" for number in range(many)]

    assert numbers(mesh, "$filter=" + " or ".join(terms("eq", 60))) == [1, 2, 3]
    assert numbers(mesh, "$filter=" + " and ".join(terms("ge", 10))) == [1, 2, 3]
    many = " and ".join(terms("ge", 25))
    for options in (f"$filter={many}", f"$orderby={many}", f"$compute={many} as c&$select=c"):
        error = mesh.get(f"{ORDERS}?{options}").json()["error"]
        assert (error["code"], error["target"]) == ("TooComplex", options.partition("=")[0])
        assert "navigation is followed 25 times" in error["message"]
    walked = mesh.get(f"{ORDERS}/$filter({many})/$filter(buyer/id gt 0)")
    assert "followed 26 times" in walked.json()["error"]["message"]


def test_what_may_not_be_filtered_there_may_not_be_here(tmp_path: Path) -> None:
    related.publish(tmp_path, related.sales(), related.customers(odata={"filterable": ["id"]}))
    with serving(tmp_path / "home") as client:
        assert numbers(client, "$filter=buyer/id eq 10") == [1, 3]
        assert numbers(client, "$filter=buyer/referrer_/id eq 10") == [2]
        for path in ("buyer/name", "buyer/referrer_/name"):
            answer = client.get(f"{ORDERS}?$filter={path} eq 'Ann'")
            assert answer.status_code == 400
            assert "Customer cannot be filtered by 'name'" in answer.json()["error"]["message"]


def test_nested_columns_are_filtered_by_where_nothing_forbids_it(tmp_path: Path) -> None:
    home = pl.struct(pl.col("id").cast(pl.String).alias("city"))
    tags = pl.concat_list(pl.col("id"), pl.lit("t"))
    frames = {
        "orders": related.ORDERS,
        "items": related.ITEMS.with_columns(home.alias("home"), tags.alias("tags")),
        "customers": related.CUSTOMERS.with_columns(home.alias("home")),
    }
    build_products.write(tmp_path, frames)
    closed = factories.admitted(
        "customers",
        sources=["customers"],
        columns={"id": "long", "home": "struct<city:string>"},
        api={"resource": "Customers"},
        odata={"filterable": ["id"], "orderable": ["id"]},
    )
    related.publish_only(tmp_path, related.sales(), closed)
    with serving(tmp_path / "home") as client:
        assert numbers(client, "$filter=items/any(i:i/home/city eq 'd')") == [2]
        items = "/odata/sales/Items?$filter=home/city gt 'c' and tags/any(t:t eq 'd')"
        assert [row["id"] for row in client.get(items).json()["value"]] == ["d"]
        last = client.get("/odata/sales/Items?$orderby=home/city desc&$top=1").json()["value"]
        assert [row["id"] for row in last] == ["e"]
        for option in ("$filter=buyer/home/city eq '10'", "$orderby=buyer/home/city"):
            answer = client.get(f"{ORDERS}?{option}")
            assert answer.status_code == 400, answer.text


def test_nothing_is_sought_in_generated_keys_behind_navigation(tmp_path: Path) -> None:
    """As elsewhere: a digest begins with `_x`."""
    build_products.write(tmp_path, {"people": pl.DataFrame({"n": [1], "tags": [["a"]]})})
    columns = {"n": "long", "tags": "list<string>"}
    people = factories.product("people", sources=["people"], columns=columns)
    same = related.way("same", "people", "n", "n", "many")
    related.publish_only(tmp_path, related.leading(people, same))
    with serving(tmp_path / "home") as client:
        url = "/odata/people/Order/$count"
        key = client.get("/odata/people/Order").json()["value"][0]["id"]
        for sought in (f"$search={key}", f"$filter=same/$count($search={key}) gt 0"):
            assert client.get(f"{url}?{sought}").text == "0"
        assert client.get(f"{url}?$filter=same/$count($search=NOT {key}) gt 0").text == "1"


def test_tags_and_pages_name_the_snapshots_that_are_looked_into(tmp_path: Path) -> None:
    related.publish(tmp_path, related.sales(), related.customers())
    with serving(tmp_path / "home") as client:
        url = f"{ORDERS}?$select=number&$filter=buyer/name eq 'Ann'"
        first = client.get(url, {"Prefer": "maxpagesize=1"})
        count = client.get(f"{ORDERS}/$count?$filter=buyer/name eq 'Ann'")
        renamed = related.CUSTOMERS.with_columns(name=pl.lit("Zoe"))
        build_products.write(tmp_path, {"customers": renamed})
        build_products.build(build_products.builder(tmp_path), related.customers())
        client.refresh()
        last = client.get(first.json()["@odata.nextLink"]).json()["value"]
        assert [row["number"] for row in last] == [3]
        tag = {"If-None-Match": count.headers["ETag"]}
        again = client.get(f"{ORDERS}/$count?$filter=buyer/name eq 'Ann'", tag)
        assert (again.status_code, again.text) == (200, "0")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("narrow/any()", [1, 3]),
        ("wide/any()", [2, 4]),
        ("wide/any(v:v/narrow/any(n:n/id eq 4))", [4]),
        ("wide/$count eq 0", [1, 3, 5]),
        ("first/id eq 4", [3]),
        ("first eq null", [2, 4, 5]),
    ],
)
def test_idsthat_no_type_holds_both_of_may_lead_to_each_other(
    tmp_path: Path, condition: str, expected: list[int]
) -> None:
    columns: dict[str, Any] = {
        "id": [1, 2, 3, 4, 5],
        "whole": [5, 1, 100, 3, None],
        "small": pl.Series(["1", "2.5", "3", "1.5", None]).cast(pl.Decimal(38, 36)),
    }
    build_products.write(tmp_path, {"numbers": pl.DataFrame(columns)})
    document = factories.product(
        "numbers",
        sources=["numbers"],
        columns={"id": "long", "whole": "long", "small": "decimal(38,36)"},
    )
    led = related.leading(
        document,
        related.way("wide", "numbers", "whole", "small", "many"),
        related.way("narrow", "numbers", "small", "whole", "many"),
        related.way("first", "numbers", "small", "whole", "zeroOrOne"),
    )
    related.publish_only(tmp_path, led)
    with serving(tmp_path / "home") as client:
        answer = client.get(f"/odata/numbers/Order?$filter={condition}")
        assert answer.status_code == 200, answer.text
        assert [row["id"] for row in answer.json()["value"]] == expected


def test_a_way_of_two_keys_goes_on_as_far_as_any(tmp_path: Path) -> None:
    ids = list(range(9))
    rows = {"id": ids, "half": [n % 2 for n in ids]}
    above = {"up": [n - 1 for n in ids], "up_half": [(n - 1) % 2 for n in ids]}
    build_products.write(tmp_path, {"steps": pl.DataFrame({**rows, **above})})
    document = factories.product(
        "steps",
        sources=["steps"],
        columns=dict.fromkeys([*rows, *above], "long"),
        entity="Step",
        api={"resource": "Steps"},
    )
    keys = [{"left": "up", "right": "id"}, {"left": "up_half", "right": "half"}]
    way = {"name": "before", "target": "steps", "keys": keys, "multiplicity": "zeroOrOne"}
    related.publish_only(tmp_path, related.leading(document, way))
    with serving(tmp_path / "home") as client:
        url = "/odata/steps/Steps?$select=id&$filter=" + "before/" * 6 + "id ge 0"
        assert [row["id"] for row in client.get(url).json()["value"]] == [6, 7, 8]
        assert client.get(url.replace("=before", "=before/before")).status_code == 400
