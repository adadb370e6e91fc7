import datetime as dt

import pytest

from dphub_serving.odata import bind, links, url
from dphub_serving.odata.edm import EntitySet
from dphub_serving.odata.edm import Service as EdmService
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.query import Limits, next_token
from dphub_serving.odata.resources import Address, Service
from dphub_serving.odata.token import AfterRow, AtRow
from dphub_serving.odata.values import Value
from tests.unit.serving.odata.samples import entity_type

BASE = "https://hub.example/odata"


@pytest.mark.parametrize(
    ("service", "root"),
    [
        (Service(), f"{BASE}/"),
        (Service(None, 3), f"{BASE}/"),
        (Service("p"), f"{BASE}/p/"),
        (Service("p", 3), f"{BASE}/p@3/"),
    ],
)
def test_service_roots_end_with_a_slash(service: Service, root: str) -> None:
    assert links.root(BASE, service) == root


def test_context_urls() -> None:
    root = f"{BASE}/p/"
    assert links.context(root, "Set") == f"{root}$metadata#Set"
    assert links.context(root, "Set", ("a", "b")) == f"{root}$metadata#Set(a,b)"
    assert links.context(root, "Set", entity=True) == f"{root}$metadata#Set/$entity"
    assert links.context(root, "Set", ("a",), entity=True) == f"{root}$metadata#Set(a)/$entity"


@pytest.mark.parametrize(
    ("kind", "value", "key"),
    [
        ("string", "it's é/", "('it''s é/')"),
        ("long", -5, "(-5)"),
        ("bool", True, "(true)"),
        ("date", dt.date(2024, 2, 29), "(2024-02-29)"),
        ("timestamp", dt.datetime(2024, 2, 29, 1, tzinfo=dt.UTC), "(2024-02-29T01:00:00Z)"),
        ("binary", b"\xfb\xff", "(binary'-_8=')"),
    ],
)
def test_a_context_has_the_canonical_key(kind: str, value: Value, key: str) -> None:
    assert links.key(entity_type(f"id:{kind}"), (value,)) == key


def test_a_key_of_several_parts_names_them() -> None:
    both = entity_type("a:long", "b:string", key=("a", "b"))
    assert links.key(both, (1, "x")) == "(a=1,b='x')"


def test_a_service_document_lists_the_sets() -> None:
    service = EdmService("p", (EntitySet("Outages", entity_type()),))
    entry = {"name": "Outages", "kind": "EntitySet", "url": "Outages"}
    root = f"{BASE}/p/"
    assert links.service_document(root, service, Format()) == {
        "@odata.context": f"{root}$metadata",
        "value": [entry],
    }
    assert links.service_document(root, service, Format(level="none")) == {"value": [entry]}
    assert "@context" in links.service_document(root, service, Format(version="4.01"))


@pytest.mark.parametrize(
    ("path", "location"),
    [
        (Address(Service("p"), None), f"{BASE}/p"),
        (Address(Service("p", 3), None), f"{BASE}/p@3"),
        (Address(Service("a b/c"), None), f"{BASE}/a%20b%2Fc"),
        (Address(Service("p"), "Set"), f"{BASE}/p/Set"),
        (Address(Service("p", 3), "Set"), f"{BASE}/p@3/Set"),
        (Address(Service(), "my_p"), f"{BASE}/my_p"),
        (Address(Service(None, 3), "my_p"), f"{BASE}/my_p@3"),
        (
            Address(Service("p"), "S", None, ("$filter(a/b eq 1)", "$ref")),
            f"{BASE}/p/S/$filter(a%2Fb%20eq%201)/$ref",
        ),
        (Address(Service("p"), "S", None, ("nav",), "('a/b')"), f"{BASE}/p/S('a%2Fb')/nav"),
    ],
)
def test_a_collection_has_an_address(path: Address, location: str) -> None:
    assert links.location(BASE, path) == location


def link(text: str, rows: int = 100, path: str = "/odata/p") -> str:
    request = url.parse(path, text)
    query = bind.query(request, entity_type(), Limits())
    token = next_token(query, 3, AtRow(rows), rows)
    return links.next_link(BASE, request, token, page=query.page, rows=rows)


def test_the_next_link_has_the_visible_form() -> None:
    assert link("").startswith(f"{BASE}/p?$skip=100&$top=100&$skiptoken=")


@pytest.mark.parametrize(
    ("text", "rows", "shown"),
    [
        ("$skip=7", 100, "$skip=107&$top=100&"),
        ("$top=2500", 1000, "$skip=1000&$top=1000&"),
        ("$top=1100", 1000, "$skip=1000&$top=100&"),
        # the page was cut by its size in bytes
        ("$top=100", 60, "$skip=60&$top=40&"),
    ],
)
def test_what_the_next_link_shows(text: str, rows: int, shown: str) -> None:
    assert shown in link(text, rows)


def test_other_options_are_kept_and_encoded() -> None:
    found = link("$orderby=day+desc&$select=id,day&TOP=500&x=%2B%23%26%25%3D%2F '&y")
    assert "?$orderby=day%20desc&$select=id,day&x=%2B%23%26%25%3D%2F%20%27&y=&$skip=" in found
    assert "TOP=500" not in found


def test_a_walk_by_next_links_ends_where_top_ends() -> None:
    request = url.parse("/odata/p/Outages", "$top=100&$orderby=day")
    sizes = []
    while True:
        query = bind.query(request, entity_type(), Limits(page_size=40))
        sizes.append(query.page)
        if query.fetch == query.page:
            break
        token = next_token(query, 3, AfterRow(("2024-01-01", len(sizes))), query.page)
        following = links.next_link(BASE, request, token, page=query.page, rows=query.page)
        request = url.parse(*following.removeprefix("https://hub.example").split("?"))
    assert sizes == [40, 40, 20]
    assert request.options.skip == 80
