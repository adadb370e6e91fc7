"""What Excel's and Power BI's `OData.Feed` sends, as public traces have it, replayed."""

from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from tests.conformance.clients.conftest import PAGE, ROWS
from tests.integration.serving_process import Service

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
HEADERS = {
    "User-Agent": "Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)",
    "OData-MaxVersion": "4.0",
    "MaxDataServiceVersion": "3.0",
    "OData-Version": "4.0",
    "Accept": (
        "application/json;odata.metadata=minimal;q=1.0,"
        "application/json;odata=minimalmetadata;q=0.9,application/atomsvc+xml;q=0.8,"
        "application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7"
    ),
    "Accept-Encoding": "gzip, deflate",
    "Accept-Language": "en-US",
    "Cache-Control": "no-cache",
}


@pytest.fixture
def ask(service: Service) -> Any:
    def answer(url: str, **more: str) -> httpx.Response:
        response = service.http.get(url, headers={**HEADERS, **more})
        assert response.status_code == 200, response.text
        assert response.headers["OData-Version"] == "4.0"
        return response

    return answer


def test_the_root_leads_to_a_set_and_to_xml(ask: Any) -> None:
    root = ask("/odata/orders/")
    assert root.headers["Content-Type"] == "application/json;odata.metadata=minimal"
    (entry,) = [each for each in root.json()["value"] if each["name"] == "Rows"]
    assert entry["kind"] == "EntitySet"
    metadata = ask(root.json()["@odata.context"])
    assert metadata.headers["Content-Type"].startswith("application/xml")
    names = [each.get("Name") for each in ET.fromstring(metadata.content).iter(EDM + "Property")]
    assert "price" in names


def test_metadata_has_what_a_column_needs(ask: Any) -> None:
    """Scale of decimals, a key that is never null, no names that differ by case alone."""
    document = ET.fromstring(ask("/odata/orders/$metadata").content)
    types = list(document.iter(EDM + "EntityType"))
    for each in types:
        properties = {prop.attrib["Name"]: prop.attrib for prop in each.iter(EDM + "Property")}
        assert len({name.lower() for name in properties}) == len(properties)
        (key,) = each.iter(EDM + "PropertyRef")
        assert properties[key.attrib["Name"]]["Nullable"] == "false"
        for attributes in properties.values():
            if attributes["Type"] == "Edm.Decimal":
                assert {"Precision", "Scale"} <= set(attributes)
    assert types


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("$top=1000", list(range(ROWS))),
        ("$filter=number gt 20 and number le 23", [21, 22, 23]),
        ("$filter=not(contains(item,'a')) and number lt 5", [1, 2, 4]),
        ("$filter=item eq 'it''s b'&$top=2", [1, 4]),
        ("$filter=price eq null", [0, 5, 10, 15, 20]),
        ("$filter=day ge 2024-03-01 and day lt 2024-03-03", [1, 2]),
        ("$filter=sold gt 2024-03-20T00:00:00Z and sold lt 2024-03-22T00:00:00Z", [20, 21]),
        ("$filter=paid eq true&$orderby=number desc&$skip=1&$top=2", [22, 20]),
        ("$filter=year(day) eq 2024 and month(day) eq 2", [0]),
        ("$orderby=item,number desc&$top=2", [24, 21]),
        ("$filter=startswith(item,'it') and endswith(item,'c') and number gt 18", [20, 23]),
        ("$filter=number eq 3 or number eq 4 or number eq 9", [3, 4, 9]),
        ("$filter=price gt 28.5", [23, 24]),
    ],
)
def test_what_it_folds_is_answered_page_by_page(ask: Any, query: str, expected: list[int]) -> None:
    link: str | None = f"/odata/orders/Rows?{query}&$select=number"
    found: list[int] = []
    while link:
        page = ask(link).json()
        assert len(page["value"]) <= PAGE
        found += [row["number"] for row in page["value"]]
        link = page.get("@odata.nextLink")
        # Relative links, and links to another host, end a feed.
        assert link is None or link.startswith("http://127.0.0.1:")
    assert found == expected


def test_counts_are_plain_text(ask: Any) -> None:
    answer = ask("/odata/orders/Rows/$count?$filter=paid eq true")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.text == "13"
    page = ask("/odata/orders/Rows?$count=true&$top=0").json()
    assert page["@odata.count"] == ROWS


def test_the_preview_reads_a_thousand_rows_and_the_whole_feed_all(ask: Any) -> None:
    link: str | None = "/odata/orders/Rows"
    seen = 0
    while link:
        page = ask(link).json()
        assert page["@odata.context"].endswith("/odata/orders/$metadata#Rows")
        seen += len(page["value"])
        link = page.get("@odata.nextLink")
    assert seen == ROWS


def test_unknown_headers_and_the_old_version_do_not_matter(ask: Any) -> None:
    first = ask("/odata/orders/Rows?$top=1")
    again = ask("/odata/orders/Rows?$top=1", **{"X-Client": "x", "MaxDataServiceVersion": "2.0"})
    assert first.json() == again.json()
