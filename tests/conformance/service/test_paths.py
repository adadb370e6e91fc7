"""Resource paths: OData URL Conventions 4.01, section 4; Protocol 4.01, section 11.2."""

from typing import Any

import pytest

from tests.unit.serving.conftest import Client

ROOT = "http://hub.test/odata/people/"
ROWS = "/odata/people/Rows"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("('a')/name", "Ann"),
        ("/a/name", "Ann"),
        ("('a')/amount", 1.5),
        ("('a')/weight", "NaN"),
        ("('a')/raw", "YWI="),
        ("('a')/tags", ["x", None, "z"]),
        ("('b')/tags", []),
        ("('a')/tags/0", "x"),
        ("('a')/tags/-1", "z"),
        ("('a')/home/city", "Ulm"),
        ("('a')/home/place/lat", 48.4),
        ("('a')/items", [{"n": 1, "note": "one"}, {"n": 2, "note": None}]),
        ("('a')/items/1/n", 2),
        ("('a')/items?$skip=1", [{"n": 2, "note": None}]),
        ("('a')/tags?$top=2", ["x", None]),
        ("('a')/tags?$top=1&$skip=2", ["z"]),
        ("('a')/tags?$top=0", []),
        ("('a')/tags?$skip=9223372036854775806", []),
        ("('it''s%2Fc')/id", "it's/c"),
        ("/it's%2Fc/id", "it's/c"),
        ("(@k)/id?@k='it''s/c'", "it's/c"),
        ("(id=@k)/id?@k='it''s/c'", "it's/c"),
        ("/people.Row('a')/name", "Ann"),
        ("/people.Row/a/name", "Ann"),
        ("('a')/people.Row/name", "Ann"),
    ],
)
def test_a_property_has_an_address(served: Client, path: str, value: Any) -> None:
    answer = served.get(ROWS + path)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert list(body) == ["@odata.context", "value"]
    assert body["value"] == value


@pytest.mark.parametrize(
    ("path", "context"),
    [
        ("('a')/name", "Rows('a')/name"),
        ("/a/name", "Rows('a')/name"),
        ("(@k)/id?@k='it''s/c'", "Rows('it''s/c')/id"),
        ("('a')/home/city", "Rows('a')/home/city"),
        ("('a')/tags", "Rows('a')/tags"),
        ("('a')/home", "Rows('a')/home"),
    ],
)
def test_the_context_names_the_property(served: Client, path: str, context: str) -> None:
    assert served.get(ROWS + path).json()["@odata.context"] == f"{ROOT}$metadata#{context}"


def test_a_complex_value_stands_without_a_wrapper(served: Client) -> None:
    body = served.get(ROWS + "('a')/home").json()
    assert list(body) == ["@odata.context", "city", "place"]
    assert body["place"] == {"lat": 48.4, "lon": 10.0}


def test_a_collection_can_be_counted(served: Client) -> None:
    body = served.get(ROWS + "('a')/tags?$count=true&$top=1").json()
    assert (body["@odata.count"], body["value"]) == (3, ["x"])
    accept = {"Accept": "application/json;IEEE754Compatible=true;metadata=none"}
    body = served.get(ROWS + "('a')/tags?$count=true&$top=1", accept).json()
    assert body == {"@odata.count": "3", "value": ["x"]}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("('a')/name/$value", "Ann"),
        ("('it''s%2Fc')/name/$value", ""),
        ("('a')/amount/$value", "1.5"),
        ("('a')/big/$value", "9007199254740993"),
        ("('a')/weight/$value", "NaN"),
        ("('a')/home/place/lon/$value", "10.0"),
        ("('a')/tags/2/$value", "z"),
        ("('a')/tags/$count", "3"),
        ("('b')/tags/$count", "0"),
        ("('a')/items/$count", "2"),
        ("/$count", "3"),
        ("/$count?$filter=big gt 0", "1"),
        ("/$filter(big ge 0)/$count", "2"),
        ("/people.Row/$count", "3"),
    ],
)
def test_a_plain_value_is_text(served: Client, path: str, text: str) -> None:
    answer = served.get(ROWS + path)
    assert (answer.status_code, answer.text) == (200, text)
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_binary_values_are_bytes(served: Client) -> None:
    answer = served.get(ROWS + "('a')/raw/$value")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.content == b"ab"


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("('a')/name/$value", "text/plain", 200),
        ("('a')/name/$value", "text/*;q=0.1", 200),
        ("('a')/name/$value", "text/plain;charset=UTF-8", 200),
        ("('a')/name/$value", "application/json;odata.metadata=minimal", 200),
        ("('a')/name/$value", "text/plain;charset=iso-8859-1", 406),
        ("('a')/name/$value", "image/png", 406),
        ("('a')/raw/$value", "application/octet-stream", 200),
        ("('a')/raw/$value", "image/png, */*;q=0.1", 200),
        ("('a')/raw/$value", "text/plain", 406),
        ("('a')/name/$value?$format=text/plain", "image/png", 200),
        ("('a')/name/$value?$format=json", "text/plain", 406),
        ("('a')/raw/$value?$format=application/octet-stream", "text/plain", 200),
        ("/$count", "image/png", 200),
    ],
)
def test_a_plain_value_is_sent_to_who_accepts_it(
    served: Client, path: str, accept: str, status: int
) -> None:
    assert served.get(ROWS + path, {"Accept": accept}).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        *("('b')/name", "('b')/name/$value", "('b')/home", "('b')/home/city", "('a')/tags/1"),
        *("('b')/raw/$value", "('it''s%2Fc')/home/place/lat/$value", "('a')/items/1/note"),
    ],
)
def test_null_has_no_content(served: Client, path: str) -> None:
    answer = served.get(ROWS + path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "ETag" not in answer.headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("('z')/name", 404),
        ("('z')/$ref", 404),
        ("('a')/nope", 404),
        ("('a')/name/nope", 404),
        ("('a')/tags/3", 404),
        ("('a')/tags/-4", 404),
        ("('b')/tags/0", 404),
        ("('a')/tags/x", 404),
        ("('a')/home/nope", 404),
        ("('a')/other.Type", 404),
        ("('a')/$value", 400),
        ("('a')/$count", 400),
        ("('a')/home/$value", 400),
        ("('a')/tags/$value", 400),
        ("/$value", 400),
        ("('a')/name?$top=1", 400),
        ("('a')/name/$value?$select=x", 400),
        ("/$ref?$select=id", 400),
        ("/$filter(nope eq 1)", 400),
        ("/$filter(big ge 0)/$count?$filter=big eq 1", 400),
        ("(@k)", 400),
        ("(@k)?@k=null", 400),
        ("/$filter(big ge 0)/a", 501),
        ("('a')/tags?$filter=$it eq 'x'", 501),
        ("('a')/tags?$orderby=$it", 501),
        ("('a')/home?$select=city", 501),
        ("/$each", 501),
    ],
)
def test_what_is_no_resource_says_why(served: Client, path: str, status: int) -> None:
    answer = served.get(ROWS + path)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


