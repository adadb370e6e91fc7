"""Services of products that lead to each other: sets, types, names, snapshots."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from dphub_k8s.admission import admit
from dphub_k8s.api.snapshot import Identity
from tests import build_products, factories
from tests.unit.serving import related
from tests.unit.serving.conftest import Client, serving

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


def sets(mesh: Client, url: str) -> list[str]:
    return [each["name"] for each in mesh.get(url).json()["value"]]


def metadata(mesh: Client, url: str) -> dict[str, Any]:
    found: dict[str, Any] = mesh.get(f"{url}$metadata?$format=json").json()
    return found


def test_a_service_has_own_published_and_reached_sets(mesh: Client) -> None:
    assert sets(mesh, "/odata/sales/") == ["Orders", "Items", "Customers"]
    assert sets(mesh, "/odata/customers/") == ["Customers", "Orders", "Items"]
    assert sets(mesh, "/odata/") == ["customers", "sales", "sales_Items"]


def test_all_types_of_a_product_are_in_its_namespace(mesh: Client) -> None:
    found = metadata(mesh, "/odata/sales/")
    schema = found["sales"]
    assert {"Order", "Items", "Customer"} <= set(schema)
    assert schema["Order"]["items"] == {
        "$Kind": "NavigationProperty",
        "$Type": "sales.Items",
        "$Collection": True,
    }
    assert schema["Order"]["buyer"] == {
        "$Kind": "NavigationProperty",
        "$Type": "sales.Customer",
        "$Nullable": True,
        "$ReferentialConstraint": {"customer": "id"},
    }
    assert schema["Customer"]["orders"]["$Type"] == "sales.Order"
    assert schema["Container"]["Orders"]["$NavigationPropertyBinding"] == {
        "items": "Items",
        "buyer": "Customers",
    }


def test_in_the_hub_types_stay_where_they_are(mesh: Client) -> None:
    found = metadata(mesh, "/odata/")
    assert found["sales"]["Order"]["buyer"]["$Type"] == "customers.Customer"
    bound = found["DataProductHub"]["Container"]["sales"]["$NavigationPropertyBinding"]
    assert bound == {"items": "sales_Items", "buyer": "customers"}


def test_xml_says_the_same(mesh: Client) -> None:
    document = ET.fromstring(mesh.get("/odata/sales/$metadata").content)
    ways = {each.get("Name"): each for each in document.iter(f"{EDM}NavigationProperty")}
    assert ways["items"].attrib == {"Name": "items", "Type": "Collection(sales.Items)"}
    assert ways["buyer"].get("Nullable") == "true"
    (constraint,) = ways["buyer"]
    assert constraint.attrib == {"Property": "customer", "ReferencedProperty": "id"}
    bindings = [each.attrib for each in document.iter(f"{EDM}NavigationPropertyBinding")]
    assert {"Path": "buyer", "Target": "Customers"} in bindings


@pytest.mark.parametrize(
    ("url", "rows"),
    [
        ("/odata/sales/Items", 5),
        ("/odata/sales/Customers", 3),
        ("/odata/sales_Items", 5),
        ("/odata/customers/Orders", 4),
    ],
)
def test_every_set_of_a_service_is_read(mesh: Client, url: str, rows: int) -> None:
    found = mesh.get(f"{url}?$count=true").json()
    assert (len(found["value"]), found["@odata.count"]) == (rows, rows)
    assert found["@odata.context"].endswith(url.rpartition("/")[2])
    assert mesh.get(f"{url}/$count").text == str(rows)


def test_rows_of_a_published_source_come_by_their_key(mesh: Client) -> None:
    rows = mesh.get("/odata/sales/Items").json()["value"]
    assert [row["id"] for row in rows] == ["a", "b", "c", "d", "e"]
    assert mesh.get("/odata/sales/Items('d')").json()["order"] == 2
    filtered = mesh.get("/odata/sales/Items?$filter=price gt 1&$orderby=price desc,id")
    assert [row["id"] for row in filtered.json()["value"]] == ["d", "a", "c"]


def test_pages_of_a_reached_set_stay_in_its_snapshot(tmp_path: Path) -> None:
    related.publish(tmp_path, related.sales(), related.customers())
    with serving(tmp_path / "home") as client:
        first = client.get("/odata/sales/Customers", {"Prefer": "maxpagesize=2"}).json()
        changed = related.CUSTOMERS.with_columns(name=related.CUSTOMERS["name"].str.to_uppercase())
        build_products.write(tmp_path, {"customers": changed})
        made = build_products.builder(tmp_path)
        build_products.build(made, related.customers())
        client.refresh()
        (last,) = client.get(first["@odata.nextLink"]).json()["value"]
        assert last["name"] == "Cy"
        assert client.get("/odata/sales/Customers").json()["value"][2]["name"] == "CY"


def test_what_leads_nowhere_is_not_served_until_it_does(tmp_path: Path) -> None:
    related.publish(tmp_path, related.sales())
    with serving(tmp_path / "home") as client:
        assert sets(client, "/odata/sales/") == ["Orders", "Items"]
        before = client.get("/odata/sales/$metadata").headers["ETag"]
        assert "buyer" not in client.get("/odata/sales/$metadata").text
        related.publish(tmp_path, related.customers())
        client.refresh()
        found = client.get("/odata/sales/$metadata", {"If-None-Match": before})
        assert found.status_code == 200
        assert 'Name="buyer"' in found.text
        assert sets(client, "/odata/sales/") == ["Orders", "Items", "Customers"]
        assert client.get("/odata/sales/Itmes").status_code == 404


def test_no_two_sets_of_the_hub_differ_by_case_alone(tmp_path: Path) -> None:
    columns = {"id": "long", "name": "string"}
    items = factories.product("sales-items", sources=["customers"], columns=columns)
    related.publish(tmp_path, related.sales(), admit(items))
    with serving(tmp_path / "home") as client:
        assert sets(client, "/odata/") == ["sales", "sales_items", "sales_Items_"]
        for name, rows in (("sales_items", 3), ("sales_Items_", 5)):
            assert client.get(f"/odata/{name}/$count").text == str(rows)


def test_names_that_are_taken_get_that_of_their_product(tmp_path: Path) -> None:
    """Both products call set and type alike."""
    twins = [
        related.leading(
            factories.product(
                name,
                sources=["customers"],
                columns={"id": "long"},
                entity="Customer",
            ),
            related.way("twin", other, "id", "id", "one"),
        )
        for name, other in (("a-b", "c"), ("c", "a-b"))
    ]
    related.publish(tmp_path, *twins)
    with serving(tmp_path / "home") as client:
        assert sets(client, "/odata/a-b/") == ["Customer", "c_Customer"]
        assert sets(client, "/odata/c/") == ["Customer", "a_b_Customer"]
        schema = metadata(client, "/odata/a-b/")["a_b"]
        assert schema["Customer"]["twin"]["$Type"] == "a_b.c_Customer"
        assert schema["c_Customer"]["twin"]["$Type"] == "a_b.Customer"


def test_the_hub_leads_on_where_the_newest_snapshot_does_not(tmp_path: Path) -> None:
    document = factories.product("a-b", sources=["customers"], columns={"id": "long"})
    way = related.way("orders", "sales", "id", "customer", "many")
    related.publish(tmp_path, related.sales(), related.leading(document, way))
    with serving(tmp_path / "home", DPHUB_QUERY_SECONDS="5") as client:
        url, wish = "/odata/a_b?$expand=orders&$skip=0&snapshot=0", {"Prefer": "maxpagesize=1"}
        before = client.get(url, wish).json()["value"]
        related.publish_only(tmp_path, related.leading(document))
        client.refresh()
        assert client.get(f"{url}&$count=false", wish).json()["value"] == before
        (rest,) = client.get(before[0]["orders@odata.nextLink"]).json()["value"]
        assert (before[0]["orders"][0]["number"], rest["number"]) == (1, 3)


@pytest.mark.parametrize("url", ["/odata/", "/odata/$metadata", "/odata/openapi.json"])
def test_the_hub_is_another_once_a_path_is_taken(tmp_path: Path, url: str) -> None:
    """Of a product that is not built yet: a published source gives its name up."""
    related.publish(tmp_path, related.sales())
    with serving(tmp_path / "home") as client:
        before = client.get(url)
        identity = Identity(name="newcomer", uid="uid-2", generation=1)
        build_products.builder(tmp_path).lake.accept(identity, "sales_Items")
        client.refresh()
        found = client.get(url, {"If-None-Match": before.headers["ETag"]})
        assert found.status_code == 200
        assert "sales_Items_" in found.text