def test_references_are_ids(served: Client) -> None:
    body = served.get(ROWS + "/$ref?$orderby=id desc&$count=true").json()
    assert body["@odata.context"] == f"{ROOT}$metadata#Collection($ref)"
    assert body["@odata.count"] == 3
    assert body["value"] == [{"@odata.id": "Rows('it%27%27s%2Fc')"}, {"@odata.id": "Rows('b')"}]
    following = served.get(body["@odata.nextLink"].removeprefix("http://hub.test")).json()
    assert following["value"] == [{"@odata.id": "Rows('a')"}]
    bare = {"Accept": "application/json;metadata=none", "OData-MaxVersion": "4.01"}
    assert served.get(ROWS + "/a/$ref", bare).json() == {"@id": "Rows('a')"}


def test_one_reference(served: Client) -> None:
    assert served.get(ROWS + "('a')/$ref").json() == {
        "@odata.context": f"{ROOT}$metadata#$ref",
        "@odata.id": "Rows('a')",
    }


@pytest.mark.parametrize(
    "id",
    [
        "Rows('a')",
        "Rows/a",
        "/odata/people/Rows('a')",
        "http://hub.test/odata/people/Rows('a')",
        "http://HUB.TEST:80/odata/people/Rows('a')",
        "../people/Rows('a')",
    ],
)
def test_an_entity_is_found_by_its_id(served: Client, id: str) -> None:
    assert served.get(f"/odata/people/$entity?$id={id}").json()["name"] == "Ann"
    body = served.get(f"/odata/people/$entity/people.Row?$id={id}&$select=name").json()
    assert body["@odata.context"] == f"{ROOT}$metadata#Rows(name)/$entity"
    behind = served.get(f"/odata/people/$entity/people.Row/name?$id={id}")
    assert (behind.status_code, "only a type can follow" in behind.text) == (400, True)


def test_the_hub_finds_entities_too(served: Client) -> None:
    for id in ("people('a')", "people/Rows('a')", "/odata/people/Rows('a')"):
        assert served.get(f"/odata/$entity?$id={id}").json()["name"] == "Ann"


def test_texts_are_sent_as_what_they_are(served: Client) -> None:
    answer = served.get(ROWS + "('a')/name/$value")
    assert answer.headers["Content-Type"] == "text/plain;charset=utf-8"
    assert served.get(ROWS + "/$count").headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("$id=Rows('a')?x=1", 400),
        ("$id=Rows", 404),
        ("$id=Rows('a')/name", 404),
        ("$id=Rows('z')", 404),
        ("$id=http://elsewhere/odata/people/Rows('a')", 404),
        ("$id=http://hub.test/other", 404),
        ("$id=ftp://hub.test/odata/people/Rows('a')", 404),
        ("$id=http://[", 404),
    ],
)
def test_an_id_that_names_no_entity(served: Client, query: str, status: int) -> None:
    assert served.get(f"/odata/people/$entity?{query}").status_code == status


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("/$filter(big ge 0)", ["a", "it's/c"]),
        ("/$filter(@f)?@f=big gt 0", ["a"]),
        ("/$filter(big ge 0)/$filter(big gt 0)", ["a"]),
        ("/$filter(big ge 0)?$filter=big eq 0 or name eq 'Bob'", ["it's/c"]),
        ("/$filter(id eq 'it''s/c')", ["it's/c"]),
        ("/people.Row?$filter=big gt 0", ["a"]),
    ],
)
def test_a_filter_can_be_a_segment(served: Client, path: str, ids: list[str]) -> None:
    answer = served.get(ROWS + path)
    assert answer.status_code == 200, answer.text
    assert [row["id"] for row in answer.json()["value"]] == ids


def test_a_filter_segment_stays_in_the_next_link(served: Client) -> None:
    body = served.get(ROWS + "/$filter(id ne 'x/y')").json()
    assert len(body["value"]) == 2
    link = body["@odata.nextLink"].removeprefix("http://hub.test")
    following = served.get(link).json()
    assert [row["id"] for row in following["value"]] == ["it's/c"]
    other = served.get(link.replace("%20ne%20", "%20gt%20"))
    assert (other.status_code, other.json()["error"]["code"]) == (400, "BadToken")
